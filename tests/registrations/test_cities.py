"""Suggestions of cities while one is typed, on the screens that ask for one."""

from __future__ import annotations

import re

import pytest

from portal.domain.roles import Role
from portal.domain.statuses import Status


def cities(answer) -> list[str]:
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<datalist id="cities">')
    return re.findall(r'<option value="([^"]*)">', answer.text)


@pytest.fixture
def path(client_in) -> str:
    return f"/clients/{client_in().id}/revision/cities"


def test_what_is_typed_is_completed(web, path) -> None:
    assert cities(web.post(path, htmx=True, uf="SP", city="campinas"))[0] == "Campinas"
    names = cities(web.post(path, htmx=True, uf="SP", city="sao jo"))
    assert "São José dos Campos" in names
    assert len(names) == 8


@pytest.mark.parametrize(
    "typed", [{}, {"uf": "SP"}, {"city": "campinas"}, {"uf": "XX", "city": "campinas"}, {"uf": "\0", "city": "%"}, {"uf": "SP", "city": " "}]
)  # fmt: skip
def test_nothing_typed_suggests_nothing(web, path, typed) -> None:
    assert cities(web.post(path, htmx=True, **typed)) == []


def test_a_long_text_costs_nothing_special(web, path) -> None:
    assert cities(web.post(path, htmx=True, uf="SP", city="a" * 10_000)) == []


def test_reativar_and_a_new_client_suggest_them_too(web, client_in) -> None:
    inactive = client_in(Status.INACTIVE)
    for asked in (f"/clients/{inactive.id}/reactivation/cities", "/clients/cities"):
        assert cities(web.post(asked, htmx=True, uf="SP", city="campinas"))[0] == "Campinas"


def test_who_may_not_edit_has_no_use_for_it(web_of, visitor, web, stranger, path) -> None:
    typed = {"uf": "SP", "city": "campinas"}
    assert web_of(Role.READER).post(path, htmx=True, **typed).status_code == 403
    assert web_of(Role.FINANCE).post(path, htmx=True, **typed).status_code == 200
    assert stranger.post(path, htmx=True, **typed).status_code == 404
    assert visitor.post(path, htmx=True, **typed).status_code == 401
    assert web.get(path).status_code == 405
