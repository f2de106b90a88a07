"""Moving credit: every movement is a ledger line and the new balance, in the caller's transaction, which commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import clock
from portal.domain.errors import CreditShort
from portal.domain.invoices import CreditKind
from portal.extensions import db
from portal.models import CreditAccount, CreditEntry, Partner


@dataclass(frozen=True)
class Origin:
    """What a movement comes from or goes to."""

    invoice_id: int | None = None
    payment_id: int | None = None
    retail_charge_id: int | None = None
    client_id: int | None = None


def lock(partner_id: int) -> int:
    """Keep everybody else from a partner's credit until the transaction ends; returns the balance in cents.

    It is taken after invoices and clients, never before them, so that no two transactions wait for each other. The
    partner's row comes first: whoever changed a client holds it already, for triggers count such changes there.
    """
    touch(partner_id)
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    new = dialect.insert(CreditAccount).values(partner_id=partner_id, balance_cents=0)
    db.session.execute(new.on_conflict_do_nothing(index_elements=["partner_id"]))
    account = select(CreditAccount.balance_cents).where(CreditAccount.partner_id == partner_id)
    return int(db.session.scalars(account.with_for_update()).one())


def move(partner_id: int, kind: CreditKind, amount_cents: int, *, now: datetime, origin: Origin) -> None:
    """Add credit or, below nothing, take it; the partner's pages are asked for again.

    Raises:
        CreditShort: more is taken than there is.
    """
    balance = lock(partner_id) + amount_cents
    if balance < 0:
        raise CreditShort(balance - amount_cents)
    mine = CreditAccount.partner_id == partner_id
    db.session.execute(update(CreditAccount).where(mine).values(balance_cents=balance))
    db.session.add(
        CreditEntry(
            partner_id=partner_id,
            kind=kind,
            amount_cents=amount_cents,
            balance_cents=balance,
            at=now,
            booked_on=clock.local_date(now),
            **vars(origin),
        )
    )
    db.session.flush()


def touch(partner_id: int) -> None:
    """Move the partner's counter, so that pages kept by browsers are asked for again (``portal.etag``)."""
    db.session.execute(_COUNTED, {"touched_id": partner_id}, execution_options={"synchronize_session": False})


_COUNTED = update(Partner).where(Partner.id == bindparam("touched_id")).values(revision=Partner.revision + 1)
