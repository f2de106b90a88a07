"""What the tests of partners share: somebody of the vendor's, with a browser and as services know one."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.access import Viewer
from portal.domain.roles import Role
from portal.models import User
from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of
from tests.factories import Factory
from tests.registrations.conftest import viewer_of
from tests.visitor import Visitor

__all__ = ["admin", "client_in", "partner", "stranger", "web", "web_of"]


@pytest.fixture
def olga(make: Factory) -> User:
    return make.user(None, Role.OPERATOR, name="Olga")


@pytest.fixture
def operator(olga: User) -> Viewer:
    return viewer_of(olga)


@pytest.fixture
def staff(app: Flask, olga: User) -> Visitor:
    return Visitor(app).sign_in(olga)
