"""The first page of the vendor's staff."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.access import requires
from portal.backoffice import queries
from portal.domain.roles import Permission

bp = Blueprint("backoffice", __name__)


@bp.get("/backoffice")
@requires(Permission.MANAGE_PARTNERS)
def index() -> str:
    """What waits for whom of the vendor's, with the way there."""
    return render_template("backoffice/index.html", waiting=queries.waiting())
