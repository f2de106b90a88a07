"""The text inside a payment's QR code: fields, and the check at its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import emv
from portal.domain.emv import LONGEST_TEXT, LONGEST_VALUE, Malformed
from tests.psp import crc_by_bits

PLAIN = st.characters(min_codepoint=32, max_codepoint=126)
TAGS = st.integers(1, 99).filter(lambda tag: tag != 63).map("{:02}".format)
FIELDS = st.dictionaries(TAGS, st.text(PLAIN, min_size=1, max_size=20), max_size=10)


def test_the_checksum_is_the_standards_own_example() -> None:
    assert emv.checksum("123456789") == "29B1"


@given(st.text(PLAIN, max_size=300))
def test_the_checksum_has_always_four_capital_digits_and_is_the_division(text) -> None:
    assert emv.checksum(text) == f"{crc_by_bits(text):04X}"
    assert len(emv.checksum(text)) == 4


def test_a_field_is_a_tag_a_length_and_a_value() -> None:
    assert emv.write({"00": "01", "59": "Fulano de Tal"}) == "0002015913Fulano de Tal"
    assert emv.read("5913Fulano de Tal000201") == {"59": "Fulano de Tal", "00": "01"}
    assert emv.read("") == {}
    assert emv.read(emv.write({"62": "x" * LONGEST_VALUE})) == {"62": "x" * LONGEST_VALUE}


@given(FIELDS)
def test_what_was_written_is_read_again(fields) -> None:
    assert list(emv.read(emv.write(fields)).items()) == list(fields.items())
    assert emv.unseal(emv.seal({"00": "01"} | fields)) == {"00": "01"} | fields


@pytest.mark.parametrize("value", ["", "x" * 100, "São Paulo", "two\nlines", "\x7f"])
def test_what_has_no_place_in_a_field_is_not_written(value) -> None:
    with pytest.raises(Malformed, match=r"^60: must have 1 to 99 printable ASCII characters$"):
        emv.write({"00": "01", "60": value})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "text: must have a tag and a length at position 0"),
        ("000201 ", "text: must have a tag and a length at position 6"),
        ("00x201", "text: must have a tag and a length at position 0"),
        ("+1+201", "text: must have a tag and a length at position 0"),
        ("0003ab", "00: must be as long as its length says"),
        ("0001", "00: must be as long as its length says"),
        ("0000", "00: must be as long as its length says"),
        ("0001a0001b", "00: comes twice"),
        ("5902é", "text: must be printable ASCII"),
        ("0002a\n", "text: must be printable ASCII"),
        ("٠٠٠٢٠١", "text: must be printable ASCII"),
    ],
)
def test_what_is_no_row_of_fields_is_refused_with_its_place(text, reason) -> None:
    with pytest.raises(Malformed) as refused:
        emv.read(text)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "00"),
        ("5802BR", "00"),
        ("5802BR0002016304C9AB", "00"),
        ("0002025802BR63049C2A", "00"),
        ("000201", "63"),
        ("0002015802BR", "63"),
        (emv.seal({"00": "01"}).lower(), "63"),
        (emv.seal({"00": "01"})[:-4] + "0000", "63"),
        (emv.seal({"00": "01"}) + "5802BR", "63"),
        (emv.seal({"00": "01", "63": "ABCD"}), "63"),
        (f"0002016302{emv.checksum('0002016302')[:2]}", "63"),
        ("000201" * 100, "text"),
    ],
)
def test_what_is_no_whole_code_is_refused_with_its_part(text, part) -> None:
    with pytest.raises(Malformed) as refused:
        emv.unseal(text)
    assert refused.value.part == part


def test_a_code_has_an_end() -> None:
    longest = {"00": "01", "80": "x" * 99, "81": "x" * 99, "82": "x" * 99, "83": "x" * 99, "84": "x" * 82}
    assert len(emv.seal(longest)) == LONGEST_TEXT
    assert emv.unseal(emv.seal(longest)) == longest
    with pytest.raises(Malformed, match="at most 512"):
        emv.unseal(emv.seal(longest | {"84": "x" * 83}))


@given(st.text(max_size=60) | st.text(st.sampled_from("0123456789ABx"), max_size=60))
def test_any_text_is_read_or_refused_and_never_a_fault(text) -> None:
    try:
        fields = emv.unseal(text)
    except Malformed as refusal:
        assert refusal.reason  # noqa: PT017 - either outcome is right
    else:
        assert emv.seal(fields) == text
