"""Reading orders for many clients: the order, what would become of its lines, what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, case, func, select

from portal.clients.conditions import status_clauses
from portal.clients.queries import COLUMNS
from portal.domain.actions import ALLOWED
from portal.domain.bulk import LineResult
from portal.domain.errors import NotFound
from portal.domain.statuses import Status
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import BulkLine, BulkOrder, Client, Work
from portal.models.types import AnyRow

SHOWN = 50
"""Lines on one page of an order."""

ORDERS_SHOWN = 25
ORDER_COLUMNS = (
    BulkOrder.id, BulkOrder.key, BulkOrder.action, BulkOrder.user_name, BulkOrder.lines, BulkOrder.done,
    BulkOrder.unchanged, BulkOrder.undoes_id, BulkOrder.confirmed_at, BulkOrder.finished_at,
)  # fmt: skip


def get_order(partner_id: int, key: str) -> BulkOrder:
    """Return a partner's order.

    Raises:
        NotFound: there is none with this key at this partner.
    """
    order: BulkOrder | None = None
    if key.isascii() and key.isprintable():
        order = db.session.scalar(select(BulkOrder).where(BulkOrder.key == key, BulkOrder.partner_id == partner_id))
    if order is None:
        raise NotFound
    return order


def orders_of(partner_id: int, *, before: int | None = None) -> Sequence[AnyRow]:
    """Return a partner's confirmed orders with the state of their work, the newest first, one more than a page shows."""
    on_it = and_(Work.kind == WorkKind.BULK, Work.subject_id == BulkOrder.id)
    query = (
        select(*ORDER_COLUMNS, Work.state)
        .outerjoin(Work, on_it)
        .where(BulkOrder.partner_id == partner_id, BulkOrder.confirmed_at.is_not(None))
    )
    if before is not None:
        query = query.where(BulkOrder.id < before)
    return db.session.execute(query.order_by(BulkOrder.id.desc()).limit(ORDERS_SHOWN + 1)).all()


def statuses_of(order: BulkOrder, today: date) -> dict[Status, int]:
    """Return how many of an order's clients have each status today; those that have none are left out."""
    ranks = list(Status)
    which = case(*((and_(*status_clauses(status, today)), rank) for rank, status in enumerate(ranks)))
    query = (
        select(which, func.count())
        .select_from(BulkLine)
        .join(Client, Client.id == BulkLine.client_id)
        .where(BulkLine.order_id == order.id)
        .group_by(which)
    )
    found: dict[int, int] = {row[0]: row[1] for row in db.session.execute(query)}
    return {status: found[rank] for rank, status in enumerate(ranks) if rank in found}


def refusing(order: BulkOrder, counts: dict[Status, int]) -> dict[Status, int]:
    """Return those statuses that do not allow the order's action (DOMAIN §2)."""
    return {status: clients for status, clients in counts.items() if order.action not in ALLOWED[status]}


def results_of(order: BulkOrder) -> dict[LineResult | None, int]:
    """Return how many of an order's lines have each result; None stands for those that are still open."""
    query = select(BulkLine.result, func.count()).where(BulkLine.order_id == order.id).group_by(BulkLine.result)
    counts: dict[LineResult | None, int] = dict.fromkeys((None, *LineResult), 0)
    return counts | {row[0]: row[1] for row in db.session.execute(query)}


def lines_of(order: BulkOrder, *, result: LineResult | None = None, after: int | None = None) -> Sequence[AnyRow]:
    """Return an order's lines with their clients, one more than a page shows; those with one result, or all."""
    query = (
        select(*COLUMNS, BulkLine.result, BulkLine.event_id, BulkLine.refused_status)
        .join(BulkLine, BulkLine.client_id == Client.id)
        .where(BulkLine.order_id == order.id)
    )
    if result is not None:
        query = query.where(BulkLine.result == result)
    if after is not None:
        query = query.where(BulkLine.client_id > after)
    return db.session.execute(query.order_by(BulkLine.client_id).limit(SHOWN + 1)).all()
