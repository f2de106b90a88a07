"""Adding a version to the price table, withdrawing one that is still to come, and what is offered at all.

Versions are never changed: a later one takes over from its day on, and one that has not begun is withdrawn for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from portal import audit, clock
from portal.audit import Actor
from portal.domain.errors import RepeatMismatch, StaleState
from portal.domain.prices import PRICED, PriceKey
from portal.extensions import db
from portal.models import AuditEvent, Price, PriceVersion, WithheldItem

ADD_PRICES, WITHDRAW_PRICES = "add_prices", "withdraw_prices"
WITHHOLD, OFFER = "item_withheld", "item_offered"
TURN = 2**40 + 1
"""The advisory lock of those who change the catalogue; the one of all documents is the number before it."""


@dataclass(frozen=True)
class NewPrices:
    """A complete version; ``replaces`` is one still to come that it stands in for."""

    cents: Mapping[PriceKey, int]
    valid_from: date
    note: str
    replaces: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What the record keeps of it, and what makes the same form the same."""
        prices = {f"{product.value};{item.value}": amount for (product, item), amount in self.cents.items()}
        return {"valid_from": self.valid_from.isoformat(), "prices": prices}


def load(
    cents: Mapping[PriceKey, int], *, valid_from: date, note: str, now: datetime, actor: Actor | None
) -> PriceVersion:
    """Add a complete version, and record it. Commits."""
    version = _add(NewPrices(cents, valid_from, note), now, actor, None)
    db.session.commit()
    return version


def schedule(asked: NewPrices, *, key: str, now: datetime, actor: Actor) -> int:
    """Add a version that is still to come, in the place of another one where it says so; returns its number. Commits.

    The same form sent again answers what it made before.

    Raises:
        RepeatMismatch: the form was sent before with another content.
        StaleState: the version that it stands in for has begun, or was withdrawn.
    """
    take_turns()
    fingerprint = audit.fingerprint(ADD_PRICES, {"key": key})
    same = AuditEvent.partner_id.is_(None), AuditEvent.fingerprint == fingerprint
    made = db.session.scalar(select(AuditEvent).where(*same))
    if made is not None and made.after is not None:
        if {name: made.after[name] for name in asked.content} != asked.content:
            raise RepeatMismatch
        return int(made.after["version"])
    if asked.replaces is not None:
        _withdraw(asked.replaces, now, actor)
    version_id = int(_add(asked, now, actor, fingerprint).id)
    db.session.commit()
    return version_id


def _add(asked: NewPrices, now: datetime, actor: Actor | None, fingerprint: str | None) -> PriceVersion:
    actor_id = actor.user_id if actor else None
    version = PriceVersion(valid_from=asked.valid_from, note=asked.note, created_at=now, created_by_id=actor_id)
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        Price(version_id=version.id, product=product, item=item, cents=amount)
        for (product, item), amount in asked.cents.items()
    )
    after = {"version": version.id} | asked.content
    audit.record(ADD_PRICES, actor=actor, now=now, after=after, reason=asked.note, asked=fingerprint)
    return version


def withdraw(version_id: int, *, now: datetime, actor: Actor) -> None:
    """Withdraw a version before its day comes; nobody has been charged by it. Commits.

    Raises:
        StaleState: it has begun, or was withdrawn before.
    """
    _withdraw(version_id, now, actor)
    db.session.commit()


def _withdraw(version_id: int, now: datetime, actor: Actor) -> None:
    still = PriceVersion.withdrawn_at.is_(None), PriceVersion.valid_from > clock.local_date(now)
    statement = update(PriceVersion).where(PriceVersion.id == version_id, *still).values(withdrawn_at=now)
    if not _changed(statement):
        raise StaleState(version_id)
    audit.record(WITHDRAW_PRICES, actor=actor, now=now, after={"version": version_id})


def switch(key: PriceKey, *, is_offered: bool, now: datetime, actor: Actor) -> bool:
    """Offer an item with a product, or no longer; who holds it keeps it. Says whether anything changed. Commits."""
    take_turns()
    product, item = key
    which = WithheldItem.product == product, WithheldItem.item == item
    is_withheld = db.session.scalar(select(WithheldItem.since_at).where(*which)) is not None
    if key not in PRICED or is_withheld is not is_offered:
        db.session.rollback()
        return False
    if is_offered:
        db.session.execute(delete(WithheldItem).where(*which))
    else:
        db.session.add(WithheldItem(product=product, item=item, since_at=now))
    after = {"product": product.value, "item": item.value}
    audit.record(OFFER if is_offered else WITHHOLD, actor=actor, now=now, after=after)
    db.session.commit()
    return True


def take_turns() -> None:
    """Let those who change the catalogue follow each other; SQLite has one writer at a time anyhow."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(TURN)))


def _changed(statement: Any) -> bool:
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
