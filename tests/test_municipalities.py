"""Brazil's states and municipalities: all there, found however they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import municipalities
from portal.domain.search import fold


def test_all_of_them_are_there() -> None:
    """27 states and 5,571 municipalities, Brasília and Fernando de Noronha among them (IBGE)."""
    by_state = municipalities._by_state()
    assert set(by_state) == set(municipalities.UFS)
    assert len(municipalities.UFS) == 27
    found = [code for cities in by_state.values() for _, code in cities.values()]
    assert len(found) == len(set(found))
    assert 5_570 <= len(found) <= 5_572
    assert all(len(code) == 7 and code.isdigit() for code in found)
    assert max(len(name) for cities in by_state.values() for name, _ in cities.values()) <= 60, "the column's length"


@pytest.mark.parametrize(
    ("uf", "typed", "found"),
    [
        ("SP", "São Paulo", ("São Paulo", "3550308")),
        ("SP", "  sao   PAULO ", ("São Paulo", "3550308")),
        ("DF", "brasilia", ("Brasília", "5300108")),
        ("RN", "olho d'água do borges", ("Olho d'Água do Borges", "2408409")),
        ("MG", "São Paulo", None),
        ("XX", "São Paulo", None),
        ("", "", None),
        ("SP", "", None),
        ("sp", "São Paulo", None),
    ],
)
def test_a_city_is_found_in_its_state_whatever_accents_and_case(uf, typed, found) -> None:
    assert municipalities.find(uf, typed) == found


def test_each_is_found_by_its_own_name() -> None:
    for uf, cities in municipalities._by_state().items():
        for name, code in cities.values():
            assert municipalities.find(uf, name) == (name, code)


def test_suggestions_begin_with_what_is_typed_then_hold_it_then_look_like_it() -> None:
    names = municipalities.suggest("SP", "santo")
    assert names[0].startswith("Santo")
    assert municipalities.suggest("SP", "dos campos")[0] == "São José dos Campos"
    assert municipalities.suggest("SP", "Campinaz")[0] == "Campinas"
    assert "Guarulhos" in municipalities.suggest("SP", "guarulos")


@given(st.sampled_from((*municipalities.UFS, "XX", "")), st.text(max_size=30))
def test_suggestions_are_few_different_and_of_the_state(uf, typed) -> None:
    names = municipalities.suggest(uf, typed)
    assert len(names) == len(set(names)) <= 8
    assert all(municipalities.find(uf, name) for name in names)
    if not fold(typed):
        assert names == []


def test_as_many_as_asked_for() -> None:
    assert len(municipalities.suggest("MG", "sao", 3)) == 3
