"""The checklist of a migration from Navi to Link."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal import clock, security
from portal.access import current_partner_id, requires, viewer
from portal.domain.roles import Permission
from portal.navi_migration import queries
from portal.navi_migration.rows import Checklist

bp = Blueprint("navi_migration", __name__)


@bp.get("/clients/<int:client_id>/migration")
@requires(Permission.VIEW_CLIENTS)
def show(client_id: int) -> str:
    """The checklist, for either client of the pair: what happened, what comes next, what becomes of Navi."""
    course = queries.course_of(current_partner_id(), client_id)
    security.shows_secret()
    return render_template(
        "navi_migration/show.html",
        course=course,
        list=Checklist.build(course, clock.now()),
        may_see_codes=viewer().may(Permission.VIEW_CODES),
        may_see_values=viewer().may(Permission.VIEW_CHARGES),
        may_renew=viewer().may(Permission.PAY),
    )
