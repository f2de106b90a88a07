"""What is told of a backup: whose it is, what stays, what a report keeps."""

from __future__ import annotations

import pytest

from portal.domain.navi_backup import Entity
from portal.domain.navi_checks import Sums
from portal.domain.preflight import BackupFault, BadBackup, Problem, Report, Whose, whose


@pytest.mark.parametrize(
    ("document", "registered", "which"),
    [
        ("11222333000181", "11222333000181", Whose.SAME),
        ("11222333000262", "11222333000181", Whose.ROOT),
        ("11444777000161", "11222333000181", Whose.OTHER),
        ("52998224725", "52998224806", Whose.OTHER),
        ("52998224725", "52998224000181", Whose.OTHER),
        ("12ABC34501DE35", "12ABC34501DE35", Whose.SAME),
    ],
)
def test_a_backup_is_the_registration_s_a_branch_s_or_somebody_else_s(document, registered, which) -> None:
    assert whose(document, registered) is which


def test_a_report_is_kept_whole() -> None:
    report = Report(
        document="11222333000181", name="Padaria", program="Navi 5", created_at="2025-07-01T08:00:00-03:00",
        counts={Entity.CREDITS: 5}, sums=Sums(1, 3, 2), problems=[Problem("sales.jsonl", 1, "/id", "falta")],
        all_problems=7,
    )  # fmt: skip
    assert Report.from_json(report.as_json()) == report
    assert (report.settled_credits, report.is_sound) == (2, False)
    assert report.made_at is not None


def test_one_refused_whole_is_not_sound() -> None:
    report = Report(fault=BackupFault.BOMB, file="sales.jsonl")
    assert Report.from_json(report.as_json()) == report
    assert (report.is_sound, report.made_at) == (False, None)
    assert BadBackup(BackupFault.BOMB, "sales.jsonl").args == ("bomb", "sales.jsonl", "")
