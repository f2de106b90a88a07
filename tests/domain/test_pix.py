"""Pix: byte for byte the Central Bank's own examples, and nothing taken that a payment could be lost by."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.domain import emv
from portal.domain.pix import (
    CITY_LENGTH,
    KEY_LENGTH,
    MOST_CENTS,
    NAME_LENGTH,
    TXID_LENGTH,
    TXID_SIGNS,
    Malformed,
    Parsed,
    Receiver,
    amount_from,
    br_code,
    moment_from,
    new_txid,
    parse,
    unaccented,
)

EVP = "123e4567-e12b-12d1-a456-426655440000"
FULANO = Receiver(EVP, "Fulano de Tal", "BRASILIA")

STATIC = f"00020126580014br.gov.bcb.pix0136{EVP}5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
"""Manual de Padrões para Iniciação do Pix: the example of a static code."""

COMPOSED = (
    f"00020126580014br.gov.bcb.pix0136{EVP}5204000053039865406100.505802BR5913Fulano de Tal6008BRASILIA"
    "62070503***80740014br.gov.bcb.pix2552pix.example.com/rec/2353c790eefb11eaadc10242ac12000263042875"
)
"""The same manual: a code with an amount, and Pix Automático's address beside it."""

DYNAMIC = (
    "00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4"
)
"""The same manual: a dynamic code, which names an address and no key."""

MANY_SCHEMES = (
    f"00020104141234567890123426580014BR.GOV.BCB.PIX0136{EVP}27300012BR.COM.OUTRO011001234567895204000053039865406123.45"
    "5802BR5917NOME DO RECEBEDOR6008BRASILIA61087007490062190515RP12345678-2019"
    "80390012BR.COM.OUTRO01190123.ABCD.3456.WXYZ6304AD38"
)
"""Manual do BR Code: Pix beside another scheme."""


# the manuals' examples


@pytest.mark.parametrize("code", [STATIC, COMPOSED, DYNAMIC, MANY_SCHEMES])
def test_the_manuals_examples_are_written_again_byte_for_byte(code) -> None:
    assert emv.seal(emv.unseal(code)) == code


def test_our_code_is_the_manuals_with_an_amount_and_an_id_in_their_places() -> None:
    ours = emv.unseal(br_code(FULANO, txid="A1", amount_cents=10050))
    assert ours["62"] == "0502A1"
    assert emv.seal(ours | {"62": "0503***", "80": emv.unseal(COMPOSED)["80"]}) == COMPOSED
    del ours["54"]
    assert emv.seal(ours | {"62": "0503***"}) == STATIC


def test_the_manuals_examples_are_understood() -> None:
    fulano = Parsed(EVP, "Fulano de Tal", "BRASILIA", None, None)
    assert parse(STATIC) == fulano
    assert parse(COMPOSED) == Parsed(EVP, "Fulano de Tal", "BRASILIA", None, 10050)
    assert parse(MANY_SCHEMES) == Parsed(EVP, "NOME DO RECEBEDOR", "BRASILIA", "RP12345678-2019", 12345)
    with pytest.raises(Malformed, match=r"^01: must be there"):
        parse(DYNAMIC)


def test_a_whole_code_of_ours() -> None:
    receiver = Receiver("pix@portal.example", "Padaria São João & Cia", "São Paulo")
    code = br_code(receiver, txid="FATURA000000000000000001X", amount_cents=20430)
    assert code == (
        "00020126400014br.gov.bcb.pix0118pix@portal.example5204000053039865406204.305802BR"
        "5922Padaria Sao Joao & Cia6009Sao Paulo62290525FATURA000000000000000001X630435DD"
    )


# receiver


@pytest.mark.parametrize(
    "key",
    [
        "52998224725", "11222333000181", "12ABC34501DE35", "pix@portal.example", "a.b+c@sub.dominio.com.br",
        "+5511987654321", "+551133334444", EVP, f"{'a' * 65}@portal.test",
    ],
)  # fmt: skip
def test_the_five_kinds_of_keys_fit_into_a_code(key) -> None:
    assert len(key) <= KEY_LENGTH
    assert parse(br_code(Receiver(key, "F", "C"), txid="1", amount_cents=1)).key == key


@pytest.mark.parametrize(
    "key",
    [
        "", " ", "52998224726", "529.982.247-25", "11111111111", "11222333000182", "12abc34501de35", "Pix@portal.example",
        "pix@portal", "pix portal@portal.example", "pix@portal.example\n", "@portal.example", "11987654321", "+5511987",
        "+5501987654321", "+15551234567", "+55119876543210", "+55１１９８７６５４３２１", EVP.upper(), EVP[:-1], EVP.replace("-", ""),
        f"{'a' * 66}@portal.test", "joão@portal.example", "***",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(key) -> None:
    with pytest.raises(Malformed, match=r"^key: must be a CPF or CNPJ without mask"):
        Receiver(key, "Fulano de Tal", "BRASILIA")


@pytest.mark.parametrize("text", ["", "   ", "x" * 26, "日本", "a\x00b", "PADARIA – CENTRO", "é" * 26])
def test_a_name_or_city_that_no_code_holds_is_refused_by_its_part(text) -> None:
    with pytest.raises(Malformed, match=rf"^name: must have 1 to {NAME_LENGTH} letters"):
        Receiver(EVP, text, "BRASILIA")
    with pytest.raises(Malformed, match=rf"^city: must have 1 to {CITY_LENGTH} letters"):
        Receiver(EVP, "Fulano de Tal", text)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("São  Paulo ", "Sao Paulo"),
        ("AÇAÍ & Cia", "ACAI & Cia"),
        ("1ª Loja", "1a Loja"),
        ("Fulano de Tal", "Fulano de Tal"),
    ],
)
def test_accents_are_left_out_and_capitals_kept(text, bare) -> None:
    assert unaccented(text) == bare


def test_the_longest_name_and_city_fit() -> None:
    long = Receiver(EVP, "É" * NAME_LENGTH, "Ç" * CITY_LENGTH)
    found = parse(br_code(long, txid="Z" * TXID_LENGTH, amount_cents=MOST_CENTS))
    assert found == Parsed(EVP, "E" * NAME_LENGTH, "C" * CITY_LENGTH, "Z" * TXID_LENGTH, MOST_CENTS)


# ids and amounts


@pytest.mark.parametrize("txid", ["", "x" * 26, "***", "RP-1", "a b", "é", "١", "1\n"])
def test_an_id_that_no_code_holds_is_refused(txid) -> None:
    with pytest.raises(Malformed, match=r"^txid: "):
        br_code(FULANO, txid=txid, amount_cents=1)


@pytest.mark.parametrize("amount_cents", [-1, 0, MOST_CENTS + 1])
def test_an_amount_that_no_code_holds_is_refused(amount_cents) -> None:
    with pytest.raises(Malformed, match=r"^amount_cents: "):
        br_code(FULANO, txid="1", amount_cents=amount_cents)


@pytest.mark.parametrize(("cents", "written"), [(1, "0.01"), (10, "0.10"), (100, "1.00"), (33_38, "33.38")])
def test_an_amount_has_two_decimals(cents, written) -> None:
    assert emv.unseal(br_code(FULANO, txid="1", amount_cents=cents))["54"] == written


def test_a_new_id_is_the_longest_of_all_signs() -> None:
    choose = random.Random(7).randrange
    ids = [new_txid(choose) for _ in range(200)]
    assert len(set(ids)) == 200
    assert set("".join(ids)) == set(TXID_SIGNS)
    for txid in ids:
        assert re.fullmatch(r"[A-Z0-9]{25}", txid)
        assert parse(br_code(FULANO, txid=txid, amount_cents=1)).txid == txid


# reading


def test_fields_that_are_not_pixs_are_passed_over() -> None:
    fields = emv.unseal(br_code(FULANO, txid="A1", amount_cents=110_00))
    more = {"00": "01", "01": "11", "04": "x", "30": fields.pop("26")} | fields | {"61": "70074900", "99": "x"}
    assert parse(emv.seal(more)) == Parsed(EVP, "Fulano de Tal", "BRASILIA", "A1", 110_00)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"53": "840"}, "53"),
        ({"58": "US"}, "58"),
        ({"59": "x" * 26}, "59"),
        ({"60": "x" * 16}, "60"),
        ({"54": "0.00"}, "54"),
        ({"54": "1,10"}, "54"),
        ({"54": "-1.00"}, "54"),
        ({"62": "0502A"}, "05"),
        ({"26": emv.write({"00": "br.com.outro", "01": "x"})}, "26"),
        ({"26": "0014br.gov.bcb.pix"}, "01"),
        ({"26": None}, "26"),
        ({"53": None}, "53"),
        ({"58": None}, "58"),
        ({"59": None}, "59"),
        ({"60": None}, "60"),
        ({"62": None}, "62"),
    ],
)
def test_a_code_that_asks_for_something_else_is_refused_by_its_field(change, part) -> None:
    fields = emv.unseal(br_code(FULANO, txid="A1", amount_cents=110_00)) | change
    with pytest.raises(Malformed) as refused:
        parse(emv.seal({tag: value for tag, value in fields.items() if value is not None}))
    assert refused.value.part == part


LETTERS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=CITY_LENGTH)
RECEIVERS = st.builds(
    Receiver, st.sampled_from([EVP, "52998224725", "pix@portal.example", "+5511987654321"]), LETTERS, LETTERS
)
TXIDS = st.from_regex(r"[A-Za-z0-9]{1,25}", fullmatch=True)
CENTS = st.integers(1, MOST_CENTS)


@given(RECEIVERS, TXIDS, CENTS)
def test_what_a_code_says_is_what_it_was_made_of(receiver, txid, cents) -> None:
    code = br_code(receiver, txid=txid, amount_cents=cents)
    assert parse(code) == Parsed(receiver.key, receiver.name, receiver.city, txid, cents)


@settings(max_examples=300)
@given(RECEIVERS, TXIDS, CENTS, st.data())
def test_one_wrong_character_anywhere_is_refused(receiver, txid, cents, data) -> None:
    code = br_code(receiver, txid=txid, amount_cents=cents)
    place = data.draw(st.integers(0, len(code) - 1))
    sign = data.draw(st.characters() | st.characters(min_codepoint=32, max_codepoint=126))
    assume(sign != code[place])
    with pytest.raises(Malformed):
        parse(code[:place] + sign + code[place + 1 :])


@given(RECEIVERS, TXIDS, CENTS, st.data())
def test_a_code_cut_short_or_grown_is_refused(receiver, txid, cents, data) -> None:
    code = br_code(receiver, txid=txid, amount_cents=cents)
    for wrong in (code[: data.draw(st.integers(0, len(code) - 1))], code + data.draw(st.text(min_size=1, max_size=8))):
        with pytest.raises(Malformed):
            parse(wrong)


# the fields that tell of a payment


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("110.00", 11000),
        ("0.01", 1),
        ("204.3", 20430),
        ("204", 20400),
        ("0000000001.00", 100),
        ("9999999999.99", MOST_CENTS),
    ],
)
def test_an_amount_is_read_to_the_cent(text, cents) -> None:
    assert amount_from(text) == cents


@given(CENTS)
def test_every_amount_that_is_written_is_read(cents) -> None:
    assert amount_from(f"{cents // 100}.{cents % 100:02}") == cents


@pytest.mark.parametrize(
    "value",
    [
        "", "0", "0.00", "-110.00", "+110.00", "110.000", "110.", ".50", "110,00", "1.110,00", "1,110.00", " 110.00", "110.00\n",
        "NaN", "Infinity", "1e3", "1E+3", "1_000", "0x10", "１１０.00", "10000000000.00", "9" * 5_000, "R$ 110.00",
        110, 110.0, True, None, ["110.00"], {"original": "110.00"},
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(value) -> None:
    with pytest.raises(Malformed, match=r"^valor: must be an amount such as 110\.00"):
        amount_from(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-09-09T20:15:00.358Z", datetime(2020, 9, 9, 20, 15, 0, 358000, UTC)),
        ("2025-07-10T12:00:00-03:00", datetime(2025, 7, 10, 15, tzinfo=UTC)),
        ("2025-07-10T23:30:00.1-03:00", datetime(2025, 7, 11, 2, 30, 0, 100000, UTC)),
        ("2025-07-10T15:00:00.123456789Z", datetime(2025, 7, 10, 15, 0, 0, 123456, UTC)),
        ("2024-02-29T00:00:00+00:00", datetime(2024, 2, 29, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(text, moment) -> None:
    assert moment_from(text) == moment
    assert moment_from(text).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "", "now", "2025-07-10", "2025-07-10T15:00:00", "2025-07-10 15:00:00Z", "2025-07-10T15:00Z", "20250710T150000Z",
        "2025-W28-4T15:00:00Z", "2025-02-29T15:00:00Z", "2025-07-10T24:00:00Z", "2025-07-10T15:00:60Z", "2025-07-10T15:00:00+24:00",
        "2025-07-10T15:00:00-0300", "2025-07-10T15:00:00,5Z", "2025-07-10T15:00:00.1234567890Z", "2025-07-10T15:00:00Z\n",
        "２０２５-07-10T15:00:00Z", "2019-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+03:00",
        "9999-12-31T23:59:59-03:00", "+2025-07-10T15:00:00Z", 1752159600, None, ["2025-07-10T15:00:00Z"],
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(value) -> None:
    with pytest.raises(Malformed, match=r"^horario: must be a moment such as"):
        moment_from(value)


def test_a_refusal_never_repeats_what_was_sent() -> None:
    for refuse in (amount_from, moment_from, parse):
        with pytest.raises(Malformed) as refused:
            refuse("<script>hunter2")
        assert "hunter2" not in str(refused.value)
