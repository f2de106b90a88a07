"""Issuing charges to end clients: the work of a night, and of a person who asks for one (DOMAIN §5, R13).

Clients are locked first, the partner's counter moves last (``portal.invoices.making`` does the same).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, clock
from portal.audit import Actor
from portal.billing import bills, settling, warning
from portal.billing.bills import Bill
from portal.credit import service as credit
from portal.domain import cycle, pix
from portal.domain.catalogue import RenewalMethod
from portal.domain.retail import Hindrance, RetailQuote
from portal.domain.statuses import to_renew
from portal.extensions import db
from portal.models import Client, RetailCharge, RetailLine

ISSUED = "retail_charge_issued"
"""What the record calls it."""

LAPSED = "Vencida sem pagamento"
BATCH = 300

COUNTED = {Hindrance.OPEN_CHARGES: "blocked", Hindrance.BELOW_COST: "below_cost", Hindrance.PRICE_MISSING: "unpriced"}
"""What the night counts of the charges that it did not issue; the others are somebody's decision."""


def issue_due(now: datetime) -> dict[str, int]:
    """Issue every charge that is due up to now, close those whose month is over, tell of what stands in the way. Commits.

    Each batch is one transaction. A missed night is made up for by the next; runs at once issue each charge once.
    """
    counts, hindered = Counter[str](), warning.Hindered()
    today = clock.local_date(now)
    for charge_ids in _lapsed(today):
        settling.hold(charge_ids)
        counts["lapsed"] += sum(settling.cancel(one, now=now, actor=None, reason=LAPSED) for one in charge_ids)
        db.session.commit()
    for client_ids in _due(today):
        counts += _issue_batch(client_ids, now, hindered)
        db.session.commit()
    counts["told"] = warning.tell(hindered, today, now)
    db.session.commit()
    return {name: counts[name] for name in ("issued", *COUNTED.values(), "lapsed", "told")}


def count_due(today: date) -> dict[str, int]:
    """Return what ``issue_due`` would issue and could not, by the same rules; nothing is written."""
    counts = Counter[str]()
    for client_ids in _due(today):
        for bill in bills.of(clients(client_ids), today):
            counts[_said_of(bill)] += 1
    counts["lapsed"] = sum(len(charge_ids) for charge_ids in _lapsed(today))
    return {name: counts[name] for name in ("issued", *COUNTED.values(), "lapsed")}


def _said_of(bill: Bill) -> str:
    """Return the counter that a bill moves."""
    return "issued" if bill.hindrance is None else COUNTED.get(bill.hindrance, "")


def _due(today: date) -> Iterator[Sequence[int]]:
    """Yield batches of clients of one partner whose renewal window is open, none of whose due dates has a charge yet."""
    window = to_renew(today)
    standing = select(RetailCharge.id).where(
        RetailCharge.client_id == Client.id,
        RetailCharge.due_on == Client.due_on,
        RetailCharge.cancelled_at.is_(None),
    )
    query = (
        select(Client.partner_id, Client.id)
        .where(
            Client.renewal_method == RenewalMethod.BILLING,
            Client.due_on.between(window.first, window.last),
            Client.pending_at.is_(None),
            Client.archived_at.is_(None),
            Client.paused_at.is_(None),
            ~standing.exists(),
        )
        .order_by(Client.partner_id, Client.id)
    )
    by_partner: dict[int, list[int]] = {}
    for partner_id, client_id in db.session.execute(query):
        by_partner.setdefault(partner_id, []).append(client_id)
    for ids in by_partner.values():
        yield from _batches(ids)


def _lapsed(today: date) -> Iterator[Sequence[int]]:
    """Yield batches of open charges whose month is over and whose client was not renewed (``retail.has_lapsed``)."""
    query = (
        select(RetailCharge.id)
        .join(Client, Client.id == RetailCharge.client_id)
        .where(
            RetailCharge.paid_at.is_(None),
            RetailCharge.cancelled_at.is_(None),
            RetailCharge.due_on < cycle.first_of_month(today),
            Client.due_on <= RetailCharge.due_on,
        )
        .order_by(RetailCharge.id)
    )
    yield from _batches(db.session.scalars(query).all())


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def clients(client_ids: Sequence[int], *, lock: bool = False) -> Sequence[Client]:
    """Return clients in the order of their ids, their rows locked where they are to be changed."""
    query = select(Client).where(Client.id.in_(client_ids)).order_by(Client.id)
    query = query.with_for_update(key_share=True) if lock else query
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _issue_batch(client_ids: Sequence[int], now: datetime, hindered: warning.Hindered) -> Counter[str]:
    """Issue the charges of some clients in one transaction, which the caller commits."""
    counts, ready = Counter[str](), list[Issue]()
    for bill in bills.of(clients(client_ids, lock=True), clock.local_date(now)):
        hindered.add(bill)
        if bill.hindrance is None and bill.quote is not None:
            ready.append(Issue(bill.client, bill.quote))
        else:
            counts[_said_of(bill)] += 1
    counts["issued"] = len(write(ready, now, None))
    return counts


@dataclass(frozen=True)
class Issue:
    """A charge to be."""

    client: Client
    quote: RetailQuote


def write(ready: Sequence[Issue], now: datetime, actor: Actor | None) -> list[int]:
    """Write charges, lines and events; a cycle that another process was faster with stays as that one made it."""
    if not ready:
        return []
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    new = dialect.insert(RetailCharge).on_conflict_do_nothing(
        index_elements=["client_id", "due_on"], index_where=RetailCharge.cancelled_at.is_(None)
    )
    made: dict[int, int] = {}
    for issue in ready:
        statement = new.values(_facts(issue, now)).returning(RetailCharge.id)
        if (charge_id := db.session.scalar(statement)) is not None:
            made[issue.client.id] = charge_id
    issued = [issue for issue in ready if issue.client.id in made]
    if lines := [line for issue in issued for line in _lines(made[issue.client.id], issue.quote)]:
        db.session.execute(insert(RetailLine), lines)
    for issue in issued:
        _record(issue, made[issue.client.id], now, actor)
    for partner_id in {issue.client.partner_id for issue in issued}:
        credit.touch(partner_id)
    return list(made.values())


def _facts(issue: Issue, now: datetime) -> dict[str, Any]:
    client, quote = issue.client, issue.quote
    return {
        "partner_id": client.partner_id,
        "client_id": client.id,
        "token": secrets.token_urlsafe(32),
        "txid": pix.new_txid(secrets.randbelow),
        "due_on": client.due_on,
        "next_due_on": quote.due_on,
        "issued_at": now,
        "issued_on": clock.local_date(now),
        "cost_cents": quote.cost_cents,
        "amount_cents": quote.total_cents,
        "price_version_id": quote.price_version or None,
        "received_cents": 0,
    }


def _lines(charge_id: int, quote: RetailQuote) -> Iterable[dict[str, Any]]:
    for line in quote.lines:
        yield {
            "retail_charge_id": charge_id,
            "item": line.item,
            "quantity": line.quantity,
            "unit_cents": line.unit_cents,
            "cost_cents": line.cost_cents,
        }


def _record(issue: Issue, charge_id: int, now: datetime, actor: Actor | None) -> None:
    audit.record(
        ISSUED,
        actor=actor,
        now=now,
        partner_id=issue.client.partner_id,
        client_id=issue.client.id,
        after={"retail_charge": charge_id, "cents": issue.quote.total_cents, "cost_cents": issue.quote.cost_cents},
        is_flushed=False,
    )
