"""A portal's key of our own, and licenses that are signed with it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)
ENDS_AT = NOW + timedelta(days=15)
DEVICE = "caixa-01-aaaa"
HEADER = {"kid": "key-1", "typ": "portal-license+jwt"}
PRIVATE = Ed25519PrivateKey.generate()


def packed(part: bytes) -> str:
    """Return bytes in base64url."""
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def public(private: Ed25519PrivateKey, kid: str) -> dict[str, Any]:
    """Return a key as the portal publishes it."""
    x = packed(private.public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}


KEYS = [public(Ed25519PrivateKey.generate(), "key-0"), public(PRIVATE, "key-1")]


def claims(**changes: Any) -> dict[str, Any]:
    """Return what a sound license says; what is changed to None is left out."""
    said = {
        "iss": "portal-do-parceiro",
        "aud": "link",
        "sub": "7",
        "device": DEVICE,
        "client": {"id": 1, "name": "Padaria Pão Quente", "document": "11222333000181"},
        "product": "link",
        "items": {"base": 1, "cloud": 1, "waiter": 3},
        "later": [{"from": "2025-07-20", "items": {"base": 1, "waiter": 2}}],
        "paid_through": "2025-08-10",
        "runs_through": "2025-08-10",
        "lease_ends_at": int(ENDS_AT.timestamp()),
        "iat": int(NOW.timestamp()),
        "exp": int(ENDS_AT.timestamp()),
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def unsigned(header: dict[str, Any], **changes: Any) -> str:
    """Return what is signed of a license."""
    whole = {name: value for name, value in ({"alg": "EdDSA"} | HEADER | header).items() if value is not None}
    return ".".join(packed(json.dumps(part).encode()) for part in (whole, claims(**changes)))


def signed(header: dict[str, Any] | None = None, key: Ed25519PrivateKey = PRIVATE, **changes: Any) -> str:
    """Return a license as the portal signs it, put together by hand."""
    said = unsigned(header or {}, **changes)
    return f"{said}.{packed(key.sign(said.encode()))}"
