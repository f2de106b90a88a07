"""The portal's hand: every step of the model done by the real services, as the screens do it: what is seen is confirmed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from portal import clock
from portal.access import Viewer
from portal.billing import bills, by_hand, issuing
from portal.billing import service as billing
from portal.billing import settling as retail_settling
from portal.catalogue.queries import price_table
from portal.clients import service as clients
from portal.clients import trust
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import ChargeHindered, OrderFixed, Refusal, ReleaseRefused, RenewalBlocked
from portal.domain.invoices import PaymentSource
from portal.domain.renewals import Decision
from portal.extensions import db
from portal.invoices import lapsing, making, settling
from portal.invoices.making import Asked
from portal.licenses import applying, queries
from portal.models import Client, Invoice, Partner, Payment, RenewalDecision, RetailCharge
from portal.payments import returns
from portal.payments import service as payments
from portal.payments.service import Arrival
from portal.registrations import contract, reactivation, reversal
from portal.registrations import service as registrations
from portal.registrations.contract import Wish
from portal.registrations.service import Registration
from portal.renewals import offers
from tests.factories import Factory
from tests.money_machine.calendar_and_prices import RELEASE_DAYS
from tests.money_machine.license import Units

DATA = {
    "name": "Loja", "uf": "SP", "city": "São Paulo", "city_code": "3550308", "email": "", "phone": "", "notes": "",
}  # fmt: skip


def items(units: Units) -> dict[Item, int]:
    return {Item(name): count for name, count in units.items()}


def word(refusal: Refusal) -> str:
    """Return a refusal as the model calls it."""
    why = (
        f" {refusal.why.value}"
        if isinstance(refusal, ChargeHindered | OrderFixed | ReleaseRefused | RenewalBlocked)
        else ""
    )
    return type(refusal).__name__ + why


def shown(values: Callable[[], str]) -> str:
    """Return what the screen would show before "Confirmar"; nothing where it refuses already, as the service has to."""
    try:
        return values()
    except Refusal:
        return ""


class Portal:
    """One partner of the portal; clients, invoices and retail charges are told by their place, as in the model."""

    def __init__(self, make: Factory, partner: Partner, actor: Viewer, today: date) -> None:
        self.make, self.partner_id, self.actor, self.today = make, partner.id, actor, today
        self.minutes = 0
        self.documents: dict[int, str] = {}
        self.clients: list[int] = []
        self.invoices: list[int] = []
        self.paid: Arrival | None = None
        self.billed: Callable[[], Any] | None = None

    @property
    def now(self) -> Any:
        """A minute later with every step."""
        self.minutes += 1
        return clock.moment_of(self.today, time(0, 30)) + timedelta(minutes=self.minutes)

    def carry_out(self, step: str, arguments: dict[str, Any]) -> str | None:
        """Do a step and return the word of its refusal, or None; a fault is a word that no model says."""
        db.session.rollback()
        try:
            getattr(self, step)(**arguments)
        except Refusal as refusal:
            db.session.rollback()
            return word(refusal)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the steps that led to it are to be told
            db.session.rollback()
            return repr(fault)
        return None

    def client(self, number: int) -> Client:
        return db.session.get_one(Client, self.clients[number], populate_existing=True)

    # Time and the partner

    def wait(self, day: date) -> None:
        self.today, self.minutes = day, 0

    def move_due_day(self, day: int) -> None:
        db.session.get_one(Partner, self.partner_id).due_day = day
        db.session.commit()

    def night(self) -> None:
        applying.apply_due(self.now)
        lapsing.cancel_due(self.now)
        issuing.issue_due(self.now)

    # The license

    def register(self, product: str, shop: int, method: str, units: Units) -> None:
        document = self.documents.setdefault(shop, self.make.document())
        kind, wanted = Product(product), items(units)
        asked = Registration(
            self.partner_id, secrets.token_urlsafe(12), document, kind, RenewalMethod(method), DATA, wanted
        )
        seen = shown(lambda: contract.seen_as(registrations.quote(self.partner_id, kind, wanted, self.today), wanted))
        done = registrations.register(asked, quote_seen=seen, now=self.now, actor=self.actor)
        self.clients.append(done.client.id)

    def want(self, client: int, units: Units) -> None:
        one, wanted = self.client(client), items(units)
        wish = Wish({name: getattr(one, name) for name in clients.REVISED}, wanted, one.renewal_method)

        def values() -> str:
            held, prices = queries.holding_of(one.id, self.today), price_table(self.today)
            plan = contract.plan(one, held, wanted, self.today, prices)
            return contract.seen_as(plan.quote, plan.added)

        contract.change(one, wish, quote_seen=shown(values), **self.base(one))

    def take_back(self, client: int, item: str, since: date) -> None:
        one = self.client(client)
        contract.take_back(one, Item(item), since, **self.base(one))

    def reverse(self, client: int) -> None:
        one = self.client(client)
        reversal.reverse(one, queries.last_order(one.id), **self.base(one))

    def reactivate(self, client: int, units: Units) -> None:
        one, wanted = self.client(client), items(units)
        wish = Wish({name: getattr(one, name) for name in clients.REVISED}, wanted, one.renewal_method)

        def values() -> str:
            held, prices = queries.holding_of(one.id, self.today), price_table(self.today)
            return contract.seen_as(reactivation.quote(one, held, wanted, self.today, prices), wanted)

        reactivation.reactivate(one, wish, quote_seen=shown(values), **self.base(one))

    def suspend(self, client: int) -> None:
        one = self.client(client)
        clients.suspend(one, reason="não pagou", **self.base(one))

    def resume(self, client: int) -> None:
        clients.resume(self.client(client), **self.base(self.client(client)))

    def hide(self, client: int) -> None:
        clients.hide(self.client(client), **self.base(self.client(client)))

    def unhide(self, client: int) -> None:
        clients.unhide(self.client(client), **self.base(self.client(client)))

    def use_both(self, client: int) -> None:
        self.client(client).uses_both_at = self.now
        db.session.commit()

    def base(self, client: Client) -> dict[str, Any]:
        return {"version": client.version, "now": self.now, "actor": self.actor}

    # Renewals and invoices

    def decide(self, client: int, decision: str) -> None:
        one = self.client(client)
        facts = {"partner_id": self.partner_id, "decision": Decision(decision), "decided_at": self.now}
        db.session.merge(RenewalDecision(client_id=one.id, due_on=one.due_on, **facts))
        db.session.commit()

    def bill_month(self, month: date, credit: int) -> None:
        due = making.Client.due_on.between(month, making.cycle.last_of_month(month))
        manual = Client.partner_id == self.partner_id, Client.renewal_method == RenewalMethod.MANUAL
        mine = db.session.scalars(db.select(Client).where(*manual, due, Client.archived_at.is_(None))).all()
        chosen = [offer for offer in offers.of(mine, self.today) if offer.is_chosen]
        asked = self.asked(making.renewal_drafts(chosen), credit)
        self.bill(lambda now: making.bill_month(asked, month, now=now, actor=self.actor))

    def bill_client(self, client: int, credit: int) -> None:
        one = self.client(client)
        own = [making.on_own_account(offer) for offer in offers.of([one], self.today)] if one.due_on else []
        asked = self.asked(making.renewal_drafts(own), credit)
        self.bill(lambda now: making.bill_client(asked, one.id, now=now, actor=self.actor))

    def bill_debts(self, clients: list[int], credit: int) -> None:
        ids = [self.clients[number] for number in clients]
        asked = self.asked(making.charge_drafts(self.partner_id, ids), credit)
        self.bill(lambda now: making.bill_charges(asked, ids, now=now, actor=self.actor))

    def asked(self, drafts: list[making.Draft], credit: int) -> Asked:
        return Asked(self.partner_id, secrets.token_urlsafe(12), credit, making.seen_as(drafts))

    def bill(self, send: Callable[[Any], making.Outcome]) -> None:
        self.invoices.append(send(self.now).invoice.id)
        self.billed = lambda: send(self.now)

    def bill_again(self) -> None:
        assert self.billed is not None
        assert self.billed().is_repeat

    def cancel(self, invoice: int) -> None:
        settling.cancel(self.invoices[invoice], now=self.now, actor=self.actor)

    # Retail charges

    def price(self, client: int, margin: int) -> None:
        one = self.client(client)
        cents = billing.costs(one, self.today)[Item.BASE] + margin
        billing.set_prices(one, {Item.BASE: cents}, **self.base(one))

    def issue(self, client: int) -> None:
        one = self.client(client)
        [bill] = bills.of([one], self.today)
        seen = by_hand.seen_as(bill.quote)
        by_hand.issue(one.id, one.due_on, seen, now=self.now, actor=self.actor)

    def cancel_retail(self, charge: int) -> None:
        retail_settling.cancel(self.charge(charge).id, now=self.now, actor=self.actor)
        db.session.commit()

    def charge(self, number: int) -> RetailCharge:
        mine = db.select(RetailCharge).where(RetailCharge.partner_id == self.partner_id)
        return db.session.scalars(mine.order_by(RetailCharge.id).offset(number).limit(1)).one()

    # Money that arrives

    def pay(self, invoice: int, cents: int, paid_on: date) -> None:
        self.receive(db.session.get_one(Invoice, self.invoices[invoice]).txid, cents, paid_on)

    def pay_retail(self, charge: int, cents: int, paid_on: date) -> None:
        self.receive(self.charge(charge).txid, cents, paid_on)

    def receive(self, txid: str, cents: int, paid_on: date) -> None:
        at = clock.moment_of(paid_on, time(23, 30)) if paid_on < self.today else self.now
        self.paid = Arrival(secrets.token_hex(16), txid, cents, at, PaymentSource.WEBHOOK)
        payments.receive(self.paid, now=self.now)

    def give_back(self, payment: int, cents: int) -> None:
        mine = db.select(Payment.id).where(Payment.partner_id == self.partner_id)
        payment_id = db.session.scalars(mine.order_by(Payment.id).offset(payment).limit(1)).one()
        returns.book(payment_id, cents, now=self.now, actor=self.actor)

    def release(self, client: int) -> None:
        one = self.client(client)
        trust.release(one, reason="paga amanhã", days=RELEASE_DAYS, **self.base(one))

    def pay_again(self) -> None:
        assert self.paid is not None
        assert payments.receive(self.paid, now=self.now).is_repeat
