"""A job's technical line in the operator's words."""

from __future__ import annotations

import pytest

from portal.operations.failures import Failure, failure_of
from portal.operations.texts import Text


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        (Text.INTERRUPTED.label, Failure.INTERRUPTED),
        ("OperationalError: (sqlite3.OperationalError) database or disk is full", Failure.NO_SPACE),
        ("OperationalError: (psycopg.errors.DiskFull) could not extend file", Failure.NO_SPACE),
        ("OSError: [Errno 28] No space left on device", Failure.NO_SPACE),
        ("BackupError: pg_dump failed: No space left on device", Failure.NO_SPACE),
        ("OperationalError: (pysqlite3.dbapi2.OperationalError) database is locked", Failure.DATABASE),
        ("OperationalError: (psycopg.OperationalError) connection refused", Failure.DATABASE),
        ("TimeoutError: QueuePool limit of size 4 overflow 4 reached", Failure.DATABASE),
        ("BackupError: pg_dump was not found: install PostgreSQL's client programs", Failure.BACKUP),
        ("PermissionError: [Errno 13] Permission denied: '/var/backups'", Failure.FILE),
        ("FileNotFoundError: [Errno 2] No such file or directory", Failure.FILE),
        ("ValueError: first is out of order", Failure.UNKNOWN),
        ("ended without a result", Failure.UNKNOWN),
    ],
)
def test_a_line_tells_of_a_failure(line: str, failure: Failure) -> None:
    assert failure_of(line) is failure


def test_every_failure_is_a_sentence_in_the_words_of_the_screen() -> None:
    for failure in Failure:
        assert failure.label.endswith(".")
        assert "Error" not in failure.label
