"""From the invoice to the license that moves: DOMAIN R2, R3, R11, R12, R16, and money that arrives at any time."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import invoices
from portal.domain.catalogue import Item, Product
from portal.domain.errors import CreditShort, InvoiceClosed, NothingSelected, QuoteAged, RenewalBlocked, RepeatMismatch
from portal.domain.invoices import CreditKind, InvoiceState, LineOutcome, PaymentEffect
from portal.domain.renewals import Blocker
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.invoices import drafting, making, queries, settling
from portal.models import AuditEvent, Client, CreditEntry, Invoice, Partner
from tests.factories import Factory
from tests.money import Purse, at, pay

JULY = date(2025, 7, 1)


def give(partner: Partner, cents: int) -> None:
    credit.move(partner.id, CreditKind.EXCESS, cents, now=at(JULY), origin=Origin())
    db.session.commit()


def ledger(partner: Partner) -> list[tuple[CreditKind, int, int]]:
    rows = db.session.scalars(
        db.select(CreditEntry).where(CreditEntry.partner_id == partner.id).order_by(CreditEntry.id)
    )
    return [(row.kind, row.amount_cents, row.balance_cents) for row in rows]


@pytest.fixture
def batch(make: Factory, partner: Partner) -> tuple[Client, Client]:
    """Return the two clients of R12."""
    one = make.client(partner, due_on=date(2025, 7, 10))
    make.item(one, Item.CLOUD)
    make.item(one, Item.WAITER, 3)
    make.item(one, Item.MOBILE)
    return one, make.client(partner, product=Product.NAVI, due_on=date(2025, 7, 10))


def test_a_batch_with_credit_moves_everybody_on_payment_and_not_before(purse: Purse, partner: Partner, batch) -> None:
    give(partner, 6000)  # R12
    invoice = purse.renew_month(date(2025, 7, 5), credit=6000)
    assert (invoice.lines_cents, invoice.credit_cents, invoice.total_cents) == (26430, 6000, 20430)
    assert [client.due_on for client in batch] == [date(2025, 7, 10)] * 2
    assert purse.credit == 0

    payment = pay(invoice, date(2025, 7, 8))

    assert payment.effect is PaymentEffect.SETTLED
    assert [client.due_on for client in batch] == [date(2025, 8, 10)] * 2
    assert invoices.state_of(invoice) is InvoiceState.PAID
    assert {line.outcome for line in queries.lines_of(invoice.id)} == {LineOutcome.MOVED}
    assert ledger(partner)[-1] == (CreditKind.REDEMPTION, -6000, 0)


def test_a_cancelled_invoice_gives_its_credit_back(purse: Purse, partner: Partner, batch) -> None:
    give(partner, 6000)
    invoice = purse.renew_month(date(2025, 7, 5), credit=6000)
    assert settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
    assert purse.credit == 6000
    assert ledger(partner)[-1] == (CreditKind.RETURNED, 6000, 6000)
    assert not settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
    assert purse.renew_month(date(2025, 7, 6)).number == 2


def test_renewing_on_the_20th_does_not_shift_the_cycle(purse: Purse, batch) -> None:
    invoice = purse.renew(batch[1], date(2025, 7, 20))  # R2
    pay(invoice, date(2025, 7, 20))
    assert batch[1].due_on == date(2025, 8, 10)


def test_thrice_in_a_row_leads_to_three_months_on(purse: Purse, make: Factory, partner: Partner) -> None:
    client = make.client(partner, due_on=date(2025, 1, 10))  # R3
    for day, due_on in ((5, date(2025, 2, 10)), (36, date(2025, 3, 10)), (64, date(2025, 4, 10))):
        today = date.fromordinal(date(2025, 1, 1).toordinal() + day)
        pay(purse.renew(client, today), today)
        assert client.due_on == due_on


def test_from_december_into_january_and_at_half_past_eleven(purse: Purse, make: Factory, partner: Partner) -> None:
    client = make.client(partner, due_on=date(2025, 12, 10))
    invoice = purse.renew(client, date(2025, 12, 31))
    late = at(date(2025, 12, 31), time(23, 30))
    pay(invoice, date(2025, 12, 31), paid_at=late)
    assert client.due_on == date(2026, 1, 10)
    assert invoice.issued_on == date(2025, 12, 31)


def test_open_charges_block_a_renewal_until_they_are_paid(purse: Purse, make: Factory, batch) -> None:
    charge = make.charge(batch[0], 3338)  # R11
    with pytest.raises(RenewalBlocked) as refused:
        purse.renew(batch[0], date(2025, 7, 5))
    assert (refused.value.why, refused.value.amount_cents) == (Blocker.OPEN_CHARGES, 3338)
    assert [line.client_id for line in queries.lines_of(purse.renew_month(date(2025, 7, 5)).id)] == [batch[1].id]

    invoice = purse.pay_additionals([batch[0]], date(2025, 7, 5))
    pay(invoice, date(2025, 7, 6))

    assert charge.paid_at is not None
    pay(purse.renew(batch[0], date(2025, 7, 6)), date(2025, 7, 6))
    assert batch[0].due_on == date(2025, 8, 10)


def test_a_suspended_client_is_renewed_and_stays_suspended(purse: Purse, make: Factory, partner: Partner) -> None:
    client = make.client(partner, due_on=date(2025, 7, 10), suspended_at=at(date(2025, 7, 1)))  # R16
    pay(purse.renew(client, date(2025, 7, 10)), date(2025, 7, 10))
    assert derive_status(client, date(2025, 7, 11)) is Status.SUSPENDED


def test_money_for_a_client_that_became_inativo_is_credit(purse: Purse, partner: Partner, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 30))
    pay(invoice, date(2025, 8, 2))
    assert [client.due_on for client in batch] == [date(2025, 7, 10)] * 2
    assert {line.outcome for line in queries.lines_of(invoice.id)} == {LineOutcome.CREDITED}
    assert purse.credit == 26430


def test_money_moved_before_midnight_renews_though_the_news_come_after_the_month(purse: Purse, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 30))
    pay(invoice, date(2025, 8, 1), paid_at=at(date(2025, 7, 31), time(23, 58)))
    assert [client.due_on for client in batch] == [date(2025, 8, 10)] * 2


def test_partial_money_moves_nothing_and_the_rest_settles(purse: Purse, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 5))
    assert pay(invoice, date(2025, 7, 6), cents=26000).effect is PaymentEffect.PARTIAL
    assert batch[0].due_on == date(2025, 7, 10)
    assert pay(invoice, date(2025, 7, 7), cents=500).credit_cents == 70
    assert batch[0].due_on == date(2025, 8, 10)
    assert purse.credit == 70


def test_cancelling_turns_what_arrived_into_credit(purse: Purse, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 5))
    pay(invoice, date(2025, 7, 6), cents=26000)
    settling.cancel(invoice.id, now=at(date(2025, 7, 7)), actor=purse.actor)
    assert purse.credit == 26000
    assert pay(invoice, date(2025, 7, 8), cents=430).effect is PaymentEffect.CREDITED
    assert purse.credit == 26430


def test_the_same_confirmation_counts_once_and_another_one_is_credit(purse: Purse, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 5))
    first = pay(invoice, date(2025, 7, 6), end_to_end_id="E1")
    assert pay(invoice, date(2025, 7, 6), end_to_end_id="E1").id == first.id
    assert pay(invoice, date(2025, 7, 6), end_to_end_id="E2").credit_cents == 26430
    assert (batch[0].due_on, purse.credit) == (date(2025, 8, 10), 26430)


def test_money_with_a_txid_that_is_nobodys_is_kept_without_a_subject(purse: Purse, batch) -> None:
    invoice = purse.renew_month(date(2025, 7, 5))
    payment = pay(invoice, date(2025, 7, 6), txid="nobodys")
    assert (payment.effect, payment.partner_id, payment.amount_cents) == (PaymentEffect.UNMATCHED, None, 26430)


def test_an_invoice_that_credit_pays_whole_is_settled_at_once(purse: Purse, partner: Partner, batch) -> None:
    give(partner, 30000)
    invoice = purse.renew_month(date(2025, 7, 5), credit=30000)
    assert (invoice.total_cents, invoice.credit_cents, purse.credit) == (0, 26430, 3570)
    assert batch[0].due_on == date(2025, 8, 10)
    with pytest.raises(InvoiceClosed):
        settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)


def test_a_cycle_is_on_one_open_invoice_at_most(purse: Purse, batch) -> None:
    purse.renew_month(date(2025, 7, 5))
    with pytest.raises(RenewalBlocked) as refused:
        purse.renew(batch[0], date(2025, 7, 5))
    assert refused.value.why is Blocker.INVOICED
    with pytest.raises(NothingSelected):
        purse.renew_month(date(2025, 7, 5))


def test_the_same_form_again_is_the_same_invoice_and_another_content_is_refused(purse: Purse, batch) -> None:
    asked = purse.asked(drafting.renewal_drafts(purse.chosen(date(2025, 7, 5), JULY)), 0, "key-1")
    when = {"now": at(date(2025, 7, 5)), "actor": purse.actor}
    first = making.bill_month(asked, JULY, **when)
    again = making.bill_month(asked, JULY, **when)
    assert (again.invoice.id, again.event.id, again.is_repeat) == (first.invoice.id, first.event.id, True)
    other = making.Asked(asked.partner_id, asked.key, 100, asked.seen)
    with pytest.raises(RepeatMismatch):
        making.bill_month(other, JULY, **when)


def test_values_that_were_not_seen_are_not_charged(purse: Purse, make: Factory, batch) -> None:
    asked = purse.asked(drafting.renewal_drafts(purse.chosen(date(2025, 7, 5), JULY)), 0, "")
    make.item(batch[1], Item.CLOUD)
    with pytest.raises(QuoteAged):
        making.bill_month(asked, JULY, now=at(date(2025, 7, 5)), actor=purse.actor)
    assert db.session.scalar(db.select(db.func.count()).select_from(Invoice)) == 0


def test_credit_never_falls_below_nothing(partner: Partner) -> None:
    with pytest.raises(CreditShort):
        credit.move(partner.id, CreditKind.REDEMPTION, -1, now=at(JULY), origin=Origin())


def test_the_ledger_cannot_be_changed(purse: Purse, partner: Partner) -> None:
    give(partner, 100)
    for change in ("UPDATE credit_entries SET amount_cents = 200", "DELETE FROM credit_entries"):
        with pytest.raises(Exception, match="never changed"):
            db.session.execute(db.text(change))
        db.session.rollback()


def test_what_moved_is_in_the_record_of_the_client(purse: Purse, batch) -> None:
    pay(purse.renew(batch[1], date(2025, 7, 20)), date(2025, 7, 20))
    event = db.session.scalars(db.select(AuditEvent).where(AuditEvent.client_id == batch[1].id)).one()
    assert (event.action, event.before, event.after) == ("renewed", {"due_on": "2025-07-10"}, {"due_on": "2025-08-10"})
    assert event.reason == "Fatura 1"
    assert isinstance(event.at, datetime)
