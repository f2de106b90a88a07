"""What the tests of requests share: a partner with prices, a Link client, requests in every state, the vendor's staff."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from flask import Flask

from portal.access import Viewer
from portal.domain.requests import Move, RequestKind, RequestState, Side
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Partner, ServiceRequest, User
from portal.registrations import contract
from portal.requests import approving, files, money, queries, sending, service
from portal.requests.sending import Asked
from portal.requests.service import Done, Order
from tests.conftest import NOW
from tests.factories import Factory
from tests.invoices.conftest import actor, admin, client_in, partner, prices, purse, stranger, web, web_of
from tests.registrations.conftest import viewer_of
from tests.visitor import Visitor

__all__ = ["actor", "admin", "client_in", "partner", "prices", "purse", "stranger", "web", "web_of"]

_KEYS = count(1)
TEF = {"terminals": 2, "acquirer": "Stone", "pinpad": "Gertec PPC930", "establishment": "123456", "contact": "Bia"}
IMPORT = {"system": "Caixa Fácil", "system_version": "3.1", "wanted": "Produtos\ne clientes", "contact": "Bia"}
FACTS: dict[RequestKind, dict[str, Any]] = {RequestKind.TEF: TEF, RequestKind.IMPORT: IMPORT}
CENTS = 35_000


def new_key() -> str:
    return f"key-of-a-request-{next(_KEYS):06d}"


@pytest.fixture
def shop(make: Factory, partner: Partner, prices) -> Client:
    return make.client(partner, name="Padaria Sol")


@pytest.fixture
def staff(make: Factory, app: Flask) -> Viewer:
    return viewer_of(make.user(None, Role.OPERATOR, name="Olga Operadora"))


@pytest.fixture
def desk(app: Flask, staff: Viewer) -> Visitor:
    """Return the Operador's browser."""
    return Visitor(app).sign_in(db.session.get_one(User, staff.user_id))


class Road:
    """Two people who lead requests through their life, by the services."""

    def __init__(self, partner_side: Viewer, staff: Viewer) -> None:
        self.actors = {Side.PARTNER: partner_side, Side.VENDOR: staff}

    def send(self, client: Client, kind: RequestKind = RequestKind.TEF, content: bytes = b"", **facts: Any) -> Done:
        key = facts.pop("key", "") or new_key()
        upload = files.sealed(BytesIO(content), "dados.zip", key) if content else None
        asked = Asked(kind, key, FACTS[kind] | facts, upload)
        return sending.send(client, asked, now=NOW, actor=self.actors[Side.PARTNER])

    def order(
        self, move: Move, request: ServiceRequest, side: Side = Side.VENDOR, text: str = "", **content: Any
    ) -> Order:
        return Order(move, request.version, side, self.actors[side], NOW, text, content)

    def go(self, request_id: int, *moves: Move) -> ServiceRequest:
        """Make some moves and return the request as it is then."""
        for move in moves:
            request = now(request_id)
            order = self.order(move, request, Side.PARTNER if move is Move.CANCEL else Side.VENDOR)
            _MAKING.get(move, service.move)(request, order)
        return now(request_id)


def _ask(request: ServiceRequest, order: Order) -> Done:
    content = {"cents": CENTS}
    return money.ask(request, Order(**(vars(order) | {"content": content})), CENTS)


def _approve(request: ServiceRequest, order: Order) -> Done:
    return approving.approve(request, order, seen_of(request))


_MAKING: dict[Move, Callable[[ServiceRequest, Order], Done]] = {
    Move.ASK_PAYMENT: _ask,
    Move.APPROVE: _approve,
    Move.CANCEL: money.leave,
    Move.REFUSE: money.leave,
    Move.RECONSIDER: money.leave,
}


def seen_of(request: ServiceRequest) -> str:
    """Return what the Operador's page sends back with "Aprovar"."""
    client = db.session.get_one(Client, request.client_id)
    _holding, plan = approving.plan(request, client, NOW.date())
    return contract.seen_as(plan.quote, plan.added)


def now(request_id: int) -> ServiceRequest:
    db.session.rollback()
    return queries.get_queued(request_id)


@pytest.fixture
def road(actor: Viewer, staff: Viewer) -> Road:
    return Road(actor, staff)


TO: dict[RequestKind, dict[RequestState, tuple[Move, ...]]] = {
    RequestKind.TEF: {
        RequestState.SENT: (),
        RequestState.ANALYSIS: (Move.TAKE,),
        RequestState.RUNNING: (Move.TAKE, Move.APPROVE),
        RequestState.DONE: (Move.TAKE, Move.APPROVE, Move.CONCLUDE),
        RequestState.REFUSED: (Move.TAKE, Move.REFUSE),
        RequestState.CANCELLED: (Move.CANCEL,),
    },
    RequestKind.IMPORT: {
        RequestState.SENT: (),
        RequestState.ANALYSIS: (Move.TAKE,),
        RequestState.AWAITING: (Move.TAKE, Move.ASK_PAYMENT),
        RequestState.REFUSED: (Move.TAKE, Move.ASK_PAYMENT, Move.REFUSE),
        RequestState.CANCELLED: (Move.TAKE, Move.ASK_PAYMENT, Move.CANCEL),
    },
}
"""The moves that lead to each state, payment apart."""
