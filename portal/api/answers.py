"""What programs are answered: licenses, seats, keys, and refusals as problem documents (RFC 9457)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, jsonify

from portal import clock
from portal.domain.backup_pieces import PIECE_BYTES, count_of
from portal.domain.devices import Use
from portal.domain.errors import ProgramRefused
from portal.domain.installations import CHECK_IN_EVERY, Reason
from portal.domain.shapes import Flaw
from portal.errors import in_words
from portal.installations.activation import Waiting
from portal.installations.check_in import CheckedIn
from portal.installations.seats import Lease
from portal.installations.signing import ALGORITHM
from portal.installations.standing import License
from portal.models import SigningKey
from portal.navi_migration.receiving import Begun, Link
from portal.navi_migration.restoring import Grant
from portal.refusing import problem

ASK_AGAIN_SECONDS = 15
"""How long a Navi that waits for its partner's word waits before it asks again."""


def refused(refusal: ProgramRefused) -> Response:
    """Answer why a program is refused, with the facts that it may show."""
    response = problem(in_words(refusal), refusal.reason.value, **refusal.facts)
    if refusal.reason is Reason.KEY_UNKNOWN:
        response.headers["WWW-Authenticate"] = 'Bearer realm="portal"'
    return response


def unreadable(flaws: list[Flaw]) -> Response:
    """Answer what is wrong with a body, each flaw at its place."""
    errors = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in flaws]
    return problem(in_words(ProgramRefused(Reason.MALFORMED)), Reason.MALFORMED.value, errors=errors)


def activated(license_: License, now: datetime) -> Response:
    """Answer an activation with the key, which is told here and never again by the interface."""
    return _json({"state": "activated", "key": license_.key} | _license(license_, now), 201)


def waiting(waits: Waiting) -> Response:
    """Answer a Navi that its partner has not authorised yet."""
    return _json(
        {
            "state": "waiting",
            "number": waits.number,
            "ask_again_after": ASK_AGAIN_SECONDS,
            "expires_at": _moment(waits.expires_at),
        },
        202,
    )


def checked_in(checked: CheckedIn, now: datetime) -> Response:
    """Answer a check-in."""
    backups = [{"id": one.id, "requested_at": _moment(one.requested_at)} for one in checked.backups]
    return _json(_license(checked.license, now) | {"backups": backups}, 200)


def leased(lease: Lease) -> Response:
    """Answer a seat that was taken or renewed."""
    until = {"device_id": lease.device_id, "leased_until": _moment(lease.leased_until)}
    return _json(_use(lease.use) | until, 200)


def given_back(use: Use) -> Response:
    """Answer a seat that was given back."""
    return _json(_use(use), 200)


def begun(one: Begun) -> Response:
    """Answer a backup that was announced."""
    pieces = {"piece_bytes": PIECE_BYTES, "pieces": count_of(one.backup.size_bytes), "have": one.have}
    return _json({"id": one.backup.key} | pieces, 201)


def linked(url: str, link: Link) -> Response:
    """Answer a backup that arrived."""
    return _json({"url": url, "expires_at": _moment(link.expires_at)}, 200)


def granted(grant: Grant) -> Response:
    """Answer a partner's word; the grant is told here and never again."""
    return _json({"grant": grant.token, "expires_at": _moment(grant.expires_at), "user": grant.user}, 201)


def done() -> Response:
    """Answer what needs no words."""
    return Response(status=204)


def keys(published: list[SigningKey]) -> Response:
    """Answer the public keys as a JSON Web Key Set (RFC 7517, RFC 8037), the one that signs first."""
    found = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": key.kid, "x": key.public_key}
        for key in published
    ]
    response = _json({"keys": found}, 200)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _license(license_: License, now: datetime) -> dict[str, Any]:
    terms = license_.terms
    return {
        "license": license_.token,
        "paid_through": terms.paid_through.isoformat(),
        "runs_through": terms.runs_through.isoformat(),
        "ends_at": _moment(terms.ends_at),
        "check_in_at": _moment(now + CHECK_IN_EVERY),
    }


def _use(use: Use) -> dict[str, Any]:
    return {"item": use.item.value, "in_use": use.in_use, "bought": use.bought}


def _moment(moment: datetime) -> str:
    """Return a moment as programs read it: ISO 8601 with São Paulo's offset, whole seconds."""
    return clock.local(moment).isoformat(timespec="seconds")


def _json(body: dict[str, Any], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response
