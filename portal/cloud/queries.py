"""Reading who holds Cloud today: a page of the list, how many are in each state, one client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal import clock, listing
from portal.clients.conditions import CLIENT, any_status, by_name, matching
from portal.clients.filters import ClientFilter
from portal.cloud.conditions import holds_cloud, state_at
from portal.cloud.filters import PAGE_SIZE, CloudFilter
from portal.domain.catalogue import Item
from portal.domain.cloud import CloudState
from portal.domain.errors import NotFound
from portal.domain.statuses import LIVE_STATUSES
from portal.extensions import db
from portal.listing import Page
from portal.models import Client, CloudBackup, Contact, PendingChange
from portal.models.types import AnyRow, AnySelect

CONTACT, BACKUP, CHANGE = Contact.__table__.c, CloudBackup.__table__.c, PendingChange.__table__.c

_OF_CLIENT = BACKUP.client_id == CLIENT.id
_ASKED = select(func.max(BACKUP.id)).where(_OF_CLIENT).correlate(Client).scalar_subquery()
_STANDING = (
    select(func.max(BACKUP.id)).where(_OF_CLIENT, BACKUP.cancelled_at.is_(None)).correlate(Client).scalar_subquery()
)
_COLUMNS = (
    CLIENT.id, CLIENT.name, CLIENT.document, CLIENT.product, CLIENT.due_on, CLIENT.pending_at, CLIENT.hidden_at,
    CLIENT.suspended_at,
    CONTACT.last_seen_at, CONTACT.cloud_health, CONTACT.cloud_detail, CONTACT.cloud_reported_at, CONTACT.cloud_synced_at,
    BACKUP.id.label("backup_id"), BACKUP.requested_at, BACKUP.handed_out_at, BACKUP.done_at, BACKUP.failure,
    BACKUP.size_bytes, func.coalesce(_ASKED, 0).label("asked"),
)  # fmt: skip


def cloud_page(partner_id: int, criteria: CloudFilter, now: datetime) -> Page:
    """Return the page that the criteria ask for: clients in the order of their names."""

    def read(asked: CloudFilter, most: int) -> Sequence[AnyRow]:
        beyond, order = by_name(partner_id, asked)
        clauses = [*_matching(partner_id, asked, now), *beyond]
        if asked.state:
            clauses.append(state_at(now) == asked.state.value)
        return db.session.execute(_rows(now).where(*clauses).order_by(*order).limit(most)).all()

    return listing.page_of(read, criteria, PAGE_SIZE)


def _rows(now: datetime) -> AnySelect:
    """Return the query for clients with what their programs told, their last backup and the day on which Cloud goes.

    A backup that was taken back leaves the one before it as the last; ``asked`` is the last of all.
    """
    ahead = CHANGE.client_id == CLIENT.id, CHANGE.item == Item.CLOUD, CHANGE.quantity == 0
    leaves = select(func.min(CHANGE.effective_on)).where(*ahead, CHANGE.effective_on > clock.local_date(now))
    return (
        select(*_COLUMNS, leaves.correlate(Client).scalar_subquery().label("leaves_on"))
        .select_from(Client)
        .outerjoin(Contact, CONTACT.client_id == CLIENT.id)
        .outerjoin(CloudBackup, BACKUP.id == _STANDING)
    )


def _matching(partner_id: int, criteria: CloudFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of the criteria, the state apart."""
    today, asked = clock.local_date(now), ClientFilter(search=criteria.search, product=criteria.product)
    whose = matching(partner_id, asked, today, CLIENT.due_on)
    return [*whose, *any_status(LIVE_STATUSES, today, CLIENT.due_on), holds_cloud(CLIENT.id, today)]


def counts(partner_id: int, criteria: CloudFilter, now: datetime) -> dict[CloudState, int]:
    """Return how many clients are in each state; the criterion of the state apart, everything else narrows it."""
    state = state_at(now).label("state")
    query = select(state, func.count()).select_from(Client).outerjoin(Contact, CONTACT.client_id == CLIENT.id)
    rows: Iterable[AnyRow] = db.session.execute(query.where(*_matching(partner_id, criteria, now)).group_by(state))
    found = {str(value): int(number) for value, number in rows}
    return {state: found.get(state.value, 0) for state in CloudState}


def get_row(partner_id: int, client_id: int, now: datetime) -> AnyRow:
    """Return a partner's client as a row of the list, whatever it holds.

    Raises:
        NotFound: there is none with this id at this partner.
    """
    whose = CLIENT.id == client_id, CLIENT.partner_id == partner_id, CLIENT.archived_at.is_(None)
    row = db.session.execute(_rows(now).where(*whose)).one_or_none()
    if row is None:
        raise NotFound
    return row


def contact_of(client_id: int) -> Contact | None:
    """Return what a client's programs last told, or None."""
    return db.session.get(Contact, client_id)
