"""Which notice a due date or a code asks for on which day (DOMAIN §10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from portal.domain import notices
from portal.domain.notices import CODE_AGES, EXPIRY_RULES, NoticeKind, code_kind, expiry_kind, issued_range
from portal.domain.roles import Permission
from portal.domain.statuses import DueRange, Status, derive_status

K = NoticeKind
EVERY_DAY = [date(2024, 1, 1) + timedelta(days=number) for number in range(800)]


def facts(due_on, **flags):
    return SimpleNamespace(**{"due_on": due_on, "pending_at": None, "hidden_at": None, "suspended_at": None} | flags)


def life(due_on: date) -> list[tuple[NoticeKind, date, date]]:
    """Return the kinds that a due date goes through, each with its first and last day."""
    days = [due_on + timedelta(days=number) for number in range(-40, 100)]
    told = [(day, expiry_kind(due_on, day)) for day in days]
    kinds = list(dict.fromkeys(kind for _, kind in told if kind))
    return [(kind, min(d for d, k in told if k is kind), max(d for d, k in told if k is kind)) for kind in kinds]


def test_a_due_date_in_the_middle_of_a_month() -> None:  # R1
    assert life(date(2025, 7, 10)) == [
        (K.DUE_IN_7, date(2025, 7, 3), date(2025, 7, 6)),
        (K.DUE_IN_3, date(2025, 7, 7), date(2025, 7, 9)),
        (K.DUE_TODAY, date(2025, 7, 10), date(2025, 7, 10)),
        (K.EXPIRED, date(2025, 7, 11), date(2025, 7, 30)),
        (K.LAST_DAY, date(2025, 7, 31), date(2025, 7, 31)),
        (K.INACTIVE, date(2025, 8, 1), date(2025, 8, 31)),
    ]


def test_a_due_date_on_the_last_of_a_month_has_no_expired_day() -> None:  # R22
    assert life(date(2025, 2, 28))[2:] == [
        (K.LAST_DAY, date(2025, 2, 28), date(2025, 2, 28)),
        (K.INACTIVE, date(2025, 3, 1), date(2025, 3, 31)),
    ]


@pytest.mark.parametrize("due_on", EVERY_DAY[::7], ids=str)
def test_the_kinds_of_a_due_date_follow_each_other_without_a_gap(due_on) -> None:
    spans = life(due_on)
    for (_, _, last), (_, following, _) in pairwise(spans):
        assert following == last + timedelta(days=1)
    for kind, first, last in spans:
        assert EXPIRY_RULES[kind].effective_on(due_on) == first, "the night that was not missed dates it that day"
        assert first <= last


@pytest.mark.parametrize("today", EVERY_DAY[::3], ids=str)
def test_no_due_date_is_covered_twice_and_what_is_older_than_the_oldest_not_at_all(today) -> None:
    for offset in range(-80, 12):
        due_on = today + timedelta(days=offset)
        covering = [kind for kind, rule in EXPIRY_RULES.items() if (span := rule.due(today)) and span.holds(due_on)]
        assert len(covering) == (notices.oldest_due(today) <= due_on <= today + timedelta(days=7))


def test_the_kind_agrees_with_the_status() -> None:
    for today in EVERY_DAY[:400]:
        for offset in range(-45, 9):
            due_on = today + timedelta(days=offset)
            kind, status = expiry_kind(due_on, today), derive_status(facts(due_on), today)
            if kind in {K.DUE_IN_7, K.DUE_IN_3, K.DUE_TODAY}:
                assert status is Status.ACTIVE
            elif kind is K.EXPIRED:
                assert status is Status.EXPIRED
            elif kind is K.INACTIVE:
                assert status is Status.INACTIVE
            elif kind is K.LAST_DAY:
                assert status in {Status.ACTIVE, Status.EXPIRED}
                assert derive_status(facts(due_on), today + timedelta(days=1)) is Status.INACTIVE


MARKED = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({}, K.DUE_TODAY),
        ({"suspended_at": MARKED}, K.DUE_TODAY),  # R16: renewable and billed
        ({"pending_at": MARKED}, None),
        ({"hidden_at": MARKED}, K.DUE_TODAY),  # hiding counts only while Inativo
    ],
)
def test_flags_decide_whether_a_partner_is_told(flags, kind) -> None:
    today = date(2025, 7, 10)
    assert notices.notice_kind(facts(today, **flags), today) is kind


def test_hidden_and_undated_clients_are_not_told_of() -> None:
    today = date(2025, 7, 10)
    assert notices.notice_kind(facts(date(2025, 6, 10)), today) is K.INACTIVE
    assert notices.notice_kind(facts(date(2025, 6, 10), hidden_at=MARKED), today) is None
    assert notices.notice_kind(facts(None, pending_at=MARKED), today) is None


@pytest.mark.parametrize(
    ("age", "kind"),
    [
        (-1, None),
        (0, None),
        (1, K.CODE_1),
        (6, K.CODE_1),
        (7, K.CODE_7),
        (29, K.CODE_7),
        (30, K.CODE_30),
        (900, K.CODE_30),
    ],
)
def test_a_code_is_told_of_by_age(age, kind) -> None:
    today = date(2025, 7, 10)
    assert code_kind(today - timedelta(days=age), today) is kind


def test_the_ranges_of_issue_are_the_ages_turned_round() -> None:
    today = date(2024, 3, 1)
    for age in range(-2, 400):
        issued_on = today - timedelta(days=age)
        holding = [kind for kind in CODE_AGES if issued_range(kind, today).holds(issued_on)]
        kind = code_kind(issued_on, today)
        assert holding == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("days", "kind"),
    [(31, None), (30, K.CERTIFICATE_30), (8, K.CERTIFICATE_30), (7, K.CERTIFICATE_7), (1, K.CERTIFICATE_7)]
    + [(days, K.CERTIFICATE_0) for days in (0, -1, -400)],
)
def test_a_certificate_is_told_of_before_and_from_its_last_day_on(days, kind) -> None:
    today = date(2024, 2, 29)
    through_on = today + timedelta(days=days)
    assert notices.certificate_kind(through_on, today) is kind
    holding = [one for one in notices.CERTIFICATE_DAYS if notices.ending_range(one, today).holds(through_on)]
    assert holding == ([kind] if kind else [])


def test_a_later_kind_takes_the_place_of_the_others_about_the_same_subject() -> None:
    assert notices.replaced_by(K.CERTIFICATE_7) == [K.CERTIFICATE_30, K.CERTIFICATE_0]
    assert set(notices.replaced_by(K.CODE_1)) == {K.CODE_7, K.CODE_30}
    assert notices.replaced_by(K.CREDITED) == []


def test_money_is_shown_to_who_may_see_it() -> None:
    of_money = {kind for kind in K if notices.seen_with(kind) is Permission.VIEW_INVOICES}
    assert of_money == {K.CREDITED, K.RETAIL_BELOW_COST}
    assert {notices.seen_with(kind) for kind in set(K) - of_money} == {Permission.VIEW_CLIENTS}


def test_every_kind_has_a_rule() -> None:
    of_the_night = [kind for kinds in notices.OF_THE_NIGHT for kind in kinds]
    assert {*of_the_night} | notices.TOLD_AT_ONCE == set(K)
    assert len(of_the_night) + len(notices.TOLD_AT_ONCE) == len(K)
    assert list(CODE_AGES.values()) == sorted(CODE_AGES.values())


def test_a_notice_is_put_off_for_sixty_days_at_most() -> None:
    assert notices.postponement_range(date(2025, 7, 10)) == (date(2025, 7, 11), date(2025, 9, 8))


def test_an_open_range_has_no_days() -> None:
    assert len(DueRange(date(2025, 7, 1), date(2025, 7, 31)).days()) == 31
    for bounds in ((None, date(2025, 7, 1)), (date(2025, 7, 1), None)):
        with pytest.raises(ValueError, match="no end"):
            DueRange(*bounds).days()
