"""What the notices' tests share: a partner, its Administrador with a browser, clients by due date, the night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Notice, Partner, User
from portal.notifications import candidates, days, service
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor

TODAY = NOW.date()


@pytest.fixture
def partner(make: Factory) -> Partner:
    return make.partner(name="Revenda Alfa")


@pytest.fixture
def admin(make: Factory, partner: Partner) -> User:
    return make.user(partner, name="Ana Administradora")


@pytest.fixture
def web(app: Flask, admin: User) -> Visitor:
    return Visitor(app).sign_in(admin)


@pytest.fixture
def web_of(app: Flask, make: Factory, partner: Partner) -> Callable[..., Visitor]:
    """Return what opens a browser for a role of the partner, or of another one."""

    def open_browser(role: Role = Role.ADMIN, at: Partner | None = partner) -> Visitor:
        return Visitor(app).sign_in(make.user(at, role))

    return open_browser


@pytest.fixture
def stranger(make: Factory, web_of) -> Visitor:
    return web_of(at=make.partner(name="Revenda Beta"))


@pytest.fixture
def due_in(make: Factory, partner: Partner) -> Callable[..., Client]:
    """Return what makes a client of the partner that is due some days from today."""

    def make_client(days: int, **facts: Any) -> Client:
        return make.client(facts.pop("at", partner), due_on=TODAY + timedelta(days=days), **facts)

    return make_client


def night(today: date = TODAY) -> dict[str, int]:
    """Run both jobs as they run in the early morning of a day."""
    return service.notify(clock.moment_of(today, time(5)))


def candidates_of(kind: NoticeKind, today: date) -> list[Any]:
    """Return the rows that the night would insert of a kind of expiry; none where it rests."""
    bound = days.of_kind(kind, today, NOW)
    return [] if bound is None else list(db.session.execute(candidates.expiring(kind), bound))


def notices(client: Client | None = None, **facts: Any) -> list[Notice]:
    """Return what is stored, afresh."""
    db.session.expire_all()
    query = select(Notice).filter_by(**facts).order_by(Notice.id)
    if client is not None:
        query = query.where(Notice.client_id == client.id)
    return list(db.session.scalars(query))


def kinds(client: Client | None = None, **facts: Any) -> list[NoticeKind]:
    return [notice.kind for notice in notices(client, **facts)]
