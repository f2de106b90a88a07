"""What the interface does, as data: every address with what it takes, what it answers and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass

from portal.api import migration_shapes, shapes
from portal.domain.installations import Reason
from portal.domain.shapes import Shape

_KEYED = (Reason.KEY_UNKNOWN, Reason.KEY_REPLACED)
_STANDING = (Reason.PENDING, Reason.SUSPENDED, Reason.EXPIRED, Reason.INACTIVE)


@dataclass(frozen=True)
class Operation:
    """What an address does: its view, the object (or bytes) that it takes, its answers by status, why it refuses.

    An answer without a body is None.
    """

    path: str
    endpoint: str
    summary: str
    answers: dict[int, str | None]
    takes: Shape | None = None
    takes_bytes: bool = False
    has_key: bool = False
    refusals: tuple[Reason, ...] = ()

    @property
    def method(self) -> str:
        """The HTTP method, as OpenAPI spells it."""
        return "post" if self.takes or self.takes_bytes else "get"


OPERATIONS = (
    Operation(
        "/activations",
        "api.activation_create",
        "Activate: a document and a code (or, for Navi, the partner's word) become a key and a license.",
        {201: "Activated", 202: "Waiting"},
        shapes.ACTIVATION,
        refusals=(
            Reason.ACTIVATION_REFUSED,
            Reason.NOT_LICENSED,
            Reason.KEY_REPLACED,
            Reason.PAIRING_REFUSED,
            Reason.TOO_MANY_ATTEMPTS,
            *_STANDING,
        ),
    ),
    Operation(
        "/check-ins",
        "api.check_in_create",
        "Check in: tell how the program is, get the license of the moment.",
        {200: "CheckedIn"},
        shapes.CHECK_IN,
        has_key=True,
        refusals=(*_KEYED, Reason.OTHER_DEVICE, Reason.DEVICE_REMOVED, *_STANDING),
    ),
    Operation(
        "/seats",
        "api.seat_create",
        "Take a seat for a device, for 15 minutes.",
        {200: "Leased"},
        shapes.SEAT,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.TOO_MANY_SEATS, *_STANDING),
    ),
    Operation(
        "/seats/renewals",
        "api.seat_renewal_create",
        "Keep a device's seat for another 15 minutes.",
        {200: "Leased"},
        shapes.SEAT,
        has_key=True,
        refusals=(
            *_KEYED, Reason.NOT_LICENSED, Reason.SEAT_LOST, Reason.SEAT_FREED, Reason.TOO_MANY_SEATS, *_STANDING
        ),
    ),
    Operation(
        "/seats/returns",
        "api.seat_return_create",
        "Give a device's seat back; without one, nothing happens.",
        {200: "Returned"},
        shapes.SEAT,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED),
    ),
    Operation(
        "/backups",
        "api.backup_create",
        "Navi: announce a backup, or find out what is here of one that was announced before.",
        {201: "Announced"},
        migration_shapes.ANNOUNCEMENT,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.TOO_LARGE, Reason.TOO_MANY_BACKUPS),
    ),
    Operation(
        "/backups/{backup_key}/pieces/{number}",
        "api.backup_piece_create",
        "Navi: send a piece of a backup.",
        {204: None},
        takes_bytes=True,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.DAMAGED),
    ),
    Operation(
        "/backups/{backup_key}/completion",
        "api.backup_completion_create",
        "Navi: all pieces were sent; get the link.",
        {200: "Linked"},
        migration_shapes.COMPLETION,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.INCOMPLETE, Reason.DAMAGED),
    ),
    Operation(
        "/restores",
        "api.restore_create",
        "Link: tell what was taken over from a backup.",
        {204: None},
        migration_shapes.RESTORE,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.NO_MIGRATION),
    ),
    Operation(
        "/grants",
        "api.grant_create",
        "Link: turn a partner's credentials into a grant of 15 minutes.",
        {201: "Granted"},
        migration_shapes.GRANT,
        has_key=True,
        refusals=(
            *_KEYED,
            Reason.NOT_LICENSED,
            Reason.CREDENTIALS_REFUSED,
            Reason.CODE_NEEDED,
            Reason.SECOND_STEP_OWED,
            Reason.TOO_MANY_ATTEMPTS,
        ),
    ),
    Operation(
        "/setups",
        "api.setup_create",
        "Link: use the grant up; the shop's users were made.",
        {204: None},
        migration_shapes.SETUP,
        has_key=True,
        refusals=(*_KEYED, Reason.NOT_LICENSED, Reason.GRANT_REFUSED),
    ),
    Operation("/keys", "api.keys", "The public keys that licenses are verified with (JWKS).", {200: "Keys"}),
)  # fmt: skip
"""Every operation; what is not here is not served (a test compares the routes)."""
