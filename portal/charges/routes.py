"""The Cobranças screen: the partner's ledger, one charge, the export. Nothing here changes anything."""

from __future__ import annotations

from flask import Blueprint, Response, request, stream_with_context, url_for

from portal import clock, database, etag, htmx, months, saying, sheets, tabs
from portal.access import current_partner_id, requires, viewer
from portal.charges import queries, rows
from portal.charges.filters import PAGE_SIZE, ChargeFilter
from portal.charges.rows import ChargeDetail, ChargeRow
from portal.domain.charges import ChargeState
from portal.domain.errors import NotFound
from portal.domain.roles import Permission
from portal.extensions import limiter

bp = Blueprint("charges", __name__, url_prefix="/charges")


@bp.get("")
@requires(Permission.VIEW_LEDGER)
def index() -> Response:
    """The ledger: a page, or the whole table as a fragment."""
    criteria, partner_id = ChargeFilter.from_args(request.args), current_partner_id()
    tag = etag.of_facts(viewer(), criteria.to_args())
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    totals, page = queries.totals(partner_id, criteria), queries.charges_page(partner_id, criteria, PAGE_SIZE)
    response = htmx.page_or_fragment(
        "charges/index.html",
        "charges/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[ChargeRow.build(row) for row in page.rows],
        count=tabs.count_of(criteria.state, totals),
        tabs=tabs.by_state(criteria, totals, rows.TAB_LABELS),
        chips=list(tabs.chips(criteria)),
        has_open=totals[ChargeState.OPEN].count > 0,
        states=list(ChargeState),
        months=months.choices(clock.today(), criteria.month),
        opened=_opened(partner_id, criteria),
    )
    return response if has_said else etag.stamped(response, tag)


def _opened(partner_id: int, criteria: ChargeFilter) -> ChargeDetail | None:
    """Return the charge that the address asks to be expanded."""
    if criteria.opened is None:
        return None
    try:
        return ChargeDetail.build(queries.get_charge(partner_id, criteria.opened))
    except NotFound:
        return None


@bp.get("/export")
@requires(Permission.VIEW_LEDGER)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The ledger as shown, all its pages, as CSV."""
    charges = queries.all_rows(current_partner_id(), ChargeFilter.from_args(request.args))
    lines = sheets.csv_lines(rows.SHEET_HEAD, map(rows.sheet_cells, charges))
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="cobrancas-{clock.today():%Y-%m-%d}.csv"'
    return response


@bp.get("/<int:charge_id>")
@requires(Permission.VIEW_CHARGES)
def show(charge_id: int) -> Response:
    """A charge with its lines: a page, or the row of the ledger that it expands to."""
    detail = ChargeDetail.build(queries.get_charge(current_partner_id(), charge_id))
    return htmx.page_or_fragment(
        "charges/show.html", "charges/_charge.html", rows=[detail.row], opened=detail, detail=detail
    )


@bp.app_template_global("client_charges")
def _client_charges(client_id: int) -> tuple[list[ChargeDetail], int]:
    """Return a client's newest charges and what it owes in cents, for the page of a client that the viewer may see."""
    found = queries.of_client(client_id)
    return ChargeDetail.build_all(found), int(found[0].owed_cents) if found else 0
