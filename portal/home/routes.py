"""The root address: Home for partners, for vendor staff what waits for them."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

from portal import clock, etag, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.certificates import queries as certificates
from portal.charges import queries as charges
from portal.domain import cycle
from portal.domain.roles import Permission
from portal.domain.statuses import to_renew
from portal.home import queries
from portal.home.rows import Bar
from portal.renewals import queries as renewals

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SIGNED_IN)
def index() -> Response:
    """Show a partner how its clients stand today and when they are due; lead vendor staff to what waits for them."""
    if viewer().partner_id is None or not viewer().may(Permission.VIEW_CLIENTS):
        return htmx.leave_for(url_for("backoffice.index"))
    tag = etag.of_facts(viewer())
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    response = _page()
    return response if has_said else etag.stamped(response, tag)


def _page() -> Response:
    today, partner_id = clock.today(), current_partner_id()
    overview, may_see_invoices = queries.overview(partner_id, today), viewer().may(Permission.VIEW_INVOICES)
    page = render_template(
        "home/index.html",
        overview=overview,
        bars=Bar.build_all(overview.shown),
        to_renew=to_renew(today),
        inactive_on=cycle.inactive_from(today),
        purse=queries.purse(partner_id) if may_see_invoices else None,
        coming=renewals.forecast(partner_id, today) if may_see_invoices else None,
        owed=charges.open_total(partner_id) if viewer().may(Permission.VIEW_LEDGER) else None,
        certificates=certificates.count_ending(partner_id, today),
        may_see_codes=viewer().may(Permission.VIEW_CODES),
        may_manage_users=viewer().may(Permission.MANAGE_USERS),
    )
    return htmx.vary(make_response(page))
