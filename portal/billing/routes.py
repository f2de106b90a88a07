"""Gestão de cobranças: the list, a client's retail prices, its pause, the charge that a person asks for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from portal import clock, database, errors, formatting, htmx, saying, tabs
from portal.access import asks, current_partner_id, requires, viewer
from portal.accounts.returning import safe_next, typed_before
from portal.billing import bills, by_hand, queries, rows, service, texts, view
from portal.billing.bills import Bill
from portal.billing.filters import BillingFilter, Standing
from portal.billing.forms import PricesForm, day_from, version_from
from portal.billing.rows import AmountRow, BillRow, PricesView
from portal.clients import answers
from portal.clients.queries import get_client
from portal.clients.service import Outcome
from portal.domain import retail
from portal.domain.catalogue import Item, RenewalMethod
from portal.domain.errors import BelowCost, Invalid, NotFound, QuoteAged, RepeatMismatch, StaleState
from portal.domain.roles import Permission
from portal.extensions import db
from portal.models import Client

bp = Blueprint("billing", __name__)


@bp.get("/billing")
@requires(Permission.VIEW_INVOICES)
def index() -> Response:
    """The clients whose end customers are billed: a page, or the list as a fragment."""
    criteria, today, partner_id = BillingFilter.from_args(request.args), clock.today(), current_partner_id()
    page = queries.billing_page(partner_id, criteria, today)
    charges = queries.charges_in_view([row.id for row in page.rows], criteria.month, today)
    count, cents = queries.open_total(partner_id)
    return htmx.page_or_fragment(
        "billing/index.html",
        "billing/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[BillRow.build(bill, charges.get(bill.client.id)) for bill in bills.of(page.rows, today)],
        tabs=rows.tab_list(criteria),
        chips=list(tabs.chips(criteria)),
        standings=list(Standing),
        months=rows.month_choices(today, criteria.month),
        open_count=count,
        open_amount=formatting.money(cents),
    )


@bp.get("/billing/clients/<int:client_id>/menu")
@requires(Permission.VIEW_INVOICES)
def menu(client_id: int) -> Response:
    """The row menu: what may be done with the client as everywhere, and what is billing's."""
    client = get_client(current_partner_id(), client_id)
    return answers.fragment_only(client, "billing/_menu.html", **_menu_of(client))


def _menu_of(client: Client) -> dict[str, Any]:
    bill = _bill(client)
    may_issue = bill is not None and retail.hindrance(bill.case, clock.today(), by_hand=True) is None
    charge = queries.charges_in_view([client.id], None, clock.today()).get(client.id)
    return answers.menu_of(client) | {"whom": client, "charge": charge, "may_issue": may_issue}


def _bill(client: Client) -> Bill | None:
    """Return a client's bill; None for one that has no cycle, or is not billed here."""
    if client.due_on is None or client.renewal_method is not RenewalMethod.BILLING:
        return None
    return bills.of([client], clock.today())[0]


@bp.get("/billing/clients/<int:client_id>/prices/new")
@requires(Permission.MANAGE_BILLING)
def prices_new(client_id: int) -> Response:
    """Asks for the client's retail prices, each beside its cost."""
    client = get_client(current_partner_id(), client_id)
    items, typed = service.priced_items(client, clock.today()), typed_before()
    if typed is None:
        return _prices(client, view.form_of(client, items))
    return _prices(client, PricesForm.from_form(typed, items))


@bp.post("/billing/clients/<int:client_id>/prices")
@requires(Permission.MANAGE_BILLING)
def prices_create(client_id: int) -> Response:
    """Save them; what is refused leaves the form as it was typed."""
    client = get_client(current_partner_id(), client_id)
    form = PricesForm.from_form(request.form, service.priced_items(client, clock.today()))
    version = version_from(request.form)
    if form.errors:
        return _prices(client, form, form.errors, 422)
    try:
        outcome = service.set_prices(client, form.cents, version=version, now=clock.now(), actor=viewer())
    except BelowCost as refusal:
        db.session.rollback()
        said = {item: errors.cost_in_words(item, cents) for item, cents in refusal.cost.items()}
        return _prices(client, form, said, 422)
    except (StaleState, RepeatMismatch) as refusal:
        return _prices_refused(client_id, form, refusal)
    saying.keep(_in_words(client, outcome))
    return htmx.leave_for(url_for(".index"))


@bp.post("/billing/clients/<int:client_id>/prices/margin")
@requires(Permission.MANAGE_BILLING)
@asks("billing.prices_new")
def margin_create(client_id: int) -> str:
    """What the typed prices come to: what the end client pays, what stays."""
    client = get_client(current_partner_id(), client_id)
    form = PricesForm.from_form(request.form, service.priced_items(client, clock.today()))
    return render_template("billing/_margin.html", **view.margin(client, form, clock.today()))


def _prices(
    client: Client, form: PricesForm, said: dict[Item, str] | None = None, status: int = 200, **context: Any
) -> Response:
    """Answer the form, with what the prices in it come to."""
    today = clock.today()
    fields = PricesView(
        list(form.typed),
        view.quantities(client, today),
        service.costs(client, today),
        form,
        said or {},
        context.pop("kept", None),
    )
    response = htmx.page_or_fragment(
        "billing/prices_new.html",
        "billing/_prices_new.html",
        client=client,
        fields=fields.rows,
        version=form.version or client.version,
        **view.margin(client, form, today),
        **context,
    )
    response.status_code = status
    return response


def _prices_refused(client_id: int, form: PricesForm, refusal: StaleState | RepeatMismatch) -> Response:
    """Answer the form with what was typed, what was saved meanwhile beside it, and the version of now."""
    db.session.rollback()
    client = get_client(current_partner_id(), client_id)
    db.session.refresh(client)
    said, kept = errors.in_words(refusal), bills.prices_of([client.id])[client.id]
    again = PricesForm(client.version, form.typed)
    return _prices(client, again, None, said.status, refused=said, kept=kept)


@bp.post("/billing/clients/<int:client_id>/pause")
@requires(Permission.MANAGE_BILLING)
def pause_create(client_id: int) -> Response:
    """Let neither charges nor reminders go out."""
    return _switch(client_id, service.pause)


@bp.post("/billing/clients/<int:client_id>/resumption")
@requires(Permission.MANAGE_BILLING)
def resumption_create(client_id: int) -> Response:
    """Let them go out again."""
    return _switch(client_id, service.resume)


def _switch(client_id: int, change: Any) -> Response:
    client, version = get_client(current_partner_id(), client_id), version_from(request.form)
    outcome = change(client, version=version, now=clock.now(), actor=viewer())
    said = _in_words(client, outcome)
    database.is_reading.set(True)  # the change is committed; rendering its answer must not hold the write lock
    back, bill = safe_next(request.form.get("next")) or url_for(".index"), _bill(client)
    if bill is None:
        saying.keep(said)
        return htmx.leave_for(back)
    charge = queries.charges_in_view([client.id], None, clock.today()).get(client.id)
    return htmx.fragment_or_redirect("billing/_row.html", back, said=said, rows=[BillRow.build(bill, charge)])


def _in_words(client: Client, outcome: Outcome) -> str:
    """Return what a form did, with the hour and the protocol."""
    event = outcome.event
    if event is None:
        return texts.SAME
    protocol = f"Gravado às {formatting.hour(event.at)}, protocolo {event.id}."
    return f"{'Já estava feito. ' if outcome.is_repeat else ''}{texts.SAID[event.action].format(name=client.name)} {protocol}"


@bp.get("/billing/clients/<int:client_id>/charge/new")
@requires(Permission.MANAGE_BILLING)
def charge_new(client_id: int) -> Response:
    """Asks whether to issue the charge of the coming cycle now, with its values."""
    client = get_client(current_partner_id(), client_id)
    bill = _bill(client)
    if bill is None:
        raise NotFound
    return _question(bill)


@bp.post("/billing/clients/<int:client_id>/charge")
@requires(Permission.MANAGE_BILLING)
def charge_create(client_id: int) -> Response:
    """Issue it with the values that were shown, and lead to it."""
    client, due_on = get_client(current_partner_id(), client_id), day_from(request.form.get("due_on", ""))
    if due_on is None:
        raise Invalid({"due_on": ["O formulário está incompleto."]})
    try:
        seen = request.form.get("seen", "")
        outcome = by_hand.issue(client.id, due_on, seen, now=clock.now(), actor=viewer())
    except QuoteAged as refusal:
        db.session.rollback()
        if (bill := _bill(get_client(current_partner_id(), client_id))) is None:
            raise
        return _question(bill, errors.in_words(refusal))
    said = texts.ISSUED_BEFORE if outcome.is_repeat else texts.ISSUED
    saying.keep(said.format(name=client.name))
    return htmx.leave_for(url_for(".charge", retail_charge_id=outcome.charge.id))


def _question(bill: Bill, refused: errors.Answer | None = None) -> Response:
    why = retail.hindrance(bill.case, clock.today(), by_hand=True)
    quote = bill.quote
    response = htmx.page_or_fragment(
        "billing/charge_new.html",
        "billing/_charge_new.html",
        client=bill.client,
        bill=bill,
        why=why,
        refused=refused,
        quote=quote,
        lines=AmountRow.build_all(quote.lines) if quote else [],
        seen=by_hand.seen_as(quote) if quote else "",
    )
    response.status_code = refused.status if refused else 200
    return response
