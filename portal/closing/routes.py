"""Fechamento do mês: the page, the statement on paper, the file. Nothing here changes anything."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context

from portal import clock, database, etag, htmx, months, saying, sheets
from portal.access import current_partner_id, requires, viewer
from portal.closing import queries, rows
from portal.closing.rows import ShareRow
from portal.domain import cycle
from portal.domain.roles import Permission
from portal.extensions import limiter

bp = Blueprint("closing", __name__, url_prefix="/closing")

ROWS_SHOWN = 100
"""How many clients the page shows; the statement and the file hold all."""


@bp.get("")
@requires(Permission.VIEW_INVOICES)
def index() -> Response:
    """A month with its totals, whether it agrees with the ledgers, and its first clients."""
    month = _month()
    tag = etag.of_facts(viewer(), month)
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    response = _page("closing/index.html", month, ROWS_SHOWN)
    return response if has_said else etag.stamped(response, tag)


@bp.get("/statement")
@requires(Permission.VIEW_INVOICES)
def statement() -> Response:
    """The month on paper: every client."""
    return _page("closing/statement.html", _month(), None)


@bp.get("/export")
@requires(Permission.VIEW_INVOICES)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The month as CSV: every client, and the total."""
    month = _month()
    closing = queries.closing(current_partner_id(), month)
    lines = sheets.csv_lines(rows.SHEET_HEAD, rows.sheet_rows(closing))
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="fechamento-{months.spell(month)}.csv"'
    return response


def _month() -> date:
    """Return the first day of the month that is asked for: this one by default."""
    return months.parse(request.args.get("month", "")) or cycle.first_of_month(clock.today())


def _page(template: str, month: date, most: int | None) -> Response:
    closing, today = queries.closing(current_partner_id(), month), clock.today()
    every = list(ShareRow.build_all(closing))
    page = render_template(
        template,
        closing=closing,
        rows=every[:most],
        more=len(every) - len(every[:most]),
        month=month,
        month_arg=months.spell(month),
        months=months.choices(today, month)[1:],
        is_over=month < cycle.first_of_month(today),
    )
    return htmx.vary(make_response(page))
