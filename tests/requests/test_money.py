"""What requests cost: terminals by R4 at approval, an import's own charge and invoice, paid before the work begins."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.closing.queries import closing
from portal.domain.catalogue import Item
from portal.domain.charges import ChargeKind, ChargeState, state_of
from portal.domain.errors import ActionRefused, PriceMissing, QuoteAged
from portal.domain.invoices import CreditKind, InvoiceKind, InvoiceState
from portal.domain.invoices import state_of as invoice_state
from portal.domain.requests import Move, Obstacle, RequestKind, RequestRefused, RequestState
from portal.extensions import db
from portal.invoices import settling
from portal.licenses.queries import holding_of, open_cents
from portal.models import Charge, CreditEntry, Invoice, LicenseOrder, Price
from portal.requests import approving, money, service
from tests.conftest import NOW
from tests.money import pay
from tests.requests.conftest import CENTS, now, seen_of

TODAY = NOW.date()
IMPORT = RequestKind.IMPORT


def charge() -> Charge:
    db.session.expire_all()
    return db.session.scalars(select(Charge).order_by(Charge.id.desc()).limit(1)).one()


def invoice() -> Invoice:
    db.session.expire_all()
    return db.session.scalars(select(Invoice).order_by(Invoice.id.desc()).limit(1)).one()


class TestTef:
    def test_approval_puts_the_terminals_on_the_license_with_the_charge_that_was_shown(self, road, shop) -> None:
        shop.due_on = TODAY.replace(month=8)
        db.session.commit()
        request = road.go(road.send(shop).request_id, Move.TAKE)
        seen = seen_of(request)
        order = road.order(Move.APPROVE, request)
        done = approving.approve(request, order, seen)
        assert now(request.id).state is RequestState.RUNNING
        assert holding_of(shop.id, TODAY).now[Item.TEF] == 2
        made = charge()
        assert (made.kind, seen.startswith(f"{made.amount_cents}-")) == (ChargeKind.ADDITION, True)
        assert db.session.get_one(LicenseOrder, made.order_id).event_id == done.protocol
        again = approving.approve(now(request.id), order, seen)
        assert (again.protocol, again.is_repeat, db.session.query(Charge).count()) == (done.protocol, True, 1)

    def test_later_terminals_come_to_those_that_are_held(self, road, shop) -> None:
        for _ in range(2):
            road.go(road.send(shop).request_id, Move.TAKE, Move.APPROVE)
        assert holding_of(shop.id, TODAY).now[Item.TEF] == 4

    def test_values_that_aged_are_asked_again_and_nothing_is_done(self, road, shop, prices) -> None:
        request = road.go(road.send(shop).request_id, Move.TAKE)
        shop.due_on = TODAY.replace(month=8)
        db.session.commit()
        seen = seen_of(request)
        db.session.execute(db.update(Price).where(Price.item == Item.TEF).values(cents=Price.cents + 100))
        db.session.commit()
        with pytest.raises(QuoteAged):
            approving.approve(now(request.id), road.order(Move.APPROVE, request), seen)
        assert now(request.id).state is RequestState.ANALYSIS
        assert Item.TEF not in holding_of(shop.id, TODAY).now

    def test_a_client_that_may_not_be_edited_any_more_is_not_given_terminals(self, road, shop) -> None:
        request = road.go(road.send(shop).request_id, Move.TAKE)
        seen = seen_of(request)
        shop.due_on = TODAY.replace(day=9)
        db.session.commit()
        with pytest.raises(ActionRefused):
            approving.approve(now(request.id), road.order(Move.APPROVE, request), seen)
        assert now(request.id).state is RequestState.ANALYSIS

    def test_an_import_is_never_approved_like_that(self, road, shop) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE)
        with pytest.raises(RequestRefused):
            approving.approve(request, road.order(Move.APPROVE, request), "")


class TestImport:
    def test_its_value_is_a_charge_with_an_invoice_of_its_own_and_work_begins_once_that_is_paid(
        self, road, shop
    ) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        made, asked = charge(), invoice()
        assert (made.kind, made.amount_cents, made.id) == (ChargeKind.IMPORT, CENTS, request.charge_id)
        assert (asked.kind, asked.lines_cents, asked.total_cents) == (InvoiceKind.ADDITIONS, CENTS, CENTS)
        assert open_cents(shop.id) == CENTS
        with pytest.raises(RequestRefused) as refused:
            service.move(request, road.order(Move.BEGIN, request))
        assert refused.value.why is Obstacle.UNPAID
        db.session.rollback()
        pay(asked, TODAY)
        assert road.go(request.id, Move.BEGIN, Move.CONCLUDE).state is RequestState.DONE

    def test_the_same_value_typed_twice_is_charged_once(self, road, shop) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE)
        order = road.order(Move.ASK_PAYMENT, request, cents=CENTS)
        first, again = money.ask(request, order, CENTS), money.ask(now(request.id), order, CENTS)
        assert (first.protocol, again.is_repeat) == (again.protocol, True)
        assert db.session.query(Charge).count() == db.session.query(Invoice).count() == 1

    @pytest.mark.parametrize("move", [Move.CANCEL, Move.REFUSE, Move.RECONSIDER])
    def test_leaving_before_payment_takes_charge_and_invoice_back(self, road, shop, move) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT, move)
        assert state_of(charge()) is ChargeState.REVERSED
        assert invoice_state(invoice()) is InvoiceState.CANCELLED
        assert open_cents(shop.id) == 0
        if move is Move.RECONSIDER:
            assert request.state is RequestState.ANALYSIS
            assert road.go(request.id, Move.ASK_PAYMENT).charge_id == charge().id
            assert state_of(charge()) is ChargeState.OPEN

    @pytest.mark.parametrize("move", [Move.CANCEL, Move.RECONSIDER])
    def test_once_paid_nobody_takes_it_back(self, road, shop, move) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        pay(invoice(), TODAY)
        with pytest.raises(RequestRefused) as refused:
            road.go(request.id, move)
        assert refused.value.why is Obstacle.PAID
        assert state_of(charge()) is ChargeState.PAID

    @pytest.mark.parametrize("before", [(), (Move.BEGIN,)], ids=["before the work", "in the work"])
    def test_once_paid_and_refused_its_value_becomes_credit_once(self, road, shop, purse, before) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        pay(invoice(), TODAY)
        request = road.go(request.id, *before)
        order = road.order(Move.REFUSE, request, text="O arquivo está corrompido")
        done = money.leave(request, order)
        assert now(request.id).state is RequestState.REFUSED
        assert (purse.credit, state_of(charge()), open_cents(shop.id)) == (CENTS, ChargeState.REVERSED, 0)
        entry = db.session.scalars(select(CreditEntry)).one()
        assert (entry.kind, entry.invoice_id, entry.client_id) == (CreditKind.REFUSED, invoice().id, shop.id)
        again = money.leave(now(request.id), order)
        assert (again.protocol, again.is_repeat, purse.credit) == (done.protocol, True, CENTS)
        assert closing(shop.partner_id, TODAY.replace(day=1)).is_right
        db.session.execute(db.update(Charge).values(reversed_at=None))
        assert not closing(shop.partner_id, TODAY.replace(day=1)).is_right

    def test_paid_with_credit_alone_and_refused_the_credit_is_there_again(self, road, shop, purse) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        pay(invoice(), TODAY, cents=CENTS - 1)
        settling.cancel(invoice().id, now=NOW, actor=purse.actor)
        pay(invoice(), TODAY, cents=1)
        purse.pay_additionals([shop], TODAY, credit=CENTS)
        assert purse.credit == 0
        assert road.go(request.id, Move.REFUSE).state is RequestState.REFUSED
        assert purse.credit == CENTS

    def test_what_had_arrived_in_part_becomes_credit_and_so_does_what_arrives_late(self, road, shop, purse) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        pay(invoice(), TODAY, cents=10_000)
        road.go(request.id, Move.CANCEL)
        pay(invoice(), TODAY, cents=CENTS - 10_000)
        kinds = list(db.session.scalars(select(CreditEntry.kind).order_by(CreditEntry.id)))
        assert (kinds, purse.credit) == ([CreditKind.PARTIAL, CreditKind.LATE], CENTS)

    def test_paid_with_other_additionals_it_counts_as_paid(self, road, shop, purse, make) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        other = make.charge(shop, 1_000)
        road_invoice = invoice()
        settling.cancel(road_invoice.id, now=NOW, actor=purse.actor)
        both = purse.pay_additionals([shop], TODAY)
        assert both.lines_cents == CENTS + 1_000
        with pytest.raises(RequestRefused) as refused:
            road.go(request.id, Move.CANCEL)
        assert refused.value.why is Obstacle.INVOICED
        db.session.rollback()
        pay(both, TODAY)
        assert road.go(request.id, Move.BEGIN).state is RequestState.RUNNING
        assert other.id != request.charge_id

    def test_its_invoice_cancelled_by_the_partner_the_charge_waits_and_the_request_can_be_given_up(
        self, road, shop, purse
    ) -> None:
        request = road.go(road.send(shop, IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        settling.cancel(invoice().id, now=NOW, actor=purse.actor)
        assert open_cents(shop.id) == CENTS
        assert road.go(request.id, Move.CANCEL).state is RequestState.CANCELLED
        assert open_cents(shop.id) == 0

    def test_without_any_price_table_there_is_no_charge(self, road, make, partner) -> None:
        request = road.go(road.send(make.client(partner), IMPORT).request_id, Move.TAKE)
        with pytest.raises(PriceMissing):
            road.go(request.id, Move.ASK_PAYMENT)
        assert now(request.id).state is RequestState.ANALYSIS
