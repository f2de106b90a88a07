"""Certificates that mean harm, while somebody else works: each is refused in time, nobody waits, nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

from sqlalchemy import func, select

from drills.imports import REFUSED_WITHIN, REQUEST_LIMIT, look, send_file
from drills.report import Row
from drills.servers import Server
from drills.slow import p99
from drills.stage import STILL_ACTIVE, Stage, on_sqlite
from portal import clock
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Certificate, Partner
from tests.certificates.files import CNPJ, PASSWORD, certificate, endless, garbage, pfx, pfx_for

CROWD = 5_000
GARBAGE = (200, 10)
SENDERS = 25
"""Users among whom the files are shared out, because each may send ten a minute."""

WARM_ROUNDS = 6
PATHS = ("/clients", "/certificates", "/")


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the hostile files on one server."""
    with on_sqlite() as stage:
        stage.crowd(CROWD)
        yield _hostile(stage, GARBAGE[is_quick])


def _files(count: int) -> dict[str, bytes]:
    """Return the hostile files by name; each of them is to be refused."""
    now = clock.now()
    files = {
        "20 million rounds": endless(),
        "two billion rounds": endless(2**31 - 1),
        "no key": pfx(has_key=False),
        "an authority's": pfx(certificate(is_authority=True)),
        "another company's": pfx_for("10203040000194", not_after=now + timedelta(days=90)),
        "expired": pfx_for(CNPJ, not_after=now - timedelta(days=1)),
        "too large": b"\x30" * (64 * 1024 + 1),
    }
    return files | {f"garbage {number}": content for number, content in enumerate(garbage(count))}


def _hostile(stage: Stage, count: int) -> Row:
    """Send every file, two at a time, while somebody else looks at their clients."""
    senders, other, files = [stage.person() for _ in range(SENDERS)], stage.person(), _files(count)
    path = f"/clients/{_shop(stage)}/certificate"
    row, stopping = Row("certificates", stage.name, len(files)), Event()
    with Server(stage) as server, ThreadPoolExecutor(3) as pool:
        for page in (*PATHS, f"{path}/new") * WARM_ROUNDS:
            other.session.get(server.port, page)  # everything is loaded, compiled and sorted into generations
        looking = pool.submit(look, other, server.port, stopping, PATHS)
        jobs = ((senders[number % SENDERS], content) for number, content in enumerate(files.values()))
        fields = {"version": "1", "password": PASSWORD, "csc_id": "", "csc": ""}
        sent = pool.map(lambda job: send_file(job[0].session, server.port, path, fields, ("file", job[1])), jobs)
        answers = dict(zip(files, sent, strict=True))
        stopping.set()
        times = looking.result(30)
        row.faults += [f"log: {line}" for line in server.complaints()]
    for name, answer in answers.items():
        if answer.status != 422 or PASSWORD in answer.text:
            row.faults.append(f"{name} was answered {answer.status}: {answer.text[:200]}")
        if answer.seconds > REFUSED_WITHIN:
            row.faults.append(f"{name} was refused after {answer.seconds:.1f} s")
    if max(times) > REQUEST_LIMIT:
        row.faults.append(f"another user waited {max(times) * 1000:.0f} ms")
    with stage.reading() as connection:
        if left := connection.scalar(select(func.count()).select_from(Certificate)):
            row.faults.append(f"{left} certificates were kept")
    slowest = max(answers, key=lambda name: answers[name].seconds)
    row.counted = (
        f"{len(files)} hostile files refused, the slowest ({slowest}) after {answers[slowest].seconds:.1f} s; "
        f"{len(times)} requests of another user meanwhile, p99 {p99(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
    )
    return row


def _shop(stage: Stage) -> int:
    """Make the Navi client whose certificate is sent; returns its id."""
    with stage.app.app_context():
        partner, due_on = db.session.get(Partner, stage.partner_id), clock.today() + STILL_ACTIVE
        assert partner
        return int(stage.make.client(partner, product=Product.NAVI, document=CNPJ, due_on=due_on).id)
