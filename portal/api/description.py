"""The interface described for the authors of programs (OpenAPI 3.1), from the tables that the code itself reads.

``python -m portal.api.description`` writes docs/openapi.json; a test holds the file, the tables and the routes together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from portal.api import shapes
from portal.config import ROOT
from portal.domain.installations import Reason
from portal.domain.shapes import Shape, schema, within
from portal.errors import STATUS_OF_REASON

FILE = ROOT / "docs" / "openapi.json"
VERSION = "1.0"

_TEXT = {"type": "string"}
_DATE = {"type": "string", "format": "date"}
_MOMENT = {"type": "string", "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}
_KEYED = (Reason.KEY_UNKNOWN, Reason.KEY_REPLACED)
_STANDING = (Reason.PENDING, Reason.SUSPENDED, Reason.EXPIRED, Reason.INACTIVE)


def _object(members: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in members if name not in optional]
    return {"type": "object", "properties": members, "required": required}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_LICENSE = {
    "license": _TEXT
    | {"description": "The signed license: a JWS (EdDSA) that is verified with the public keys alone."},
    "paid_through": _DATE | {"description": "The last day paid for."},
    "runs_through": _DATE | {"description": "The last day on which the program may run: paid, in grace or released."},
    "ends_at": _MOMENT
    | {"description": "When the license ends offline: the earlier of that day's end and the lease's."},
    "check_in_at": _MOMENT | {"description": "When the program should check in again."},
}
_USE = {"item": _TEXT, "in_use": _COUNT, "bought": _COUNT}
_KEY = dict.fromkeys(("kty", "crv", "use", "alg", "kid", "x"), _TEXT)

ANSWERS: dict[str, dict[str, Any]] = {
    "Activated": _object(
        {"state": {"const": "activated"}, "key": _TEXT | {"description": "The key. Keep it; it is told once."}}
        | _LICENSE
    ),
    "Waiting": _object(
        {
            "state": {"const": "waiting"},
            "number": _TEXT | {"description": "The number that the partner sees beside the question."},
            "ask_again_after": _COUNT | {"description": "Seconds."},
            "expires_at": _MOMENT,
        }
    ),
    "CheckedIn": _object(
        _LICENSE
        | {
            "backups": {
                "type": "array",
                "description": "Backups that the partner asks for; each is reported in a later check-in.",
                "items": _object({"id": _COUNT, "requested_at": _MOMENT}),
            }
        }
    ),
    "Leased": _object(_USE | {"device_id": _TEXT, "leased_until": _MOMENT}),
    "Returned": _object(_USE),
    "Keys": _object({"keys": {"type": "array", "items": _object(_KEY)}}),
    "Problem": _object(
        {
            "type": _TEXT,
            "status": {"type": "integer"},
            "title": _TEXT,
            "detail": _TEXT | {"description": "A sentence for the screen (pt-BR)."},
            "reason": _TEXT | {"description": "What a program can rely on."},
            "in_use": _COUNT,
            "bought": _COUNT,
            "errors": {"type": "array", "items": _object({"pointer": _TEXT, "detail": _TEXT})},
        },
        optional=("in_use", "bought", "errors"),
    ),
}
"""Every object that is answered."""


@dataclass(frozen=True)
class Operation:
    """What an address does: its view, the object that it takes, its answers by status, why it refuses."""

    path: str
    endpoint: str
    summary: str
    answers: dict[int, str]
    takes: Shape | None = None
    has_key: bool = False
    refusals: tuple[Reason, ...] = ()


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
    Operation("/keys", "api.keys", "The public keys that licenses are verified with (JWKS).", {200: "Keys"}),
)  # fmt: skip
"""Every operation; what is not here is not served (a test compares the routes)."""


def document() -> dict[str, Any]:
    """Return the description."""
    schemas = {one.name: schema(one, lambda shape: _ref(shape.name)) for one in within(shapes.BODIES)} | ANSWERS
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portal do Parceiro: interface for installed programs",
            "version": VERSION,
            "description": "See docs/api.md for how an installation lives with it.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {one.path: {"post" if one.takes else "get": _operation(one)} for one in OPERATIONS},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The installation's key."}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {"description": name, "content": {"application/json": {"schema": _ref(name)}}}
        for status, name in one.answers.items()
    }
    reasons = one.refusals + ((Reason.MALFORMED,) if one.takes else ())
    for status in sorted({STATUS_OF_REASON.get(reason, 403) for reason in reasons}):
        told = [reason.value for reason in reasons if STATUS_OF_REASON.get(reason, 403) == status]
        responses[str(status)] = _refusal(", ".join(told))
    responses["default"] = _refusal("too_large, too_many_requests, busy, failed")
    said: dict[str, Any] = {"operationId": one.endpoint.removeprefix("api."), "summary": one.summary}
    if one.takes:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.takes.name)}}}
    return said | {"responses": responses, "security": [{"key": []}] if one.has_key else []}


def _refusal(reasons: str) -> dict[str, Any]:
    return {
        "description": f"Refused; reason is one of: {reasons}",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }


def as_text() -> str:
    """Return the description as the file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(as_text(), encoding="utf-8")
