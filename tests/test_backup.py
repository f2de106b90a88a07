"""Backup and restore: a checked copy while the portal runs, a fresh database of it, and refusals that overwrite nothing."""

from __future__ import annotations

from pathlib import Path

import click.testing
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from portal import backup, database, postgres_tools, restore
from portal.extensions import db
from portal.postgres_tools import BackupError
from tests.factories import Factory
from tests.postgres import with_postgresql_tools


@pytest.fixture
def is_sqlite(app: Flask) -> bool:
    return db.engine.dialect.name == "sqlite"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    with_postgresql_tools(monkeypatch)


@pytest.fixture
def fresh(app: Flask, is_sqlite: bool, tmp_path: Path) -> str:
    """Return where a copy may be restored to: a file that does not exist, or the URL of an empty database."""
    if is_sqlite:
        return str(tmp_path / "restored.db")
    server = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS restored"))
        connection.execute(text("CREATE DATABASE restored"))
    server.dispose()
    url = db.engine.url.set(database="restored", drivername="postgresql")
    return url.render_as_string(hide_password=False)


@pytest.fixture
def copy(app: Flask, make: Factory, tmp_path: Path) -> Path:
    """Return a copy of a database with one client."""
    make.client(make.partner(), name="Padaria que Fica")
    db.session.rollback()
    backup.copy_to(tmp_path / "copy")
    return tmp_path / "copy"


def run(app: Flask, *arguments: object) -> click.testing.Result:
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def names_in(target: str) -> list[str]:
    """Return the clients of a restored database."""
    url = make_url(target if "://" in target else f"sqlite:///{target}")
    is_file = url.get_backend_name() == "sqlite"
    options = {"module": database.sqlite_module()} if is_file else {}
    engine = create_engine(url if is_file else url.set(drivername="postgresql+psycopg"), **options)
    with engine.connect() as connection:
        names = list(connection.scalars(text("SELECT name FROM clients")))
    engine.dispose()
    return names


# backup


def test_a_copy_is_made_and_checked_and_leaves_nothing_else_behind(app: Flask, make: Factory, tmp_path: Path) -> None:
    make.client(make.partner())
    result = run(app, "backup", tmp_path / "copy")
    assert result.exit_code == 0, result.output
    assert "integrity ok" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0, "it holds everybody's data"


def test_an_existing_file_is_not_overwritten(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(BackupError):
        backup.copy_to(target)
    assert target.read_text() == "precious"


def test_a_folder_that_is_not_there_is_said_plainly(app: Flask, tmp_path: Path) -> None:
    result = run(app, "backup", tmp_path / "nowhere" / "copy.db")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_copy_that_fails_its_check_gets_no_name(app: Flask, is_sqlite, tmp_path: Path, monkeypatch) -> None:
    def refuse(_copy: Path) -> None:
        raise BackupError("not whole")

    monkeypatch.setattr(backup, "ensure_sound", refuse)
    monkeypatch.setattr(postgres_tools, "ensure_readable", refuse)
    with pytest.raises(BackupError, match="not whole"):
        backup.copy_to(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_password_does_not_travel_on_the_command_line(tmp_path: Path, monkeypatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$PGPASSWORD and $*" >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BackupError, match=r"pg_dump failed: hunter2 and --no-password --dbname=postgresql://u@h/d --x"):
        postgres_tools.run("pg_dump", "--x", url=make_url("postgresql+psycopg://u:hunter2@h/d"))


# restore


def test_a_copy_is_restored_checked_and_counted(app: Flask, copy: Path, fresh: str) -> None:
    result = run(app, "restore", copy, "--into", fresh)
    assert result.exit_code == 0, result.output
    counts = dict(line.split() for line in result.output.splitlines()[:-1])
    assert (counts["clients"], counts["partners"], counts["audit_events"]) == ("1", "1", "0")
    assert names_in(fresh) == ["Padaria que Fica"]


def test_a_target_that_holds_something_is_not_overwritten(app: Flask, copy: Path, fresh: str) -> None:
    restore.restore(copy, fresh)
    with pytest.raises(BackupError, match="nothing was overwritten"):
        restore.restore(copy, fresh)
    assert names_in(fresh) == ["Padaria que Fica"]


def test_what_is_no_copy_is_refused(app: Flask, fresh: str, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear partner")
    result = run(app, "restore", tmp_path / "letter.txt", "--into", fresh)
    assert result.exit_code == 1
    assert "is no copy made by the portal" in result.output


def test_a_copy_of_the_other_kind_is_refused(app: Flask, copy: Path, is_sqlite: bool, tmp_path: Path) -> None:
    other = "postgresql://u@h/d" if is_sqlite else str(tmp_path / "restored.db")
    with pytest.raises(BackupError, match="nothing was restored"):
        restore.restore(copy, other)


def test_a_damaged_copy_is_refused_and_leaves_nothing(app: Flask, copy: Path, fresh: str, is_sqlite, tmp_path) -> None:
    content = bytearray(copy.read_bytes())
    content[4096:12288] = b"\xff" * 8192 if is_sqlite else b""
    copy.write_bytes(content if is_sqlite else content[:600])
    with pytest.raises(BackupError):
        restore.restore(copy, fresh)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_copy_of_a_newer_portal_is_refused(app: Flask, make: Factory, fresh: str, tmp_path: Path) -> None:
    with db.engine.begin() as connection:
        before = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        make.partner()
        db.session.rollback()
        backup.copy_to(tmp_path / "copy")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})
    with pytest.raises(BackupError, match="schema 9999, which this portal does not know"):
        restore.restore(tmp_path / "copy", fresh)
    assert not (tmp_path / "restored.db").exists()


@pytest.mark.parametrize("into", ["postgresql://u@h:port/d", "nowhere/restored.db"])
def test_a_target_that_cannot_be_is_said_plainly(app: Flask, copy: Path, is_sqlite: bool, into: str) -> None:
    result = run(app, "restore", copy, "--into", into)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
