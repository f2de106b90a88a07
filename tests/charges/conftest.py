"""What the tests of charges share: a partner, browsers of its roles, a stranger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.domain.roles import Role
from portal.models import Client, Partner
from tests.factories import Factory
from tests.visitor import Visitor

WebOf = Callable[..., Visitor]


@pytest.fixture
def partner(make: Factory) -> Partner:
    return make.partner(name="Revenda Alfa")


@pytest.fixture
def client(make: Factory, partner: Partner) -> Client:
    return make.client(partner, name="Bar do Zé", document="11222333000181")


@pytest.fixture
def web_of(app: Flask, make: Factory, partner: Partner) -> WebOf:
    """Return what opens a browser for a role of the partner, or of another one."""

    def open_browser(role: Role = Role.ADMIN, at: Partner | None = partner) -> Visitor:
        return Visitor(app).sign_in(make.user(at, role))

    return open_browser


@pytest.fixture
def web(web_of: WebOf) -> Visitor:
    return web_of()


@pytest.fixture
def stranger(make: Factory, web_of: WebOf) -> Visitor:
    return web_of(at=make.partner(name="Revenda Beta"))
