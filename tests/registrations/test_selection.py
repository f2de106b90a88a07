"""What a form says about products: numbers, nonsense, steps, another product; each error in words beside its field."""

from __future__ import annotations

import re

import pytest
from flask import render_template_string

from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind
from portal.domain.licenses import MOST, contract
from portal.domain.prices import PriceTable
from portal.registrations import picker, selection
from tests.conftest import NOW
from tests.domain.prices import DEMO

LINK, NAVI = Product.LINK, Product.NAVI
BASE, CLOUD, WAITER, MOBILE, TEF = Item.BASE, Item.CLOUD, Item.WAITER, Item.MOBILE, Item.TEF


def test_what_is_posted_is_what_is_wanted() -> None:
    read = selection.read({"base": "2", "cloud": "1", "waiter": " 3 ", "mobile": "0", "name": "Bar"}, LINK)
    assert read.is_sound
    assert read.wanted == {BASE: 2, CLOUD: 1, WAITER: 3}


def test_what_is_not_posted_is_the_least_that_may_be_held() -> None:
    for product in Product:
        assert selection.read({}, product).wanted == {BASE: 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *[
            (value, "Link Garçom: informe de 0 a 999.")
            for value in ("-1", "1000", str(10**9), "9" * 30, "-" + "9" * 19)
        ],
        *[(value, "Link Garçom: informe um número inteiro.") for value in ("abc", "", "1,5", "1e3", "٣", "--1")],
    ],
)
def test_a_number_that_makes_no_sense_is_refused_and_shown_again(value, said) -> None:
    read = selection.read({"waiter": value}, LINK)
    assert read.errors == {WAITER: said}
    assert read.typed[WAITER] == value[:20]


def test_nothing_less_than_one_base_license_and_no_more_than_one_for_navi() -> None:
    assert selection.read({"base": "0"}, LINK).errors == {BASE: "Licença: informe de 1 a 999."}
    assert selection.read({"base": "2"}, NAVI).errors == {BASE: "Licença: informe 1."}
    assert selection.read({"cloud": "2"}, LINK).errors == {CLOUD: "Cloud: informe de 0 a 1."}


def test_movel_without_cloud_says_what_to_do_and_with_it_is_sound() -> None:
    said = "Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel."
    assert selection.read({"mobile": "2"}, LINK).errors == {MOBILE: said}
    assert selection.read({"mobile": "2", "cloud": "1"}, LINK).is_sound


def test_the_other_products_items_are_refused_unless_none_is_wanted() -> None:
    assert selection.read({"waiter": "1"}, NAVI).errors == {WAITER: "Link Garçom não existe para o Navi."}
    assert selection.read({"waiter": "0"}, NAVI).is_sound


def test_tef_may_stay_or_shrink_and_never_begin_here() -> None:
    assert selection.read({"tef": "1"}, LINK).errors == {TEF: "TEF só se contrata pelo menu TEF."}
    assert selection.read({"tef": "1"}, LINK, held={BASE: 1, TEF: 2}).wanted == {BASE: 1, TEF: 1}
    assert not selection.read({"tef": "3"}, LINK, held={BASE: 1, TEF: 2}).is_sound


@pytest.mark.parametrize(
    ("value", "step", "count"),
    [
        ("2", "waiter:+1", 3), ("2", "waiter:-1", 1), ("0", "waiter:-1", 0), (str(MOST), "waiter:+1", MOST),
        ("abc", "waiter:+1", 1), ("-5", "waiter:-1", 0), (str(10**9), "waiter:-1", MOST),
    ],
)  # fmt: skip
def test_a_step_changes_one_number_within_its_limits(value, step, count) -> None:
    stepped = selection.stepped(selection.read({"waiter": value, "cloud": "1"}, LINK), step)
    assert stepped.typed == {WAITER: str(count), CLOUD: "1"}
    assert stepped.is_sound


@pytest.mark.parametrize("step", ["", "waiter", "waiter:+2", "rocket:+1", "waiter:+1:+1"])
def test_a_step_that_is_none_changes_nothing(step) -> None:
    read = selection.read({"waiter": "2"}, LINK)
    assert selection.stepped(read, step) == read


def test_another_product_keeps_what_both_offer() -> None:
    typed = {"base": "3", "cloud": "1", "waiter": "2"}
    assert selection.switched(selection.read(typed, NAVI)).wanted == {BASE: 1, CLOUD: 1}
    assert selection.switched(selection.read(typed, NAVI)).is_sound
    assert selection.switched(selection.read(typed, LINK)).wanted == {BASE: 3, CLOUD: 1, WAITER: 2}


def test_a_form_begins_with_what_is_held() -> None:
    begun = selection.of({BASE: 2, TEF: 1}, LINK, held={BASE: 2, TEF: 1})
    assert (begun.wanted, begun.is_sound) == ({BASE: 2, TEF: 1}, True)


class TestPicker:
    def lines(self, chosen: selection.Selection, prices: PriceTable = DEMO) -> dict[Item, picker.PickerLine]:
        return {line.item: line for line in picker.lines(chosen, prices)}

    def test_each_product_shows_what_it_offers_with_prices_and_limits(self) -> None:
        lines = self.lines(selection.read({"waiter": "2", "cloud": "1"}, LINK))
        assert set(lines) == set(Item) - {TEF}
        assert (lines[WAITER].value, lines[WAITER].price) == ("2", "R$\xa019,90")
        assert (lines[WAITER].least, lines[WAITER].most) == (0, MOST)
        assert lines[MOBILE].needs == "Cloud"
        assert (lines[CLOUD].is_switch, lines[CLOUD].is_on) == (True, True)
        navi = self.lines(selection.read({}, NAVI))
        assert [item for item, line in navi.items() if not line.is_fixed] == [
            CLOUD, Item.PAYMENT_ORDER, Item.INTEGRATED_PAYMENT,
        ]  # fmt: skip

    def test_tef_is_shown_where_it_is_held_and_can_only_shrink(self) -> None:
        line = self.lines(selection.of({BASE: 1, TEF: 2}, LINK, held={BASE: 1, TEF: 2}))[TEF]
        assert (line.least, line.most, line.value) == (0, 2, "2")

    def test_a_price_that_is_missing_is_shown_as_such(self) -> None:
        empty = PriceTable(0, NOW.date(), {})
        assert self.lines(selection.read({}, LINK), empty)[WAITER].price == ""

    def test_errors_without_a_field_are_not_lost(self) -> None:
        read = selection.read({"base": "2", "waiter": "1", "cloud": "x"}, NAVI)
        said = picker.strangers(read, picker.lines(read, DEMO))
        assert said == ["Licença: informe 1.", "Link Garçom não existe para o Navi."]


TEMPLATE = '{% from "registrations/_picker.html" import picker %}{{ picker(lines, suffix) }}'


def test_the_picker_works_by_plain_buttons_and_names_them(app) -> None:
    read = selection.read({"waiter": "2", "mobile": "1"}, LINK)
    text = render_template_string(TEMPLATE, lines=picker.lines(read, DEMO), suffix="-7")
    field = re.search(r'<input type="number"[^>]*name="waiter"[^>]*>', text)[0]
    for attribute in ('value="2"', 'min="0"', 'max="999"', 'inputmode="numeric"', 'id="waiter-7"'):
        assert attribute in field
    assert re.search(r'name="step" value="waiter:\+1" aria-label="Aumentar Link Garçom" formnovalidate', text)
    assert re.search(r'name="step" value="waiter:-1" aria-label="Diminuir Link Garçom"', text)
    assert "R$\xa019,90 por mês cada" in text
    assert "Link Móvel precisa de Cloud: marque Cloud" in text
    assert " · precisa de Cloud" in text
    assert re.search(r'<input type="checkbox"[^>]*name="cloud" value="1" aria', text)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2025-07-16", ["2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38", "1 × R$ 99,90 ÷ 31 × 26 dias = R$ 83,79",
                        "Total: R$ 117,17", "pago até 10/08/2025"]),
        ("2025-07-05", ["1 × R$ 99,90 (mês inteiro) = R$ 99,90", "2 × R$ 19,90 (mês inteiro) = R$ 39,80",
                        "Total: R$ 139,70", "pago até 10/08/2025"]),
    ],
)  # fmt: skip
def test_a_quote_shows_its_whole_arithmetic(app, moment, said) -> None:
    quote = contract(
        ChargeKind.REGISTRATION, LINK, {BASE: 1, WAITER: 2}, due_day=10, today=NOW.fromisoformat(moment).date(),
        prices=DEMO,
    )  # fmt: skip
    template = '{% include "registrations/_quote.html" %}'
    text = render_template_string(template, quote=quote, product=LINK, label=picker.label).replace("\xa0", " ")
    for sentence in said:
        assert sentence in text
