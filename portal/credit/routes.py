"""The Crédito screen: the balance, where it came from and what it was used for, the export. Nothing here changes anything."""

from __future__ import annotations

from flask import Blueprint, Response, request, stream_with_context, url_for

from portal import clock, database, etag, htmx, months, saying, sheets
from portal.access import current_partner_id, requires, viewer
from portal.credit import queries, rows
from portal.credit.filters import PAGE_SIZE, CreditFilter
from portal.credit.rows import EntryRow
from portal.domain.roles import Permission
from portal.extensions import limiter

bp = Blueprint("credit", __name__, url_prefix="/credit")


@bp.get("")
@requires(Permission.VIEW_INVOICES)
def index() -> Response:
    """The ledger: a page, or the whole table as a fragment."""
    criteria, partner_id = CreditFilter.from_args(request.args), current_partner_id()
    tag = etag.of_facts(viewer(), criteria.to_args())
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    totals, page = queries.totals(partner_id, criteria), queries.entries_page(partner_id, criteria, PAGE_SIZE)
    response = htmx.page_or_fragment(
        "credit/index.html",
        "credit/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        balance=queries.balance(partner_id),
        page=page,
        rows=[EntryRow.build(row) for row in page.rows],
        count=totals.count,
        tabs=rows.tabs(criteria, totals),
        chips=list(rows.chips(criteria)),
        months=months.choices(clock.today(), criteria.month),
    )
    return response if has_said else etag.stamped(response, tag)


@bp.get("/export")
@requires(Permission.VIEW_INVOICES)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The ledger as shown, all its pages, as CSV."""
    entries = queries.all_rows(current_partner_id(), CreditFilter.from_args(request.args))
    lines = sheets.csv_lines(rows.SHEET_HEAD, map(rows.sheet_cells, entries))
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="credito-{clock.today():%Y-%m-%d}.csv"'
    return response
