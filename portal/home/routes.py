"""Where the root address leads."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from portal import htmx
from portal.access import requires, viewer
from portal.domain.roles import Permission

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SIGNED_IN)
def index() -> Response:
    """Lead partners to their clients, vendor staff to the people they look after."""
    is_partner = viewer().may(Permission.VIEW_CLIENTS) and viewer().partner_id is not None
    return htmx.leave_for(url_for("clients.index" if is_partner else "accounts.users"))
