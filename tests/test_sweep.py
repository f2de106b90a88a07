"""Every route of the URL map, asked by everybody with another partner's valid ids: nobody where they don't belong.

A new route is swept from the day it exists; one with a path parameter that the sweep has no value for fails it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Map, Rule
from werkzeug.test import TestResponse

from jobs.job import Job
from portal import access, audit
from portal.access import PUBLIC
from portal.accounts import service as accounts
from portal.cloud import backups
from portal.credit import service as credit
from portal.credit.service import Origin
from portal.domain import codes, documents
from portal.domain.actions import Action
from portal.domain.bulk import LineResult
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.cloud import Health
from portal.domain.imports import ImportState, Verdict
from portal.domain.invoices import CreditKind, InvoiceKind, PaymentEffect, PaymentSource
from portal.domain.jobs import RunState
from portal.domain.migration import BackupSource, BackupState
from portal.domain.navi_backup import Entity
from portal.domain.notices import NoticeKind
from portal.domain.preflight import Problem, Report
from portal.domain.requests import RequestKind, Side
from portal.domain.roles import GRANTS, KEPT, VENDOR_ONLY, Permission, Role
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import (
    AuditEvent,
    BulkLine,
    BulkOrder,
    Client,
    CloudBackup,
    Contact,
    ImportRow,
    ImportRun,
    Invitation,
    Invoice,
    InvoiceLine,
    JobRun,
    LicenseItem,
    LicenseOrder,
    NaviBackup,
    NaviMigration,
    Notice,
    NoticeMute,
    Partner,
    PasswordReset,
    Payment,
    PriceVersion,
    RetailCharge,
    RetailLine,
    ServiceRequest,
    User,
    UserSession,
    Work,
)
from portal.requests import files, sending
from portal.requests.sending import Asked
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.visitor import HTMX, Visitor

BY_POSSESSION = {
    "accounts.password_new",
    "accounts.password_create",
    "accounts.acceptance_new",
    "accounts.acceptance_create",
}
"""Routes whose path holds a secret: who has it may. The sweep has only one that was used up."""

BY_KEY = {"api.backup_piece_create", "api.backup_completion_create", "navi_downloads.receipt_create"}
"""Routes of programs whose paths hold an id: a key or a secret opens them, never a session. Their own tests try others'."""

FORM = {
    "version": "1", "reason": "Varredura", "name": "Varrido", "uf": "SP", "city": "Santos", "email": "varre@dura.test",
    "phone": "", "notes": "Varrido", "password": "uma-senha-da-varredura", "repeated": "uma-senha-da-varredura",
    "next": "/", "action": "suspend", "criteria": "?q=umbuzeiro", "to": "2025-07-20", "upto": "999999",
    "way": "phone", "seen": "0", "code": "2222-2222-2222-2222", "document": "11222333000181", "month": "2025-07",
    "decision": "skip", "answer": "both", "due_on": "2025-08-10", "reminder": "before_10",
    "from_on": "2025-08-11",
}  # fmt: skip
"""What every POST is sent: the fields of all forms, but the ids (``Victim.form``)."""

JOB = Job("sweep", "Varredura", time(6, 10), lambda _now: {})
"""The schedule of the swept portal."""

NOBODYS = {
    "kind", "name", "payment_id", "queued_id", "registration_id", "partner_id", "version_id", "visited_id",
    "topic",
}  # fmt: skip
"""Path parameters that name no row of a partner: the kind of a notice, a job, what is the vendor's to decide."""

EVALUATED = {"Sapoti", "sapo@"}
"""The words of the registration that waits for the vendor's staff, who see it and no other client."""

REQUESTED = {"Cupua", "cupua"}
"""The words of the client that requests were sent to the vendor's staff about, who see it in their queue and nowhere else."""

NEVER_COMPARED = {"attempts"}
"""Throttle counters, which a GET may touch as well."""

Dump = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Victim:
    """A partner with something in every table, the ids that lead to it and the words that give it away."""

    partner: Partner
    users: dict[Role, User]
    clients: list[Client]
    secrets: list[str]
    words: list[str]
    values: dict[str, list[Any]]
    """For a route's path parameters, joined by "+": what leads to the partner's rows."""
    orders: dict[Role, str]
    """Each user's own bulk order, confirmed and not carried out."""

    @cached_property
    def form(self) -> dict[str, Any]:
        """What every POST is sent."""
        ids = [str(client.id) for client in self.clients]
        return FORM | {"id": ids, "client": ids[1]} | {f"d{client_id}": "skip" for client_id in ids}


@pytest.fixture
def victim(app: Flask, make: Factory, monkeypatch: pytest.MonkeyPatch) -> Victim:
    """Return the partner whose rows the others ask for."""
    monkeypatch.setitem(app.extensions, "schedule", (JOB,))
    partner = make.partner(name="Revenda Jatobá", version=7)
    users = {
        role: make.user(partner, role, name=f"Jurema {role.value}", email=f"jurema.{role.value}@jatoba.test")
        for role in Role
        if role is not Role.OPERATOR
    }
    facts: list[dict[str, Any]] = [
        {}, {"suspended_at": NOW, "suspension_reason": "Segredo do jatobá", "renewal_method": RenewalMethod.BILLING}, {"due_on": date(2025, 7, 9)},
        {"due_on": date(2025, 6, 9)}, {"due_on": date(2025, 6, 9), "hidden_at": NOW},
        {"due_on": None, "pending_at": NOW, "pending_reason": "Pendência da sapucaia", "version": 7, "name": "Quitanda Sapoti",
         "email": "sapo@sapoti.test", "notes": "Nota da quitanda"},
        {"product": Product.NAVI}, {"name": "Quitanda Cupuaçu", "email": "cupu@cupua.test", "notes": "Nota da quitanda"},
    ]  # fmt: skip
    clients = [
        make.client(
            partner,
            **{"name": f"Quitanda Umbuzeiro {n}", "email": f"umbu{n}@umbuzeiro.test", "notes": "Nota do umbuzeiro"}
            | fact,
        )
        for n, fact in enumerate(facts)
    ]
    issued = [make.code(client) for client in clients]
    secrets = [shown for code in issued for shown in (code.code, codes.grouped(code.code))]
    secrets += [_equip(client, make) for client in clients]
    admin = users[Role.ADMIN]
    audit.record("edit", actor=_Actor(admin.id, admin.name), now=NOW, partner_id=partner.id, client_id=clients[0].id,
                 before={"name": "Antes do umbuzeiro"}, after={"name": "Depois"}, reason="Motivo do umbuzeiro")  # fmt: skip
    suspension = audit.record("suspend", actor=_Actor(admin.id, admin.name), now=NOW, partner_id=partner.id,
                              client_id=clients[1].id, reason="Segredo do umbuzeiro", base_version=0)  # fmt: skip
    decision = audit.record("notice_dismissed", actor=_Actor(admin.id, admin.name), now=NOW, partner_id=partner.id,
                            client_id=clients[0].id, after={"kind": NoticeKind.DUE_TODAY.value})  # fmt: skip
    orders = {role: _order(user, clients[0], "Varredura") for role, user in users.items()}
    finished = _order(admin, clients[1], "Segredo do umbuzeiro", suspension)
    notice = Notice(partner_id=partner.id, kind=NoticeKind.DUE_IN_3, subject_id=clients[0].id, client_id=clients[0].id,
                    effective_on=NOW.date(), due_on=clients[0].due_on, created_at=NOW)  # fmt: skip
    dismissed = Notice(partner_id=partner.id, kind=NoticeKind.DUE_TODAY, subject_id=clients[0].id, created_at=NOW,
                       client_id=clients[0].id, effective_on=NOW.date(), due_on=clients[0].due_on, dismissed_at=NOW,
                       dismissed_by_id=admin.id, decision_id=decision.id)  # fmt: skip
    mute = NoticeMute(client_id=clients[0].id, kind=NoticeKind.EXPIRED, partner_id=partner.id, muted_at=NOW)
    run = JobRun(name=JOB.name, day=NOW.date(), state=RunState.DONE, started_at=NOW, finished_at=NOW, attempts=1)
    db.session.add_all([notice, dismissed, mute, run, _work(admin), _migration(clients[6], clients[0])])
    used = "used-up-" + "x" * 30
    for user in users.values():
        db.session.add(
            UserSession(token_hash=access.token_hash(user.email), user_id=user.id, created_at=NOW, last_seen_at=NOW)
        )
    db.session.add(
        PasswordReset(
            token_hash=access.token_hash(used),
            user_id=admin.id,
            created_at=NOW,
            expires_at=NOW + timedelta(1),
            used_at=NOW,
        )
    )
    db.session.commit()
    draft = accounts.keep_draft(
        admin.id, f"/clients/{clients[0].id}/revision/new", {"name": ["Rascunho do umbuzeiro"]}, now=NOW
    )
    session_ids = list(db.session.scalars(select(UserSession.id)))
    words = [
        "Jatobá",
        "jatobá",
        "Jurema",
        "jatoba.test",
        "mbuzeiro",
        "umbu0@",
        "sapucaia",
        partner.document,
        *EVALUATED,
        *REQUESTED,
    ]
    words += [shown for client in clients for shown in (client.document, documents.mask(client.document))]
    request_ids = [_request(clients[7], admin, kind) for kind in RequestKind]
    values: dict[str, list[Any]] = {
        "request_id": request_ids,
        "queued_id": request_ids,
        "charge_id": [make.charge(clients[0], 4_321).id],
        "invoice_id": [_invoice(partner, clients[0], number).id for number in range(1, 4)],
        "backup_id+client_id": [(_backup(clients[0], admin).id, clients[0].id)],
        "retail_charge_id": [_retail_charge(clients[1], month).id for month in (6, 7, 8)],
        "backup_key": ["nobodys"],
        "backup_key+client_id": [(key, clients[6].id) for key in _navi_backups(clients[6], admin)],
        "backup_key+number": [("nobodys", 1)],
        "client_id+order_id": [(clients[0].id, db.session.scalars(select(LicenseOrder.id)).one())],
        "client_id": [client.id for client in clients],
        "registration_id": [clients[5].id],
        "partner_id": [partner.id],
        "partner_id+visited_id": [(partner.id, client.id) for client in clients],
        "version_id": [db.session.scalars(select(PriceVersion.id)).first()],
        "client_id+seat_id": [(clients[0].id, make.seat(clients[0], device="Fone do umbuzeiro").id)],
        "client_id+pairing_id": [(clients[0].id, make.pairing(clients[0], device="Caixa do umbuzeiro").id)],
        "code_id": [code.id for code in issued],
        "user_id": [users[Role.READER].id],
        "invitation_id": [_invitation(admin, None), _invitation(admin, used)],
        "session_id": session_ids,
        "client_id+event_id": [(clients[1].id, suspension.id)],
        "client_id+kind": [(mute.client_id, mute.kind.value)],
        "event_id": [decision.id],
        "notice_id": [notice.id],
        "kind": [notice.kind.value],
        "key": [orders[Role.ADMIN], finished],
        "run_key": [_import(admin, clients[0], state) for state in ImportState],
        "name": [JOB.name],
        "topic": ["clients", "active"],
        "token": [used],
        "payment_id": [_payment(partner, number).id for number in range(1, 3)],
        "secret": ["the-secret-of-no-bank-" + "x" * 32],
        "draft": [draft],
    }
    return Victim(partner, users, clients, secrets, words, values, orders)


def _migration(navi: Client, link: Client) -> NaviMigration:
    """Return that a Link client followed a Navi client."""
    pair = {"partner_id": link.partner_id, "navi_id": navi.id, "link_id": link.id}
    return NaviMigration(ordered_at=NOW, navi_due_on=navi.due_on, **pair)


def _invitation(user: User, used: str | None) -> int:
    """Add an invitation that waits, or one that was accepted with a token."""
    name = "Jurema Convidada" if used is None else "Jurema Aceita"
    invitation = Invitation(partner_id=user.partner_id, key=name, token_hash=access.token_hash(used or name), name=name,
                            email=f"{used or 'convite'}@jatoba.test", role=Role.READER, created_by_id=user.id,
                            sent_at=NOW, expires_at=NOW + timedelta(7), accepted_at=NOW if used else None)  # fmt: skip
    db.session.add(invitation)
    db.session.commit()
    return invitation.id


def _backup(client: Client, user: User) -> CloudBackup:
    """Add a Cloud with an error, and a backup that the client's program was asked for."""
    whose = {"client_id": client.id, "partner_id": client.partner_id}
    told = {"cloud_health": Health.ERROR, "cloud_reported_at": NOW, "cloud_detail": "Falha no umbuzeiro"}
    backup = CloudBackup(requested_at=NOW, requested_by_id=user.id, **whose)
    db.session.add_all([
        LicenseItem(client_id=client.id, item=Item.CLOUD, quantity=1, since_on=NOW.date()),
        Contact(last_seen_at=NOW, **whose, **told), backup,
    ])  # fmt: skip
    db.session.flush()
    backups.record(backup, backups.ASKED, NOW, _Actor(user.id, user.name))
    db.session.commit()
    return backup


def _equip(client: Client, make: Factory) -> str:
    """Give a client seats, a program and, where it is a Navi, a certificate; returns the program's key."""
    make.item(client, Item.WAITER, 2)
    if client.product is Product.NAVI:
        make.certificate(client, holder="Titular do umbuzeiro")
    return str(make.installation(client).key)


def _order(user: User, client: Client, reason: str, done: AuditEvent | None = None) -> str:
    """Add a bulk order of one client, confirmed and to be carried out, or done as an event says; returns its key."""
    order = BulkOrder(key=f"order-{user.id}-{done.id if done else 'open'}", partner_id=client.partner_id, lines=1,
                      user_id=user.id, user_name=user.name, action=Action.SUSPEND, reason=reason, created_at=NOW,
                      criteria="?q=umbuzeiro", confirmed_at=NOW, finished_at=NOW if done else None)  # fmt: skip
    db.session.add(order)
    db.session.flush()
    line = BulkLine(order_id=order.id, client_id=client.id, base_version=0 if done else 1)
    if done:
        line.result, line.event_id = LineResult.DONE, done.id
    db.session.add(line)
    return order.key


def _import(user: User, client: Client, state: ImportState) -> str:
    """Add an import of one client in a state, with a row that could not be imported; returns its key."""
    run = ImportRun(key=f"import-{state.value}", partner_id=client.partner_id, user_id=user.id, user_name=user.name,
                    file_name="umbuzeiro.csv", sha256="x" * 64, titles=["Nome do umbuzeiro"], places={"name": 0},
                    state=state, lines=2, ready=1, bad=1, quote=[], failure="Parou no umbuzeiro", created_at=NOW,
                    confirmed_at=NOW, finished_at=NOW, undone_at=NOW)  # fmt: skip
    db.session.add(run)
    db.session.flush()
    made = client.id if state in {ImportState.FINISHED, ImportState.UNDONE} else None
    db.session.add_all([
        ImportRow(run_id=run.id, number=2, cells=[client.name], verdict=Verdict.READY, client_id=made,
                  facts={"quantities": {"base": 1}}),
        ImportRow(run_id=run.id, number=3, cells=["umbuzeiro"], verdict=Verdict.BAD, errors=["Erro do umbuzeiro"]),
    ])  # fmt: skip
    return run.key


def _request(client: Client, user: User, kind: RequestKind) -> int:
    """Send the vendor a request with a file, and have it answered; returns its id."""
    actor, key = _Actor(user.id, user.name), f"cupuacu-{kind.value}-{'x' * 8}"
    upload = files.sealed(BytesIO(b"dados do cupua"), "cupuaçu.zip", key)
    done = sending.send(client, Asked(kind, key, {"contact": "Bia do cupuaçu"}, upload), now=NOW, actor=actor)
    found = db.session.get_one(ServiceRequest, done.request_id)
    sending.write(found, "Pergunta do cupuaçu", key=f"{key}-2", side=Side.VENDOR, now=NOW, actor=actor)
    return done.request_id


def _navi_backups(client: Client, user: User) -> list[str]:
    """Add a Navi client's backups, one that was looked through and one that was not; returns their keys."""
    report = Report(name="Loja do umbuzeiro", document=client.document, counts=dict.fromkeys(Entity, 1),
                    problems=[Problem("sales.jsonl", 1, "/id", "Problema do umbuzeiro")], all_problems=1,
                    created_at=NOW.isoformat())  # fmt: skip
    found = [
        NaviBackup(key=f"swept-backup-{number}", partner_id=client.partner_id, client_id=client.id, created_at=NOW,
                   source=BackupSource.PARTNER, state=BackupState.RECEIVED, user_id=user.id, file_name="umbuzeiro.zip",
                   sha256="0" * 64, size_bytes=3, received_at=NOW, expires_at=NOW + timedelta(1),
                   report=report.as_json() if number else None)
        for number in range(2)
    ]  # fmt: skip
    db.session.add_all(found)
    db.session.commit()
    return [one.key for one in found]


def _payment(partner: Partner, number: int) -> Payment:
    """Add money of the partner's, or without a destination."""
    is_matched = number > 1
    payment = Payment(end_to_end_id=f"E-UMBUZEIRO-{number}", amount_cents=9_990, paid_at=NOW, received_at=NOW,
                      source=PaymentSource.WEBHOOK, partner_id=partner.id if is_matched else None,
                      effect=PaymentEffect.CREDITED if is_matched else PaymentEffect.UNMATCHED)  # fmt: skip
    db.session.add(payment)
    db.session.commit()
    return payment


def _invoice(partner: Partner, client: Client, number: int) -> Invoice:
    """Add an invoice of one client: the first is open, the second paid, the third cancelled; each left some credit."""
    event = audit.record("invoice_made", actor=None, now=NOW, partner_id=partner.id)
    invoice = Invoice(partner_id=partner.id, number=number, kind=InvoiceKind.RENEWAL, key=f"umbuzeiro-{number}",
                      event_id=event.id, issued_at=NOW, issued_on=NOW.date(), txid=f"UMBUZEIRO{number}", lines_cents=9_990,
                      total_cents=9_990, settled_at=NOW if number == 2 else None,
                      cancelled_at=NOW if number == 3 else None)  # fmt: skip
    db.session.add(invoice)
    db.session.flush()
    line = InvoiceLine(invoice_id=invoice.id, client_id=client.id, client_name=client.name, amount_cents=9_990,
                       client_document=client.document, due_on=client.due_on, next_due_on=date(2025, 9, 10),
                       is_open=number == 1)  # fmt: skip
    db.session.add(line)
    origin = Origin(invoice_id=invoice.id, client_id=client.id)
    credit.move(partner.id, CreditKind.NOT_RENEWED, 100 * number, now=NOW, origin=origin)
    db.session.commit()
    return invoice


def _retail_charge(client: Client, month: int) -> RetailCharge:
    """Add a charge to a client's end customer: that of June is cancelled, July's paid, August's open."""
    charge = RetailCharge(partner_id=client.partner_id, client_id=client.id, token=f"umbuzeiro-token-{month}",
                          txid=f"JATOBA{month}", due_on=date(2025, month, 10), next_due_on=date(2025, month + 1, 10),
                          issued_at=NOW, issued_on=NOW.date(), cost_cents=9_990, amount_cents=12_345,
                          paid_at=NOW if month == 7 else None, cancelled_at=NOW if month == 6 else None)  # fmt: skip
    db.session.add(charge)
    db.session.flush()
    db.session.add(
        RetailLine(retail_charge_id=charge.id, item=Item.BASE, quantity=1, unit_cents=12_345, cost_cents=9_990)
    )
    db.session.commit()
    return charge


def _work(user: User) -> Work:
    """Return the work of the user's order, which stopped."""
    order_id = db.session.scalar(select(BulkOrder.id).where(BulkOrder.user_id == user.id))
    return Work(key=f"work-{user.id}", partner_id=user.partner_id, user_id=user.id, user_name=user.name, created_at=NOW,
                kind=WorkKind.BULK, subject_id=order_id, state=RunState.FAILED, finished_at=NOW, total=1,
                error="Parou no umbuzeiro")  # fmt: skip


@dataclass(frozen=True)
class _Actor:
    user_id: int
    name: str


def dump() -> Dump:
    """Return every row of every table; the moments at which sessions were last seen apart."""
    db.session.rollback()
    tables = [table for table in db.metadata.sorted_tables if table.name not in NEVER_COMPARED]
    found = {
        table.name: [dict(row._mapping) for row in db.session.execute(select(table).order_by(*table.primary_key))]
        for table in tables
    }
    for session in found["user_sessions"]:
        session.pop("last_seen_at")
    db.session.rollback()
    return found


def rules(app: Flask, method: str) -> list[Rule]:
    asked = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in BY_KEY]
    return [rule for rule in asked if method in (rule.methods or ())]


def paths(rule: Rule, values: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the addresses of a route with the victim's ids in them, in query strings too."""
    path, names = rule.rule, sorted(rule.arguments)
    client, draft = values["client_id"][0], values["draft"][0]
    if not names:
        yield path
        yield f"{path}?after={client}&before={client}&open={client}&draft={draft}&q=umbuzeiro&search=jurema"
        yield f"{path}?open={client}"
        yield f"{path}?month=2025-07&more={client}"
        return
    known = "+".join(names)
    assert known in values, f"{rule.endpoint}: the sweep has no value for {known}; add one to Victim.values"
    for number, value in enumerate(values[known]):
        address = path
        for name, part in zip(names, value if len(names) > 1 else [value], strict=True):
            address = re.sub(rf"<(int:)?{name}>", str(part), address)
        assert "<" not in address, f"{rule.endpoint}: a converter that the sweep does not know"
        yield address
        if not number:
            yield f"{address}?draft={draft}&before=999"
            yield f"{address}?month=2025-07"


def permission_of(app: Flask, rule: Rule) -> str | Permission:
    return app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]


def ask(open_browser: Callable[[], Visitor], method: str, path: str, form: dict[str, Any]) -> list[TestResponse]:
    """Send a request as a plain browser and as htmx; POSTs, each in a session of its own, carry token and every field.

    Where rows can be selected, the plain browser names them and htmx says "all".
    """
    answers = []
    reader = open_browser() if method == "GET" else None
    for htmx in (False, True):
        who = reader or open_browser()
        if method == "POST":
            answer = who.post(path, htmx=htmx, **form, **({"all": "1"} if htmx else {}))
        else:
            answer = who.fragment(path) if htmx else who.get(path)
        answer.get_data()  # an export's rows are read while it is sent
        answers.append(answer)
    return answers


def told(answer: TestResponse, words: list[str]) -> list[str]:
    """Return which of some words an answer holds, in body or headers, what the request itself said apart."""
    text = answer.get_data().decode(errors="replace") + "".join(f"{name}: {value}\n" for name, value in answer.headers)
    text = (
        text.replace("q=umbuzeiro", "")
        .replace("q%3Dumbuzeiro", "")
        .replace("“umbuzeiro”", "")
        .replace('value="umbuzeiro"', "")
    )
    return [word for word in words if word in text.replace("“jurema”", "")]


METHODS = ("GET", "POST")


@pytest.mark.parametrize("method", METHODS)
def test_another_partners_administrator_finds_nothing_and_changes_nothing(app, make, victim, method) -> None:
    intruder = make.user(make.partner())
    before, swept = dump(), 0
    for rule in rules(app, method):
        for path in paths(rule, victim.values):
            for answer in ask(lambda: Visitor(app).sign_in(intruder), method, path, victim.form):
                assert answer.status_code < 500, path
                assert not told(answer, victim.words + victim.secrets), path
                if rule.arguments - NOBODYS:
                    assert answer.status_code == 404, f"{method} {path}"
                swept += 1
    after = dump()
    assert _of_others(after, intruder) == _of_others(before, intruder)
    assert swept > 20


def _of_others(found: Dump, user: User) -> Dump:
    """Return the rows that are neither a user's nor their partner's."""
    own = {("user_id", user.id), ("partner_id", user.partner_id)}
    alone = {"users": ("id", user.id), "partners": ("id", user.partner_id)}
    return {
        table: [row for row in rows if not (own | {alone.get(table, ("", 0))}) & set(_hashable(row))]
        for table, rows in found.items()
    }


def _hashable(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in row.items() if isinstance(value, int))


@pytest.mark.parametrize("method", METHODS)
def test_a_visitor_without_session_gets_no_further_than_the_open_pages(app, victim, method) -> None:
    before, swept = dump(), 0
    for rule in rules(app, method):
        is_open = permission_of(app, rule) == PUBLIC
        for path in paths(rule, victim.values):
            plain, fragment = ask(lambda: Visitor(app), method, path, victim.form)
            for answer in (plain, fragment):
                assert answer.status_code < 500, path
                assert not told(answer, victim.words + victim.secrets), path
            if not is_open:
                assert plain.status_code == 303, f"{method} {path}"
                assert plain.location.startswith("/login"), path
                assert (fragment.status_code, fragment.text) == (401, ""), f"{method} {path}"
                assert fragment.headers["HX-Redirect"].startswith("/login"), path
                swept += 1
    assert dump() == before
    assert swept > 5


def expected_of(role: Role, permission: str | Permission, *, is_suspended: bool = False) -> bool:
    """Say by the tables of DOMAIN §11 and §2 whether a role may, independently of portal.domain.roles.may."""
    return permission == PUBLIC or (permission in GRANTS[role] and (not is_suspended or permission in KEPT))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Sweep as every role, on PostgreSQL as one: what a role may is asked of a table of ours, not of the database."""
    if "role" in metafunc.fixturenames:
        is_sqlite = metafunc.config.getoption("--database") == "sqlite"
        metafunc.parametrize("role", [one for one in Role if one is not Role.OPERATOR] if is_sqlite else [Role.FINANCE])


@pytest.mark.parametrize("method", METHODS)
def test_each_role_of_the_partner_may_what_its_permissions_say(app, victim, method, role) -> None:
    _check_permissions(app, victim, method, role, victim.users[role])


@pytest.mark.parametrize("method", METHODS)
def test_a_suspended_partners_administrator_reads_and_pays_and_changes_nothing_else(app, victim, method) -> None:
    victim.partner.suspended_at = NOW
    db.session.commit()
    before = dump()
    user, pays = victim.users[Role.ADMIN], {Permission.PAY, Permission.SECURE_ACCESS}
    _check_permissions(app, victim, method, Role.ADMIN, user, is_suspended=True, but=pays)
    after = dump()
    for kept in (before, after):
        kept.pop("user_sessions")
    assert after == before
    _check_permissions(app, victim, method, Role.ADMIN, user, is_suspended=True, but={*Permission, PUBLIC} - pays)


def _check_permissions(
    app: Flask,
    victim: Victim,
    method: str,
    role: Role,
    user: User,
    *,
    is_suspended: bool = False,
    but: Collection[str | Permission] = (),
) -> None:
    answers = set()
    for rule in rules(app, method):
        permission = permission_of(app, rule)
        if permission in but:
            continue
        may = expected_of(role, permission, is_suspended=is_suspended)
        asked = paths(rule, victim.values | {"key": [victim.orders[role]]})  # others' are theirs to carry out
        for path in asked if may else islice(asked, 1):  # the gate, which refuses, looks at no id
            for answer in ask(lambda: Visitor(app).sign_in(user), method, path, victim.form):
                assert answer.status_code < 500, path
                assert (answer.status_code not in {401, 403}) is may, f"{method} {path}: {answer.status_code} to {role}"
                if is_suspended and not may and permission in GRANTS[role]:
                    assert "Sua revenda está suspensa" in answer.text, path
                if Permission.VIEW_CODES not in GRANTS[role]:
                    assert not told(answer, victim.secrets), path
                answers.add(may)
    assert answers == {True, False} or (role is Role.ADMIN and answers == {True})


@pytest.mark.parametrize("method", METHODS)
def test_vendor_staff_look_after_people_and_see_no_client(app, make, victim, method) -> None:
    operator = make.user(None, Role.OPERATOR)
    before = dump()
    clients_words = [word for word in victim.words if word.lower() not in {"jatobá", "jurema", "jatoba.test"}]
    sent = {*REQUESTED, victim.clients[7].document, documents.mask(victim.clients[7].document)}
    waiting = {*EVALUATED, "sapucaia", victim.clients[5].document, documents.mask(victim.clients[5].document)}
    for rule in rules(app, method):
        kept = {"evaluations": waiting, "partners": {victim.partner.document}}.get(rule.endpoint.split(".")[0], set())
        kept = sent if permission_of(app, rule) is Permission.HANDLE_REQUESTS else kept
        may = expected_of(Role.OPERATOR, permission_of(app, rule))
        for path in paths(rule, victim.values):
            for answer in ask(lambda: Visitor(app).sign_in(operator), method, path, victim.form):
                assert answer.status_code < 500, path
                assert not told(answer, [word for word in clients_words if word not in kept] + victim.secrets), path
                assert (answer.status_code not in {401, 403}) is may, f"{method} {path}"
                if "client_id" in rule.arguments:
                    assert answer.status_code in {403, 404}, path
    after = dump()
    for partner in (*before["partners"], *after["partners"]):
        partner.pop("revision")  # a request that was answered has the partner's pages asked for again
    for table in (
        "clients",
        "partners",
        "registration_codes",
        "installations",
        "license_items",
        "client_tallies",
    ):
        assert after[table] == before[table]


def test_no_get_changes_the_database(app, victim) -> None:
    admin = Visitor(app).sign_in(victim.users[Role.ADMIN])
    before = dump()
    for rule in rules(app, "GET"):
        for path in paths(rule, victim.values):
            for method, headers in (("GET", {}), ("GET", HTMX), ("HEAD", {}), ("OPTIONS", {})):
                answer = admin.browser.open(path, method=method, headers=headers)
                answer.get_data()
                assert answer.status_code < 500, path
        assert dump() == before, rule.endpoint


@pytest.mark.parametrize("token", [None, "", "forged", "of another session"])
def test_no_post_without_the_sessions_token_does_anything(app, make, victim, token) -> None:
    admin = victim.users[Role.ADMIN]
    if token == "of another session":
        token = Visitor(app).sign_in(admin).csrf_token()
    visitor, operator = Visitor(app).sign_in(admin), Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    for who in (visitor, operator):
        who.csrf_token()
    before, fields = dump(), victim.form | ({} if token is None else {"csrf_token": token})
    before.pop("form_drafts")
    for rule in rules(app, "POST"):
        if hasattr(app.view_functions[rule.endpoint], "is_machine"):
            continue  # a program has no session, and no token: it proves itself by a secret that the sweep does not know
        who = operator if permission_of(app, rule) in VENDOR_ONLY else visitor
        for path in islice(paths(rule, victim.values), 1):  # the gate looks at no id
            for headers in ({}, HTMX, HTMX | {"X-CSRFToken": token or ""}):
                answer = who.browser.post(path, data=fields, headers=headers)
                assert answer.status_code in {303, 400}, f"{path}: {answer.status_code}"
                assert (answer.status_code == 303) <= (not headers), path
    after = dump()
    after.pop("form_drafts")
    assert after == before


def test_a_visitors_login_without_its_token_is_refused_too(app, victim) -> None:
    admin = victim.users[Role.ADMIN]
    before = dump()
    answer = Visitor(app).browser.post("/login", data={"email": admin.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert dump() == before


def test_the_token_in_htmx_header_is_enough(app, victim) -> None:
    """Else the sweep above would pass with every POST refused."""
    visitor = Visitor(app).sign_in(victim.users[Role.ADMIN])
    headers = HTMX | {"X-CSRFToken": visitor.csrf_token()}
    path = f"/clients/{victim.clients[0].id}/suspension"
    assert visitor.browser.post(path, data={"version": "1"}, headers=headers).status_code == 200


def test_methods_that_plain_forms_cannot_send_are_refused_everywhere(app, victim) -> None:
    visitor = Visitor(app).sign_in(victim.users[Role.ADMIN])
    before = dump()
    for rule in app.url_map.iter_rules():
        assert set(rule.methods or ()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.endpoint
        for path in islice(paths(rule, victim.values), 1):
            for method in ("PUT", "PATCH", "DELETE"):
                assert visitor.browser.open(path, method=method).status_code == 405, f"{method} {path}"
    assert dump() == before


def test_the_sweep_notices_a_parameter_that_it_does_not_know(victim) -> None:
    new = Rule("/wishes/<int:wish_id>", endpoint="wishes.show")
    Map([new])
    with pytest.raises(AssertionError, match="wish_id"):
        list(paths(new, victim.values))


def test_open_routes_are_few_and_known(app) -> None:
    found = {rule.endpoint for rule in app.url_map.iter_rules() if permission_of(app, rule) == PUBLIC}
    assert found == BY_POSSESSION | {
        "accounts.login",
        "accounts.session_create",
        "accounts.second_step",
        "accounts.second_step_create",
        "accounts.forgotten_new",
        "accounts.forgotten_create",
        "api.activation_create",
        "api.backup_completion_create",
        "api.backup_create",
        "api.backup_piece_create",
        "api.check_in_create",
        "api.grant_create",
        "api.keys",
        "api.openapi",
        "api.restore_create",
        "api.seat_create",
        "api.seat_renewal_create",
        "api.seat_return_create",
        "api.setup_create",
        "billing.bill",
        "navi_downloads.backup",
        "navi_downloads.backup_file",
        "navi_downloads.receipt_create",
        "operations.healthz",
        "payments.webhook_create",
        "payments.webhook_trial_create",
    }


@pytest.mark.parametrize(
    "number",
    ["0", str(2**31), str(2**63), "9" * 30, "9" * 5_000],
    ids=["0", "2^31", "2^63", "30 digits", "5000 digits"],
)
def test_a_number_that_is_nobodys_id_is_not_found_anywhere(app, victim, number) -> None:
    admin = Visitor(app).sign_in(victim.users[Role.ADMIN])
    asked = 0
    for rule in app.url_map.iter_rules():
        if "<int:" in rule.rule:
            path = re.sub(r"<int:\w+>", number, rule.rule).replace("<kind>", victim.values["kind"][0])
            path = path.replace("<backup_key>", "nobodys")
            assert "<" not in path, rule.endpoint
            answer = admin.post(path, **victim.form) if "POST" in (rule.methods or ()) else admin.get(path)
            assert answer.status_code == 404, path
            asked += 1
    assert asked > 5
