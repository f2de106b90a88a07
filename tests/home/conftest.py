"""What Home's tests share: a partner, its Administrador's browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.domain.roles import Role
from portal.models import Partner
from tests.factories import Factory
from tests.money import Purse
from tests.registrations.conftest import viewer_of
from tests.visitor import Visitor

WebOf = Callable[..., Visitor]


@pytest.fixture
def partner(make: Factory) -> Partner:
    """Return the partner that the test is about."""
    return make.partner(name="Revenda Alfa")


@pytest.fixture
def web_of(app: Flask, make: Factory, partner: Partner) -> WebOf:
    """Return what opens a browser for a role of the partner, or of another one."""

    def open_browser(role: Role = Role.ADMIN, at: Partner | None = partner) -> Visitor:
        return Visitor(app).sign_in(make.user(at, role))

    return open_browser


@pytest.fixture
def web(web_of: WebOf) -> Visitor:
    """Return the Administrador's browser."""
    return web_of()


@pytest.fixture
def purse(make: Factory, partner: Partner) -> Purse:
    """Return a hand on the partner's money."""
    make.price_version()
    return Purse(viewer_of(make.user(partner)))
