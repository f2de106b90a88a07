"""The server as a process: it starts, says why it cannot, and lets what is in flight finish."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from waitress.adjustments import Adjustments

from portal import clock, schema
from portal.config import ROOT
from portal.extensions import db
from portal.factory import create_app
from portal.server import BODY_LIMIT, LARGE_BODY_LIMIT, _Parser
from tests.conftest import NOW, test_config

PATIENCE = 60
PAUSE = 0.02
"""Between two looks at another process that cannot call us."""

SLOW = """
    import sys, threading
    from pathlib import Path
    from portal import server
    from portal.config import Config

    entered, leave = Path(sys.argv[1]), Path(sys.argv[2])

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            with entered.open("w") as gate:      # a FIFO: tells that the request is in flight
                gate.write("in")
            with leave.open() as gate:           # and waits until it may end
                gate.read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"whole answer"]

    config = Config(database_url="sqlite:///none", secret_key="x" * 32, instance=Path("."), port=int(sys.argv[3]))
    server.serve(application, config)
    print("ended", flush=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(tmp_path: Path, **settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "PORT", "DATABASE"))}
    own = {
        "PORTAL_INSTANCE": tmp_path,
        "PORTAL_SECRET_KEY": "only-for-tests-" + "x" * 32,
        "PORTAL_ENCRYPTION_KEYS": f"1:{'0f' * 32}",
        "PYTHONPATH": ROOT,
    }
    return kept | {name: str(value) for name, value in (own | settings).items()}


def run(tmp_path: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(tmp_path, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path, Path]]:
    """Yield a server whose /slow waits for us; its process, port and the two FIFOs."""
    entered, leave = tmp_path / "entered", tmp_path / "leave"
    os.mkfifo(entered)
    os.mkfifo(leave)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLOW), str(entered), str(leave), str(port)],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, port, entered, leave
    finally:
        process.kill()
        process.communicate()


def connected(port: int, process: subprocess.Popen[str]) -> HTTPConnection:
    """Return a connection as soon as the server accepts one; but not much later."""
    while process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.connect()
        except ConnectionRefusedError:
            sleep(PAUSE)
            continue
        return connection
    raise AssertionError("the server ended before it listened")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_when_the_server_is_stopped_is_answered_whole(slow, number) -> None:
    process, port, entered, leave = slow
    connection, answers = connected(port, process), []

    def ask() -> None:
        connection.request("GET", "/slow")
        answers.append(connection.getresponse().read())
        connection.close()

    asking = Thread(target=ask)
    asking.start()
    with entered.open() as gate:
        assert gate.read() == "in"
    process.send_signal(number)
    while _accepts(port):  # until it has heard the signal
        sleep(PAUSE)
    with leave.open("w") as gate:
        gate.write("go")
    asking.join(PATIENCE)
    assert answers == [b"whole answer"]
    output, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (0, "ended\n")


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """Return the folder of an instance whose schema is there."""
    app = create_app(test_config(f"sqlite:///{tmp_path / 'portal.db'}", tmp_path))
    with clock.frozen(NOW), app.app_context():
        schema.upgrade()
        db.engine.dispose()
    return tmp_path


def test_a_port_in_use_is_said_in_one_line(prepared: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(prepared, PORT=port)
    assert ended.returncode == 2
    [line] = [line for line in ended.stderr.splitlines() if not line.startswith("20")]  # log lines begin with the date
    assert line == f"Cannot start: port {port} on 127.0.0.1: Address already in use"
    assert "Traceback" not in ended.stderr


def test_a_schema_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run(tmp_path, PORT=free_port())
    assert ended.returncode == 2
    assert "Cannot start: the schema is not up to date; run: flask --app app db upgrade" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_environment_that_makes_no_sense_is_said_in_one_line(tmp_path: Path) -> None:
    ended = run(tmp_path, PORT="eighty")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "Cannot start: PORT=eighty: must be a number from 1 to 65535\n"


def test_the_portal_itself_starts_answers_and_ends_with_0(prepared: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment(prepared, PORT=port), stderr=subprocess.PIPE, text=True
    )
    try:
        connection = connected(port, process)
        connection.request("GET", "/login")
        answer = connection.getresponse()
        assert answer.status == 200
        assert b"Entrar" in answer.read()
        assert answer.getheader("Server") is None, "the server's name is nobody's business"
        connection.close()
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("command", "path", "limit"),
    [
        ("POST", "/clients/7/navi-upload", LARGE_BODY_LIMIT),
        ("POST", "/clients/7/navi-upload?x=1", LARGE_BODY_LIMIT),
        ("PUT", "/clients/7/navi-upload", BODY_LIMIT),
        ("POST", "/clients/7/navi-upload/", BODY_LIMIT),
        ("POST", "/clients/x/navi-upload", BODY_LIMIT),
        ("POST", "/login", BODY_LIMIT),
    ],
)
def test_only_a_backup_may_be_large(command: str, path: str, limit: int) -> None:
    for length, is_taken in ((limit - 1, True), (limit, False)):
        parser = _Parser(Adjustments(max_request_body_size=BODY_LIMIT))
        parser.received(f"{command} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert (parser.error is None) is is_taken, length
