"""Another renewal method: at once, or once what is billed is cancelled, or with the next renewal (DOMAIN §5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import InvoiceClosed, MethodBilled, NotFound, QuoteAged, StaleState
from portal.domain.invoices import InvoiceState, state_of
from portal.domain.retail import RetailState
from portal.domain.retail import state_of as state_of_charge
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, Invoice
from portal.registrations import contract, methods
from portal.registrations.methods import When
from tests.money import Purse, at, pay
from tests.registrations.conftest import Hand
from tests.revision import form_of

DAY, DUE, NEXT = date(2025, 8, 5), date(2025, 8, 10), date(2025, 9, 10)
MANUAL, BILLING = RenewalMethod.MANUAL, RenewalMethod.BILLING


@pytest.fixture
def purse(actor, prices) -> Purse:
    return Purse(actor)


@pytest.fixture
def client(make, partner) -> Client:
    return make.client(partner, name="Padaria Aurora", due_on=DUE)


def want(client: Client, actor: Any, method: RenewalMethod, when: When | None = None, day: date = DAY, **units: int):
    hand = Hand(client, actor)
    wish = hand.wish(method=method, **units)
    wish = contract.Wish(wish.data, wish.wanted, wish.method, when)
    return contract.change(client, wish, version=client.version, quote_seen="", now=at(day), actor=actor)


def test_nothing_billed_it_changes_at_once(client, actor, prices) -> None:
    want(client, actor, BILLING)
    assert (client.renewal_method, client.next_method) == (BILLING, None)


def test_a_billed_cycle_asks_first_and_saves_nothing(client, actor, purse) -> None:
    purse.renew(client, DAY)
    with pytest.raises(MethodBilled):
        want(client, actor, BILLING)
    db.session.rollback()
    assert client.renewal_method is MANUAL


def test_waiting_it_changes_with_the_renewal(client, actor, purse) -> None:
    invoice = purse.renew(client, DAY)
    want(client, actor, BILLING, When.NEXT)
    assert (client.renewal_method, client.next_method) == (MANUAL, BILLING)
    want(client, actor, BILLING)  # saved again, it is no question any more
    want(client, actor, MANUAL)
    assert client.next_method is BILLING, "the form shows what holds today; taking it back is a button of its own"
    pay(invoice, DAY)
    db.session.refresh(client)
    assert (client.renewal_method, client.next_method, client.due_on) == (BILLING, None, NEXT)


def test_what_waits_is_taken_back(client, actor, purse) -> None:
    purse.renew(client, DAY)
    want(client, actor, BILLING, When.NEXT)
    version = client.version
    first = methods.keep(client, version=version, now=at(DAY), actor=actor)
    assert client.next_method is None
    again = methods.keep(client, version=version, now=at(DAY), actor=actor)
    assert again.is_repeat
    assert (again.event and again.event.id) == (first.event and first.event.id)
    with pytest.raises(NotFound):
        methods.keep(client, version=client.version, now=at(DAY), actor=actor)


def test_cancelling_an_invoice_of_its_own_brings_credit_back_and_changes_at_once(client, actor, purse) -> None:
    invoice = purse.renew(client, DAY)
    pay(invoice, DAY, cents=1000)
    want(client, actor, BILLING, When.CANCEL)
    db.session.expire_all()
    assert state_of(invoice) is InvoiceState.CANCELLED
    assert client.renewal_method is BILLING
    assert purse.credit == 1000
    cancelled = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "invoice_cancelled")).one()
    assert cancelled.reason == "Troca da renovação de licença"
    pay(invoice, DAY, cents=9990)
    assert client.due_on == DUE, "late money is credit"
    assert purse.credit == 10990


def test_cancelling_the_charge_changes_at_once_and_keeps_the_pause(make, partner, actor, prices) -> None:
    client = make.client(partner, due_on=DUE, renewal_method=BILLING, paused_at=at(DAY))
    charge = make.retail_charge(client)
    with pytest.raises(MethodBilled):
        want(client, actor, MANUAL)
    db.session.rollback()
    want(client, actor, MANUAL, When.CANCEL)
    db.session.expire_all()
    assert state_of_charge(charge) is RetailState.CANCELLED
    assert client.renewal_method is MANUAL
    assert client.paused_at is not None


def test_an_invoice_of_several_clients_is_not_cancelled_for_one(make, partner, client, actor, purse) -> None:
    make.client(partner, due_on=DUE)
    invoice = purse.renew_month(DAY)
    for when in (None, When.CANCEL):
        with pytest.raises(MethodBilled):
            want(client, actor, BILLING, when)
        db.session.rollback()
    assert state_of(invoice) is InvoiceState.OPEN
    want(client, actor, BILLING, When.NEXT)
    assert client.next_method is BILLING


def test_both_an_invoice_and_a_charge_are_cancelled(make, partner, actor, purse) -> None:
    client = make.client(partner, due_on=DUE, renewal_method=BILLING)
    charge, invoice = make.retail_charge(client), purse.renew(client, DAY)
    want(client, actor, MANUAL, When.CANCEL)
    db.session.expire_all()
    assert (state_of(invoice), state_of_charge(charge)) == (InvoiceState.CANCELLED, RetailState.CANCELLED)


def test_a_charge_that_is_paid_is_honoured(make, partner, actor, purse, monkeypatch) -> None:
    client = make.client(partner, due_on=DUE, renewal_method=BILLING)
    charge = make.retail_charge(client)
    real = methods.hold

    def paid_meanwhile(bill) -> None:
        pay(charge, DAY)
        real(bill)

    monkeypatch.setattr(methods, "hold", paid_meanwhile)
    with pytest.raises((StaleState, MethodBilled)):
        want(client, actor, MANUAL, When.CANCEL)
    db.session.rollback()
    db.session.expire_all()
    assert state_of_charge(charge) is RetailState.PAID
    assert (client.due_on, client.renewal_method) == (NEXT, BILLING)
    assert purse.credit == 3000
    want(client, actor, MANUAL)
    assert client.renewal_method is MANUAL


def test_an_invoice_that_is_paid_meanwhile_is_not_cancelled(client, actor, purse) -> None:
    invoice = purse.renew(client, DAY)
    bill = methods.bill_of(client)
    pay(invoice, DAY)
    assert bill is not None
    with pytest.raises(InvoiceClosed):
        methods.cancel(bill, now=at(DAY), actor=actor)


def test_what_is_added_with_it_is_priced_as_if_the_charge_were_gone(client, actor, purse) -> None:
    purse.renew(client, DAY)
    hand = Hand(client, actor)
    wish = hand.wish(method=BILLING, waiter=1)
    wish = contract.Wish(wish.data, wish.wanted, wish.method, When.CANCEL)
    base = {"version": client.version, "now": at(DAY), "actor": actor}
    with pytest.raises(QuoteAged):
        contract.change(client, wish, quote_seen="", **base)
    db.session.rollback()
    plan = contract.plan(client, contract.queries.holding_of(client.id, DAY), wish.wanted, DAY,
                         contract.price_table(DAY), is_freed=True)  # fmt: skip
    assert plan.is_unbilled, "inside the window, and nothing asks for the coming cycle any more"
    contract.change(client, wish, quote_seen=contract.seen_as(plan.quote, plan.added), **base)
    assert hand.cents() == []
    assert hand.holds(DAY) == {"waiter": 1}
    assert db.session.scalars(select(Invoice)).one().cancelled_at is not None


# the screen


def form(client: Client, **changes: Any) -> dict[str, Any]:
    return form_of(client, **({"renewal_method": "billing"} | changes))


@pytest.fixture
def today(app) -> Any:
    with clock.frozen(at(DAY)):
        yield


@pytest.mark.usefixtures("today")
class TestScreen:
    def test_the_window_offers_to_cancel_or_to_wait(self, client, purse, web) -> None:
        invoice = purse.renew(client, DAY)
        path = f"/clients/{client.id}/revision"
        window = web.post(path, **form(client), htmx=True)
        assert window.status_code == 200
        assert "A próxima renovação já foi cobrada" in window.text
        assert f"A fatura {invoice.number} ainda espera pagamento." in window.text
        assert 'value="next">Trocar no próximo ciclo' in window.text
        assert 'value="cancel">Cancelar a fatura e trocar agora' in window.text
        page = web.post(path, **form(client))
        assert "Voltar e corrigir" in page.text
        assert 'name="name" value="Padaria Aurora"' in page.text
        web.post(path, **form(client, method_when="next"))
        page = web.get(f"/clients/{client.id}").text
        assert "Renovação manual; na próxima renovação passa a Gestão de cobranças" in page
        assert "Renovação de licença, no próximo ciclo: <del>—</del> <ins>Gestão de cobranças</ins>" in page
        db.session.refresh(client)
        web.post(f"/clients/{client.id}/method-restoration", version=client.version)
        assert "na próxima renovação passa a" not in web.get(f"/clients/{client.id}").text

    def test_cancelling_from_the_window(self, client, purse, web) -> None:
        invoice = purse.renew(client, DAY)
        answer = web.post(f"/clients/{client.id}/revision", **form(client, method_when="cancel"), htmx=True)
        assert answer.status_code == 200
        db.session.expire_all()
        assert state_of(invoice) is InvoiceState.CANCELLED
        assert client.renewal_method is BILLING

    def test_a_shared_invoice_is_named_with_the_way_to_it(self, client, make, partner, purse, web) -> None:
        make.client(partner, due_on=DUE)
        invoice = purse.renew_month(DAY)
        window = web.post(f"/clients/{client.id}/revision", **form(client), htmx=True).text
        assert f'<a href="/invoices/{invoice.id}">cancele antes a fatura {invoice.number}</a>' in window
        assert 'value="cancel"' not in window

    def test_suporte_may_only_wait(self, client, purse, web_of) -> None:
        invoice = purse.renew(client, DAY)
        support = web_of(Role.SUPPORT)
        window = support.post(f"/clients/{client.id}/revision", **form(client), htmx=True).text
        assert 'value="next"' in window
        assert 'value="cancel"' not in window
        answer = support.post(f"/clients/{client.id}/revision", **form(client, method_when="cancel"), htmx=True)
        assert answer.status_code == 403
        db.session.expire_all()
        assert state_of(invoice) is InvoiceState.OPEN

    def test_the_plan_says_what_is_billed_ahead(self, client, purse, web) -> None:
        invoice = purse.renew(client, DAY)
        path = f"/clients/{client.id}/revision/plan"
        plan = web.post(path, **form(client, waiter=1, renewal_method="manual"), htmx=True).text.replace("\xa0", " ")
        assert f"A fatura {invoice.number} já cobra o ciclo até 10/09/2025" in plan
        assert "Total: R$ 19,90" in plan
        pay(invoice, DAY)
        db.session.refresh(client)
        plan = web.post(path, **form(client, waiter=1, renewal_method="manual"), htmx=True).text
        assert "O ciclo até 10/09/2025 já está pago" in plan

    def test_another_partner_finds_nothing(self, client, stranger) -> None:
        assert stranger.post(f"/clients/{client.id}/method-restoration", version=1).status_code == 404
