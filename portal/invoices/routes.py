"""The Faturas screen: the list, one invoice with what pays it, its pages to print, cancelling it."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    stream_with_context,
    url_for,
)

from portal import clock, database, etag, formatting, htmx, months, saying, sheets, tabs
from portal.access import current_partner_id, requires, viewer
from portal.config import Pix
from portal.domain.errors import InvoiceClosed, NotFound
from portal.domain.ids import parse_id
from portal.domain.invoices import InvoiceState, state_of
from portal.domain.roles import Permission
from portal.extensions import limiter
from portal.invoices import queries, rows, settling, view
from portal.invoices.filters import PAGE_SIZE, InvoiceFilter
from portal.invoices.rows import InvoiceRow, OpenRow

bp = Blueprint("invoices", __name__, url_prefix="/invoices")


@bp.get("")
@requires(Permission.VIEW_INVOICES)
def index() -> Response:
    """The list: a page, or the whole table as a fragment."""
    criteria, partner_id = InvoiceFilter.from_args(request.args), current_partner_id()
    tag = etag.of_facts(viewer(), criteria.to_args())
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    totals, page = queries.totals(partner_id, criteria), queries.invoices_page(partner_id, criteria, PAGE_SIZE)
    response = htmx.page_or_fragment(
        "invoices/index.html",
        "invoices/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[InvoiceRow.build(row) for row in page.rows],
        count=tabs.count_of(criteria.state, totals),
        tabs=tabs.by_state(criteria, totals, rows.TAB_LABELS),
        chips=list(tabs.chips(criteria)),
        states=list(InvoiceState),
        months=months.choices(clock.today(), criteria.month),
    )
    return response if has_said else etag.stamped(response, tag)


@bp.get("/export")
@requires(Permission.VIEW_INVOICES)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The list as shown, all its pages, as CSV."""
    found = queries.all_rows(current_partner_id(), InvoiceFilter.from_args(request.args))
    lines = sheets.csv_lines(rows.SHEET_HEAD, map(rows.sheet_cells, found))
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="faturas-{clock.today():%Y-%m-%d}.csv"'
    return response


@bp.get("/<int:invoice_id>")
@requires(Permission.VIEW_INVOICES)
def show(invoice_id: int) -> Response:
    """One invoice: what it asks for, the Pix code while it is open, what became of it. "Atualizar" asks for it again."""
    after = parse_id(request.args.get("after", ""))
    tag = etag.of_facts(viewer(), invoice_id, after, _pix())
    if answer := etag.unchanged(tag):
        return answer
    invoice, has_said = queries.get_invoice(current_partner_id(), invoice_id), saying.is_kept()
    page = render_template(
        "invoices/show.html", pix=view.pix_block(invoice, _pix()), **view.shown(invoice, after=after)
    )
    response = htmx.vary(make_response(page))
    return response if has_said else etag.stamped(response, tag)


@bp.get("/<int:invoice_id>/paper")
@requires(Permission.VIEW_INVOICES)
def paper(invoice_id: int) -> str:
    """The invoice to print, with every line."""
    invoice = queries.get_invoice(current_partner_id(), invoice_id)
    return render_template("invoices/paper.html", pix=view.pix_block(invoice, _pix()), **view.shown(invoice, size=None))


@bp.get("/<int:invoice_id>/receipt")
@requires(Permission.VIEW_INVOICES)
def receipt(invoice_id: int) -> str:
    """The receipt ("comprovante") of a paid invoice, to print.

    Raises:
        NotFound: it is not paid.
    """
    invoice = queries.get_invoice(current_partner_id(), invoice_id)
    if state_of(invoice) is not InvoiceState.PAID:
        raise NotFound
    receiver = _pix()
    return render_template(
        "invoices/receipt.html", receiver=receiver.receiver if receiver else None, **view.shown(invoice, size=None)
    )


@bp.get("/<int:invoice_id>/cancellation/new")
@requires(Permission.MANAGE_BILLING)
def cancellation_new(invoice_id: int) -> Response:
    """Asks whether to cancel, and says what comes back.

    Raises:
        InvoiceClosed: it is paid or cancelled already.
    """
    invoice = queries.get_invoice(current_partner_id(), invoice_id)
    if (state := state_of(invoice)) is not InvoiceState.OPEN:
        raise InvoiceClosed(state)
    return htmx.page_or_fragment(
        "invoices/cancellation_new.html",
        "invoices/_cancellation_new.html",
        invoice=invoice,
        summary=queries.summary(invoice_id),
        is_window=htmx.wants_fragment(),
    )


@bp.post("/<int:invoice_id>/cancellation")
@requires(Permission.MANAGE_BILLING)
def cancellation_create(invoice_id: int) -> Response:
    """Cancel; sent again, it says when that was done."""
    invoice = queries.get_invoice(current_partner_id(), invoice_id)
    event = settling.cancel(invoice_id, now=clock.now(), actor=viewer())
    database.is_reading.set(True)  # it is committed; saying so must not hold the write lock
    if event:
        said = f"Fatura {invoice.number} cancelada. Gravado às {formatting.hour(event.at)}, protocolo {event.id}."
    else:
        said = f"A fatura {invoice.number} já estava cancelada desde {formatting.moment(invoice.cancelled_at)}."
    saying.keep(said)
    return htmx.leave_for(url_for(".show", invoice_id=invoice_id))


@bp.app_template_global("open_invoices_of")
def _open_invoices_of(client_id: int) -> list[OpenRow]:
    """Return the open invoices that hold a client, for the page of one that the viewer may see."""
    if not viewer().may(Permission.VIEW_INVOICES):
        return []
    return [OpenRow.build(row) for row in queries.open_of_client(client_id)]


def _pix() -> Pix | None:
    """Return who is paid by Pix, as the portal is set."""
    configured: Pix | None = current_app.extensions["portal_config"].pix
    return configured
