"""Payments that the bank took back: owed again by their lines, to the cent; what moved stays moved (DOMAIN §5)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.charges import ChargeKind
from portal.domain.errors import RenewalBlocked
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Charge, Client, LicenseOrder, Payment, RetailCharge
from portal.payments import returns, service
from tests.money import at, pay
from tests.payments.conftest import PAY_DAY, RENEWED, dues, payments, told
from tests.registrations.conftest import viewer_of

DAY = date(2025, 7, 9)


@pytest.fixture
def olga(make):
    return viewer_of(make.user(None, Role.OPERATOR, name="Olga Operadora"))


def owed() -> list[tuple[int, int]]:
    db.session.rollback()
    rows = db.session.scalars(db.select(Charge).where(Charge.kind == ChargeKind.RETURN).order_by(Charge.id))
    return [(row.client_id, row.amount_cents) for row in rows]


def test_the_whole_is_owed_by_its_lines_and_the_licenses_stay(invoice, batch, olga) -> None:
    payment = pay(invoice, PAY_DAY)
    returns.book(payment.id, 14980, now=at(DAY), actor=olga)
    assert owed() == [(batch[0].id, 9990), (batch[1].id, 4990)]
    assert dues(batch) == RENEWED
    [payment] = payments()
    assert (payment.returned_at, payment.returned_cents, payment.returned_by_id) == (at(DAY), 14980, olga.user_id)


def test_a_part_is_shared_out_to_the_cent(invoice, batch, olga) -> None:
    returns.book(pay(invoice, PAY_DAY).id, 5000, now=at(DAY), actor=olga)
    assert owed() == [(batch[0].id, 3334), (batch[1].id, 1666)]


def test_once_however_often_and_never_with_another_amount(invoice, olga) -> None:
    payment_id = pay(invoice, PAY_DAY).id
    assert not returns.book(payment_id, 5000, now=at(DAY), actor=olga).is_repeat
    assert returns.book(payment_id, 5000, now=at(DAY), actor=olga).is_repeat
    with pytest.raises(service.RepeatMismatch):
        returns.book(payment_id, 6000, now=at(DAY), actor=olga)
    assert sum(cents for _client, cents in owed()) == 5000


def test_what_became_credit_is_owed_too(invoice, batch, olga, purse) -> None:
    pay(invoice, PAY_DAY)
    late = pay(invoice, PAY_DAY)
    returns.book(late.id, 14980, now=at(DAY), actor=olga)
    assert sum(cents for _client, cents in owed()) == 14980
    assert purse.credit == 14980, "it may be used up already: the debt stands for it"


def test_of_money_without_a_destination_nothing_is_owed(tell, invoice, olga) -> None:
    tell(told(invoice, txid="NOBODYS"))
    returns.book(payments()[0].id, 14980, now=at(DAY), actor=olga)
    assert owed() == []
    assert payments()[0].returned_cents == 14980
    with pytest.raises(service.RepeatMismatch):
        service.assign(payments()[0].id, invoice.txid, now=at(DAY), actor=olga)


def test_a_retail_charge_is_owed_by_its_client(batch, partner, prices, olga) -> None:
    charge = RetailCharge(
        partner_id=partner.id, client_id=batch[0].id, token="t", txid="RETAIL1", due_on=batch[0].due_on,
        next_due_on=date(2025, 8, 10), issued_at=at(date(2025, 7, 1)), issued_on=date(2025, 7, 1),
        cost_cents=9990, amount_cents=12000,
    )  # fmt: skip
    db.session.add(charge)
    db.session.commit()
    returns.book(pay(charge, PAY_DAY).id, 12000, now=at(DAY), actor=olga)
    assert owed() == [(batch[0].id, 12000)]


def test_the_debt_blocks_the_next_renewal_until_it_is_paid(invoice, batch, olga, purse) -> None:
    returns.book(pay(invoice, PAY_DAY).id, 14980, now=at(DAY), actor=olga)
    db.session.refresh(batch[0])
    assert batch[0].open_charges == 1
    with pytest.raises(RenewalBlocked):
        purse.renew(batch[0], date(2025, 8, 5))
    db.session.rollback()
    pay(purse.pay_additionals(batch, date(2025, 8, 5)), date(2025, 8, 5))
    pay(purse.renew(db.session.get(Client, batch[0].id), date(2025, 8, 5)), date(2025, 8, 5))
    assert dues(batch)[0] == date(2025, 9, 10)


def test_it_is_recorded_for_the_payment_and_for_each_client(invoice, batch, olga, partner) -> None:
    payment = pay(invoice, PAY_DAY)
    returns.book(payment.id, 14980, now=at(DAY), actor=olga)
    events = db.session.scalars(db.select(AuditEvent).where(AuditEvent.action == returns.RETURNED)).all()
    assert {event.client_id for event in events} == {None, *(client.id for client in batch)}
    assert {(event.actor_name, event.partner_id) for event in events} == {("Olga Operadora", partner.id)}
    protocols = set(db.session.scalars(db.select(LicenseOrder.event_id)))
    assert protocols == {event.id for event in events if event.client_id}


def test_the_ledger_the_charge_and_the_client_show_it(invoice, batch, olga, web) -> None:
    returns.book(pay(invoice, PAY_DAY).id, 14980, now=at(DAY), actor=olga)
    charge_id = db.session.scalar(db.select(db.func.min(Charge.id)))
    assert "Pagamento devolvido" in web.get("/charges").text
    text = web.get(f"/charges/{charge_id}").text.replace("\xa0", " ")
    for part in ("Pagamento devolvido", "Total R$ 99,90", "Protocolo"):
        assert part in text, part
    for part in ("Tabela de preços", "até "):
        assert part not in text, part
    client = web.get(f"/clients/{batch[0].id}").text
    assert "Pagamento devolvido" in client
    assert "payment_returned" not in client
    assert "Estornar pedido" not in client


class TestThePage:
    """As staff does it, without JavaScript."""

    @pytest.fixture
    def payment(self, invoice) -> Payment:
        return pay(invoice, PAY_DAY)

    def test_it_asks_for_the_amount_the_whole_at_first(self, staff, payment) -> None:
        text = staff.get(f"/payments/{payment.id}/return/new").text
        assert 'value="149,80"' in text
        assert "Licenças já renovadas continuam renovadas." in text

    def test_or_what_the_bank_says(self, staff, payment) -> None:
        service.note_return(payment, 5000)
        assert 'value="50,00"' in staff.get(f"/payments/{payment.id}/return/new").text
        assert "O banco informou a devolução" in staff.get(f"/payments/{payment.id}").text

    def test_it_is_booked_said_and_not_asked_again(self, staff, payment) -> None:
        payment_id = payment.id
        answers = [staff.post(f"/payments/{payment_id}/return", amount="149,80") for _ in range(2)]
        assert {answer.location for answer in answers} == {f"/payments/{payment_id}"}
        page = staff.get(f"/payments/{payment_id}").text
        assert f"Devolução do pagamento {payment_id} registrada." in page
        assert f"Já estava feito: pagamento {payment_id}." in page
        assert "Registrar devolução" not in page
        assert staff.get(f"/payments/{payment_id}/return/new").status_code == 404
        assert len(owed()) == 2

    @pytest.mark.parametrize("amount", ["", "0", "149,81", "abc", "1.5"])
    def test_an_amount_that_cannot_be_is_refused(self, staff, payment, amount) -> None:
        answer = staff.post(f"/payments/{payment.id}/return", amount=amount)
        assert answer.status_code == 422
        assert "aria-invalid" in answer.text
        assert owed() == []
