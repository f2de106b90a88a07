"""Requests of the demo to the vendor, one in every state of each kind, made and moved on as the screens would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

from sqlalchemy import select

from portal import clock
from portal.clients.conditions import any_status
from portal.demo.people import OPERATOR
from portal.domain.catalogue import Product
from portal.domain.invoices import PaymentSource
from portal.domain.requests import Move, RequestKind, Side
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import Client, Invoice, InvoiceLine, Partner, ServiceRequest, User
from portal.payments import service as payments
from portal.payments.service import Arrival
from portal.registrations import contract
from portal.requests import approving, files, money, queries, sending, service
from portal.requests.sending import Asked
from portal.requests.service import Order

TEF: dict[str, Any] = {
    "acquirer": "Stone",
    "pinpad": "Gertec PPC930",
    "establishment": "100200300",
    "contact": "Bia, 11 98765-4321",
}
IMPORT: dict[str, Any] = {
    "system": "Caixa Fácil", "system_version": "3.1", "contact": "Bia, 11 98765-4321",
    "wanted": "Produtos com código de barras e preço, clientes e estoque.",
}  # fmt: skip
FILE = b"codigo;produto;preco\n7891000100103;Leite 1 L;5,49\n7891000053508;Achocolatado 400 g;8,90\n"
VALUES = (25_000, 35_000, 48_000)

Way = tuple[RequestKind, tuple[Move, ...]]

WAYS: tuple[Way, ...] = (
    (RequestKind.TEF, ()),
    (RequestKind.TEF, (Move.TAKE,)),
    (RequestKind.TEF, (Move.TAKE, Move.APPROVE)),
    (RequestKind.TEF, (Move.TAKE, Move.APPROVE, Move.CONCLUDE)),
    (RequestKind.TEF, (Move.TAKE, Move.REFUSE)),
    (RequestKind.TEF, (Move.CANCEL,)),
    (RequestKind.IMPORT, ()),
    (RequestKind.IMPORT, (Move.TAKE,)),
    (RequestKind.IMPORT, (Move.TAKE, Move.ASK_PAYMENT)),
    (RequestKind.IMPORT, (Move.TAKE, Move.ASK_PAYMENT, Move.BEGIN)),
    (RequestKind.IMPORT, (Move.TAKE, Move.ASK_PAYMENT, Move.BEGIN, Move.CONCLUDE)),
    (RequestKind.IMPORT, (Move.TAKE, Move.REFUSE)),
    (RequestKind.IMPORT, (Move.CANCEL,)),
)
"""A request for each, at a client of its own; what is begun was paid before."""

REASON = "A adquirente informada não tem integração com o Link."


class Hand(NamedTuple):
    """Who does something."""

    user_id: int
    name: str


def ask(now: datetime) -> None:
    """Have the first partner ask, and the vendor's staff answer. Commits, one by one."""
    partner = db.session.scalars(select(Partner).order_by(Partner.id).limit(1)).one()
    admins = User.partner_id == partner.id, User.role == Role.ADMIN
    asking = _hand(db.session.scalars(select(User).where(*admins).order_by(User.id).limit(1)).one())
    staff = _hand(db.session.scalars(select(User).where(User.email == OPERATOR.email)).one())
    for number, (client_id, way) in enumerate(zip(_clients(partner, now), WAYS, strict=False)):
        _play(client_id, number, way, {Side.PARTNER: asking, Side.VENDOR: staff}, now)


def _hand(user: User) -> Hand:
    return Hand(user.id, user.name)


def _clients(partner: Partner, now: datetime) -> Sequence[int]:
    """Return Link clients that may be edited, the last registered first: the others have stories of their own."""
    mine = Client.partner_id == partner.id, Client.product == Product.LINK, Client.archived_at.is_(None)
    query = select(Client.id).where(*mine, *any_status({Status.ACTIVE}, clock.local_date(now)))
    return db.session.scalars(query.order_by(Client.id.desc()).limit(len(WAYS))).all()


def _play(client_id: int, number: int, way: Way, hands: dict[Side, Hand], now: datetime) -> None:
    """Send a request and lead it where it is to be, all in the moment of the first start: the record stays in order."""
    kind, moves = way
    key = f"demo-request-{number:04d}"
    facts = {**TEF, "terminals": 1 + number % 3} if kind is RequestKind.TEF else IMPORT
    upload = files.sealed(BytesIO(FILE), "produtos.csv", key) if kind is RequestKind.IMPORT else None
    client = db.session.get_one(Client, client_id)
    done = sending.send(client, Asked(kind, key, facts, upload), now=now, actor=hands[Side.PARTNER])
    for move in moves:
        if move is Move.BEGIN:
            _pay(done.request_id, now)
        _make(done.request_id, move, hands, now)
    if moves == (Move.TAKE,):
        found, text = queries.get_queued(done.request_id), "O modelo do PinPad é este mesmo? Qual a versão do sistema?"
        sending.write(found, text, key=f"{key}-message", side=Side.VENDOR, now=now, actor=hands[Side.VENDOR])


def _make(request_id: int, move: Move, hands: dict[Side, Hand], at: datetime) -> None:
    found = queries.get_queued(request_id)
    side = Side.PARTNER if move is Move.CANCEL else Side.VENDOR
    order = Order(move, found.version, side, hands[side], at, REASON if move is Move.REFUSE else "")
    if move is Move.ASK_PAYMENT:
        money.ask(found, order, VALUES[request_id % len(VALUES)])
    elif move is Move.APPROVE:
        approving.approve(found, order, _seen(found, at))
    elif move in {Move.REFUSE, Move.CANCEL}:
        money.leave(found, order)
    else:
        service.move(found, order)


def _seen(found: ServiceRequest, at: datetime) -> str:
    client = db.session.get_one(Client, found.client_id)
    _holding, plan = approving.plan(found, client, clock.local_date(at))
    return contract.seen_as(plan.quote, plan.added)


def _pay(request_id: int, at: datetime) -> None:
    """Let the money for an import arrive."""
    charge_id = queries.get_queued(request_id).charge_id
    asks = select(InvoiceLine.invoice_id).where(InvoiceLine.charge_id == charge_id, InvoiceLine.is_open)
    invoice = db.session.scalars(select(Invoice).where(Invoice.id.in_(asks))).one()
    payments.receive(
        Arrival(f"E00000000DEMO{request_id:08d}", invoice.txid, invoice.total_cents, at, PaymentSource.WEBHOOK), now=at
    )
