"""Reminders ("Lembretes"): whom to remind today, and what was handed on. They are sent by hand, never by the portal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Subquery, and_, case, delete, literal, null, select, tuple_, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from portal import audit
from portal.addresses import query_string
from portal.audit import Actor
from portal.billing.conditions import CHARGE, CLIENT
from portal.billing.queries import COLUMNS as WHOSE
from portal.clients.queries import get_client
from portal.credit import service as credit
from portal.domain import retail
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.errors import NotFound
from portal.domain.ids import parse_id
from portal.domain.renewals import Decision
from portal.domain.retail import Reminder
from portal.domain.statuses import to_renew
from portal.extensions import db
from portal.models import Client, ReminderSending, RenewalDecision, RetailCharge, User
from portal.models.types import AnyRow, AnySelect

SENT, UNDONE = "reminder_sent", "reminder_undone"
"""What the record calls them."""

SIZE = 25
_PLACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,10})")


@dataclass(frozen=True)
class Key:
    """Which reminder: about which due date of which client."""

    client_id: int
    due_on: date
    reminder: Reminder


@dataclass(frozen=True)
class ReminderFilter:
    """Which reminders are shown: those to be sent, or those that were; ``after`` is the place that the page begins behind."""

    is_sent: bool = False
    after: tuple[date, int] | None = None

    @classmethod
    def from_args(cls, args: Any) -> ReminderFilter:
        """Read a query string; what makes no sense is as if it were not there."""
        return cls(args.get("sent", "") == "1", _place(args.get("after", "")))

    def query_string(self, *, after: tuple[date, int] | None = None) -> str:
        """Return "?..." for a page of the same reminders."""
        pairs = [("sent", "1" if self.is_sent else ""), ("after", f"{after[0]}.{after[1]}" if after else "")]
        return query_string([(name, value) for name, value in pairs if value])


def _place(text: str) -> tuple[date, int] | None:
    found = _PLACE.fullmatch(text)
    try:
        client_id = parse_id(found[2]) if found else None
        return (date.fromisoformat(found[1]), client_id) if found and client_id else None
    except ValueError:
        return None


def page(partner_id: int, criteria: ReminderFilter, today: date) -> Sequence[AnyRow]:
    """Return the reminders of today, the earliest due first, one more than a page shows.

    A row is a client's columns with ``remind_on`` (the due date), the open charge if there is one, and how it was sent.
    """
    found = _subjects(partner_id, today)
    query = _rows(found, today)
    query = query.where(_SENDING.sent_at.is_not(None) if criteria.is_sent else _SENDING.sent_at.is_(None))
    if criteria.after:
        day, client_id = criteria.after
        begin: Any = tuple_(literal(day, Date), literal(client_id))
        query = query.where(tuple_(found.c.due_on, found.c.client_id) > begin)
    return db.session.execute(query.order_by(found.c.due_on, found.c.client_id).limit(SIZE + 1)).all()


def row_of(partner_id: int, client_id: int, due_on: date, today: date) -> AnyRow | None:
    """Return the row of one client and due date, sent or not; None where nobody is to be reminded of it any more."""
    found = _subjects(partner_id, today)
    which = found.c.client_id == client_id, found.c.due_on == due_on
    return db.session.execute(_rows(found, today).where(*which)).one_or_none()


_SENDING = ReminderSending.__table__.c


def _subjects(partner_id: int, today: date) -> Subquery:
    """Return who owes what when: open charges, and clients of "Renovação manual" that are to be renewed."""
    window = to_renew(today)
    charged = (
        select(CHARGE.client_id, CHARGE.due_on, CHARGE.id.label("charge_id"))
        .where(CHARGE.partner_id == partner_id, CHARGE.paid_at.is_(None), CHARGE.cancelled_at.is_(None))
        .where(CHARGE.due_on.between(window.first, window.last))
    )
    manual = select(CLIENT.id, CLIENT.due_on, null()).where(
        CLIENT.partner_id == partner_id,
        CLIENT.renewal_method == RenewalMethod.MANUAL,
        CLIENT.due_on.between(window.first, window.last),
        CLIENT.pending_at.is_(None),
        ~_has_open_charge(),
        ~_is_skipped(),
        ~_is_guarded(today),
    )
    return union_all(charged, manual).subquery("subjects")


def _has_open_charge() -> ColumnElement[bool]:
    """Say that a charge of the present due date is among the others already: the method changed meanwhile."""
    is_open = CHARGE.paid_at.is_(None), CHARGE.cancelled_at.is_(None), CHARGE.due_on == CLIENT.due_on
    return select(CHARGE.id).where(CHARGE.client_id == CLIENT.id, *is_open).correlate(Client.__table__).exists()


def _is_skipped() -> ColumnElement[bool]:
    decided = RenewalDecision.client_id == CLIENT.id, RenewalDecision.due_on == CLIENT.due_on
    skipped = select(RenewalDecision.client_id).where(*decided, RenewalDecision.decision == Decision.SKIP)
    return skipped.correlate(Client.__table__).exists()


def _is_guarded(today: date) -> ColumnElement[bool]:
    """Say that an Ativo or Suspenso Link registration of the document stands for a Navi client (``renewals.guard_of``)."""
    twin = aliased(Client)
    stands = twin.pending_at.is_(None), twin.archived_at.is_(None), twin.due_on >= today
    same = twin.partner_id == CLIENT.partner_id, twin.document == CLIENT.document, twin.product == Product.LINK
    link = select(twin.id).where(*same, *stands).correlate(Client.__table__).exists()
    return and_(CLIENT.product == Product.NAVI, CLIENT.uses_both_at.is_(None), link)


def _rows(found: Subquery, today: date) -> AnySelect:
    """Return the query for the subjects with whose they are, what is asked, and how the reminder of today was sent."""
    kinds = {day: literal(kind.value) for day, kind in kinds_on(today).items()}
    of_today = _SENDING.reminder == case(kinds, value=found.c.due_on)
    sent = and_(_SENDING.client_id == found.c.client_id, _SENDING.due_on == found.c.due_on, of_today)
    return (
        select(*WHOSE, found.c.due_on.label("remind_on"), *ASKED, _SENDING.sent_at, User.name.label("sent_by"))
        .select_from(found)
        .join(Client, CLIENT.id == found.c.client_id)
        .outerjoin(RetailCharge, CHARGE.id == found.c.charge_id)
        .outerjoin(ReminderSending, sent)
        .outerjoin(User, User.id == _SENDING.sent_by_id)
        .where(CLIENT.paused_at.is_(None), CLIENT.archived_at.is_(None))
    )


ASKED = (CHARGE.id.label("charge_id"), CHARGE.token, CHARGE.amount_cents, CHARGE.received_cents)


def kinds_on(today: date) -> dict[date, Reminder]:
    """Return the reminder that each due date of the window has come to, by the domain's own rule."""
    found = {day: retail.reminder_of(day, today) for day in to_renew(today).days()}
    return {day: kind for day, kind in found.items() if kind}


@dataclass(frozen=True)
class Outcome:
    """Whose reminder a form marked, or took back, and whether the same had been done before."""

    client: Client
    is_repeat: bool


def mark(key: Key, *, partner_id: int, now: datetime, actor: Actor) -> Outcome:
    """Note that a reminder was handed on, once. Commits.

    Raises:
        NotFound: the client is not the partner's, or owes nothing on that day.
    """
    client = get_client(partner_id, key.client_id)
    if not _is_due(client, key.due_on):
        raise NotFound
    dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    facts = {"sent_at": now, "sent_by_id": actor.user_id}
    new = dialect.insert(ReminderSending).values(**vars(key), **facts).on_conflict_do_nothing()
    is_new = db.session.scalar(new.returning(_SENDING.client_id)) is not None
    return _recorded(SENT, client, key, now, actor, is_new=is_new)


def unmark(key: Key, *, partner_id: int, now: datetime, actor: Actor) -> Outcome:
    """Take the note back. Commits.

    Raises:
        NotFound: the client is not the partner's.
    """
    client = get_client(partner_id, key.client_id)
    same = [_SENDING[name] == value for name, value in vars(key).items()]
    gone = delete(ReminderSending).where(*same).returning(_SENDING.client_id)
    is_gone = db.session.scalar(gone, execution_options={"synchronize_session": False}) is not None
    return _recorded(UNDONE, client, key, now, actor, is_new=is_gone)


def _is_due(client: Client, due_on: date) -> bool:
    """Say whether a due date is the client's, or one that a charge was made for."""
    made = select(CHARGE.id).where(CHARGE.client_id == client.id, CHARGE.due_on == due_on).limit(1)
    return client.due_on == due_on or db.session.scalar(made) is not None


def _recorded(action: str, client: Client, key: Key, now: datetime, actor: Actor, *, is_new: bool) -> Outcome:
    if is_new:
        after = {"reminder": key.reminder.value, "cycle": key.due_on.isoformat()}
        audit.record(action, actor=actor, now=now, partner_id=client.partner_id, client_id=client.id, after=after)
        credit.touch(client.partner_id)
    db.session.commit()
    return Outcome(client, is_repeat=not is_new)
