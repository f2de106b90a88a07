"""The drills' runner: which drills there are, when the exit status is 1, what the page says."""

from __future__ import annotations

import pytest

from drills import __main__ as runner
from drills import report
from drills.report import Row
from drills.servers import COMPLAINT, ENTRY


def drills(monkeypatch, *results: Row | Exception) -> None:
    """Have one drill that comes to these results."""

    def run(*, is_quick: bool):
        for result in results:
            if isinstance(result, Exception):
                raise result
            yield result

    monkeypatch.setattr(runner, "DRILLS", {"kill": run})


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "PAGE", tmp_path / "drills.md")
    return tmp_path / "drills.md"


def test_all_that_pass_end_with_0_and_a_page(monkeypatch, page, capsys) -> None:
    drills(monkeypatch, Row("kill", "SQLite", 3, "12 acknowledged"))
    assert runner.main([]) == 0
    assert "| kill | SQLite | 3 | 12 acknowledged | 0 | ok |" in page.read_text()
    assert "ok" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--quick"], ["kill"]])
def test_a_part_of_the_drills_leaves_the_page_alone(monkeypatch, page, arguments) -> None:
    drills(monkeypatch, Row("kill", "SQLite", 3))
    assert runner.main(arguments) == 0
    assert not page.exists()


def test_one_that_fails_ends_with_1_and_says_why(monkeypatch, page, capsys) -> None:
    drills(monkeypatch, Row("kill", "SQLite", 3, faults=["lost: protocol 7"]), Row("kill", "PostgreSQL", 3))
    assert runner.main([]) == 1
    assert "lost: protocol 7" in capsys.readouterr().out
    assert "FAILED (1)" in page.read_text()


def test_one_that_breaks_down_itself_has_failed(monkeypatch, page, capsys) -> None:
    drills(monkeypatch, Row("kill", "SQLite", 3), RuntimeError("no server"))
    assert runner.main([]) == 1
    assert "no server" in capsys.readouterr().out


def test_an_unknown_drill_is_refused(page, capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        runner.main(["flood"])
    assert "no such drill: flood" in capsys.readouterr().err


def test_errors_are_found_in_a_log_with_their_last_line() -> None:
    log = "2026-11-22 02:00:00,000 INFO a: ok\n2026-11-22 02:00:01,000 ERROR b: bad\nTraceback\n  File\nKeyError: 1\n"
    entries = [entry for entry in ENTRY.split(log) if COMPLAINT.match(entry)]
    assert [entry.splitlines()[-1] for entry in entries] == ["KeyError: 1"]


def test_the_page_ends_with_what_the_drills_do() -> None:
    assert report.PAGE.read_text(encoding="utf-8").endswith(report.NOTES)
