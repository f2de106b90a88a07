"""Drawing up an order to change many clients: who was selected, with the version that each has at that moment."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import delete, func, insert, literal, select
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.audit import Actor
from portal.clients import conditions
from portal.clients.filters import ClientFilter
from portal.domain.actions import Action
from portal.domain.bulk import INVERSE, LineResult
from portal.domain.errors import NotFound, NothingSelected, TooManySelected
from portal.domain.ids import parse_id
from portal.extensions import db
from portal.models import BulkLine, BulkOrder, Client
from portal.models.types import AnySelect

MOST_LINES = 20_000
DRAFTS_KEPT = 5
"""Orders of one user that were drawn up but not confirmed; older ones are forgotten."""


@dataclass(frozen=True)
class Selection:
    """Which clients of a partner: those that were ticked, or (``client_ids`` is None) all of the criteria."""

    criteria: ClientFilter
    client_ids: Collection[int] | None = None

    @classmethod
    def from_form(cls, form: MultiDict[str, str]) -> Selection:
        """Read what the list's form says: the ticked rows, or all of the criteria that it was shown by."""
        criteria = ClientFilter.from_args(MultiDict(parse_qsl(form.get("criteria", "").removeprefix("?"))))
        if form.get("all"):
            return cls(criteria)
        return cls(criteria, frozenset(filter(None, map(parse_id, form.getlist("id")))))

    def rows(self, partner_id: int, today: date, *columns: Any) -> AnySelect:
        """Return the query for them; a ticked client that is not the partner's is as if it were not there."""
        if self.client_ids is not None:
            clauses = [Client.partner_id == partner_id, Client.archived_at.is_(None)]
            clauses.append(Client.id.in_(sorted(self.client_ids)))
        else:
            clauses = conditions.matching(partner_id, self.criteria, today)
            clauses += conditions.any_status(self.criteria.statuses, today)
        return select(*columns).where(*clauses)


def draw_up(action: Action, selection: Selection, *, partner_id: int, now: datetime, actor: Actor) -> BulkOrder:
    """Write an order down with its lines; nothing is done to any client yet.

    Raises:
        NothingSelected: nobody was ticked, or the criteria find nobody.
        NotFound: those that were ticked are not the partner's.
        TooManySelected: more than MOST_LINES.
    """
    if selection.client_ids is not None and not selection.client_ids:
        raise NothingSelected
    order = _begin(action, partner_id, selection.criteria.from_start(), now, actor)
    rows = selection.rows(partner_id, clock.local_date(now), literal(order.id), Client.id, Client.version)
    _add_lines(order, ["order_id", "client_id", "base_version"], rows)
    if not order.lines:
        raise NothingSelected if selection.client_ids is None else NotFound
    db.session.commit()
    return order


def draw_up_undoing(order: BulkOrder, *, now: datetime, actor: Actor) -> BulkOrder:
    """Write down the order that takes another one's changes back, where nobody has touched the client since.

    Raises:
        NothingSelected: it is not finished, did nothing, or what it did has no way back.
    """
    inverse = INVERSE.get(order.action)
    if inverse is None or order.finished_at is None:
        raise NothingSelected
    undoing = _begin(inverse, order.partner_id, order.criteria, now, actor)
    undoing.undoes_id = order.id
    done = select(literal(undoing.id), BulkLine.client_id, BulkLine.base_version + 1, BulkLine.event_id)
    rows = done.where(BulkLine.order_id == order.id, BulkLine.result == LineResult.DONE)
    _add_lines(undoing, ["order_id", "client_id", "base_version", "undoes_event_id"], rows)
    if not undoing.lines:
        raise NothingSelected
    db.session.commit()
    return undoing


def _begin(action: Action, partner_id: int, criteria: str, now: datetime, actor: Actor) -> BulkOrder:
    """Add an order without lines, and forget the user's older drafts."""
    order = BulkOrder(
        key=secrets.token_urlsafe(18),
        partner_id=partner_id,
        user_id=actor.user_id,
        user_name=actor.name,
        action=action,
        criteria=criteria,
        created_at=now,
    )
    db.session.add(order)
    db.session.flush()
    _forget_drafts(actor.user_id)
    return order


def _forget_drafts(user_id: int) -> None:
    """Delete all but the user's last drafts."""
    drafts = select(BulkOrder.id).where(BulkOrder.user_id == user_id, BulkOrder.confirmed_at.is_(None))
    old = db.session.scalars(drafts.order_by(BulkOrder.id.desc()).offset(DRAFTS_KEPT).with_for_update()).all()
    if old:
        db.session.execute(delete(BulkLine).where(BulkLine.order_id.in_(old)))
        db.session.execute(delete(BulkOrder).where(BulkOrder.id.in_(old)))


def _add_lines(order: BulkOrder, columns: list[str], rows: AnySelect) -> None:
    """Insert an order's lines from a query; the rows never pass through here."""
    db.session.execute(insert(BulkLine).from_select(columns, rows.limit(MOST_LINES + 1)))
    counted = select(func.count()).select_from(BulkLine).where(BulkLine.order_id == order.id)
    order.lines = db.session.scalar(counted) or 0
    if order.lines > MOST_LINES:
        raise TooManySelected(MOST_LINES)
