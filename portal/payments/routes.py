"""Payments: what the bank tells, and the page on which the vendor's staff look after money."""

from __future__ import annotations

import hmac
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from portal import clock
from portal.access import machine, takes
from portal.config import Config
from portal.domain.emv import Malformed
from portal.domain.errors import NotFound
from portal.errors import Answer
from portal.payments import webhook
from portal.payments.webhook import Fate
from portal.refusing import problem

bp = Blueprint("payments", __name__)


@bp.post("/webhooks/pix/<secret>/pix")
@machine
@takes(webhook.MOST_BYTES)
def webhook_create(secret: str) -> Response:
    """Book what the bank tells of; it appends the last part of the address to the one that it was given."""
    return _booked(secret, is_trying=False)


@bp.post("/webhooks/pix/<secret>")
@machine
@takes(webhook.MOST_BYTES)
def webhook_trial_create(secret: str) -> Response:
    """The same at the address as it was given; what a bank sends there to try it is answered, too."""
    return _booked(secret, is_trying=True)


def _booked(secret: str, *, is_trying: bool) -> Response:
    _ensure_bank(secret)
    try:
        entries = webhook.payments_in(request.get_data())
    except Malformed as error:
        return problem(Answer(400, "Unreadable", str(error)))
    if entries is None and not is_trying:
        return problem(Answer(400, "Unreadable", "pix: must be there"))
    fates = webhook.book(entries or [], now=clock.now())
    response = jsonify({fate.value: fates[fate] for fate in Fate})
    response.status_code = 500 if fates[Fate.FAILED] else 422 if fates[Fate.MALFORMED] else 200
    return response


def _ensure_bank(secret: str) -> None:
    """Let nobody go on who does not know the secret.

    Raises:
        NotFound: a wrong one, or nobody is paid by Pix here.
    """
    pix = cast(Config, current_app.extensions["portal_config"]).pix
    if pix is None or not hmac.compare_digest(secret.encode(), pix.webhook_secret.encode()):
        raise NotFound
