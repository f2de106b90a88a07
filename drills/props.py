"""What the demo has no row of, made as people make it: an import, an order in bulk, a backup, a visit, links that hold a secret."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Select, select

from drills.forms import Browser, Page
from drills.stage import Stage
from portal import access, clock
from portal.demo.people import ALFA, OPERATOR, PASSWORD
from portal.domain.catalogue import Product
from portal.domain.migration import BackupSource, BackupState
from portal.extensions import db
from portal.models import Client, NaviBackup, Partner, User
from tests import navi_corpus
from tests.imports.sheets import csv_of

LONGEST_LOOK = 60.0
SIZE_BYTES = 2_640_118
SHEET = (
    ("Nome da empresa", "CPF/CNPJ", "UF", "Cidade", "Produto"),
    ("Padaria Nossa Senhora da Conceição Aparecida", "11.222.333/0001-81", "SP", "Campinas", "Link"),
    ("Mercearia sem documento", "", "SP", "Campinas", "Navi"),
)


@dataclass(frozen=True)
class Secrets:
    """What stands in addresses that open without a session."""

    invitation: str
    password: str
    backup: str


def lay_out(stage: Stage, port: int) -> Secrets:
    """Make everything; the demo is there already."""
    admin, staff = _signed_in(port, ALFA.people[0].email), _signed_in(port, OPERATOR.email)
    with stage.app.app_context():
        partner_id = db.session.scalars(select(Partner.id).where(Partner.document == ALFA.document)).one()
        navi = db.session.scalars(_active_navi(partner_id)).first()
        assert navi
        backup = _linked_backup(navi)
        navi_id, user_id = navi.id, db.session.scalars(select(User.id).where(User.email == ALFA.people[0].email)).one()
    _look_through(admin, navi_id)
    admin.send(admin.open("/imports/new"), "Enviar planilha", file=("sheet", csv_of(*SHEET)))
    stage.session(user_id).post(port, "/clients/selection", {"action": "suspend", "id": str(navi_id)})
    staff.send(staff.open(f"/partners/{partner_id}/visit/new"), "Registrar e ver", {"reason": "Chamado 4711"})
    invited = {"name": "Zélia Prado", "email": "zelia@alfa.example", "role": "reader"}
    invitation = admin.send(admin.open("/users/invitations/new"), "Enviar convite", invited)
    password = admin.send(admin.open("/users"), "Gerar link de nova senha")
    return Secrets(_secret("invitations", invitation), _secret("password", password), backup)


def _signed_in(port: int, email: str) -> Browser:
    browser = Browser(port)
    browser.send(browser.open("/login"), "Entrar", {"email": email, "password": PASSWORD})
    return browser


def _active_navi(partner_id: int) -> Select[Any]:
    mine = Client.partner_id == partner_id, Client.product == Product.NAVI, Client.suspended_at.is_(None)
    return select(Client).where(*mine, Client.due_on >= clock.today()).order_by(Client.id)


def _linked_backup(navi: Client) -> str:
    """Add a backup that waits behind its link; returns the link's secret."""
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(
        NaviBackup(
            key=f"drill-{navi.id}", partner_id=navi.partner_id, client_id=navi.id, source=BackupSource.NAVI,
            state=BackupState.RECEIVED, sha256="0" * 64, size_bytes=SIZE_BYTES, token_hash=access.token_hash(token),
            created_at=now, received_at=now, expires_at=now + timedelta(days=1),
        )
    )  # fmt: skip
    db.session.commit()
    return token


def _look_through(admin: Browser, navi_id: int) -> None:
    """Send a backup in that is another shop's and has a line that is wrong, and wait for what the portal says of it."""
    file = ("backup", navi_corpus.with_row("sales", 2, discount_cents=1))
    page = admin.send(admin.open(f"/clients/{navi_id}/navi-backups"), "Enviar e conferir", file=file)
    deadline = monotonic() + LONGEST_LOOK
    while "Atualizar" in page.text and monotonic() < deadline:
        sleep(0.5)
        page = admin.open(page.path)


def _secret(kind: str, page: Page) -> str:
    found = re.search(rf"/{kind}/([\w-]{{20,}})", page.html)
    if not found:
        raise LookupError(f"no link of {kind} at {page.path} ({page.status}): {page.text[:400]}")
    return found[1]
