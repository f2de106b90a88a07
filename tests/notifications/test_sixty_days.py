"""Two months at a small partner, day by day: what it is told of, and that each of it asked for a decision that day."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.domain import cycle
from portal.domain.notices import CODE_AGES, NoticeKind, code_kind, notice_kind
from portal.domain.statuses import LIVE_STATUSES, derive_status
from portal.extensions import db
from portal.models import Client, Notice, NoticeMute, RegistrationCode
from portal.notifications import decisions, queries
from portal.notifications.decisions import Order
from tests.conftest import NOW
from tests.notifications.conftest import night, notices

START = date(2025, 7, 1)
DAYS = 60


def change(client: Client, **values: object) -> None:
    db.session.execute(update(Client).where(Client.id == client.id).values(**values))
    db.session.commit()


def only(client: Client, kind: NoticeKind) -> Notice:
    [notice] = notices(client, kind=kind, is_settled=False)
    return notice


def asks_for_a_decision(notice: Notice, today: date) -> bool:
    """Say, by the domain alone, whether a notice is right today."""
    client = db.session.get_one(Client, notice.client_id)
    if notice.kind not in CODE_AGES:
        return notice.due_on == client.due_on and notice_kind(client, today) is notice.kind
    code = db.session.get_one(RegistrationCode, notice.subject_id)
    is_waiting = code.consumed_at is None and code.revoked_at is None
    is_live = derive_status(client, today) in LIVE_STATUSES
    return is_waiting and is_live and code_kind(clock.local_date(code.issued_at), today) is notice.kind


def happen(today: date, cast: dict[str, Client], order: Order) -> None:
    """Do what the partner does that day."""
    match today:
        case date(day=8):  # renewed in time, every month
            db.session.refresh(cast["punctual"])
            change(cast["punctual"], due_on=cycle.next_due(cast["punctual"].due_on, 10))
        case date(month=7, day=20):
            change(cast["late"], due_on=date(2025, 8, 10))
            change(cast["suspended"], suspended_at=NOW)
            db.session.execute(update(RegistrationCode).values(consumed_at=NOW))
            db.session.commit()
        case date(month=7, day=7):
            decisions.mute(only(cast["quiet"], NoticeKind.DUE_IN_3), order)
        case date(month=7, day=6):
            decisions.postpone(only(cast["patient"], NoticeKind.DUE_IN_7), date(2025, 7, 14), order)
        case date(month=7, day=18):
            decisions.dismiss(only(cast["dismissed"], NoticeKind.DUE_IN_7), order)
        case date(month=8, day=5):
            change(cast["lost"], hidden_at=NOW)


def showing(partner_id: int, today: date) -> list[Notice]:
    """Return what the inbox shows, checked on the way: it is right, it is said once, the banner counts the same."""
    shown = [row[0] for kind in NoticeKind for row in queries.notices_page(partner_id, kind, today, None).rows]
    assert all(asks_for_a_decision(notice, today) for notice in shown), today
    assert len({(one.client_id, one.due_on) for one in shown}) == len(shown), "once for one decision"
    assert sum(group.notices for group in queries.groups(partner_id, today)) == len(shown)
    return shown


DUE = {"punctual": 10, "late": 10, "lost": 15, "quiet": 10, "patient": 12, "suspended": 20, "dismissed": 25}


@pytest.fixture
def cast(make, partner) -> dict[str, Client]:
    clients = {name: make.client(partner, due_on=date(2025, 7, day)) for name, day in DUE.items()}
    make.code(clients["punctual"], issued_at=clock.moment_of(START, NOW.time()))
    return clients


def test_two_months_of_a_small_partner(cast, partner, admin) -> None:
    shown: dict[date, set[tuple[int, NoticeKind]]] = {}
    ana = SimpleNamespace(user_id=admin.id, name=admin.name)
    for days in range(DAYS):
        today = START + timedelta(days=days)
        night(today)
        night(today)
        happen(today, cast, Order(partner.id, ana, clock.moment_of(today, NOW.time())))
        shown[today] = {(one.client_id, one.kind) for one in showing(partner.id, today)}

    def days_of(name: str, kind: NoticeKind) -> list[date]:
        return [today for today, told in shown.items() if (cast[name].id, kind) in told]

    assert days_of("punctual", NoticeKind.DUE_TODAY) == days_of("punctual", NoticeKind.EXPIRED) == []
    assert days_of("punctual", NoticeKind.CODE_7)[-1] == date(2025, 7, 19)
    assert days_of("late", NoticeKind.EXPIRED)[:9] == [date(2025, 7, day) for day in range(11, 20)]
    assert days_of("quiet", NoticeKind.DUE_IN_3) == []
    assert days_of("quiet", NoticeKind.LAST_DAY) == [date(2025, 7, 31)]
    put_off = [day for day, told in shown.items() if day >= date(2025, 7, 6) and cast["patient"].id in dict(told)]
    assert put_off[0] == date(2025, 7, 14)
    assert days_of("suspended", NoticeKind.EXPIRED), "suspended clients are renewable and billed (R16)"
    assert days_of("dismissed", NoticeKind.DUE_IN_3) == days_of("dismissed", NoticeKind.DUE_TODAY) == []
    assert days_of("dismissed", NoticeKind.EXPIRED)[0] == date(2025, 7, 26)
    assert days_of("lost", NoticeKind.INACTIVE)[-1] == date(2025, 8, 4)
    assert db.session.scalars(select(NoticeMute)).one().client_id == cast["quiet"].id
    keys = [(one.partner_id, one.kind, one.subject_id, one.effective_on) for one in notices()]
    assert len(keys) == len(set(keys))
