"""Two processes behind the sample reverse proxy, on PostgreSQL: one is killed, both are restarted, and nobody notices."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import uniform
from threading import Event, Thread
from time import monotonic, sleep

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drills import ledger
from drills.browser import CUT, HOST, ask
from drills.report import Row
from drills.servers import START_SECONDS, Server, free_port
from drills.stage import Person, Stage, on_postgresql
from drills.writers import Writer
from portal import clock
from portal.config import ROOT

SAMPLE = ROOT / "deploy" / "nginx.conf"
ROUNDS, QUICK_ROUNDS = 20, 3
WRITERS, CLIENTS = 4, 24
SECRETS = ("/c/" + "t" * 43, "/webhooks/pix/" + "s" * 32, "/password/" + "p" * 43, "/login?next=/clients%3Fq%3Dsegredo")
"""Addresses of which nothing secret may reach the proxy's log."""

STOPPING_SECONDS = 30.0


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the sample as it is, but for its ports and its certificate."""
    with on_postgresql() as stage:
        yield _drill(stage, QUICK_ROUNDS if is_quick else ROUNDS)


def _drill(stage: Stage, rounds: int) -> Row:
    row, journal = Row("proxy", stage.name, rounds), ledger.Journal()
    stage.environ |= {"PORTAL_BASE_URL": f"https://{HOST}", "PORTAL_TRUSTED_PROXY": HOST}
    client_ids = stage.clients(CLIENTS)
    with Server(stage) as one, Server(stage) as other, _proxy(stage.folder, one.port, other.port) as (port, tls):
        writers = [Writer(_behind(stage, tls), client_ids, journal) for _ in range(WRITERS)]
        longest = 0.0
        with _working(writers, port, row):
            for number in range(rounds):
                victim = (one, other)[number % 2]
                sleep(uniform(0.2, 0.8))
                longest = max(longest, _shot(victim) if number % 4 < 2 else _restarted(victim, row))
        row.faults += _unseen(stage.folder, port, tls)
        row.faults += [f"log: {line}" for server in (one, other) for line in server.complaints()]
    with stage.reading() as connection:
        row.faults += ledger.check(connection, journal)
    row.faults += [fault for writer in writers for fault in writer.faults]
    repeats = sum(receipt.is_repeat for receipt in journal.acknowledged)
    row.counted = (
        f"{len(journal.acknowledged)} acknowledged ({repeats} of them done before the answer was lost), "
        f"{len(journal.refused)} refused, 0 cut; a process was away for {longest:.1f} s at most"
    )
    return row


def _behind(stage: Stage, tls: ssl.SSLContext) -> Person:
    person = stage.person()
    return replace(person, session=replace(person.session, tls=tls))


@contextmanager
def _working(writers: list[Writer], port: int, row: Row) -> Iterator[None]:
    """Have everybody work through the proxy while the block lasts; a connection that is cut is a fault here."""
    stopping = Event()

    def work(writer: Writer) -> None:
        while not stopping.is_set():
            try:
                writer.write_once(port)
            except CUT as error:
                row.faults.append(f"a user was cut off: {error!r}")
                return

    with ExitStack() as stack:
        for writer in writers:
            thread = Thread(target=work, args=(writer,))
            thread.start()
            stack.callback(thread.join)
        stack.callback(stopping.set)
        yield


def _shot(server: Server) -> float:
    began = monotonic()
    server.kill()
    server.start()
    return monotonic() - began


def _restarted(server: Server, row: Row) -> float:
    began = monotonic()
    server.ask_to_stop()
    if server.exit_status(STOPPING_SECONDS) != 0:
        row.faults.append("a process that was asked to stop did not end well")
    server.start()
    return monotonic() - began


def _unseen(folder: Path, port: int, tls: ssl.SSLContext) -> list[str]:
    """Ask for addresses that hold secrets and return those of which the proxy's logs say anything."""
    for path in SECRETS:
        ask(port, "GET", path, headers={}, tls=tls)
    logs = "".join(path.read_text() for path in folder.glob("portal*.log"))
    found = [f"the proxy's log holds {path}" for path in SECRETS if path.rsplit("/", 1)[-1] in logs]
    return found + ([] if "/clients" in logs else ["the proxy logs nothing at all"])


@contextmanager
def _proxy(folder: Path, *upstreams: int) -> Iterator[tuple[int, ssl.SSLContext]]:
    """Yield the port of an nginx that runs the sample, and what trusts its certificate.

    Raises:
        RuntimeError: there is no nginx, and none may be installed; or it does not start.
    """
    port, certificate = free_port(), _certificate(folder)
    (folder / "portal.conf").write_text(_adapted(folder, port, upstreams), encoding="utf-8")
    main = f"daemon off; pid {folder}/nginx.pid; events {{}} http {{ include {folder}/portal.conf; }}"
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    command = [_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx-start.log")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, certificate, process, folder / "nginx-start.log")
        yield port, certificate
    finally:
        process.terminate()
        process.wait(STOPPING_SECONDS)


def _nginx() -> str:
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        subprocess.run([ROOT / "scripts" / "apt-install", "nginx-light"], check=False)
        found = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if found is None:
        raise RuntimeError("no nginx; install it: sudo apt-get install nginx-light")
    return found


def _adapted(folder: Path, port: int, upstreams: tuple[int, ...]) -> str:
    """Return the sample with our ports, our certificate and logs in our folder; all else is what operators copy."""
    text = SAMPLE.read_text(encoding="utf-8")
    for number, upstream in zip((8001, 8002), upstreams, strict=True):
        text = text.replace(f"{HOST}:{number}", f"{HOST}:{upstream}")
    text = re.sub(r"(ssl_certificate +)\S+;", rf"\1{folder}/certificate.pem;", text)
    text = re.sub(r"(ssl_certificate_key +)\S+;", rf"\1{folder}/key.pem;", text)
    text = re.sub(r"listen \[::\]:\d+.*;", "", text)
    text = text.replace("listen 80;", f"listen {HOST}:{free_port()};").replace("listen 443", f"listen {HOST}:{port}")
    return text.replace("/var/log/nginx/", f"{folder}/")


def _certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for this machine, and return what trusts it alone."""
    key, now = ec.generate_private_key(ec.SECP256R1()), clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "certificate.pem").write_bytes(pem)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    context = ssl.create_default_context(cadata=pem.decode())
    context.check_hostname = False  # the address is a number, and the name of nobody
    return context


def _wait_for(port: int, tls: ssl.SSLContext, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while True:
        try:
            if ask(port, "GET", "/login", headers={}, timeout=5, tls=tls).status == 200:
                return
        except CUT:
            pass
        if process.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"nginx did not start: {log.read_text() if log.exists() else ''}")
        sleep(0.05)
