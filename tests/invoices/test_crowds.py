"""Three hundred clients and everybody at once: every client is billed once, everything paid moves, nobody waits in a ring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from portal.clients import service as clients
from portal.domain.catalogue import Item, RenewalMethod
from portal.domain.errors import NothingSelected, QuoteAged, StaleState
from portal.domain.invoices import InvoiceState, LineOutcome, state_of
from portal.extensions import db
from portal.invoices import drafting, making, queries
from portal.licenses.queries import holding_of
from portal.models import Charge, Client, Invoice, InvoiceLine, Partner
from portal.payments import service as payments
from portal.registrations import contract
from portal.registrations.contract import Wish
from portal.renewals import offers
from tests.factories import Factory
from tests.invoices.crowds import at_once, crowd
from tests.money import Purse, arrival_of, at, pay

MANY, THREADS = 300, 8
JULY, DAY = date(2025, 7, 1), date(2025, 7, 5)
DUES = [date(2025, 7, 5), date(2025, 7, 10), date(2025, 7, 15)]


@pytest.fixture
def ids(make: Factory, partner: Partner, prices) -> list[int]:
    return crowd(make, partner, MANY, DUES)


def billing(purse: Purse, key: str) -> Callable[[], Any]:
    """Return what confirms the month as it is seen now, and answers which invoice that is and whether it was there."""
    asked = purse.asked(drafting.renewal_drafts(purse.chosen(DAY, JULY)), 0, key)

    def deed() -> tuple[int, bool]:
        outcome = making.bill_month(asked, JULY, now=at(DAY), actor=purse.actor)
        return outcome.invoice.id, outcome.is_repeat

    return deed


def lines_by_client() -> Counter[int]:
    return Counter(db.session.scalars(db.select(InvoiceLine.client_id)))


def test_the_same_form_from_eight_windows_is_one_invoice_with_every_client_once(app: Flask, purse: Purse, ids) -> None:
    outcomes = at_once(app, *[billing(purse, "the-same")] * THREADS)
    assert len({invoice_id for invoice_id, _is_repeat in outcomes}) == 1
    assert sorted(is_repeat for _invoice_id, is_repeat in outcomes) == [False] + [True] * (THREADS - 1)
    assert lines_by_client() == dict.fromkeys(ids, 1)


def test_of_eight_forms_for_the_same_month_one_is_an_invoice_and_the_others_are_refused(app, purse, ids) -> None:
    outcomes = at_once(app, *[billing(purse, f"key-{number}") for number in range(THREADS)])
    made = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, NothingSelected | QuoteAged)]
    assert (len(made), len(refused)) == (1, THREADS - 1)
    assert lines_by_client() == dict.fromkeys(ids, 1)


def paying(invoice: Invoice, **facts: Any) -> Callable[[], Any]:
    arrival = arrival_of(invoice, DAY, **facts)
    return lambda: payments.receive(arrival, now=at(DAY)).payment.effect


def suspending(client_id: int, actor) -> Callable[[], Any]:
    def deed() -> Any:
        client = db.session.get_one(Client, client_id)
        return clients.suspend(client, version=client.version, reason="", now=at(DAY), actor=actor)

    return deed


def wanting(client_id: int, actor, units: dict[Item, int]) -> Callable[[], Any]:
    """Return what saves another set of a client's."""

    def deed() -> Any:
        client = db.session.get_one(Client, client_id)
        held, wanted = holding_of(client.id, DAY), {Item.BASE: 1, Item.CLOUD: 1} | units
        plan = contract.plan(client, held, wanted, DAY, contract.price_table(DAY))
        seen = contract.seen_as(plan.quote, plan.added)
        wish = Wish({name: getattr(client, name) for name in clients.REVISED}, wanted, RenewalMethod.MANUAL)
        return contract.change(client, wish, version=client.version, quote_seen=seen, now=at(DAY), actor=actor)

    return deed


def in_turn(deeds: list[Callable[[], Any]]) -> Callable[[], list[Any]]:
    """Return what does many things one after the other; who was overtaken has been told so."""

    def deed() -> list[Any]:
        done = []
        for one in deeds:
            try:
                done.append(one())
            except (StaleState, QuoteAged) as refusal:
                db.session.rollback()
                done.append(refusal)
        return done

    return deed


def test_while_an_invoice_is_paid_its_clients_are_edited_and_all_move(app, purse: Purse, ids) -> None:
    invoice = db.session.get_one(Invoice, billing(purse, "one")()[0])
    edits = [
        in_turn([suspending(one, purse.actor) for one in ids[0:40:2]]),
        in_turn([wanting(one, purse.actor, {Item.WAITER: 1}) for one in ids[40:80:2]]),
        in_turn(
            [wanting(one, purse.actor, {Item.WAITER: 3, Item.CLOUD: 1, Item.MOBILE: 1}) for one in ids[280:240:-2]]
        ),
        in_turn([suspending(one, purse.actor) for one in ids[299:259:-2]]),
    ]
    effect, *_others = at_once(app, paying(invoice), *edits)
    db.session.rollback()
    lines = queries.lines_of(invoice.id)
    assert (effect, state_of(db.session.get_one(Invoice, invoice.id))) == ("settled", InvoiceState.PAID)
    assert {line.outcome for line in lines} == {LineOutcome.MOVED}
    moved = Counter(db.session.scalars(db.select(Client.due_on)))
    assert moved == {day.replace(month=8): MANY // 3 for day in DUES}


def test_two_invoices_of_the_same_clients_are_paid_at_once(app, make: Factory, purse: Purse, ids) -> None:
    some = [db.session.get_one(Client, one) for one in ids[:20]]
    renewal = db.session.get_one(Invoice, billing(purse, "one")()[0])
    for round_ in range(2):
        for client in some if round_ else reversed(some):
            make.charge(client, 1000 + round_)
        purse.pay_additionals(some, DAY)
    first, second = db.session.scalars(db.select(Invoice).where(Invoice.id != renewal.id).order_by(Invoice.id))
    assert at_once(app, paying(second), paying(renewal), paying(first)) == ["settled"] * 3
    db.session.rollback()
    assert {line.outcome for line in db.session.scalars(db.select(InvoiceLine))} == {LineOutcome.MOVED}
    assert not db.session.scalars(db.select(Charge).where(Charge.paid_at.is_(None))).all()
    assert not db.session.scalars(db.select(Client.open_charges).where(Client.open_charges != 0)).all()


def test_invoices_use_credit_while_others_are_paid_with_too_much(app, purse: Purse, ids) -> None:
    some = [db.session.get_one(Client, one) for one in ids[:40]]
    pay(purse.renew(some[0], DAY), DAY, cents=100_000)
    paid = [purse.renew(client, DAY) for client in some[1:11]]
    asked = [(one, purse.asked(drafting.renewal_drafts(offers.of([one], DAY)), 500, "")) for one in some[11:21]]

    def making_one(client: Client, form: Any) -> Callable[[], Any]:
        client_id = client.id
        return lambda: making.bill_client(form, client_id, now=at(DAY), actor=purse.actor).invoice.credit_cents

    def half(deeds: list[Callable[[], Any]]) -> list[Callable[[], list[Any]]]:
        return [in_turn(deeds[::2]), in_turn(deeds[1::2])]

    before = purse.credit
    done = at_once(
        app,
        *half([paying(invoice, cents=invoice.total_cents + 100) for invoice in paid]),
        *half([making_one(client, form) for client, form in asked]),
    )
    assert done == [["settled"] * 5] * 2 + [[500] * 5] * 2
    assert purse.credit == before + 10 * 100 - 10 * 500
