"""Suggestions of cities while one is typed."""

from __future__ import annotations

import re

import pytest

from portal.domain.roles import Role


def cities(answer) -> list[str]:
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<datalist id="cities">')
    return re.findall(r'<option value="([^"]*)">', answer.text)


def test_what_is_typed_is_completed(web) -> None:
    assert cities(web.fragment("/clients/cities?uf=SP&city=campinas"))[0] == "Campinas"
    names = cities(web.fragment("/clients/cities?uf=SP&city=sao+jo"))
    assert "São José dos Campos" in names
    assert len(names) == 8


@pytest.mark.parametrize(
    "query", ["", "?uf=SP", "?city=campinas", "?uf=XX&city=campinas", "?uf=%00&city=%25", "?uf=SP&city=%20"]
)
def test_nothing_typed_suggests_nothing(web, query) -> None:
    assert cities(web.fragment(f"/clients/cities{query}")) == []


def test_a_long_text_costs_nothing_special(web) -> None:
    assert cities(web.fragment("/clients/cities?uf=SP&city=" + "a" * 10_000)) == []


def test_who_may_not_edit_has_no_use_for_it(web_of, visitor, web) -> None:
    assert web_of(Role.READER).fragment("/clients/cities?uf=SP&city=campinas").status_code == 403
    assert web_of(Role.FINANCE).fragment("/clients/cities?uf=SP&city=campinas").status_code == 200
    assert visitor.fragment("/clients/cities").status_code == 401
    assert web.post("/clients/cities").status_code == 405
