"""What the database says, in the model's words, and what must be true of it whatever the model thinks."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from portal.clients import trust
from portal.domain.charges import state_of as charge_state
from portal.domain.invoices import state_of as invoice_state
from portal.domain.retail import state_of as retail_state
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.licenses import queries
from portal.models import (
    Charge,
    ChargeLine,
    Client,
    CreditAccount,
    CreditEntry,
    Invoice,
    InvoiceItem,
    InvoiceLine,
    Payment,
    RetailCharge,
    RetailLine,
)
from tests.money_machine.money import Money

Seen = dict[str, Any]


def by_model(model: Money) -> Seen:
    """Return what the model says the portal shows."""
    today = model.today
    return {
        "clients": [
            "archived"
            if one.is_archived
            else (
                one.due,
                one.status(today),
                one.method,
                one.held(today),
                one.pending(today),
                model.owed(number),
                model.may_run(one),
            )
            for number, one in enumerate(model.clients)
        ],
        "charges": [(debt.client, debt.cents, debt.through, debt.state) for debt in model.debts],
        "invoices": [
            (
                bill.state,
                bill.credit,
                bill.total,
                bill.received,
                [(line.client, line.cents, line.outcome) for line in bill.lines],
            )
            for bill in model.invoices
        ],
        "retail": [(bill.state, bill.lines[0].cents, bill.total, bill.received) for bill in model.retail],
        "credit": model.credit,
        "ledger": sorted(model.ledger),
    }


def by_portal(partner_id: int, places: dict[int, int], today: date) -> Seen:
    """Return the same of the database; ``places`` tell which client has which id."""
    db.session.rollback()
    charges, ledger = _rows(Charge, partner_id), _rows(CreditEntry, partner_id)
    lines: dict[int, list[tuple[Any, ...]]] = {}
    for line in db.session.connection().execute(_LINES, {"id": partner_id}):
        told = places[line.client_id], line.amount_cents, line.outcome and line.outcome.value
        lines.setdefault(line.invoice_id, []).append(told)
    return {
        "clients": _clients(partner_id, charges, today),
        "charges": [
            (places[row.client_id], row.amount_cents, row.through_on, charge_state(row).value) for row in charges
        ],
        "invoices": [
            (invoice_state(row).value, row.credit_cents, row.total_cents, row.received_cents, lines[row.id])
            for row in _rows(Invoice, partner_id)
        ],
        "retail": [
            (retail_state(row).value, row.cost_cents, row.amount_cents, row.received_cents)
            for row in _rows(RetailCharge, partner_id)
        ],
        "credit": _balance(partner_id),
        "ledger": sorted((row.kind.value, row.amount_cents) for row in ledger),
    }


_ID = bindparam("id")
_LINES = (
    select(InvoiceLine.invoice_id, InvoiceLine.client_id, InvoiceLine.amount_cents, InvoiceLine.outcome)
    .join(Invoice)
    .where(Invoice.partner_id == _ID)
    .order_by(InvoiceLine.id)
)
_OF_PARTNER = {
    table: select(table.__table__).where(table.__table__.c.partner_id == _ID).order_by(table.__table__.c.id)
    for table in (Charge, Client, CreditEntry, Invoice, Payment, RetailCharge)
}
_BALANCE = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == _ID)


def _rows(table: Any, partner_id: int) -> list[Any]:
    return list(db.session.connection().execute(_OF_PARTNER[table], {"id": partner_id}))


def _balance(partner_id: int) -> int:
    return db.session.connection().scalar(_BALANCE, {"id": partner_id}) or 0


def _clients(partner_id: int, charges: list[Any], today: date) -> list[Any]:
    rows = _rows(Client, partner_id)
    holdings, owed = queries.holdings_of([row.id for row in rows], today), Counter[int]()
    for charge in charges:
        owed[charge.client_id] += charge.amount_cents if charge_state(charge).value == "open" else 0
    return ["archived" if row.archived_at else _client(row, holdings[row.id], owed[row.id], today) for row in rows]


def _client(row: Any, holding: queries.Holding, owed: int, today: date) -> tuple[Any, ...]:
    held = {item.value: units for item, units in holding.now.items()}
    pending = {(change.item.value, change.effective_on, change.quantity) for change in holding.pending}
    runs = trust.may_run(row, today, grace_days=0)
    return row.due_on, derive_status(row, today).value, row.renewal_method.value, held, pending, owed, runs


def differences(one: Seen, other: Seen) -> list[str]:
    """Return in words where two views differ."""
    return [
        f"{what}:\n      model  {one[what]}\n      portal {other[what]}" for what in one if one[what] != other[what]
    ]


def faults(partner_id: int, model: Money) -> list[str]:
    """Return what is wrong in the database by itself: sums that do not add up, seats charged twice."""
    return [*_wrong_sums(partner_id), *_lost_money(partner_id), *_charged_twice(partner_id, model)]


def _wrong_sums(partner_id: int) -> list[str]:
    balance = 0
    found = []
    for entry in _rows(CreditEntry, partner_id):
        balance += entry.amount_cents
        if balance != entry.balance_cents or balance < 0:
            found.append(f"credit entry {entry.id} says {entry.balance_cents}, the sum is {balance}")
    kept = _balance(partner_id)
    return found + ([f"the account says {kept}, its entries {balance}"] if kept != balance else [])


def _lost_money(partner_id: int) -> list[str]:
    """What arrived has moved something, is credit (kept or reserved), or is held by what is open."""
    arrived = sum(row.amount_cents for row in _rows(Payment, partner_id))
    there = sum(row.amount_cents for row in _rows(CreditEntry, partner_id))
    for table, state in ((Invoice, invoice_state), (RetailCharge, retail_state)):
        for row in _rows(table, partner_id):
            if state(row).value == "open":
                there += row.received_cents + (row.credit_cents if table is Invoice else 0)
    moved = db.session.execute(
        select(InvoiceLine.amount_cents)
        .join(Invoice)
        .where(Invoice.partner_id == partner_id, InvoiceLine.outcome == "moved")
    )
    there += sum(moved.scalars()) + sum(row.cost_cents for row in _rows(RetailCharge, partner_id) if _has_moved(row))
    return [] if arrived == there else [f"{arrived} cents arrived, {there} are accounted for"]


def _has_moved(charge: Any) -> bool:
    """Say whether a retail charge paid for a renewal: if it is paid and did not become credit whole."""
    whole = CreditEntry.retail_charge_id == charge.id, CreditEntry.kind.in_(("retail", "not_renewed"))
    return charge.paid_at is not None and not db.session.scalars(select(CreditEntry.id).where(*whole)).first()


def _charged_twice(partner_id: int, model: Money) -> list[str]:
    """Return the items of which more units were charged for a cycle than were ever held or asked for in it."""
    charged: Counter[tuple[int, str, date]] = Counter()
    mine = Invoice.partner_id == partner_id, InvoiceLine.outcome == "moved"
    renewed = select(InvoiceLine.client_id, InvoiceItem.item, InvoiceLine.next_due_on, InvoiceItem.quantity)
    renewed = renewed.join(InvoiceItem, InvoiceItem.line_id == InvoiceLine.id).join(Invoice).where(*mine)
    added = select(Charge.client_id, ChargeLine.item, Charge.through_on, ChargeLine.quantity)
    added = added.join(ChargeLine, ChargeLine.charge_id == Charge.id)
    added = added.where(Charge.partner_id == partner_id, Charge.reversed_at.is_(None))
    moved = [row.id for row in _rows(RetailCharge, partner_id) if _has_moved(row)]
    billed = select(RetailCharge.client_id, RetailLine.item, RetailCharge.next_due_on, RetailLine.quantity)
    billed = billed.join(RetailLine, RetailLine.retail_charge_id == RetailCharge.id).where(RetailCharge.id.in_(moved))
    for query in (renewed, added, billed):
        for client_id, item, through_on, units in db.session.execute(query):
            charged[client_id, item.value, through_on] += units
    places = {row.id: number for number, row in enumerate(_rows(Client, partner_id))}
    return [
        f"client {places[client_id]}: {units} {item} charged through {through}, at most {most} held"
        for (client_id, item, through), units in charged.items()
        if units > (most := model.clients[places[client_id]].peak[item, through])
    ]
