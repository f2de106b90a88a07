"""What programs send of backups and migrations, as data; see ``portal.api.shapes``."""

from __future__ import annotations

from portal.domain.navi_backup import CENTS, MIGRATED, MOST_ROWS, SHA256
from portal.domain.shapes import MOMENT, Field, Shape, text, whole

TOKEN = text(r"[A-Za-z0-9_-]+", 64, 32)
MOST_USERS = 1000

ANNOUNCEMENT = Shape(
    "BackupAnnouncement",
    (
        Field("sha256", SHA256, "SHA-256 of the ZIP, in hexadecimal."),
        Field("size_bytes", whole(1, 2**53), "How long it is."),
    ),
)
COMPLETION = Shape("BackupCompletion", ())
COUNTS = Shape(
    "RestoredCounts",
    tuple(Field(one.value, whole(0, MOST_ROWS), f"Lines of {one.file} that were taken over.") for one in MIGRATED),
)
RESTORE = Shape(
    "Restore",
    (
        Field("sha256", SHA256, "SHA-256 of the ZIP."),
        Field("restored_at", MOMENT, "When it was restored."),
        Field("counts", COUNTS, "What was taken over."),
        Field("receivable_cents", CENTS, "What customers still owe in open instalment credits."),
    ),
)
GRANT = Shape(
    "GrantRequest",
    (
        Field("email", text(r".*", 254), "The partner user's e-mail."),
        Field("password", text(r".*", 200), "Their password at the portal."),
        Field("code", text(r"[0-9A-Za-z -]*", 40, 0), "The code of their second factor, if any.", is_required=False),
    ),
)
SETUP = Shape(
    "Setup",
    (
        Field("grant", TOKEN, "The grant."),
        Field("users", whole(1, MOST_USERS), "How many users were made."),
    ),
)
BODIES = (ANNOUNCEMENT, COMPLETION, RESTORE, GRANT, SETUP)
"""What is sent."""
