"""Navi backups that mean harm, while somebody else works: each is told as what it is in time, nobody waits, nothing is kept."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep
from typing import NamedTuple

from drills.imports import REFUSED_WITHIN, REQUEST_LIMIT, look, send_file
from drills.report import Row
from drills.servers import Server
from drills.slow import p99
from drills.stage import Person, Stage, on_sqlite
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Partner
from tests import navi_corpus as corpus
from tests.postgres import tools_folder

CROWD, BROKEN = 5_000, (300_000, 100_000)
PATHS = ("/clients", "/clients?search=cliente", "/clients?sort=name")
OPEN = ("Abrindo o arquivo", "linhas conferidas.")
MB = 1024 * 1024


class _Told(NamedTuple):
    """What a sender saw at the end, and after how long."""

    text: str
    seconds: float


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the hostile backups on one server."""
    with on_sqlite() as stage:
        stage.crowd(CROWD)
        path = f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"
        stage.environ |= {"PORTAL_SCHEDULER": "1", "PATH": path}
        yield _hostile(stage, BROKEN[is_quick])


def _files(broken: int) -> dict[str, tuple[Callable[[], bytes], str]]:
    """Return what makes each hostile backup, and what has to be said of it."""
    whole = {bad.name: bad.make for bad in corpus.BAD}
    damaged, foreign = "está danificado ou não é um backup", "arquivos a mais, a menos"
    return {
        "a bomb of 20 MB": (whole["a bomb"], "descompactado, seria muito maior"),
        "a bomb of 900 MB": (lambda: corpus.with_file("sales", b" " * (900 * MB)), "descompactado, seria muito maior"),
        "a file of 1 GB by its word": (whole["a file of 1 GB and more"], "passa do tamanho"),
        "files at one place": (whole["two files at one place"], damaged),
        "thousands of files": (whole["thousands of files"], damaged),
        "a way out": (whole["a way out of the folder"], foreign),
        "49 MB of noise": (lambda: os.urandom(49 * MB), damaged),
        "a tower of lists": (whole["a tower of lists"], "customers.jsonl"),
        "a great many broken lines": (lambda: corpus.with_file("fiscal_notes", b"{}\n" * broken), "E mais"),
    }


def _hostile(stage: Stage, broken: int) -> Row:
    """Send every file, two at a time, while somebody else looks at their clients."""
    files, other = _files(broken), stage.person()
    row, stopping = Row("navi backups", stage.name, len(files)), Event()
    made = {name: make() for name, (make, _said) in files.items()}
    shops = {name: _shop(stage) for name in files}
    with Server(stage) as server, ThreadPoolExecutor(3) as pool:
        for path in PATHS:
            other.session.get(server.port, path)  # everything is loaded and compiled
        looking = pool.submit(look, other, server.port, stopping, PATHS)
        sender = stage.person()
        told = dict(
            zip(made, pool.map(lambda name: _sent(sender, server.port, shops[name], made[name]), made), strict=True)
        )
        stopping.set()
        times = looking.result(60)
        row.faults += [f"log: {line}" for line in server.complaints()]
    for name, (_make, said) in files.items():
        if said not in told[name].text:
            row.faults.append(f"{name}: {told[name].text[-300:]}")
        if told[name].seconds > REFUSED_WITHIN:
            row.faults.append(f"{name} was told after {told[name].seconds:.1f} s")
    if max(times) > REQUEST_LIMIT:
        row.faults.append(f"another user waited {max(times) * 1000:.0f} ms")
    row.counted = (
        f"{len(files)} backups told as what they are, the slowest after {max(one.seconds for one in told.values()):.1f} s; "
        f"{len(times)} requests of another user meanwhile, p99 {p99(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
    )
    return row


def _shop(stage: Stage) -> int:
    with stage.app.app_context():
        partner = db.session.get_one(Partner, stage.partner_id)
        return int(stage.make.client(partner, product=Product.NAVI, document=stage.make.document()).id)


def _sent(person: Person, port: int, client_id: int, content: bytes) -> _Told:
    """Send a backup in and look at its page until it says what was found."""
    began = monotonic()
    fields = {"key": secrets.token_urlsafe(18)}
    answer = send_file(person.session, port, f"/clients/{client_id}/navi-upload", fields, ("backup", content))
    page = person.session.get(port, answer.leads_to) if answer.leads_to else answer
    while any(word in page.text for word in OPEN) and monotonic() - began < 10 * REFUSED_WITHIN:
        sleep(0.2)
        page = person.session.get(port, answer.leads_to)
    return _Told(page.text, monotonic() - began)
