"""Fechamento do mês: whatever happened to the money, its ledgers agree; a row that was tampered with shows."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import date, time, timedelta

import pytest

from portal import clock
from portal.billing import settling as retail_settling
from portal.closing import queries, routes
from portal.closing.queries import Closing
from portal.domain import cycle
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.closing import Check, Share
from portal.domain.errors import CreditShort, InvoiceClosed, NothingSelected, QuoteAged, RenewalBlocked
from portal.domain.invoices import InvoiceState, PaymentSource, state_of
from portal.domain.roles import Role
from portal.extensions import db
from portal.invoices import settling
from portal.models import Charge, Client, CreditAccount, Invoice, InvoiceLine, Partner, Payment, RetailCharge
from portal.payments import service as payments
from portal.payments.service import Arrival
from tests.factories import Factory
from tests.money import Purse, at, pay

JULY, AUGUST = date(2025, 7, 1), date(2025, 8, 1)


def closed(partner: Partner, month: date = JULY) -> Closing:
    db.session.expire_all()
    return queries.closing(partner.id, month)


def wrong(closing: Closing) -> dict[Check, int]:
    return {finding.check: finding.difference for finding in closing.findings if finding.difference}


def bill(make: Factory, client: Client, cost: int = 21_440, amount: int = 32_000) -> RetailCharge:
    """Issue a charge to an end client, as the nightly job would."""
    charge = RetailCharge(
        partner_id=client.partner_id, client_id=client.id, token=f"t-{client.id}-{client.due_on}",
        txid=f"retail{client.id}x{client.due_on:%Y%m%d}", due_on=client.due_on,
        next_due_on=cycle.next_due(client.due_on, client.due_day), issued_at=at(JULY), issued_on=JULY, cost_cents=cost,
        amount_cents=amount,
    )  # fmt: skip
    db.session.add(charge)
    db.session.commit()
    return charge


# what the columns hold


def test_renewals_additions_and_credit_stand_with_their_clients(purse: Purse, make: Factory, partner, batch) -> None:
    charge = make.charge(batch[0], 3_338)
    pay(purse.pay_additionals([batch[0]], date(2025, 7, 4)), date(2025, 7, 4))
    pay(purse.renew_month(date(2025, 7, 5)), date(2025, 7, 6), cents=26_500)
    closing = closed(partner)
    assert wrong(closing) == {}
    assert closing.shares == {
        batch[0].id: Share(21_440, charge.amount_cents, 0, 24_778),
        batch[1].id: Share(4_990, 0, 0, 4_990),
        None: Share(0, 0, 70, 70),
    }
    assert closing.total == Share(26_430, 3_338, 70, 29_838)
    assert [client.id for client in closing.clients] == sorted([batch[0].id, batch[1].id])


def test_an_end_client_s_payment_is_a_renewal_at_cost_and_a_margin(purse: Purse, make: Factory, partner) -> None:
    client = make.client(partner, due_on=date(2025, 7, 10), renewal_method=RenewalMethod.BILLING)
    pay(bill(make, client), date(2025, 7, 8))  # R13
    closing = closed(partner)
    assert wrong(closing) == {}
    assert closing.shares == {client.id: Share(21_440, 0, 10_560, 32_000)}


def test_money_for_nobody_who_could_be_renewed_is_credit_of_its_client(purse: Purse, partner, batch) -> None:
    pay(purse.renew_month(date(2025, 7, 30)), date(2025, 8, 2))
    assert wrong(closed(partner)) == wrong(closed(partner, AUGUST)) == {}
    assert closed(partner).books.open_after_cents == 26_430
    assert closed(partner, AUGUST).shares[batch[1].id] == Share(0, 0, 4_990, 4_990)


def test_money_in_part_is_held_until_the_rest_comes_or_the_invoice_is_cancelled(purse: Purse, partner, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 30))
    pay(invoice, date(2025, 7, 31), cents=1_000)
    settling.cancel(invoice.id, now=at(AUGUST), actor=purse.actor)
    july, august = closed(partner), closed(partner, AUGUST)
    assert wrong(july) == wrong(august) == {}
    assert (july.books.held_before_cents, july.books.held_after_cents) == (0, 1_000)
    assert (august.books.held_before_cents, august.books.held_after_cents) == (1_000, 0)
    assert august.shares == {None: Share(0, 0, 1_000, 1_000)}


def test_half_past_eleven_of_the_last_day_is_still_the_month(purse: Purse, make: Factory, partner, batch) -> None:
    invoice = purse.renew(batch[1], date(2025, 7, 31))
    late = clock.moment_of(date(2025, 7, 31), time(23, 30))
    arrival = Arrival("E-late", invoice.txid, 4_990, late, PaymentSource.WEBHOOK)
    payments.receive(arrival, now=late)
    assert closed(partner).total.renewals_cents == 4_990
    assert closed(partner, AUGUST).shares == {}
    assert wrong(closed(partner)) == wrong(closed(partner, AUGUST)) == {}


def test_money_that_found_its_destination_later_counts_from_then_on(purse: Purse, partner, batch) -> None:
    invoice = purse.renew(batch[1], date(2025, 7, 20))
    payment = pay(invoice, date(2025, 7, 21), txid="nobodys")
    payments.assign(payment.id, invoice.txid, now=at(date(2025, 8, 1)), actor=purse.actor)
    assert closed(partner).books.received_cents == 0
    assert closed(partner, AUGUST).books.received_cents == 4_990
    assert wrong(closed(partner)) == wrong(closed(partner, AUGUST)) == {}


def test_a_charge_paid_without_an_invoice_is_told_apart(make: Factory, partner, prices) -> None:
    make.charge(make.client(partner), 3_338, paid_at=at(date(2025, 7, 2)))
    closing = closed(partner)
    assert (closing.uninvoiced_cents, closing.shares, wrong(closing)) == (3_338, {}, {})


# any history


class History:
    """A partner's hand that does anything, at random, over some months."""

    def __init__(self, seed: int, purse: Purse, make: Factory, partner: Partner) -> None:
        self.chance, self.purse, self.make, self.partner = random.Random(seed), purse, make, partner
        self.day, self.retail = date(2025, 6, 25), []
        self.clients = [
            make.client(partner, due_on=date(2025, 7, 10), product=Product.NAVI if number % 3 == 0 else Product.LINK,
                        renewal_method=RenewalMethod.BILLING if number % 4 == 3 else RenewalMethod.MANUAL)
            for number in range(8)
        ]  # fmt: skip
        for client in self.clients[1:3]:
            make.item(client, Item.CLOUD)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.day += timedelta(days=self.chance.choice((0, 0, 0, 1, 2, 5)))
            try:
                self.chance.choice((self.renew, self.renew_one, self.add, self.pay, self.pay, self.cancel, self.bill))()
            except (NothingSelected, RenewalBlocked, InvoiceClosed, CreditShort, QuoteAged):
                db.session.rollback()

    def credit(self) -> int:
        return self.chance.choice((0, 0, self.purse.credit, self.purse.credit // 2))

    def renew(self) -> None:
        self.purse.renew_month(self.day, credit=self.credit())

    def renew_one(self) -> None:
        self.purse.renew(self.chance.choice(self.clients), self.day, credit=self.credit())

    def add(self) -> None:
        client = self.chance.choice(self.clients)
        with clock.frozen(at(self.day)):
            self.make.charge(client, self.chance.randrange(100, 9_000))
        if self.chance.random() < 0.7:
            self.purse.pay_additionals([client], self.day, credit=self.credit())

    def bill(self) -> None:
        client = self.clients[self.chance.choice((3, 7))]
        if client.due_on >= self.day and not any(one.due_on == client.due_on and one.client_id == client.id
                                                 for one in self.retail):  # fmt: skip
            self.retail.append(bill(self.make, client, 9_990, 9_990 + self.chance.choice((0, 5_000))))

    def pay(self) -> None:
        subjects = [*db.session.scalars(db.select(Invoice)), *self.retail]
        if not subjects:
            return
        subject = self.chance.choice(subjects[-6:])
        asks = subject.total_cents if isinstance(subject, Invoice) else subject.amount_cents
        cents = max(1, asks + self.chance.choice((0, 0, 0, -100, -1_000, 250)))
        paid_at = at(self.day) - timedelta(days=self.chance.choice((0, 0, 3)))
        pay(subject, self.day, cents=cents, paid_at=paid_at)

    def cancel(self) -> None:
        invoices = [one for one in db.session.scalars(db.select(Invoice)) if state_of(one) is InvoiceState.OPEN]
        if invoices and self.chance.random() < 0.6:
            settling.cancel(self.chance.choice(invoices).id, now=at(self.day), actor=self.purse.actor)
        elif self.retail:
            retail_settling.cancel(self.chance.choice(self.retail).id, now=at(self.day), actor=self.purse.actor)
            db.session.commit()


@pytest.mark.parametrize("seed", range(12))
def test_any_history_reconciles_in_every_month(seed: int, purse: Purse, make: Factory, partner: Partner) -> None:
    History(seed, purse, make, partner).run(60)
    month, received, balance = date(2025, 6, 1), 0, 0
    for _ in range(8):
        closing = closed(partner, month)
        assert wrong(closing) == {}, month
        assert closing.books.credit_before_cents == balance
        assert all(share.difference == 0 for share in closing.shares.values())
        received, balance = received + closing.books.received_cents, closing.books.credit_after_cents
        month = cycle.first_of_next_month(month)
    assert received == db.session.scalar(db.select(db.func.sum(Payment.amount_cents)))
    assert balance == purse.credit


# a row that was tampered with

DOCTORED = {
    "payment": (Payment, {"amount_cents": 20_000}, {Check.RECEIVED, Check.SETTLED}),
    "line": (InvoiceLine, {"amount_cents": 1}, {Check.LINES}),
    "account": (CreditAccount, {"balance_cents": 99_999}, {Check.BALANCE}),
    "received": (Invoice, {"received_cents": 1}, {Check.SETTLED}),
    "outcome": (InvoiceLine, {"outcome": "credited"}, {Check.LEFT, Check.CLIENTS}),
    "charge": (Charge, {"paid_at": None}, {Check.ADDITIONS}),
    "credit": (Payment, {"credit_cents": 0}, {Check.AT_ONCE, Check.CLIENTS}),
}


@pytest.mark.parametrize("which", DOCTORED)
def test_a_doctored_row_shows(purse: Purse, make: Factory, partner, batch, web, which: str) -> None:
    make.charge(batch[0], 3_338)
    pay(purse.pay_additionals([batch[0]], date(2025, 7, 4)), date(2025, 7, 4))
    pay(purse.renew_month(date(2025, 7, 5)), date(2025, 7, 6), cents=26_500)
    assert "Confere com os lançamentos" in web.get("/closing?month=2025-07").text
    model, values, checks = DOCTORED[which]
    db.session.execute(db.update(model).values(values))
    db.session.commit()
    text = web.get("/closing?month=2025-07", headers={"If-None-Match": ""}).text
    assert checks <= set(wrong(closed(partner)))
    assert "Não confere com os lançamentos" in text
    for check in checks:
        assert f"<b>{check.label}</b>" in text


# over HTTP


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\xa0", " ")


def test_the_page_the_paper_and_the_file_say_the_same(purse: Purse, make: Factory, partner, web, monkeypatch) -> None:
    client = make.client(partner, name="=Bar do Zé", due_on=date(2025, 7, 10), product=Product.NAVI)
    other = make.client(partner, name="Padaria", due_on=date(2025, 7, 10), product=Product.NAVI)
    for one in (client, other):
        pay(purse.renew(one, date(2025, 7, 5)), date(2025, 7, 5))
    page, paper = web.get("/closing?month=2025-07").text, web.get("/closing/statement?month=2025-07").text
    for text in (page, paper):
        assert "=Bar do Zé R$ 49,90 R$ 0,00 R$ 0,00 R$ 49,90" in plain(text)
        assert "Renovações R$ 99,80" in plain(text)
        assert "o mês ainda não acabou" in plain(text)
    answer = web.get("/closing/export?month=2025-07")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="fechamento-2025-07.csv"'
    assert [row[1:2] + row[3:] for row in rows[1:]] == [
        ["'=Bar do Zé", "49,90", "0,00", "0,00", "49,90", "0,00"],
        ["Padaria", "49,90", "0,00", "0,00", "49,90", "0,00"],
        ["Total", "99,80", "0,00", "0,00", "99,80", "0,00"],
    ]
    monkeypatch.setattr(routes, "ROWS_SHOWN", 1)
    short = web.get("/closing?month=2025-07").text
    assert "E mais 1 no extrato e no CSV." in short


def test_an_unknown_month_is_this_one_and_an_empty_one_says_so(web) -> None:
    for query in ("", "?month=2025-13", "?month=x"):
        assert "Fechamento de julho de 2025" in web.get(f"/closing{query}").text
    text = web.get("/closing?month=2024-02").text
    assert "Nada em fevereiro de 2024" in text
    assert "Confere com os lançamentos" in text


def test_an_unchanged_month_is_not_sent_again(web, purse: Purse, batch) -> None:
    tag = web.get("/closing").headers["ETag"]
    assert web.get("/closing", headers={"If-None-Match": tag}).status_code == 304
    assert web.get("/closing?month=2025-06", headers={"If-None-Match": tag}).status_code == 200
    purse.renew_month(date(2025, 7, 5))
    assert web.get("/closing", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["/closing", "/closing/statement", "/closing/export"])
def test_who_may_see_a_closing(web_of, visitor, stranger, purse: Purse, make: Factory, partner, path) -> None:
    client = make.client(partner, name="Segredo", due_on=date(2025, 7, 10))
    pay(purse.renew(client, date(2025, 7, 5)), date(2025, 7, 5))
    for role, status in ((Role.FINANCE, 200), (Role.SUPPORT, 403), (Role.READER, 403)):
        assert web_of(role).get(path).status_code == status
    assert web_of(Role.OPERATOR, at=None).get(path).status_code == 403
    assert visitor.get(path).status_code == 303
    assert "Segredo" not in stranger.get(path).text
    assert "99,90" not in stranger.get(path).text
