"""The jobs of the table: they do their work, once, and say how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, func, select, text

from jobs import back_up, clean_up, runner
from jobs.schedule import SCHEDULE
from portal import database
from portal.domain import retention
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Attempt, FormDraft, Invitation, PasswordReset, UserSession
from portal.operations import service
from portal.postgres_tools import BackupError
from tests.conftest import NOW
from tests.factories import Factory
from tests.jobs.conftest import at, record, records

SECOND = timedelta(seconds=1)


# the table


def test_names_in_the_table_are_unique_and_fit_their_column() -> None:
    names = [job.name for job in SCHEDULE]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 40 for name in names)


def test_daily_jobs_stay_clear_of_midnight_where_sao_paulos_clock_used_to_move() -> None:
    assert all(time(1, 30) < job.hour < time(22, 30) for job in SCHEDULE)


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.name)
def test_whatever_a_job_counts_has_its_words_in_singular_and_plural(app: Flask, tools, job) -> None:
    counts = job.run(NOW) | (job.preview(NOW) if job.preview else {})
    assert counts.keys() <= job.words.keys()
    assert all(len(words) == 2 for words in job.words.values())


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.name)
def test_a_job_that_is_run_twice_does_nothing_the_second_time(app: Flask, tools, job) -> None:
    job.run(NOW)
    again = job.run(NOW)
    assert {name for name, count in again.items() if count} <= {"kilobytes"}


@pytest.mark.parametrize("job", [job for job in SCHEDULE if job.preview], ids=lambda job: job.name)
def test_a_preview_changes_nothing(app: Flask, tools: Path, job) -> None:
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", noted := lambda *told: statements.append(told[2]))
    job.preview(NOW)
    event.remove(db.engine, "before_cursor_execute", noted)
    assert {statement.split()[0] for statement in statements} <= {"BEGIN", "SELECT", "WITH"}


# clean-up


@pytest.fixture
def old_and_young(make: Factory) -> None:
    """Make two of each kind, one of which is a second past its time."""
    user = make.user(make.partner())
    for number, extra in enumerate((SECOND, -SECOND)):
        long_ago, link_gone = NOW - retention.ENDED_SESSIONS - extra, NOW - retention.PASSWORD_LINKS - extra
        token = {"user_id": user.id, "created_at": NOW - timedelta(days=90)}
        db.session.add_all(
            [
                UserSession(token_hash=f"ended{number}", last_seen_at=NOW, ended_at=long_ago, **token),
                UserSession(token_hash=f"idle{number}", last_seen_at=long_ago, **token),
                Attempt(scope="password", subject="x", at=NOW - retention.ATTEMPTS - extra),
                FormDraft(
                    token_hash=f"d{number}",
                    path="/",
                    fields={},
                    **token | {"created_at": NOW - retention.FORM_DRAFTS - extra},
                ),
                PasswordReset(token_hash=f"used{number}", expires_at=NOW, used_at=link_gone, **token),
                PasswordReset(token_hash=f"expired{number}", expires_at=link_gone, **token),
                Invitation(
                    key=f"k{number}",
                    token_hash=f"i{number}",
                    email=f"{number}@x.test",
                    name="Léo",
                    role=Role.READER,
                    sent_at=NOW,
                    expires_at=NOW - retention.INVITATIONS - extra,
                ),
            ]
        )
    db.session.commit()


def test_clean_up_forgets_what_is_past_its_time_and_keeps_the_rest(app: Flask, old_and_young: None) -> None:
    foreseen = clean_up.preview(NOW)
    nothing = {"bulk_orders": 0, "imports": 0, "works": 0, "seats": 0, "pairings": 0}
    nothing |= {"expired_navi_backups": 0, "navi_backups": 0, "grants": 0, "request_files": 0}
    assert foreseen == {"sessions": 2, "attempts": 1, "drafts": 1, "password_links": 2, "invitations": 1} | nothing
    assert clean_up.run(NOW) == foreseen | {"job_runs": 0}
    left = [
        db.session.scalar(select(func.count()).select_from(kind))
        for kind in (UserSession, Attempt, FormDraft, PasswordReset, Invitation)
    ]
    assert left == [2, 1, 1, 2, 1]


def test_clean_up_forgets_runs_of_half_a_year_ago(app: Flask, run_row: Callable[..., None]) -> None:
    for days in (180, 181):
        run_row(day=NOW.date() - timedelta(days=days), state=RunState.DONE)
    assert service.forget_runs(NOW) == 1
    assert [row["day"] for row in records()] == [NOW.date() - timedelta(days=180)]


# backup


def test_the_days_copy_is_made_once_and_is_a_whole_database(app: Flask, tools, make: Factory) -> None:
    make.client(make.partner(), name="Padaria que Fica")
    assert back_up.run(NOW)["copies"] == 1
    (copy,) = tools.iterdir()
    assert copy.stem == "portal-2025-07-10"
    written = copy.stat().st_mtime_ns
    assert back_up.run(NOW + timedelta(hours=3))["copies"] == 0
    assert copy.stat().st_mtime_ns == written
    if copy.suffix == ".db":
        engine = create_engine(f"sqlite:///{copy}", module=database.sqlite_module())
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT name FROM clients")) == "Padaria que Fica"
        engine.dispose()


def test_seven_daily_copies_and_four_of_a_sunday_are_kept(app: Flask, tools: Path) -> None:
    suffix = "db" if db.engine.dialect.name == "sqlite" else "dump"
    first = date(2025, 5, 1)
    for number in range(70):
        (tools / f"portal-{first + timedelta(days=number)}.{suffix}").touch()
    (tools / "portal-before-the-upgrade.db").touch()  # somebody's own
    assert back_up.run(NOW)["removed"] == 70 - 6 - 4 + 1
    kept = {path.stem.removeprefix("portal-") for path in tools.iterdir()}
    week = {f"2025-07-{day:02}" for day in range(4, 11)}
    assert kept == week | {"2025-06-29", "2025-06-22", "2025-06-15", "before-the-upgrade"}


def test_what_a_killed_process_left_of_a_copy_is_swept_away(app: Flask, tools: Path) -> None:
    (tools / ".portal-2025-07-10.db.0badcafe.partial").write_text("half")
    back_up.run(NOW)
    assert [path.stem for path in tools.iterdir()] == ["portal-2025-07-10"]


def test_a_copy_that_cannot_be_made_fails_the_run_and_takes_no_old_copy_away(app, tools: Path, monkeypatch) -> None:
    def full(*_: object) -> int:
        raise BackupError("no room left")

    for day in range(1, 10):
        (tools / f"portal-2025-07-0{day}.db").touch()
    monkeypatch.setattr("portal.backup.copy_to", full)
    with at("10 06:10") as now:
        runner.run_due(now, [job for job in SCHEDULE if job.name == "back_up"])
    assert (record("back_up")["state"], record("back_up")["error"]) == (RunState.FAILED, "BackupError: no room left")
    assert len(list(tools.iterdir())) == 9


def test_without_postgresqls_programs_the_run_fails_and_says_what_to_install(app, tools, monkeypatch) -> None:
    if db.engine.dialect.name == "sqlite":
        assert back_up.run(datetime.fromisoformat("2025-07-10T12:00:00-03:00"))["copies"] == 1
        return
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BackupError, match="pg_dump was not found: install"):
        back_up.run(NOW)
    assert list(tools.iterdir()) == []
