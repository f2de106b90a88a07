"""CPF and CNPJ: DOMAIN §6."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.documents import is_valid, mask, normalise

DIGITS = "0123456789"
SIGNS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

cpf_bodies = st.text(DIGITS, min_size=9, max_size=9).filter(lambda body: len(set(body)) > 1)
cnpj_bodies = st.text(SIGNS, min_size=12, max_size=12).filter(lambda body: body != "0" * 12)


def whole(body: str) -> str:
    """Return a body with its two check digits, computed as DOMAIN §6 describes them.

    A sign counts ASCII less 48; weights are 2, 3, 4 ... from the right, in a CNPJ beginning again after 9.
    """
    longest = 8 if len(body) == 12 else 10
    for _ in range(2):
        values = [ord(sign) - 48 for sign in reversed(body)]
        rest = sum(value * (2 + place % longest) for place, value in enumerate(values)) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return body


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("12ABC34501DE35", True),
        ("12ABC34501DE36", False),
        ("12ABC34501DE53", False),
        ("11222333000181", True),
        ("11222333000182", False),
        ("12345678909", True),
        ("12345678900", False),
        ("11111111111", False),  # the library takes it: its check digits are right
        ("11111111111111", False),
        ("00000000000", False),
        ("00000000000000", False),
        ("", False),
        ("1234567890", False),
        ("123456789090", False),
        ("1122233300018", False),
        ("112223330001811", False),
        ("A2345678909", False),  # a CPF has no letters
        ("12ABC34501DEA5", False),  # check digits are digits
        ("12abc34501de35", False),  # not normalised: what is stored is upper case
        ("12.ABC.345/01DE-35", False),
        ("１２３４５６７８９０９", False),  # other scripts' digits
        ("12345678909\n", False),
    ],
)
def test_a_document_is_valid_or_not(document, expected) -> None:
    assert is_valid(document) is expected


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("length", [11, 14])
def test_one_digit_repeated_is_no_document(digit, length) -> None:
    assert not is_valid(digit * length)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("12abc34501de35", "12ABC34501DE35"),
        (" 123.456.789-09 ", "12345678909"),
        ("123 456 789\t09\n", "12345678909"),
        ("", ""),
    ],
)
def test_a_typed_document_is_stored_without_mask_in_upper_case(typed, stored) -> None:
    assert normalise(typed) == stored


def test_a_document_is_shown_as_people_write_it() -> None:
    assert mask("12345678909") == "123.456.789-09"
    assert mask("12ABC34501DE35") == "12.ABC.345/01DE-35"
    assert mask("123") == "123"  # what is no document stays as it is


@settings(max_examples=200, deadline=None)
@given(st.one_of(cpf_bodies, cnpj_bodies))
def test_mask_and_normalise_undo_each_other_in_either_case(body) -> None:
    document = whole(body)
    assert normalise(mask(document)) == normalise(mask(document).lower()) == document


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing_more_and_no_text_is_too_strange(text) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert is_valid(normalise(text)) in {True, False}


@settings(max_examples=200, deadline=None)
@given(st.one_of(cpf_bodies, cnpj_bodies))
def test_a_document_is_valid_with_the_check_digits_that_the_rule_gives(body) -> None:
    assert is_valid(whole(body))


@settings(max_examples=60, deadline=None)
@given(st.one_of(cpf_bodies, cnpj_bodies))
def test_of_a_hundred_check_digits_one_pair_is_right_so_a_wrong_check_digit_is_always_caught(body) -> None:
    # A wrong sign further left is not always caught: both check digits fold the rests 10 and 0 into one.
    right = [pair for pair in (f"{number:02d}" for number in range(100)) if is_valid(body + pair)]
    assert right == [whole(body)[-2:]]


TYPED, MISTYPED = "10000000108", "20000000108"


def test_a_wrong_digit_in_the_body_may_pass_so_nothing_may_rest_on_a_document_being_typed_right() -> None:
    assert is_valid(TYPED)
    assert is_valid(MISTYPED)
    assert [one == other for one, other in zip(TYPED, MISTYPED, strict=True)].count(False) == 1
