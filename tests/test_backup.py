"""The backup command: a checked copy while the portal runs, and refusals that overwrite nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from portal import backup, database
from portal.extensions import db
from tests.factories import Factory


@pytest.fixture
def is_sqlite(app: Flask) -> bool:
    return db.engine.dialect.name == "sqlite"


def test_a_copy_holds_what_was_answered_as_saved(app: Flask, make: Factory, is_sqlite: bool, tmp_path: Path) -> None:
    make.client(make.partner(), name="Padaria que Fica")
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "copy.db")])
    if not is_sqlite:
        assert result.exit_code == 1
        assert "pg_dump" in result.output
        return
    assert result.exit_code == 0, result.output
    assert "integrity ok" in result.output
    engine = create_engine(f"sqlite:///{tmp_path / 'copy.db'}", module=database.sqlite_module())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM clients")) == "Padaria que Fica"
    engine.dispose()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db"]


def test_an_existing_file_is_not_overwritten(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(backup.BackupError):
        backup.copy_to(target)
    assert target.read_text() == "precious"


def test_a_folder_that_is_not_there_is_said_plainly(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "nowhere" / "copy.db")])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
