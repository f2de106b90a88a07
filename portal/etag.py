"""Answering "nothing has changed" before anything is rendered: an ETag made of facts."""

from __future__ import annotations

import hashlib

from flask import Response, current_app, make_response, request

from portal import clock, htmx, saying
from portal.access import Viewer


def of_facts(viewer: Viewer, *facts: object) -> str:
    """Return the ETag of an answer that depends on the session, the partner's data, today and some facts."""
    parts = (
        current_app.extensions["release"], viewer.session_id, viewer.name, viewer.role, viewer.partner_name,
        viewer.is_partner_suspended, viewer.partner_revision, clock.today(), htmx.wants_fragment(), *facts,
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def unchanged(etag: str) -> Response | None:
    """Return a 304 where the browser holds this very answer and no message waits to be shown."""
    if saying.is_kept() or not request.if_none_match.contains_weak(etag):
        return None
    return stamped(make_response("", 304), etag)


def stamped(response: Response, etag: str) -> Response:
    """Put the ETag on an answer; one that shows a message is not to be found again."""
    response.set_etag(etag, weak=True)
    return htmx.vary(response)
