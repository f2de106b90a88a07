"""From Navi to Link: the checklist follows what happened, and says what comes next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.domain.migration import (
    BackupSource,
    BackupState,
    Facts,
    Lapse,
    Stage,
    Step,
    StepState,
    is_at_hand,
    lapse_of,
    lapses_on,
    stages,
)
from portal.domain.renewals import Decision
from portal.domain.statuses import Status

ORDERED = datetime(2025, 6, 16, 15, tzinfo=UTC)
DUE = date(2025, 7, 10)
LATER = ORDERED + timedelta(days=1)


def facts(**others: Any) -> Facts:
    return Facts(**{"ordered_at": ORDERED, "navi_due_on": DUE, "navi_now_due_on": DUE} | others)


def states(found: list[Stage]) -> str:
    return "".join({StepState.DONE: "x", StepState.NEXT: ">", StepState.LATER: "."}[stage.state] for stage in found)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ({}, "x>...."),
        ({"backup_at": LATER}, "xx>..."),
        ({"backup_at": LATER, "restored_at": LATER}, "xxx>.."),
        ({"restored_at": LATER}, "xxx>.."),
        ({"activated_at": LATER}, "x>.x.."),
        ({"restored_at": LATER, "activated_at": LATER, "users_at": LATER}, "xxxxx>"),
        ({"navi_status": Status.EXPIRED}, "x>...x"),
        (
            {"restored_at": LATER, "activated_at": LATER, "users_at": LATER, "decision": Decision.SKIP},
            "xxxxxx",
        ),
    ],
)
def test_the_first_step_that_is_not_done_comes_next(happened: dict[str, Any], expected: str) -> None:
    found = stages(facts(**happened))
    assert [stage.step for stage in found] == list(Step)
    assert states(found) == expected


def test_a_step_that_is_known_without_its_moment_has_none() -> None:
    backup = stages(facts(restored_at=LATER))[1]
    assert (backup.state, backup.at) == (StepState.DONE, None)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({}, Lapse.OPEN),
        ({"decision": Decision.LATER}, Lapse.OPEN),
        ({"decision": Decision.SKIP}, Lapse.SKIPPED),
        ({"navi_status": Status.EXPIRED}, Lapse.LAPSED),
        ({"navi_status": Status.INACTIVE}, Lapse.LAPSED),
        ({"navi_now_due_on": date(2025, 8, 10)}, Lapse.RENEWED),
        ({"uses_both": True, "navi_status": Status.INACTIVE}, Lapse.BOTH),
        ({"navi_now_due_on": None}, Lapse.OPEN),
        ({"navi_due_on": None, "navi_now_due_on": date(2025, 8, 10)}, Lapse.OPEN),  # approved since
    ],
)
def test_what_became_of_renewing_navi(others: dict[str, Any], expected: Lapse) -> None:
    assert lapse_of(facts(**others)) is expected


def test_navi_lapses_as_r17_says() -> None:
    assert lapses_on(DUE) == (date(2025, 7, 11), date(2025, 8, 1))
    assert lapses_on(date(2025, 2, 28)) == (date(2025, 3, 1), date(2025, 3, 1))  # R22: no Expirado day


def test_a_backup_counts_while_it_can_be_restored_or_was() -> None:
    counts = {source: {state for state in BackupState if is_at_hand(source, state)} for source in BackupSource}
    assert counts == {
        BackupSource.NAVI: {BackupState.RECEIVED, BackupState.USED},
        BackupSource.PARTNER: set(BackupState) - {BackupState.RECEIVING},
    }
