"""Each notice once: run twice, by two processes, after missed days; a later kind replaces an earlier one."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask

from jobs import expire_licenses, remind_certificates, remind_codes
from portal import clock
from portal.domain.notices import TOLD_AT_ONCE, NoticeKind
from portal.extensions import db
from portal.models import Client
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, kinds, night, notices


def keys() -> Counter[tuple[object, ...]]:
    """Return how often there is a notice of each subject, kind and date."""
    return Counter((one.partner_id, one.kind, one.subject_id, one.effective_on) for one in notices())


@pytest.fixture
def crowd(make, partner, due_in) -> list[Client]:
    """Return clients of two partners due around today, some with codes that wait."""
    other = make.partner()
    clients = [due_in(days, at=at) for at in (partner, other) for days in range(-12, 10)]
    for client in clients[::4]:
        make.code(client, issued_at=NOW - timedelta(days=8))
    return clients


def test_a_second_run_makes_nothing(crowd) -> None:
    first = night()
    made = keys()
    assert sum(first.values()) > 20
    assert set(night().values()) == {0}
    assert keys() == made


def test_two_processes_at_once_make_each_notice_once(app: Flask, crowd) -> None:
    db.session.rollback()
    start, totals, faults = Barrier(2), [], []

    def run() -> None:
        with app.app_context():
            start.wait()
            try:
                totals.append(expire_licenses.run(NOW) | remind_codes.run(NOW) | remind_certificates.run(NOW))
            except Exception as fault:  # noqa: BLE001 - shown below
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    made = keys()
    assert set(made.values()) == {1}
    open_by_client = Counter(one.client_id for one in notices() if one.due_on and not one.is_settled)
    assert set(open_by_client.values()) == {1}
    assert sum(total[kind.value] for total in totals for kind in NoticeKind if kind not in TOLD_AT_ONCE) == len(made)
    assert night() == dict.fromkeys(totals[0], 0)


@pytest.mark.parametrize("missed", [1, 3, 40])
def test_missed_days_are_caught_up_with_what_is_true_today(crowd, make, partner, missed) -> None:
    night()
    later = TODAY + timedelta(days=missed)
    lately = make.client(partner, due_on=later + timedelta(days=5))
    night(later)
    caught_up = {(one.client_id, one.kind) for one in notices(is_settled=False) if one.due_on}
    [seven] = notices(lately)
    assert (seven.kind, seven.effective_on) == (NoticeKind.DUE_IN_7, later - timedelta(days=2)), (
        "dated when it should have come"
    )
    db.session.rollback()
    for client in (*crowd, lately):
        last = [one for one in notices(client) if one.due_on]
        assert len([one for one in last if not one.is_settled]) <= 1
    assert len({client_id for client_id, _ in caught_up}) == len(caught_up)
    assert set(night(later).values()) == {0}


def test_a_client_is_told_of_by_one_notice_at_a_time_all_month_long(due_in) -> None:
    client = due_in(10)
    told = []
    for days in range(60):
        night(TODAY + timedelta(days=days))
        told.append([one.kind for one in notices(client, is_settled=False)])
    assert max(map(len, told)) == 1
    spans = [(kind, sum(day == [kind] for day in told)) for kind in NoticeKind if [kind] in told]
    assert dict(spans) == {
        NoticeKind.DUE_IN_7: 4,
        NoticeKind.DUE_IN_3: 3,
        NoticeKind.DUE_TODAY: 1,
        NoticeKind.EXPIRED: 10,
        NoticeKind.LAST_DAY: 1,
        NoticeKind.INACTIVE: 31,
    }
    assert told[3] == [NoticeKind.DUE_IN_7]
    assert told[:3] == [[]] * 3
    assert told[-1] == told[-2] == []


def test_the_last_day_of_a_month_is_one_notice_for_those_due_that_day_and_before(make, partner) -> None:
    today = date(2025, 2, 28)  # R22
    due_today, due_before = (make.client(partner, due_on=date(2025, 2, day)) for day in (28, 10))
    night(today)
    assert kinds(due_today) == kinds(due_before) == [NoticeKind.LAST_DAY]
    night(date(2025, 3, 1))
    assert kinds(due_today, is_settled=False) == kinds(due_before, is_settled=False) == [NoticeKind.INACTIVE]


def test_an_old_code_replaces_a_younger_ones_notice(make, partner) -> None:
    code = make.code(make.client(partner, due_on=TODAY + timedelta(days=100)), issued_at=NOW)
    told = {}
    for days in range(40):
        night(TODAY + timedelta(days=days))
        told[days] = [one.kind for one in notices(is_settled=False)]
    assert told[0] == []
    assert told[1] == told[6] == [NoticeKind.CODE_1]
    assert told[7] == told[29] == [NoticeKind.CODE_7]
    assert told[30] == told[39] == [NoticeKind.CODE_30]
    assert {one.subject_id for one in notices()} == {code.id}
    assert [one.effective_on for one in notices()] == [TODAY + timedelta(days=days) for days in (1, 7, 30)]


def test_codes_of_clients_without_a_license_to_lose_do_not_count(make, partner) -> None:
    old = NOW - timedelta(days=8)
    make.code(make.client(partner, due_on=date(2025, 6, 10)), issued_at=old)
    make.code(make.client(partner, due_on=None, pending_at=NOW), issued_at=old)
    make.code(make.client(partner, due_on=date(2025, 6, 10), hidden_at=NOW), issued_at=old)
    active = make.client(partner, due_on=date(2025, 9, 10))
    make.code(active, issued_at=old)
    night()
    assert [one.client_id for one in notices(kind=NoticeKind.CODE_7)] == [active.id]


@pytest.mark.parametrize("stopped", [{"suspended_at": NOW}, {"due_on": date(2025, 7, 9)}], ids=["suspended", "expired"])
def test_a_code_that_activates_nothing_is_told_of_once_its_client_runs_again(make, partner, stopped) -> None:
    client = make.client(partner, **{"due_on": date(2025, 9, 10)} | stopped)
    make.code(client, issued_at=NOW - timedelta(days=8))
    night()
    assert NoticeKind.CODE_7 not in kinds(client)
    client.suspended_at, client.due_on = None, date(2025, 9, 10)
    db.session.commit()
    night(TODAY + timedelta(days=1))
    assert kinds(client, is_settled=False) == [NoticeKind.CODE_7]


def test_who_dismissed_an_expired_license_is_not_reminded_of_its_last_day(make, partner) -> None:
    decided, open_, due_last = (make.client(partner, due_on=date(2025, 7, day)) for day in (9, 9, 31))
    night()
    [notice] = notices(decided)
    notice.dismissed_at = NOW
    db.session.commit()
    for day in range(11, 32):
        night(date(2025, 7, day))
    assert NoticeKind.LAST_DAY not in kinds(decided)
    assert kinds(open_, is_settled=False) == kinds(due_last, is_settled=False) == [NoticeKind.LAST_DAY]
    night(date(2025, 8, 1))
    assert kinds(decided, is_settled=False) == [NoticeKind.INACTIVE], "that is another decision"


def test_a_codes_notice_closes_when_its_client_becomes_inativo(make, partner) -> None:
    make.code(make.client(partner, due_on=date(2025, 7, 28)), issued_at=NOW - timedelta(days=1))
    night()
    assert kinds(is_settled=False) == [NoticeKind.CODE_1]
    night(date(2025, 8, 1))
    assert kinds(is_settled=False) == [NoticeKind.INACTIVE]


def test_old_notices_are_forgotten_and_do_not_come_back(due_in) -> None:
    client = due_in(0)
    night()
    later = date(2025, 9, 1)
    for days in range((later - TODAY).days):
        night(TODAY + timedelta(days=days))
    assert night(later)["forgotten"] > 0
    assert kinds(client) == []
    assert set(night(later).values()) == {0}
    assert clock.now() == NOW
