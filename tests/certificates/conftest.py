"""What the certificates' tests share: a partner, its Administrador with a browser, a Navi client, what opens files here."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal import fence as fences
from portal.certificates import fence, pfx_reader
from portal.certificates.service import Upload
from portal.domain.catalogue import Product
from portal.domain.certificates import CertificateRefused
from portal.extensions import limiter
from portal.models import Client, Partner
from tests.certificates.files import CNPJ, PASSWORD, pfx_for
from tests.clients.conftest import admin, partner, stranger, web, web_of
from tests.factories import Factory
from tests.visitor import Visitor

__all__ = ["admin", "partner", "stranger", "web", "web_of"]

Send = Callable[..., TestResponse]


@dataclass(frozen=True)
class Somebody:
    user_id: int
    name: str


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a reading take as long as a busy machine needs; a test of one that hangs says how long."""
    monkeypatch.setattr(fences, "SECONDS", 60.0)


@pytest.fixture
def unfenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open certificates here: a process for each would cost the suite a minute. The fence has tests of its own."""
    limiter.reset()  # sessions of one test have the ids of the one before

    def ask(given: bytes) -> dict[str, Any]:
        password, _, content = given.partition(b"\n")
        try:
            return pfx_reader.read(content, json.loads(password))
        except CertificateRefused as refusal:
            return {"fault": refusal.fault.value}

    monkeypatch.setattr(fence.certificates, "ask", ask)


@pytest.fixture
def client(make: Factory, partner: Partner, unfenced: None) -> Client:
    """Return an Ativo Navi client with the CNPJ of the files."""
    return make.client(partner, name="Mercearia Sol", product=Product.NAVI, document=CNPJ)


@pytest.fixture
def by(admin) -> Somebody:
    return Somebody(admin.id, admin.name)


@pytest.fixture
def sent() -> Upload:
    return Upload(pfx_for(CNPJ), PASSWORD, "000001", "SEGREDO-DA-SEFAZ")


@pytest.fixture
def send(web: Visitor, client: Client) -> Send:
    """Return what sends the form of the client's certificate."""

    def post(content: bytes | None = None, visitor: Visitor = web, **fields: Any) -> TestResponse:
        file = io.BytesIO(pfx_for(CNPJ) if content is None else content), "empresa.pfx"
        values = {"version": client.version, "password": PASSWORD, "file": file} | fields
        return visitor.post(f"/clients/{client.id}/certificate", **values)

    return post
