"""Money in tests: invoices made as the screens make them, payments as they arrive."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime, time
from itertools import count
from typing import Any

from portal import clock
from portal.access import Viewer
from portal.credit.queries import balance
from portal.domain import cycle
from portal.domain.catalogue import RenewalMethod
from portal.domain.invoices import PaymentSource
from portal.extensions import db
from portal.invoices import drafting, making
from portal.invoices.making import Asked
from portal.models import Client, Invoice, Payment, RetailCharge
from portal.payments import service as payments
from portal.payments.service import Arrival
from portal.renewals import offers

_NUMBERS = count(1)


def at(day: date, hour: time = time(12)) -> datetime:
    """Return the moment of São Paulo's clock on a day."""
    return clock.moment_of(day, hour)


class Purse:
    """A partner's hand on its money: what is seen is confirmed."""

    def __init__(self, actor: Viewer) -> None:
        assert actor.partner_id is not None
        self.actor, self.partner_id = actor, actor.partner_id

    @property
    def credit(self) -> int:
        """The balance, in cents."""
        db.session.expire_all()
        return balance(self.partner_id)

    def renew_month(self, day: date, *, month: date | None = None, credit: int = 0, key: str = "") -> Invoice:
        """Make the invoice of a month's manual renewals on a day."""
        month = month or cycle.first_of_month(day)
        asked = self.asked(drafting.renewal_drafts(self.chosen(day, month)), credit, key)
        return making.bill_month(asked, month, now=at(day), actor=self.actor).invoice

    def chosen(self, day: date, month: date) -> list[offers.Offer]:
        """Return what such an invoice would hold."""
        due = Client.due_on.between(month, cycle.last_of_month(month))
        manual = Client.partner_id == self.partner_id, Client.renewal_method == RenewalMethod.MANUAL
        clients = db.session.scalars(db.select(Client).where(*manual, due, Client.archived_at.is_(None))).all()
        return [offer for offer in offers.of(clients, day) if offer.is_chosen]

    def renew(self, client: Client, day: date, *, credit: int = 0, key: str = "") -> Invoice:
        """Make the invoice that renews one client at cost."""
        own = [drafting.on_own_account(offer) for offer in offers.of([client], day)]
        asked = self.asked(drafting.renewal_drafts(own), credit, key)
        return making.bill_client(asked, client.id, now=at(day), actor=self.actor).invoice

    def pay_additionals(self, clients: Collection[Client], day: date, *, credit: int = 0, key: str = "") -> Invoice:
        """Make the invoice of all open charges of some clients."""
        ids = [client.id for client in clients]
        asked = self.asked(drafting.charge_drafts(self.partner_id, ids), credit, key)
        return making.bill_charges(asked, ids, now=at(day), actor=self.actor).invoice

    def asked(self, drafts: list[drafting.Draft], credit: int, key: str) -> Asked:
        """Return the form that confirms what is seen."""
        return Asked(self.partner_id, key or secrets.token_urlsafe(12), credit, drafting.seen_as(drafts))


def pay(subject: Invoice | RetailCharge, day: date, *, cents: int | None = None, **facts: Any) -> Payment:
    """Let a Pix arrive for an invoice or a retail charge: by default all that it asks for."""
    return payments.receive(arrival_of(subject, day, cents=cents, **facts), now=at(day)).payment


def arrival_of(subject: Invoice | RetailCharge, day: date, *, cents: int | None = None, **facts: Any) -> Arrival:
    """Return a Pix for an invoice or a retail charge, not booked yet."""
    asks = subject.total_cents if isinstance(subject, Invoice) else subject.amount_cents
    values = {
        "end_to_end_id": f"E{next(_NUMBERS):031d}",
        "txid": subject.txid,
        "amount_cents": asks if cents is None else cents,
        "paid_at": at(day),
        "source": PaymentSource.WEBHOOK,
    } | facts
    return Arrival(**values)
