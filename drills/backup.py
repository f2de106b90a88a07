"""A backup is taken while four writers write, and restored elsewhere: whole, and with everything acknowledged before it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import uniform
from threading import Event, Thread
from time import sleep

import psycopg
from sqlalchemy import create_engine, func, inspect, select, table
from sqlalchemy.engine import Connection, make_url

from drills import ledger
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from drills.writers import Writer
from portal import database
from portal.config import ROOT
from tests.postgres import tools_folder

ROUNDS = (5, 1)
WRITERS, CLIENTS, ENOUGH = 4, 24, 40


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            path = f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"
            stage.environ |= {"PATH": path}
            yield _drill(stage, ROUNDS[is_quick])


def _drill(stage: Stage, rounds: int) -> Row:
    row, journal, before = Row("backup", stage.name, rounds), ledger.Journal(), []
    client_ids = stage.clients(CLIENTS)
    writers = [Writer(stage.person(), client_ids, journal) for _ in range(WRITERS)]
    with Server(stage) as server, _writing(writers, server.port):
        for number in range(rounds):
            while len(journal.acknowledged) < ENOUGH * (number + 1) and not any(writer.faults for writer in writers):
                sleep(uniform(0.1, 0.3))
            with journal.lock:
                acknowledged = list(journal.acknowledged)
            copy = stage.folder / f"copy-{number}"
            _flask(stage, "backup", str(copy))
            with journal.lock:
                told = ledger.Journal(sent=list(journal.sent), acknowledged=acknowledged)
            before.append(len(acknowledged))
            row.faults += [f"round {number + 1}: {fault}" for fault in _restored(stage, copy, told, number)]
    row.faults += [fault for writer in writers for fault in writer.faults]
    row.counted = (
        f"acknowledged before the copies {', '.join(map(str, before))}, all of them restored; "
        f"{len(journal.acknowledged)} in the end"
    )
    return row


@contextmanager
def _writing(writers: list[Writer], port: int) -> Iterator[None]:
    """Have the writers write for the length of a block."""
    stopping = Event()
    with ExitStack() as stack:
        for writer in writers:
            thread = Thread(target=writer.work, args=(port, stopping))
            thread.start()
            stack.callback(thread.join)
        stack.callback(stopping.set)
        yield


def _restored(stage: Stage, copy: Path, told: ledger.Journal, number: int) -> Iterator[str]:
    """Restore a copy elsewhere and yield whatever is wrong with what came out."""
    url = stage.environ["DATABASE_URL"]
    if stage.name == "SQLite":
        target = f"sqlite:///{stage.folder / f'restored-{number}.db'}"
        printed = _flask(stage, "restore", str(copy), "--into", target.removeprefix("sqlite:///"))
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE restored_{number}")
        target = make_url(url).set(database=f"restored_{number}").render_as_string(hide_password=False)
        printed = _flask(stage, "restore", str(copy), "--into", target)
    counts = {name: int(count) for name, count in (line.split() for line in printed.splitlines()[:-1])}
    with _opened(target) as connection:
        yield from ledger.unsoundness(connection)
        yield from ledger.faults(ledger.read_facts(connection), told)
        for name in inspect(connection).get_table_names():
            held = connection.scalar(select(func.count()).select_from(table(name)))
            if counts.get(name) != held:
                yield f"{name} holds {held} rows, restore said {counts.get(name)}"


@contextmanager
def _opened(url: str) -> Iterator[Connection]:
    is_file = url.startswith("sqlite")
    parsed = make_url(url) if is_file else make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, **({"module": database.sqlite_module()} if is_file else {}))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _flask(stage: Stage, *arguments: str) -> str:
    """Run one of the portal's commands as an operator would.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=stage.environ, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: {ran.stderr[-400:]}")
    return ran.stdout
