"""The desk's answers: the table, one row with the sums behind it, what was decided in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from portal import clock, database, formatting, htmx, months, saying
from portal.access import current_partner_id, viewer
from portal.catalogue.queries import price_table
from portal.clients.service import Outcome
from portal.domain.catalogue import Product
from portal.domain.errors import NotFound
from portal.domain.prices import PriceTable
from portal.domain.renewals import Decision, Place
from portal.domain.roles import Permission
from portal.models import AuditEvent
from portal.renewals import decisions, queries, rows, skeletons
from portal.renewals.batches import Batch
from portal.renewals.decisions import Decided
from portal.renewals.filters import RenewalFilter, asked_month, offered
from portal.renewals.offers import Offer
from portal.renewals.rows import DeskRow
from portal.tabs import Total

SKIPPED_ASKING = "{count} Navi que já têm Link ficaram como estavam: decida um a um."


def month_of(args: Any) -> date:
    """Return the month that a form or an address is about.

    Raises:
        NotFound: it is none that the desk shows, today.
    """
    month = asked_month(args, clock.today())
    if month is None:
        raise NotFound
    return month


def table(criteria: RenewalFilter, prices: PriceTable, behind: str = "") -> Response:
    """Answer the desk: a page, or the whole table as a fragment, out-of-band parts behind it."""
    partner_id, today = current_partner_id(), clock.today()
    totals = queries.totals(partner_id, criteria, today, prices)
    page = queries.desk_page(partner_id, criteria, today, prices)
    context = {
        "criteria": criteria,
        "page": page,
        "rows": DeskRow.build_all(page),
        "rows_html": skeletons.html_of,
        "count": (totals[criteria.place] if criteria.place else rows.all_of(totals)).count,
        "tabs": rows.tabs(criteria, totals),
        "chips": list(rows.chips(criteria)),
        "now": _now(criteria, totals, prices),
        "renewed": queries.renewed_count(partner_id, criteria.month),
        "months": rows.month_choices(offered(today)),
        "places": list(Place),
        "products": list(Product),
        "may_decide": viewer().may(Permission.PAY),
    }
    push = url_for("renewals.index") + criteria.query_string()
    response = htmx.page_or_fragment("renewals/index.html", "renewals/_table.html", push=push, **context)
    response.set_data(response.get_data(as_text=True) + behind)
    return response


def _now(criteria: RenewalFilter, totals: queries.Totals, prices: PriceTable) -> Total:
    """Return what an invoice made now holds, whatever narrows the list."""
    whole = RenewalFilter(criteria.month)
    if criteria.search or criteria.product:
        totals = queries.totals(current_partner_id(), whole, clock.today(), prices)
    return totals[Place.READY]


def row(offer: Offer, status: int = 200, behind: str = "", **panel: Any) -> Response:
    """Answer a client's row, with a question below it where ``panel`` has one; the desk to a browser that wants no fragment."""
    month = f"{offer.client.due_on:%Y-%m}"
    if not htmx.wants_fragment():
        address = url_for("renewals.index", month=month) + f"#client-{offer.client.id}"
        return htmx.vary(make_response(redirect(address, 303)))
    invoiced = [offer.client.id] if offer.case.is_invoiced else []
    shown = [DeskRow.build(offer, queries.invoices_of(invoiced))]
    may_decide = viewer().may(Permission.PAY)
    html = render_template("renewals/_row.html", rows=shown, month=month, may_decide=may_decide, in_row=True, **panel)
    return htmx.vary(make_response(html + behind, status))


def _sums(criteria: RenewalFilter) -> str:
    """Return the running total and the tabs' counters as they travel behind a row."""
    prices = price_table(clock.today())
    totals = queries.totals(current_partner_id(), criteria, clock.today(), prices)
    context = {"now": _now(criteria, totals, prices), "tabs": rows.tabs(criteria, totals)}
    return render_template("renewals/_sums.html", **context)


def _seen_criteria(month: date) -> RenewalFilter:
    """Return the criteria of the desk that a row's form was sent from, as far as the browser tells."""
    query = urlsplit(htmx.current_path() or "").query
    return RenewalFilter.from_args(MultiDict(parse_qsl(query)), month)


def decided(done: Decided, month: date) -> Response:
    """Answer the row that htmx sent a decision for: as it stands now, or with the question that comes first."""
    database.is_reading.set(True)  # the decision is stored; rendering its answer must not hold the write lock
    if len(done.offers) != 1:
        return htmx.refused("O vencimento deste cliente mudou. Nada foi gravado; atualize a página.", 409)
    [offer] = done.offers
    if done.asked:
        return row(offer, client=offer.client, more="")
    behind = _sums(_seen_criteria(month)) + saying.out_of_band(in_words(done))
    return row(offer, 409 if done.fixed else 200, behind)


def answered(client_id: int, month: date, said: str, others: Sequence[int]) -> Response:
    """Answer a question about Navi beside Link: with the row, or with the next question of a plain form."""
    database.is_reading.set(True)
    if htmx.wants_fragment():
        offer = queries.offer_of(current_partner_id(), client_id, month, clock.today())
        return row(offer, behind=_sums(_seen_criteria(month)) + saying.out_of_band(said))
    saying.keep(said)
    return _next_question(others, month) if others else back_to_desk(month)


def ask_one_by_one(done: Decided, month: date) -> Response:
    """Lead a plain browser to the first question, once everything else is stored."""
    if done.events:
        saying.keep(in_words(done))
    return _next_question(done.asked, month)


def _next_question(ids: Sequence[int], month: date) -> Response:
    more = ",".join(map(str, ids[1:]))
    address = url_for("renewals.guard_new", client_id=ids[0], month=months.spell(month), more=more or None)
    return htmx.vary(make_response(redirect(address, 303)))


def many_decided(month: date, said: str, undo: str = "") -> Response:
    """Answer a decision for everybody of a filter, the one that the address holds: with the whole desk."""
    database.is_reading.set(True)
    if not htmx.wants_fragment():
        return back_to_desk(month, said, undo)
    behind = saying.out_of_band(said, undo, "#desk-table")
    return table(RenewalFilter.from_args(request.args, month), price_table(clock.today()), behind)


def back_to_desk(month: date, said: str = "", undo: str = "") -> Response:
    """Lead a plain browser back to the desk as it was shown, with what was done."""
    if said:
        saying.keep(said, undo)
    criteria = RenewalFilter.from_args(request.args, month)
    return htmx.vary(make_response(redirect(url_for("renewals.index") + criteria.query_string(), 303)))


def in_words(done: Decided) -> str:
    """Return what a form of decisions did, with the hour and the protocol."""
    parts = []
    if len(done.events) == 1:
        [(client_id, event)] = done.events.items()
        [offer] = [offer for offer in done.offers if offer.client.id == client_id]
        parts.append(f"{offer.client.name}: {offer.decision.label}. {_written(event)}")
    elif done.events:
        first = min(done.events.values(), key=lambda event: event.id)
        parts.append(f"{formatting.number(len(done.events))} decisões gravadas. {_written(first)}")
    elif not done.asked and not done.fixed:
        parts.append(_as_before(done.offers))
    if done.fixed:
        parts.append(f"{_clients(len(done.fixed))} sem mudança: já em fatura ou com outro vencimento.")
    return " ".join(parts)


def _written(event: AuditEvent) -> str:
    return f"Gravado às {formatting.hour(event.at)}, protocolo {event.id}."


def _as_before(offers: Sequence[Offer]) -> str:
    event = decisions.last_event(offers[0].client.id) if len(offers) == 1 else None
    return f"Já estava assim: {_written(event).lower()}" if event else "Nada mudou: as decisões já eram estas."


def _clients(count: int) -> str:
    return "1 cliente" if count == 1 else f"{formatting.number(count)} clientes"


def batch_in_words(batch: Batch, wanted: Decision) -> str:
    """Return what a decision for all of a filter did."""
    parts = ["Nada mudou: as decisões já eram estas."]
    if batch.event:
        parts = [f"{wanted.label}: {_clients(batch.changed)}. {_written(batch.event)}"]
    if batch.asked:
        asked = "1 Navi que já tem Link ficou como estava: decida na linha dele."
        parts.append(asked if batch.asked == 1 else SKIPPED_ASKING.format(count=formatting.number(batch.asked)))
    return " ".join(parts)


def undone_in_words(count: int) -> str:
    """Return what taking a decision for all of a filter back did."""
    return f"Desfeito: {_clients(count)}." if count else "Nada a desfazer: outra decisão veio depois."


def with_protocol(said: str, outcome: Outcome) -> str:
    """Return what an answer did, with the hour and the protocol."""
    event = outcome.event
    if event is None:
        return said
    return f"Já estava feito: {_written(event).lower()}" if outcome.is_repeat else f"{said} {_written(event)}"
