"""What the imports' tests share: a partner with prices, its Administrador, a sheet, what carries a run out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from jobs import works
from portal import clock
from portal import fence as fences
from portal.domain.imports import ImportState
from portal.extensions import db, limiter
from portal.imports import fence, service, sheet_reader
from portal.models import Client, ImportRow, ImportRun, Partner, User
from tests.factories import Factory
from tests.imports.sheets import csv_of
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a reading take as long as a busy machine needs; a test of one that hangs says how long."""
    monkeypatch.setattr(fences, "SECONDS", 60.0)


TITLES = [
    "Nome",
    "CPF/CNPJ",
    "Produto",
    "UF",
    "Cidade",
    "E-mail",
    "Telefone",
    "Renovação",
    "Cloud",
    "Link Garçom",
    "Link Móvel",
]
DUE_TITLES = [*TITLES, "Vencimento"]


@dataclass(frozen=True)
class Actor:
    user_id: int
    name: str


@pytest.fixture
def unfenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read sheets here: a process for each would cost the suite minutes. The fence has tests of its own."""
    limiter.reset()  # sessions of one test have the ids of the one before
    monkeypatch.setattr(fence.sheets, "ask", lambda content: {"rows": sheet_reader.read(content)})


@pytest.fixture
def partner(make: Factory, unfenced: None) -> Partner:
    """Return the partner that the test is about; its clients are due on the 10th."""
    partner = make.partner(name="Revenda Alfa")
    make.price_version()
    return partner


@pytest.fixture
def admin(make: Factory, partner: Partner) -> User:
    """Return its Administrador."""
    return make.user(partner, name="Ana Administradora")


@pytest.fixture
def web(app: Flask, admin: User) -> Visitor:
    """Return the Administrador's browser."""
    return Visitor(app).sign_in(admin)


@pytest.fixture
def row(make: Factory) -> Callable[..., list[str]]:
    """Return what makes a sound row of a sheet, for a document that nobody has."""

    def make_row(name: str = "Padaria São João", **cells: str) -> list[str]:
        facts = {
            "name": name, "document": make.document(), "product": "Link", "uf": "SP", "city": "sao paulo",
            "email": "contato@exemplo.com.br", "phone": "(11) 98765-4321", "method": "", "cloud": "", "waiter": "", "mobile": "",
        } | cells  # fmt: skip
        return list(facts.values())

    return make_row


Import = Callable[..., ImportRun]


@pytest.fixture
def uploaded(partner: Partner, admin: User) -> Import:
    """Return what uploads rows under the usual titles."""

    def upload(*rows: Sequence[str], key: str = "key-of-the-first-form", **facts: Any) -> ImportRun:
        titles = DUE_TITLES if facts.get("has_due_dates") else TITLES
        values = {
            "key": key, "file_name": "clientes.csv", "partner_id": partner.id, "has_due_dates": False,
            "now": clock.now(), "actor": Actor(admin.id, admin.name),
        } | facts  # fmt: skip
        return service.upload(csv_of(titles, *rows), **values)

    return upload


@pytest.fixture
def tried(uploaded: Import) -> Import:
    """Return what uploads rows and tries them by the guessed columns."""

    def check(*rows: Sequence[str], **facts: Any) -> ImportRun:
        run = uploaded(*rows, **facts)
        service.check(run, service.places_of(run), today=clock.today())
        return run

    return check


@pytest.fixture
def imported(tried: Import, admin: User) -> Import:
    """Return what imports rows, from the upload to the clients."""

    def carry_out(*rows: Sequence[str], **facts: Any) -> ImportRun:
        run = tried(*rows, **facts)
        service.confirm(run, seen=service.shown(run), now=clock.now(), actor=Actor(admin.id, admin.name))
        run_works()
        db.session.refresh(run)
        assert run.state is ImportState.FINISHED, run.failure
        return run

    return carry_out


def run_works() -> None:
    """Carry out what waits, as the runner beside the server does."""
    db.session.rollback()
    works.carry_out_waiting()
    db.session.rollback()


def clients_of(run: ImportRun) -> list[Client]:
    """Return the clients that a run has made, in the order of its rows."""
    query = db.select(Client).join(ImportRow, ImportRow.client_id == Client.id).where(ImportRow.run_id == run.id)
    return list(db.session.scalars(query.order_by(ImportRow.number)))


def rows_of(run: ImportRun) -> list[ImportRow]:
    return list(db.session.scalars(db.select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.number)))
