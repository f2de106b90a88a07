"""Writing a whole import at once: what ``registrations.service`` writes of one client, of thousands, in a dozen statements.

Nothing here commits. A row by row registration of 5,000 clients would hold SQLite's write lock for half a minute;
this holds it for two or three seconds (docs/decisions/2026-11-22-imports.md). ``tests/imports/test_twins.py`` holds the two
roads together: they write the same rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update

from portal import clock
from portal.audit import Actor
from portal.domain import codes
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.charges import OrderKind, Quote
from portal.domain.licenses import Holding
from portal.extensions import db
from portal.licenses.service import as_json
from portal.models import (
    AuditEvent,
    Charge,
    ChargeLine,
    Client,
    ImportRow,
    LicenseItem,
    LicenseOrder,
    NaviMigration,
    RegistrationCode,
)
from portal.registrations import following
from portal.registrations.queries import REGISTER
from portal.registrations.service import BASE_VERSION, NOTHING, Registration, columns_of, facts_of

Values = dict[str, Any]


@dataclass
class Line:
    """A row that becomes a client: what it registers, what that costs (nothing where it is Pendente), and its ids; ``navi_id`` is whom a Link client follows."""

    number: int
    registration: Registration
    offer: Quote
    due_day: int
    is_pending: bool
    client_id: int = 0
    event_id: int = 0
    order_id: int = 0
    charge_id: int = 0
    navi_id: int = 0
    code_ids: Sequence[int] = ()

    @property
    def due_on(self) -> date | None:
        """The last day paid for; none yet where the vendor has to look first."""
        return None if self.is_pending else self.offer.due_on


def write(run_id: int, lines: Sequence[Line], *, now: datetime, actor: Actor) -> None:
    """Register the clients of all lines, and note in the run's rows which each has become."""
    for line, client_id in zip(lines, _inserted(Client, [_client(line, now) for line in lines]), strict=True):
        line.client_id = client_id
    _follow(lines, now, actor)
    _insert(LicenseItem, [item for line in lines for item in _items(line, now)])
    for line, event_id in zip(lines, _inserted(AuditEvent, [_event(line, now, actor) for line in lines]), strict=True):
        line.event_id = event_id
    running = [line for line in lines if not line.is_pending]
    _issue_codes(running, now)
    for line, order_id in zip(running, _inserted(LicenseOrder, [_order(line, now) for line in running]), strict=True):
        line.order_id = order_id
    _charge([line for line in running if line.offer.lines], now)
    made = [{"run_id": run_id, "number": line.number, "client_id": line.client_id} for line in lines]
    db.session.execute(update(ImportRow), made)


def _insert(model: Any, rows: list[Values]) -> None:
    if rows:
        db.session.execute(insert(model.__table__), rows)


def _inserted(model: Any, rows: list[Values]) -> Iterable[int]:
    """Insert rows and return their ids, in the same order."""
    if not rows:
        return ()
    table = model.__table__
    return db.session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows).all()


def _client(line: Line, now: datetime) -> Values:
    columns = columns_of(line.registration, due_on=line.due_on, due_day=line.due_day, now=now)
    return columns | {"suspension_reason": ""}


def _follow(lines: Sequence[Line], now: datetime, actor: Actor) -> None:
    """Note the Navi clients that new Link clients follow: those that were there before them (``following.note``)."""
    links = {line.registration.document: line for line in lines if line.registration.product is Product.LINK}
    if not links:
        return
    partner_id = lines[0].registration.partner_id
    navis = [navi for navi in following.navis(partner_id, links) if navi.id < links[navi.document].client_id]
    for navi in navis:
        links[navi.document].navi_id = navi.id
    pairs = [(navi, links[navi.document].client_id) for navi in navis]
    migrations = [
        following.columns_of(navi, partner_id=partner_id, link_id=link_id, now=now) for navi, link_id in pairs
    ]
    _insert(NaviMigration, migrations)
    _insert(AuditEvent, [_followed(row, now, actor) for row in migrations])


def _followed(migration: Values, now: datetime, actor: Actor) -> Values:
    """Return the event of a Navi client that a Link client follows."""
    return {
        "partner_id": migration["partner_id"],
        "client_id": migration["navi_id"],
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "action": Action.MIGRATE,
        "at": now,
        "before": {},
        "after": {following.SUCCESSOR: migration["link_id"]},
        "reason": "",
    }


def _items(line: Line, now: datetime) -> list[Values]:
    facts = {"client_id": line.client_id, "since_on": clock.local_date(now)}
    wanted = line.registration.wanted
    return [facts | {"item": item, "quantity": wanted[item]} for item in Item if wanted.get(item)]


def _event(line: Line, now: datetime, actor: Actor) -> Values:
    asked = line.registration
    facts = facts_of(asked, due_on=line.due_on, due_day=line.due_day)
    facts |= {following.PREDECESSOR: line.navi_id} if line.navi_id else {}
    return {
        "partner_id": asked.partner_id,
        "client_id": line.client_id,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "action": REGISTER,
        "at": now,
        "before": as_json(NOTHING),
        "after": facts | _held(line),
        "reason": "",
        "base_version": BASE_VERSION,
        "fingerprint": asked.fingerprint,
    }


def _held(line: Line) -> Values:
    return as_json(Holding(line.registration.wanted))


def _issue_codes(lines: Sequence[Line], now: datetime) -> None:
    issued = [(line, item) for line in lines for item in _activated(line)]
    rows = [
        {
            "partner_id": line.registration.partner_id,
            "client_id": line.client_id,
            "item": item,
            "code": codes.generate(secrets.randbelow),
            "issued_at": now,
        }
        for line, item in issued
    ]
    for (line, _item), code_id in zip(issued, _inserted(RegistrationCode, rows), strict=True):
        line.code_ids = [*line.code_ids, code_id]


def _activated(line: Line) -> list[Item]:
    """Return what has a code of its own: a Link client's main computer, and each Link Móvel seat (DOMAIN §7)."""
    asked = line.registration
    return [Item.BASE, *[Item.MOBILE] * asked.wanted.get(Item.MOBILE, 0)] if asked.product is Product.LINK else []


def _order(line: Line, now: datetime) -> Values:
    return {
        "partner_id": line.registration.partner_id,
        "client_id": line.client_id,
        "kind": OrderKind.REGISTRATION,
        "event_id": line.event_id,
        "ordered_on": clock.local_date(now),
        "before": as_json(NOTHING),
        "after": _held(line) | {"codes": list(line.code_ids), "due_on": line.offer.due_on.isoformat()},
    }


def _charge(lines: Sequence[Line], now: datetime) -> None:
    rows = [
        {
            "partner_id": line.registration.partner_id,
            "client_id": line.client_id,
            "order_id": line.order_id,
            "kind": line.offer.kind,
            "charged_at": now,
            "charged_on": clock.local_date(now),
            "through_on": line.offer.due_on,
            "amount_cents": line.offer.total_cents,
            "price_version_id": line.offer.price_version,
        }
        for line in lines
    ]
    made = zip(lines, _inserted(Charge, rows), strict=True)
    _insert(ChargeLine, [charge_line for line, charge_id in made for charge_line in _charge_lines(line, charge_id)])


def _charge_lines(line: Line, charge_id: int) -> list[Values]:
    return [
        {
            "charge_id": charge_id,
            "item": one.item,
            "quantity": one.quantity,
            "unit_cents": one.unit_cents,
            "days": one.days,
            "divisor": one.divisor,
            "amount_cents": one.amount_cents,
        }
        for one in line.offer.lines
    ]
