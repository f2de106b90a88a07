"""What will happen to a client, from the rules that the night's jobs follow (R1, R16, R22)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from portal.domain.forecast import Step, certificate_steps, steps
from portal.domain.notices import NoticeKind as K
from portal.domain.notices import notice_kind
from portal.domain.statuses import Status, derive_status

MARKED = datetime(2025, 7, 1, tzinfo=UTC)


def facts(due_on, **flags):
    return SimpleNamespace(**{"due_on": due_on, "pending_at": None, "hidden_at": None, "suspended_at": None} | flags)


def test_a_client_due_in_the_middle_of_the_month() -> None:  # R1
    assert steps(facts(date(2025, 7, 10)), date(2025, 7, 1)) == [
        Step(date(2025, 7, 3), notice=K.DUE_IN_7),
        Step(date(2025, 7, 7), notice=K.DUE_IN_3),
        Step(date(2025, 7, 10), notice=K.DUE_TODAY),
        Step(date(2025, 7, 11), status=Status.EXPIRED),
        Step(date(2025, 7, 11), notice=K.EXPIRED),
        Step(date(2025, 7, 31), notice=K.LAST_DAY),
        Step(date(2025, 7, 31), is_last_to_renew=True),
        Step(date(2025, 8, 1), status=Status.INACTIVE),
        Step(date(2025, 8, 1), notice=K.INACTIVE),
    ]


def test_due_on_the_last_of_february_there_is_no_expired_day() -> None:  # R22
    assert steps(facts(date(2025, 2, 28)), date(2025, 2, 25)) == [
        Step(date(2025, 2, 28), notice=K.LAST_DAY),
        Step(date(2025, 2, 28), is_last_to_renew=True),
        Step(date(2025, 3, 1), status=Status.INACTIVE),
        Step(date(2025, 3, 1), notice=K.INACTIVE),
    ]


def test_a_certificates_notices_come_while_the_license_lasts() -> None:
    client, through_on = facts(date(2025, 8, 10)), date(2025, 8, 9)
    told = [
        Step(date(2025, 8, 2), notice=K.CERTIFICATE_7),
        Step(date(2025, 8, 9), notice=K.CERTIFICATE_0, is_muted=True),
    ]
    assert certificate_steps(client, through_on, date(2025, 7, 10), {K.CERTIFICATE_0}) == told
    first = Step(date(2025, 7, 10), notice=K.CERTIFICATE_30)
    assert certificate_steps(client, through_on, date(2025, 7, 9), {K.CERTIFICATE_0}) == [first, *told]
    assert certificate_steps(client, through_on + timedelta(days=2), date(2025, 8, 4)) == []


def test_a_suspended_client_goes_the_same_way() -> None:  # R16
    ahead = steps(facts(date(2025, 8, 10), suspended_at=MARKED), date(2025, 7, 15))
    assert Step(date(2025, 8, 11), status=Status.EXPIRED) in ahead
    assert ahead == steps(facts(date(2025, 8, 10)), date(2025, 7, 15))


def test_a_hidden_client_that_was_renewed_goes_back_to_oculto_unnoticed() -> None:
    ahead = steps(facts(date(2025, 7, 10), hidden_at=MARKED), date(2025, 7, 30))
    assert ahead[-1] == Step(date(2025, 8, 1), status=Status.HIDDEN)


def test_on_the_last_day_only_tomorrow_is_left() -> None:
    assert [step.on for step in steps(facts(date(2025, 7, 10)), date(2025, 7, 31))] == [date(2025, 8, 1)] * 2


@pytest.mark.parametrize(
    "client",
    [facts(None, pending_at=MARKED), facts(date(2025, 6, 10)), facts(date(2025, 6, 10), hidden_at=MARKED)],
)
def test_nothing_happens_by_itself_to_what_has_ended_or_not_begun(client) -> None:
    assert steps(client, date(2025, 7, 10)) == []


def test_a_muted_notice_is_said_to_stay_away() -> None:
    ahead = steps(facts(date(2025, 7, 10)), date(2025, 7, 8), {K.EXPIRED})
    assert [step.notice for step in ahead if step.is_muted] == [K.EXPIRED]


def test_a_client_due_in_years_is_not_followed_day_by_day() -> None:
    ahead = steps(facts(date(2035, 7, 10)), date(2025, 7, 1))
    assert ahead[0] == Step(date(2035, 7, 3), notice=K.DUE_IN_7)
    assert len(ahead) == 9


@pytest.mark.parametrize("today", [date(2025, 7, 1), date(2024, 2, 27), date(2025, 12, 30)], ids=str)
@pytest.mark.parametrize("offset", range(-3, 12))
def test_it_is_what_the_rules_say_on_each_of_those_days(today, offset) -> None:
    client = facts(today + timedelta(days=offset))
    for step in steps(client, today):
        if step.status:
            assert (
                derive_status(client, step.on) is step.status is not derive_status(client, step.on - timedelta(days=1))
            )
        if step.notice:
            assert notice_kind(client, step.on) is step.notice
