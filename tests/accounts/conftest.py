"""What the accounts' tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.models import User
from tests.factories import PASSWORD, Factory
from tests.visitor import Visitor

LogIn = Callable[..., TestResponse]


@pytest.fixture
def ana(make: Factory) -> User:
    """Return an Administrador of a partner."""
    return make.user(make.partner(), email="ana@revenda.test", name="Ana Administradora")


@pytest.fixture
def log_in(visitor: Visitor) -> LogIn:
    """Return what posts the login form."""

    def post(email: str, password: str = PASSWORD, browser: Visitor = visitor, **fields: str) -> TestResponse:
        return browser.post("/login", email=email, password=password, **fields)

    return post


@pytest.fixture
def configure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what changes the application's configuration for one test."""

    def change(**settings: Any) -> None:
        monkeypatch.setitem(app.extensions, "portal_config", replace(app.extensions["portal_config"], **settings))

    return change
