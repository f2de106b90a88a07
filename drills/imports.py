"""Spreadsheets that mean harm, while somebody works; and an import of thousands whose server is killed under way."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

from sqlalchemy import func, select

from drills.browser import HTMX, Answer, Session, ask
from drills.report import Row
from drills.servers import Server
from drills.slow import p99
from drills.stage import STAGES, Person, Stage, on_sqlite
from portal.domain.imports import ImportState
from portal.domain.works import DEAD_AFTER
from portal.models import Charge, Client, ImportRun, RegistrationCode
from tests.imports.sheets import BOMBS, csv_of
from tests.postgres import tools_folder

REFUSED_WITHIN, REQUEST_LIMIT = 8.0, 0.250
CROWD, CLIENTS = 5_000, (5_000, 1_000)
KILLS = (6, 2)
PATHS = ("/clients", "/clients?search=cliente", "/clients?sort=name")
BOUNDARY = "a-boundary-that-no-sheet-holds"


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill the bombs on one server, the kills on both databases."""
    with on_sqlite() as stage:
        stage.crowd(CROWD)
        yield _bombs(stage)
    for open_stage in STAGES:
        with open_stage() as stage:
            path = (
                f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"  # the night may be caught up meanwhile
            )
            stage.environ |= {"PORTAL_SCHEDULER": "1", "PATH": path}
            yield _kills(stage, CLIENTS[is_quick], KILLS[is_quick])


def upload(session: Session, port: int, content: bytes) -> Answer:
    """Send a sheet."""
    return send_file(session, port, "/imports", {"key": secrets.token_urlsafe(18)}, ("sheet", content))


def send_file(session: Session, port: int, path: str, fields: Mapping[str, str], file: tuple[str, bytes]) -> Answer:
    """Send a file, with the name of its field, and other fields as a browser's form does."""
    name, content = file
    texts = {"csrf_token": session.csrf_token, **fields}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in texts.items()]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="clientes.csv"\r\n\r\n'
    body = ("".join(parts) + head).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Cookie": session.cookie, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return ask(port, "POST", path, headers=HTMX | headers, body=body, timeout=60)


def _bombs(stage: Stage) -> Row:
    """Send every bomb, two at a time, while somebody else looks at their clients."""
    person, other = stage.person(), stage.person()
    bombs = {name: make() for name, make in BOMBS.items()}
    row, stopping = Row("bombs", stage.name, len(bombs)), Event()
    with Server(stage) as server, ThreadPoolExecutor(3) as pool:
        for path in PATHS:
            other.session.get(server.port, path)  # everything is loaded and compiled
        looking = pool.submit(look, other, server.port, stopping, PATHS)
        answers = dict(
            zip(bombs, pool.map(lambda one: upload(person.session, server.port, one), bombs.values()), strict=True)
        )
        stopping.set()
        times = looking.result(30)
        row.faults += [f"log: {line}" for line in server.complaints()]
    for name, answer in answers.items():
        if answer.status != 422:
            row.faults.append(f"{name} was answered {answer.status}: {answer.text[:200]}")
        if answer.seconds > REFUSED_WITHIN:
            row.faults.append(f"{name} was refused after {answer.seconds:.1f} s")
    if max(times) > REQUEST_LIMIT:
        row.faults.append(f"another user waited {max(times) * 1000:.0f} ms")
    with stage.reading() as connection:
        if left := connection.scalar(select(func.count()).select_from(ImportRun)):
            row.faults.append(f"{left} imports were left behind")
    slowest = max(answers.values(), key=lambda answer: answer.seconds).seconds
    row.counted = (
        f"{len(bombs)} bombs refused, the slowest after {slowest:.1f} s; {len(times)} requests of another user meanwhile, "
        f"p99 {p99(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
    )
    return row


def look(person: Person, port: int, stopping: Event, paths: Sequence[str]) -> list[float]:
    """Ask for pages again and again, and return how long each took."""
    times: list[float] = []
    while not stopping.wait(0.02):
        times += [person.session.get(port, path).seconds for path in paths]
    return times


def _kills(stage: Stage, clients: int, kills: int) -> Row:
    """Import a sheet on a server that is killed at random moments, until one lives long enough."""
    person, chance = stage.person(), random.Random(7)
    with stage.app.app_context():
        stage.make.price_version()
    row = Row("import", stage.name, kills)
    with Server(stage) as server:
        run_path = _tried(stage, person, server, clients)
        person.session.post(server.port, f"{run_path}/confirmation", {"seen": _seen(person, server, run_path)})
        seen = set[int]()
        for _ in range(kills):
            sleep(chance.uniform(0.1, 2.5))
            server.kill()
            seen.add(_registered(stage))
            server.start()
        took = _wait(stage, clients)
        row.faults += [f"log: {line}" for line in server.complaints()]
    row.faults += [f"{count} of {clients} clients were there after a kill" for count in seen - {0, clients}]
    row.faults += _faults(stage, clients)
    row.counted = f"{clients} clients, {kills} kills under way: found none or all each time; all there {took:.1f} s after the last"
    return row


def _tried(stage: Stage, person: Person, server: Server, clients: int) -> str:
    """Send a sheet and have it tried; returns the import's address."""
    titles = ["Nome", "CPF/CNPJ", "Produto", "UF", "Cidade", "Cloud", "Link Móvel"]
    rows = [[f"Padaria {n}", stage.make.document(), "Link", "SP", "Campinas", "sim", "1"] for n in range(clients)]
    upload(person.session, server.port, csv_of(titles, *rows))
    with stage.reading() as connection:
        path = f"/imports/{connection.scalar(select(ImportRun.key))}"
    places = ("name", "document", "product", "uf", "city", "cloud", "mobile")
    person.session.post(
        server.port, f"{path}/mapping", {f"column-{name}": str(n) for n, name in enumerate(places)}, timeout=60
    )
    return path


def _seen(person: Person, server: Server, path: str) -> str:
    return person.session.get(server.port, path).hidden("seen") or ""


def _registered(stage: Stage) -> int:
    with stage.reading() as connection:
        return connection.scalar(select(func.count()).select_from(Client)) or 0


def _wait(stage: Stage, clients: int) -> float:
    """Wait until the import is through, at most until a dead server's work was surely taken over; returns how long."""
    began = monotonic()
    while _registered(stage) < clients and monotonic() - began < DEAD_AFTER.total_seconds() * 4 + 60:
        sleep(0.1)
    return monotonic() - began


def _faults(stage: Stage, clients: int) -> Iterator[str]:
    """Every client once, with its charge and its codes, and the total that was shown."""
    with stage.reading() as connection:
        state, total = connection.execute(select(ImportRun.state, ImportRun.total_cents)).one()
        counts = {
            model.__tablename__: connection.scalar(select(func.count()).select_from(model))
            for model in (Client, Charge, RegistrationCode)
        }
        charged = connection.scalar(select(func.sum(Charge.amount_cents)))
    if counts != {"clients": clients, "charges": clients, "registration_codes": 2 * clients}:
        yield f"of {clients} clients: {counts}"
    if (state, charged) != (ImportState.FINISHED, total):
        yield f"the import is {state}; charged {charged} of {total}"
