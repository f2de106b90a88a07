"""flask --app app demo: what it makes, and what it refuses with which words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from portal import clock, schema
from portal.catalogue import queries
from portal.extensions import db
from portal.models import Client, Partner
from tests.factories import Factory


@pytest.fixture
def demo_app(app: Flask) -> Iterator[Flask]:
    """Yield the application in demo mode."""
    before = app.extensions["portal_config"]
    app.extensions["portal_config"] = replace(before, is_demo=True)
    yield app
    app.extensions["portal_config"] = before


def run(app: Flask, *arguments: str) -> Result:
    db.session.remove()
    return app.test_cli_runner().invoke(args=["demo", *arguments])


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_without_options_it_makes_the_small_demo(demo_app: Flask) -> None:
    result = run(demo_app)
    assert result.exit_code == 0, result.output
    assert "admin@alfa.example" in result.output
    assert "http://127.0.0.1:8000" in result.output
    assert count(Client) == 75
    assert queries.price_table(clock.today()).missing == ()


def test_with_options_it_makes_a_large_one(demo_app: Flask) -> None:
    result = run(demo_app, "--partners", "3", "--clients", "500", "--largest", "300", "--seed", "4")
    assert result.exit_code == 0, result.output
    assert "3 partners, 500 clients in " in result.output
    assert "admin@partner-1.example" in result.output
    assert (count(Partner), count(Client)) == (3, 500)
    assert queries.price_table(clock.today()).missing == ()


@pytest.mark.parametrize("clients", ["1", "2", "7", "2000"])
def test_what_is_left_out_fits_what_is_given(demo_app: Flask, clients: str) -> None:
    result = run(demo_app, "--clients", clients, "--partners", "1" if clients == "1" else "2")
    assert result.exit_code == 0, result.output
    assert count(Client) == int(clients)


@pytest.mark.parametrize("arguments", [[], ["--clients", "100"]])
def test_a_database_with_partners_is_refused(demo_app: Flask, make: Factory, arguments: list[str]) -> None:
    make.partner()
    result = run(demo_app, *arguments)
    assert result.exit_code == 1
    assert "holds partners already" in result.output
    assert (count(Partner), count(Client)) == (1, 0)


@pytest.mark.parametrize("arguments", [[], ["--clients", "100"]])
def test_outside_demo_mode_it_is_refused(app: Flask, arguments: list[str]) -> None:
    result = run(app, *arguments)
    assert result.exit_code == 1
    assert "PORTAL_DEMO=1" in result.output
    assert count(Partner) == 0


def test_an_old_schema_is_refused(demo_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "is_current", lambda: False)
    result = run(demo_app)
    assert result.exit_code == 1
    assert "flask --app app db upgrade" in result.output


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--partners", "0"], "--partners must be at least 1"),
        (["--clients", "-4"], "--clients must be from"),
        (["--clients", "10"], "--clients must be from 50"),
        (["--clients", "100", "--largest", "101"], "--largest 101 leaves fewer"),
        (["--clients", "100", "--largest", "1"], "--largest 1 is too few"),
        (["--clients", "many"], "not a valid integer"),
    ],
)
def test_nonsense_is_refused(demo_app: Flask, arguments: list[str], named: str) -> None:
    result = run(demo_app, *arguments)
    assert result.exit_code == 2
    assert named in result.output
    assert count(Partner) == 0
