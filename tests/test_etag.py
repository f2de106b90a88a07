"""304: the list is not sent again while nothing that it shows has changed, and is when anything has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, Partner, User
from tests.conftest import NOW
from tests.factories import Factory
from tests.revision import form_of
from tests.visitor import HTMX, Visitor


@pytest.fixture
def partner(make: Factory) -> Partner:
    """Return a partner."""
    return make.partner()


@pytest.fixture
def client(make: Factory, partner: Partner) -> Client:
    """Return its client."""
    return make.client(partner)


@pytest.fixture
def user(make: Factory, partner: Partner) -> User:
    """Return its Administrador."""
    return make.user(partner)


@pytest.fixture
def web(app: Flask, client: Client, user: User) -> Visitor:
    """Return the Administrador's browser."""
    return Visitor(app).sign_in(user)


def tag_of(web: Visitor, path: str = "/clients", **headers: str) -> str:
    return web.browser.get(path, headers=headers).headers["ETag"]


def status_with(web: Visitor, tag: str, path: str = "/clients", **headers: str) -> int:
    return web.browser.get(path, headers={"If-None-Match": tag} | headers).status_code


def test_what_has_not_changed_is_not_sent_again(web) -> None:
    answer = web.browser.get("/clients", headers={"If-None-Match": tag_of(web)})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == tag_of(web)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "HX-Request" in answer.headers["Vary"]
    assert "Content-Security-Policy" not in answer.headers, "those of the page kept by the browser hold"


def test_the_tag_is_weak_because_answers_are_compressed(web) -> None:
    tag = tag_of(web)
    assert tag.startswith('W/"')
    assert status_with(web, f'"x", {tag}, "y"') == 304
    assert status_with(web, tag.removeprefix("W/")) == 304
    assert status_with(web, '"other"') == 200


def test_page_and_fragment_are_different_answers_of_one_address(web) -> None:
    assert tag_of(web) != tag_of(web, **HTMX)
    assert status_with(web, tag_of(web), **HTMX) == 200


def _suspend(web: Visitor, client: Client) -> None:
    web.post(f"/clients/{client.id}/suspension", version=client.version)
    web.get(f"/clients/{client.id}")  # takes the message


def _rename_user(web: Visitor, client: Client) -> None:
    db.session.query(User).update({"name": "Outro nome"})
    db.session.commit()


def _change_role(web: Visitor, client: Client) -> None:
    db.session.query(User).update({"role": Role.READER})
    db.session.commit()


def _suspend_partner(web: Visitor, client: Client) -> None:
    db.session.query(Partner).update({"suspended_at": NOW})
    db.session.commit()


def _rename_partner(web: Visitor, client: Client) -> None:
    db.session.query(Partner).update({"name": "Outra revenda"})
    db.session.commit()


def _new_code(web: Visitor, client: Client) -> None:
    Factory().code(client)


@pytest.mark.parametrize(
    "change",
    [_suspend, _rename_user, _change_role, _suspend_partner, _rename_partner, _new_code],
    ids=lambda f: f.__name__,
)
def test_whatever_the_list_shows_changes_its_tag(web, client, change: Callable[[Visitor, Client], None]) -> None:
    before = tag_of(web)
    assert status_with(web, before) == 304
    change(web, client)
    assert status_with(web, before) == 200


def test_tomorrow_the_same_rows_are_another_list(web) -> None:
    tag = tag_of(web)
    with clock.frozen(NOW + timedelta(hours=11, minutes=59)):
        assert status_with(web, tag) == 304, "23:59 in São Paulo is still today"
    with clock.frozen(NOW + timedelta(hours=11, minutes=59)):
        web.get("/clients")  # the session lives on
    with clock.frozen(NOW + timedelta(hours=12)):
        assert status_with(web, tag) == 200


@pytest.mark.parametrize("query", ["?q=x", "?sort=due", "?after=1", "?size=50", "?status=expired"])
def test_other_criteria_are_another_answer(web, query) -> None:
    assert status_with(web, tag_of(web), f"/clients{query}") == 200


def test_addresses_that_mean_the_same_are_one_answer(web) -> None:
    assert status_with(web, tag_of(web), "/clients?q=&sort=name&size=25") == 304


def test_a_new_release_is_another_answer(web, app, monkeypatch) -> None:
    tag = tag_of(web)
    monkeypatch.setitem(app.extensions, "release", "another")
    assert status_with(web, tag) == 200


def test_another_session_is_another_answer_because_its_token_is_in_the_page(web, app, user) -> None:
    assert status_with(Visitor(app).sign_in(user), tag_of(web)) == 200


def test_another_partners_change_is_none_of_it(web, make) -> None:
    tag = tag_of(web)
    make.client(make.partner())
    assert status_with(web, tag) == 304


def test_a_message_that_waits_is_shown_and_its_page_is_not_kept(web, client) -> None:
    tag = tag_of(web)
    web.post(f"/clients/{client.id}/revision", **form_of(client))
    answer = web.browser.get("/clients", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Nada foi alterado" in answer.text
    assert "ETag" not in answer.headers
    assert "Nada foi alterado" not in web.get("/clients").text
