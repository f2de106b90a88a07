"""The reference installation: a program that lives with the portal as Link, Link Móvel and Navi do (docs/reference.md).

It imports nothing of the portal. Beside the standard library it needs PyJWT and what that verifies Ed25519 with,
cryptography; both only to verify licenses.
"""
