"""Registration codes: DOMAIN §7. They are read over the telephone, so a slip of ear or finger must be caught."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import combinations, product
from math import gcd
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.catalogue import Item
from portal.domain.codes import (
    ALPHABET,
    GROUP,
    LENGTH,
    Age,
    State,
    Typo,
    check_character,
    ended_by,
    generate,
    grouped,
    is_valid,
    issued_range,
    normalise,
    state_of,
    typo,
)
from tests.conftest import NOW

bodies = st.text(ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1)


def code_of(body: str) -> str:
    """Return a body with its check character."""
    return body + check_character(body)


def test_the_alphabet_holds_no_sign_that_is_mistaken_for_another() -> None:
    assert not set("0O1IL") & set(ALPHABET)
    assert set(ALPHABET) == set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set("0O1IL")
    assert len(ALPHABET) == len(set(ALPHABET)) == 31


def test_a_code_has_sixteen_characters_in_four_groups() -> None:
    code = generate(random.Random(7).randrange)
    assert len(code) == LENGTH == 16
    assert [len(group) for group in grouped(code).split("-")] == [4, 4, 4, 4] == [GROUP] * 4
    assert normalise(grouped(code)) == code


def test_the_check_character_is_what_it_always_was() -> None:
    # Codes are in the hands of clients: another weight or alphabet would void them.
    assert generate(lambda n: 0) == "2222222222222222"
    numbers = iter(range(15))
    assert generate(lambda n: next(numbers)) == "23456789ABCDEFGJ"


def weight(position: int) -> int:
    """Measure how much one step of the sign at a position moves the whole sum, the check character's place included.

    Moving a sign of the body by one moves the check character by its weight; the sum of all 16 must stay 0.
    """
    zero = ALPHABET[0] * (LENGTH - 1)
    if position == LENGTH - 1:
        return len(ALPHABET) - 1
    moved = zero[:position] + ALPHABET[1] + zero[position + 1 :]
    return ALPHABET.index(check_character(moved))


def test_the_weights_prove_that_every_slip_is_caught() -> None:
    """Modulo a prime, a product is 0 only where a factor is.

    One wrong sign moves the sum by weight × (difference of signs): never 0, as no weight is. A swap moves it by
    (difference of weights) × (difference of signs): never 0, as no two weights are equal.
    """
    modulus = len(ALPHABET)
    assert all(gcd(modulus, number) == 1 for number in range(1, modulus)), "31 is prime"
    weights = [weight(position) for position in range(LENGTH)]
    assert all(weights)
    assert len(set(weights)) == LENGTH


@settings(max_examples=100, deadline=None)
@given(bodies, st.integers(0, LENGTH - 2), st.integers(1, 30))
def test_the_check_character_moves_in_proportion_as_the_proof_needs(body, position, step) -> None:
    moved = body[:position] + ALPHABET[(ALPHABET.index(body[position]) + step) % 31] + body[position + 1 :]
    before, after = (ALPHABET.index(check_character(text)) for text in (body, moved))
    assert (after - before) % 31 == weight(position) * step % 31


@settings(max_examples=40, deadline=None)
@given(bodies)
def test_every_single_wrong_character_is_caught(body) -> None:
    code = code_of(body)
    assert is_valid(code)
    for position, sign in product(range(LENGTH), ALPHABET):
        wrong = code[:position] + sign + code[position + 1 :]
        assert is_valid(wrong) is (wrong == code)


@settings(max_examples=60, deadline=None)
@given(bodies)
def test_every_swap_of_two_different_characters_is_caught(body) -> None:
    code = code_of(body)
    for one, other in combinations(range(LENGTH), 2):
        signs = list(code)
        signs[one], signs[other] = signs[other], signs[one]
        assert is_valid("".join(signs)) is (code[one] == code[other])


@settings(max_examples=60, deadline=None)
@given(bodies)
def test_a_code_survives_being_typed_with_blanks_hyphens_and_small_letters(body) -> None:
    code = code_of(body)
    for typed in (grouped(code), grouped(code).lower(), f" {grouped(code).replace('-', ' ')}\t", "- ".join(code)):
        assert normalise(typed) == code


@pytest.mark.parametrize(
    "code",
    ["", "2" * 15, "2" * 17, "2222-2222-2222-2222", "222222222222222O", "222222222222222a", "２" * 16, "2" * 15 + " "],
)
def test_what_is_no_code_is_refused(code) -> None:
    assert not is_valid(code)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_be_asked_about(text) -> None:
    assert is_valid(normalise(text)) in {True, False}


def test_codes_come_from_the_chooser_alone_and_from_the_whole_alphabet() -> None:
    asked: list[int] = []

    def choose(limit: int) -> int:
        asked.append(limit)
        return len(asked) * 7 % limit

    assert is_valid(generate(choose))
    assert asked == [31] * 15
    assert generate(random.Random(1).randrange) == generate(random.Random(1).randrange)
    assert generate(random.Random(1).randrange) != generate(random.Random(2).randrange)
    assert {sign for seed in range(60) for sign in generate(random.Random(seed).randrange)} == set(ALPHABET)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("2222222222222222", None),
        ("222222222222222", Typo.LENGTH),
        ("22222222222222222", Typo.LENGTH),
        ("", Typo.LENGTH),
        ("222222222222222O", Typo.SIGN),
        ("0222222222222222", Typo.SIGN),
        ("2222222222222223", Typo.CHECK),
        ("3222222222222222", Typo.CHECK),
    ],
)
def test_what_is_wrong_with_a_typed_code_is_known_without_asking_anybody(code, found) -> None:
    assert typo(code) is found
    assert is_valid(code) is (found is None)


TODAY = date(2025, 7, 10)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (-1, Age.TODAY), (0, Age.TODAY), (1, Age.WEEK), (7, Age.WEEK), (8, Age.MONTH), (30, Age.MONTH), (31, Age.OLDER),
        (4_000, Age.OLDER),
    ],
)  # fmt: skip
def test_every_age_lies_in_exactly_one_group(days, age) -> None:
    issued_on = TODAY - timedelta(days=days)
    assert [one for one in Age if issued_range(one, TODAY).holds(issued_on)] == [age]


def test_what_has_become_of_a_code() -> None:
    assert state_of(None, None) is State.UNUSED
    assert state_of(NOW, None) is State.USED
    assert state_of(None, NOW) is State.REVOKED
    assert state_of(NOW, NOW) is State.USED


def installation(number: int, item: Item = Item.BASE, revoked_at=None) -> SimpleNamespace:
    return SimpleNamespace(id=number, item=item, revoked_at=revoked_at)


class TestWhatEndsWhenACodeIsUsed:
    """DOMAIN §7: "the old key dies when the new code is consumed"."""

    COMPUTER, OLDER = installation(1), installation(2, revoked_at=NOW)
    PHONE, TABLET = installation(3, Item.MOBILE), installation(4, Item.MOBILE)
    ALL = (COMPUTER, OLDER, PHONE, TABLET)

    def ends(self, item: Item, supersedes_id: int | None = None) -> list[SimpleNamespace]:
        return ended_by(SimpleNamespace(item=item, supersedes_id=supersedes_id), self.ALL)

    def test_there_is_one_main_computer(self) -> None:
        assert self.ends(Item.BASE) == self.ends(Item.BASE, 1) == self.ends(Item.BASE, 2) == [self.COMPUTER]

    def test_a_first_movel_code_ends_nothing(self) -> None:
        assert self.ends(Item.MOBILE) == []

    def test_a_reissued_movel_code_ends_the_device_that_it_replaces(self) -> None:
        assert self.ends(Item.MOBILE, 4) == [self.TABLET]

    def test_a_movel_code_never_ends_the_main_computer(self) -> None:
        assert self.ends(Item.MOBILE, 1) == []
