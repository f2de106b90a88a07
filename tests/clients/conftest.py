"""What the clients' tests share: a partner, its Administrador with a browser, a stranger, a client of each status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from jobs import works
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.models import Client, Partner, User
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor

FACTS: dict[Status, dict[str, Any]] = {
    Status.ACTIVE: {"due_on": date(2025, 8, 10)},
    Status.SUSPENDED: {"due_on": date(2025, 8, 10), "suspended_at": NOW},
    Status.EXPIRED: {"due_on": date(2025, 7, 9)},
    Status.INACTIVE: {"due_on": date(2025, 6, 10)},
    Status.HIDDEN: {"due_on": date(2025, 6, 10), "hidden_at": NOW},
    Status.PENDING: {"due_on": None, "pending_at": NOW},
}
"""Stored facts that mean each status on 2025-07-10."""

WebOf = Callable[..., Visitor]


@pytest.fixture
def partner(make: Factory) -> Partner:
    """Return the partner that the test is about."""
    return make.partner(name="Revenda Alfa")


@pytest.fixture
def admin(make: Factory, partner: Partner) -> User:
    """Return its Administrador."""
    return make.user(partner, name="Ana Administradora")


@pytest.fixture
def web(app: Flask, admin: User) -> Visitor:
    """Return the Administrador's browser."""
    return Visitor(app).sign_in(admin)


@pytest.fixture
def web_of(app: Flask, make: Factory, partner: Partner) -> WebOf:
    """Return what opens a browser for a role of the partner, or of another one."""

    def open_browser(role: Role = Role.ADMIN, at: Partner | None = partner) -> Visitor:
        return Visitor(app).sign_in(make.user(at, role))

    return open_browser


@pytest.fixture
def stranger(make: Factory, web_of: WebOf) -> Visitor:
    """Return the browser of another partner's Administrador."""
    return web_of(at=make.partner(name="Revenda Beta"))


@pytest.fixture
def client_in(make: Factory, partner: Partner) -> Callable[..., Client]:
    """Return what makes a client of the partner that has a status today."""

    def make_client(status: Status = Status.ACTIVE, **facts: Any) -> Client:
        return make.client(partner, **(FACTS[status] | facts))

    return make_client


class AtOnce:
    """What wakes a runner of works that needs no time."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.rings = 0

    def set(self) -> None:
        self.rings += 1
        with self._app.app_context():
            works.carry_out_waiting()


@pytest.fixture
def at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    """Have what a request starts carried out before it is answered, as by a runner with nothing else to do."""
    monkeypatch.setattr(works, "PAUSE_SECONDS", 0)
    monkeypatch.setitem(app.extensions, "wake", wake := AtOnce(app))
    return wake
