"""Folding the changes whose day has come into what clients hold: the work of a night (DOMAIN §5, removing).

Every screen reads a holding with these changes counted (``queries.holding_of``), so that a late night changes nothing:
it only keeps the two tables short, gives up codes that no seat stands behind any more, and ends the keys of Link Móvel
devices whose day to leave has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Subquery, delete, false, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import clock
from portal.audit import SYSTEM
from portal.domain.catalogue import Item
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, LicenseItem, PendingChange, RegistrationCode
from portal.models.types import AnyRow

CHANGES_APPLIED = "changes_applied"


def apply_due(now: datetime) -> dict[str, int]:
    """Fold every change that is due up to now and return how many, and what went with them. Commits.

    A client's version does not move: an order that somebody is filling in means the same before and after. The
    partner's counter does, so that pages kept by browsers are asked for again.
    """
    today = clock.local_date(now)
    _lock(today)
    changes = db.session.execute(_changes(today)).all()
    codes = _revoke_codes(today, now) if changes else Counter[int]()
    devices = _revoke_devices(today, now) if changes else Counter[int]()
    if changes:
        _fold(today)
        db.session.execute(insert(AuditEvent), list(_events(changes, codes, devices, now)))
    db.session.commit()
    return {"applied": len(changes), "codes_revoked": codes.total(), "devices_revoked": devices.total()}


def count_due(today: date) -> dict[str, int]:
    """Return what ``apply_due`` would count on a day."""
    applied = db.session.scalar(select(func.count()).select_from(_winners(today)))
    revoked = db.session.scalar(select(func.count()).select_from(RegistrationCode).where(_is_beyond(today)))
    devices = db.session.scalar(select(func.count()).select_from(Installation).where(*_leaves(today)))
    return {"applied": applied or 0, "codes_revoked": revoked or 0, "devices_revoked": devices or 0}


def _due(today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a change whose day has come; pending and undone registrations hold nothing that changes."""
    runs = select(Client.id).where(Client.pending_at.is_(None), Client.archived_at.is_(None))
    return [PendingChange.effective_on <= today, PendingChange.client_id.in_(runs)]


def _lock(today: date) -> None:
    """Keep everybody else's orders for the clients concerned waiting until the commit, and move their partners' counters.

    An order changes its client's row first, too. What it brings is after today, so nothing becomes due meanwhile.
    """
    concerned = Client.id.in_(select(PendingChange.client_id).where(*_due(today)))
    db.session.execute(select(Client.id).where(concerned).order_by(Client.id).with_for_update())
    touched = update(Client).where(concerned).values(version=Client.version)
    db.session.execute(touched, execution_options={"synchronize_session": False})


def _winners(today: date) -> Subquery:
    """Return the query for what counts of the due changes: of each client and item the last one."""
    place = func.row_number().over(
        partition_by=(PendingChange.client_id, PendingChange.item), order_by=PendingChange.effective_on.desc()
    )
    columns = (PendingChange.client_id, PendingChange.item, PendingChange.effective_on, PendingChange.quantity)
    ranked = select(*columns, place.label("place")).where(*_due(today)).subquery()
    last = select(ranked.c.client_id, ranked.c.item, ranked.c.effective_on, ranked.c.quantity)
    return last.where(ranked.c.place == 1).subquery()


def _changes(today: date) -> Any:
    """Return the query for the changes with whose they are and what was held, client by client."""
    won, held = _winners(today), LicenseItem.__table__
    same = (held.c.client_id == won.c.client_id) & (held.c.item == won.c.item)
    return (
        select(Client.partner_id, won.c.client_id, won.c.item, won.c.quantity, held.c.quantity.label("was"))
        .join(Client, Client.id == won.c.client_id)
        .outerjoin(held, same)
        .order_by(won.c.client_id)
    )


def _fold(today: date) -> None:
    """Write the quantities that count now, drop items of which nothing is left, and the changes themselves."""
    won = _winners(today)
    gone = select(won.c.client_id, won.c.item).where(won.c.quantity == 0)
    db.session.execute(delete(LicenseItem).where(tuple_(LicenseItem.client_id, LicenseItem.item).in_(gone)))
    left = select(won.c.client_id, won.c.item, won.c.quantity, won.c.effective_on).where(won.c.quantity > 0)
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    upsert = dialect.insert(LicenseItem).from_select(["client_id", "item", "quantity", "since_on"], left)
    new = {"quantity": upsert.excluded.quantity}
    db.session.execute(upsert.on_conflict_do_update(index_elements=["client_id", "item"], set_=new))
    done = delete(PendingChange).where(*_due(today))
    db.session.execute(done, execution_options={"synchronize_session": False})


def _is_beyond(today: date) -> ColumnElement[bool]:
    """Return the condition of an unused Móvel code that exceeds the seats which are left, the newest first.

    Devices take their seats before codes do, and which of them goes is asked elsewhere; a code that was made to replace a
    living device stands on that one's seat.
    """
    won, code = _winners(today), RegistrationCode
    lives = Installation.item == Item.MOBILE, Installation.revoked_at.is_(None), ~_has_left(today)
    devices = select(func.count()).where(*lives, Installation.client_id == code.client_id).correlate(code)
    replaces = select(Installation.id).where(*lives, Installation.id == code.supersedes_id).correlate(code)
    place = devices.scalar_subquery() + func.row_number().over(partition_by=code.client_id, order_by=code.id)
    ranked = (
        select(code.id, won.c.quantity, place.label("place"))
        .join(won, (won.c.client_id == code.client_id) & (won.c.item == Item.MOBILE))
        .where(code.item == Item.MOBILE, code.revoked_at.is_(None), code.consumed_at.is_(None), ~replaces.exists())
        .subquery()
    )
    return code.id.in_(select(ranked.c.id).where(ranked.c.place > ranked.c.quantity))


def _has_left(today: date) -> ColumnElement[bool]:
    """Return the condition of a device whose day to leave has come."""
    return func.coalesce(Installation.leaves_on <= today, false())


def _leaves(today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of a key that ends because its device was chosen to leave (DOMAIN §7)."""
    cut = select(PendingChange.client_id).where(*_due(today), PendingChange.item == Item.MOBILE)
    return [Installation.client_id.in_(cut), Installation.leaves_on <= today, Installation.revoked_at.is_(None)]


def _revoke_devices(today: date, now: datetime) -> Counter[int]:
    """End their keys and return how many of each client."""
    statement = update(Installation).where(*_leaves(today)).values(revoked_at=now)
    options = {"synchronize_session": False}
    return Counter(db.session.scalars(statement.returning(Installation.client_id), execution_options=options).all())


def _revoke_codes(today: date, now: datetime) -> Counter[int]:
    """Revoke them and return how many of each client."""
    statement = update(RegistrationCode).where(_is_beyond(today)).values(revoked_at=now)
    options = {"synchronize_session": False}
    return Counter(db.session.scalars(statement.returning(RegistrationCode.client_id), execution_options=options).all())


def _events(
    changes: Sequence[AnyRow], codes: Counter[int], devices: Counter[int], now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield one event for each client, in the words of ``service.as_json``."""
    for client_id, group in groupby(changes, key=lambda change: change.client_id):
        mine = list(group)
        yield {
            "partner_id": mine[0].partner_id,
            "client_id": client_id,
            "actor_name": SYSTEM,
            "action": CHANGES_APPLIED,
            "at": now,
            "before": {"licenses": {change.item.value: change.was or 0 for change in mine}},
            "after": {"licenses": {change.item.value: change.quantity for change in mine}}
            | {
                name: count[client_id]
                for name, count in (("codes_revoked", codes), ("devices_revoked", devices))
                if count[client_id]
            },
        }
