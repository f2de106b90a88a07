"""The interface described for the authors of programs (OpenAPI 3.1), from the tables that the code itself reads.

``python -m portal.api.description`` writes docs/openapi.json; a test holds the file, the tables and the routes together.
"""

from __future__ import annotations

import json
import re
from typing import Any

from portal.api import migration_shapes, shapes
from portal.api.operations import OPERATIONS, Operation
from portal.config import ROOT
from portal.domain.installations import Reason
from portal.domain.shapes import schema, within
from portal.errors import STATUS_OF_REASON

FILE = ROOT / "docs" / "openapi.json"
VERSION = "1.0"

_TEXT = {"type": "string"}
_DATE = {"type": "string", "format": "date"}
_MOMENT = {"type": "string", "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}


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
_PARAMETERS = {"backup_key": _TEXT, "number": {"type": "integer", "minimum": 1}}
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
    "Announced": _object(
        {
            "id": _TEXT | {"description": "Which backup this is."},
            "piece_bytes": _COUNT | {"description": "How long every piece is; the last one is the rest."},
            "pieces": _COUNT | {"description": "How many there are; they are numbered from 1."},
            "have": {"type": "array", "items": _COUNT, "description": "The pieces that are here already."},
        }
    ),
    "Linked": _object({"url": _TEXT | {"description": "The Link de Download."}, "expires_at": _MOMENT}),
    "Granted": _object(
        {
            "grant": _TEXT
            | {"description": "Good once, for this installation. Forget it once it is used or has expired."},
            "expires_at": _MOMENT,
            "user": _TEXT | {"description": "The name of the partner's user."},
        }
    ),
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


def document() -> dict[str, Any]:
    """Return the description."""
    bodies = (*shapes.BODIES, *migration_shapes.BODIES)
    schemas = {one.name: schema(one, lambda shape: _ref(shape.name)) for one in within(bodies)} | ANSWERS
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Portal do Parceiro: interface for installed programs",
            "version": VERSION,
            "description": "See docs/api.md for how an installation lives with it.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {one.path: {one.method: _operation(one)} for one in OPERATIONS},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The installation's key."}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {str(status): _answer(name) for status, name in one.answers.items()}
    reasons = one.refusals + ((Reason.MALFORMED,) if one.takes else ())
    for status in sorted({STATUS_OF_REASON.get(reason, 403) for reason in reasons}):
        told = [reason.value for reason in reasons if STATUS_OF_REASON.get(reason, 403) == status]
        responses[str(status)] = _refusal(", ".join(told))
    responses["default"] = _refusal("not_found, too_large, too_many_requests, busy, failed")
    said: dict[str, Any] = {"operationId": one.endpoint.removeprefix("api."), "summary": one.summary}
    if parameters := re.findall(r"{(\w+)}", one.path):
        said["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": _PARAMETERS[name]} for name in parameters
        ]
    if one.takes_bytes:
        said["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    if one.takes:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(one.takes.name)}}}
    return said | {"responses": responses, "security": [{"key": []}] if one.has_key else []}


def _answer(name: str | None) -> dict[str, Any]:
    if name is None:
        return {"description": "Done"}
    return {"description": name, "content": {"application/json": {"schema": _ref(name)}}}


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
