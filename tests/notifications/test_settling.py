"""A notice that needs no decision any more closes itself: triggers, on both databases, for one row and for many."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import Client, Notice, NoticeTally, Partner, RegistrationCode
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, kinds, night, notices

NEVER = date(1, 1, 1)
NO_DATE = date(9999, 12, 31)


def kept() -> dict[tuple[object, ...], int]:
    rows = db.session.execute(select(*NoticeTally.__table__.c))
    return {tuple(row[:4]): row.notices for row in rows if row.notices}


def recounted() -> dict[tuple[object, ...], int]:
    return dict(
        Counter(
            (one.partner_id, one.kind, one.due_on or NO_DATE, one.postponed_to or NEVER)
            for one in notices()
            if not one.is_settled and one.dismissed_at is None
        )
    )


def revision(partner: Partner) -> int:
    return db.session.scalar(select(Partner.revision).where(Partner.id == partner.id)) or 0


@pytest.fixture
def told(make, partner, due_in) -> Client:
    """Return a client with an expiry notice and a code's notice."""
    client = due_in(1)
    make.code(client, issued_at=NOW - timedelta(days=8))
    night()
    assert kinds(client, is_settled=False) == [NoticeKind.DUE_IN_3, NoticeKind.CODE_7]
    return client


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"due_on": date(2025, 8, 11)}, [NoticeKind.CODE_7]),
        ({"due_on": TODAY + timedelta(days=1)}, [NoticeKind.DUE_IN_3, NoticeKind.CODE_7]),
        ({"pending_at": NOW}, []),
        ({"hidden_at": NOW}, []),
        ({"suspended_at": NOW}, [NoticeKind.DUE_IN_3, NoticeKind.CODE_7]),
        ({"name": "Outro nome"}, [NoticeKind.DUE_IN_3, NoticeKind.CODE_7]),
    ],
)
def test_what_happens_to_a_client_settles_what_it_decides(told, due_in, change, left) -> None:
    other = due_in(1)
    night()
    db.session.execute(update(Client).where(Client.id == told.id).values(**change))
    db.session.commit()
    assert kinds(told, is_settled=False) == left
    assert kinds(other, is_settled=False) == [NoticeKind.DUE_IN_3]
    assert kept() == recounted()


@pytest.mark.parametrize("end", [{"consumed_at": NOW}, {"revoked_at": NOW}, None])
def test_a_code_that_is_used_revoked_or_gone_settles_its_notice_alone(told, make, partner, end) -> None:
    second = make.code(told, issued_at=NOW - timedelta(days=8))
    night()
    first = RegistrationCode.id < second.id
    db.session.execute(
        update(RegistrationCode).where(first).values(**end) if end else delete(RegistrationCode).where(first)
    )
    db.session.commit()
    assert [one.subject_id for one in notices(kind=NoticeKind.CODE_7, is_settled=False)] == [second.id]
    assert kinds(told, is_settled=False) == [NoticeKind.DUE_IN_3, NoticeKind.CODE_7]
    assert kept() == recounted()
    assert night()["code_7"] == 0


def test_a_client_that_moves_to_another_partner_takes_no_notice_along(told, make) -> None:
    db.session.execute(update(Client).values(partner_id=make.partner().id))
    db.session.commit()
    assert kinds(is_settled=False) == []
    assert kept() == {}


def test_many_clients_renewed_by_one_statement_settle_at_once(due_in) -> None:
    clients = [due_in(days) for days in range(-5, 8)]
    night()
    assert len(kinds(is_settled=False)) == len(clients)
    db.session.execute(
        update(Client).where(Client.id.in_([one.id for one in clients[1:]])).values(due_on=date(2025, 8, 10))
    )
    db.session.commit()
    assert [one.client_id for one in notices(is_settled=False)] == [clients[0].id]
    assert kept() == recounted()


def test_every_change_of_a_notice_revises_its_partners_list_and_nobody_elses(due_in, make, partner) -> None:
    other = make.partner()
    due_in(1)
    due_in(1, at=other)
    before = (revision(partner), revision(other))
    night()
    assert revision(partner) > before[0]
    before = (revision(partner), revision(other))
    db.session.execute(update(Notice).where(Notice.partner_id == partner.id).values(postponed_to=TODAY))
    db.session.commit()
    assert revision(partner) > before[0]
    assert revision(other) == before[1]
    assert kept() == recounted()


def test_what_is_rolled_back_is_not_counted(told) -> None:
    before = kept()
    db.session.execute(update(Notice).values(dismissed_at=NOW))
    assert kept() == {}
    db.session.rollback()
    assert kept() == before == recounted()


def test_deleted_notices_are_not_counted(told) -> None:
    db.session.execute(delete(Notice))
    db.session.commit()
    assert kept() == {}
