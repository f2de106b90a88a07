"""The pre-flight's reader: the whole corpus of bad backups, each with its reason; every problem of one that is only wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from portal.config import ROOT
from portal.domain.navi_backup import Entity
from portal.domain.preflight import MOST_PROBLEMS, BackupFault, Report
from portal.navi_migration.reader import look_through
from tests import navi_corpus as corpus


def found_in(whole: bytes) -> Report:
    report = look_through(io.BytesIO(whole), lambda _done, _total: None)
    assert Report.from_json(json.loads(json.dumps(report.as_json()))) == report
    return report


def test_a_sound_backup_is_counted_and_added_up() -> None:
    report = found_in(corpus.sound())
    assert report.is_sound
    assert report.counts == {entity: len(corpus.ROWS[entity.value]) for entity in Entity}
    assert (report.document, report.name, report.program) == (
        corpus.DOCUMENT, "Padaria Pão Quente", "Navi Vendas 5.3.0"
    )  # fmt: skip
    assert (report.sums.sales_cents, report.sums.open_credits) == (2_450, 1)
    assert (report.sums.receivable_cents, report.settled_credits) == (corpus.RECEIVABLE_CENTS, 1)
    assert report.made_at is not None
    assert report.made_at.isoformat() == "2025-07-01T08:00:00-03:00"


@pytest.mark.parametrize("bad", corpus.BAD, ids=[bad.name for bad in corpus.BAD])
def test_whatever_can_be_wrong_is_told_by_its_reason_or_its_line(bad) -> None:
    report = found_in(bad.make())
    if bad.reason == "line":
        assert report.fault is None
        places = [problem[:3] for problem in report.problems]
        assert (bad.file, bad.line, bad.pointer) in places, places
    else:
        assert (report.fault, report.problems) == (BackupFault(bad.reason), [])


def test_a_backup_of_another_shop_is_read_like_any_other() -> None:
    assert found_in(corpus.of_another_shop()).document == "11444777000161"


def test_a_file_of_more_than_50_mb_is_not_even_opened() -> None:
    assert found_in(b"\0" * (50 * 1024 * 1024 + 1)).fault is BackupFault.TOO_LARGE


def test_of_many_problems_the_first_are_told_and_the_others_counted() -> None:
    report = found_in(corpus.with_file("products", b'{"id": 0}\n' * 1_000))
    assert (len(report.problems), report.problems[0][:3]) == (MOST_PROBLEMS, ("products.jsonl", 1, "/id"))
    assert report.all_problems >= 4_000, "four flaws a line, and every reference into the file"
    assert not report.is_sound


def test_a_line_that_is_too_long_is_one_problem_and_the_next_one_keeps_its_number() -> None:
    rows = corpus.content(corpus.ROWS["customers"]).splitlines(keepends=True)
    long = b'{"id": 2, "name": "' + b"longo, " * 100_000 + b'"}\n'
    report = found_in(corpus.with_file("customers", rows[0] + long + b'{"id": 4}\n'))
    assert [problem[:3] for problem in report.problems if problem.file == "customers.jsonl"] == [
        ("customers.jsonl", 2, ""), ("customers.jsonl", 3, "/name")
    ]  # fmt: skip


def test_the_program_tells_its_progress_and_then_the_report(tmp_path) -> None:
    path = tmp_path / "backup.zip"
    path.write_bytes(corpus.sound())
    command = [sys.executable, "-m", "portal.limits", "portal.navi_migration.reader", "30", "512"]
    with path.open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, cwd=ROOT, env={}, check=True)
    first, *_, last = map(json.loads, done.stdout.splitlines())
    assert first == {"done": 1, "total": 11}
    assert Report.from_json(last["report"]).is_sound
