"""How names are compared: without accents, without case."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.domain.search import KEY_LENGTH, fold, search_key, sought


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("  JOÃO  Ltda ", "joao ltda"),
        ("Padaria Pão de Açúcar", "padaria pao de acucar"),
        ("ÁÀÂÃÄ ÉÊ Í ÓÔÕ ÚÜ Ç Ñ", "aaaaa ee i ooo uu c n"),
        ("Joa\u0303o", "joao"),  # an accent on its own, as some systems write it
        ("Straße", "strasse"),
        ("1ª Loja & Cia. Nº 5", "1a loja & cia. no 5"),
        ("№ 5", "no 5"),  # one sign, whose letters are capitals only once it is taken apart
        ("ＡＢＣ", "abc"),
        ("um\x00dois", "umdois"),
        ("um\x01dois\x08", "umdois"),
        ("tab\te\nlinha\u00a0e\u2003mais", "tab e linha e mais"),
        ("100%_\\", "100%_\\"),
        ("", ""),
        (" \t\n", ""),
    ],
)
def test_names_are_folded(name, folded) -> None:
    assert fold(name) == folded


NO_SIGNS = {"Cn", "Co", "Cs"}
"""What Unicode calls no sign, nobody's sign, half a sign."""


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("№")
@example("ᴬ")
@example("a \u0301 b")
def test_folding_twice_changes_nothing_more(text) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_any_single_sign_twice_changes_nothing_more() -> None:
    signs = (sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign) not in NO_SIGNS)
    assert [sign for sign in signs if fold(fold(sign)) != fold(sign)] == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_folded_text_has_single_blanks_no_accents_and_nothing_that_sorts_before_the_separator(text) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not any(unicodedata.combining(sign) for sign in folded)
    assert all(sign > "\t" for sign in folded)


@settings(max_examples=200, deadline=None)
@given(st.text("abcçãéÍõÚ ABC123", max_size=30))
def test_case_and_way_of_writing_accents_do_not_matter(name) -> None:
    variants = {name, name.upper(), name.lower(), unicodedata.normalize("NFD", name), f"  {name}  "}
    assert {fold(variant) for variant in variants} == {fold(name)}


def test_a_search_key_is_the_folded_name_and_the_document() -> None:
    assert search_key("Padaria São João", "12ABC34501DE35") == "padaria sao joao\t12abc34501de35"


def test_ana_comes_before_ana_paula() -> None:
    keys = [search_key(name, document) for name, document in [("Ana", "99"), ("Ana Paula", "11"), ("Ana\x01", "98")]]
    assert sorted(keys) == [keys[2], keys[0], keys[1]]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_keys_sort_as_the_folded_names_do_whatever_the_documents(one, other) -> None:
    if fold(one) != fold(other):
        assert (search_key(one, "99999999999") < search_key(other, "00000000000")) is (fold(one) < fold(other))


def test_a_name_that_folds_to_much_more_than_itself_still_fits_the_column() -> None:
    key = search_key("\ufdfa" * 150, "12ABC34501DE35")  # one Arabic ligature is eighteen letters
    assert len(key) == KEY_LENGTH == 480
    assert key.endswith("\t12abc34501de35")


@pytest.mark.parametrize(
    ("text", "parts", "client_id"),
    [
        ("Padaria São", ("padaria sao",), None),
        ("11.222.333/0001-81", ("11.222.333/0001-81", "11222333000181"), None),
        ("12.abc.345", ("12.abc.345", "12abc345"), None),
        ("18007", ("18007",), 18_007),
        ("18-007", ("18-007", "18007"), 18_007),
        ("Loja 5", ("loja 5", "loja5"), None),
        ("a/b", ("a/b",), None),
        ("9" * 30, ("9" * 30,), None),
        ("0", ("0",), None),
    ],
)
def test_what_a_typed_text_may_mean(text, parts, client_id) -> None:
    assert sought(text) == (parts, client_id)
