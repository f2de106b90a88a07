"""A shop with a Navi that may send backups, and the Link that follows it; programs that speak HTTP."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import clock
from portal.domain.backup_pieces import PIECE_BYTES
from portal.domain.catalogue import Product
from portal.extensions import db, limiter
from portal.models import Client, NaviMigration, Partner
from tests.factories import Factory


@pytest.fixture(autouse=True)
def unlimited(app: Flask) -> None:
    """Forget what other tests asked for within this minute."""
    with app.test_request_context():
        limiter.reset()


def content(size: int = 2 * PIECE_BYTES + 1000, seed: int = 7) -> bytes:
    """Return what passes for a ZIP on its way."""
    return random.Random(seed).randbytes(size)


def sha256(whole: bytes) -> str:
    return hashlib.sha256(whole).hexdigest()


@dataclass
class Program:
    """An installed program with its key."""

    app: Flask
    client_id: int
    key: str

    def post(self, path: str, body: Any = None, key: str | None = None) -> TestResponse:
        """Send JSON, or bytes, with the key; the test's transaction ends first."""
        db.session.rollback()
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        with self.app.app_context():
            return self.app.test_client(use_cookies=False).post(f"/api/v1{path}", data=data, headers=headers)

    def begin(self, whole: bytes) -> TestResponse:
        """Announce a backup."""
        return self.post("/backups", {"sha256": sha256(whole), "size_bytes": len(whole)})

    def send(self, whole: bytes) -> str:
        """Send a whole backup and return the path of its link."""
        begun = self.begin(whole).json
        for number in range(1, begun["pieces"] + 1):
            piece = whole[(number - 1) * PIECE_BYTES : number * PIECE_BYTES]
            assert self.post(f"/backups/{begun['id']}/pieces/{number}", piece).status_code == 204
        return str(self.post(f"/backups/{begun['id']}/completion").json["url"]).removeprefix("http://localhost")


@pytest.fixture
def partner(make: Factory) -> Partner:
    return make.partner(name="Revenda Alfa")


@pytest.fixture
def navi_client(make: Factory, partner: Partner) -> Client:
    return make.client(partner, name="Mercearia Boa Vista", product=Product.NAVI)


@pytest.fixture
def navi(app: Flask, make: Factory, navi_client: Client) -> Program:
    """Return the shop's Navi."""
    return Program(app, navi_client.id, make.installation(navi_client).key)


@pytest.fixture
def link(app: Flask, make: Factory, partner: Partner, navi_client: Client) -> Program:
    """Return the Link that the shop migrates to."""
    client = make.client(partner, name=navi_client.name, document=navi_client.document)
    migrate(navi_client, client)
    return Program(app, client.id, make.installation(client).key)


def migrate(navi: Client, link: Client) -> NaviMigration:
    """Have a Link client follow a Navi client."""
    migration = NaviMigration(
        partner_id=navi.partner_id, navi_id=navi.id, link_id=link.id, ordered_at=clock.now(), navi_due_on=navi.due_on
    )
    db.session.add(migration)
    db.session.commit()
    return migration
