"""What real orders leave on the client's page: what is to come, what was done and what it cost (DOMAIN R4, R8, R9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from jobs import apply_changes
from portal import clock
from tests.registrations.conftest import Hand, noon
from tests.visitor import Visitor

JUL_16, JUL_17, AUG_11 = date(2025, 7, 16), date(2025, 7, 17), date(2025, 8, 11)


def line_of_time(web_of: Callable[..., Visitor], hand: Hand, on: date) -> list[str]:
    """Return the line as it is read, entry by entry."""
    with clock.frozen(noon(on)):
        page = web_of().get(f"/clients/{hand.client.id}").text.partition('id="timeline"')[2]
    entries = re.findall(r"<li[ >].*?</li>", page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", entry).replace("\xa0", " ")).strip() for entry in entries]


def found(entries: list[str], words: str) -> list[int]:
    return [place for place, entry in enumerate(entries) if words in entry]


def test_an_addition_says_what_it_cost_and_a_removal_when_it_counts(web_of, hand_on) -> None:
    hand = hand_on()
    hand.change(JUL_16, waiter=2)
    hand.change(JUL_17, waiter=1)
    entries = line_of_time(web_of, hand, JUL_17)
    [today] = found(entries, "Hoje:")
    assert [place < today for place in found(entries, "11/08/2025 Link Garçom 2 → 1")] == [True]
    assert "Link Garçom a partir de 11/08/2025: 2 1" in entries[today + 1]
    assert "Cobrança" not in entries[today + 1]
    assert "Link Garçom: 0 2" in entries[today + 2]
    assert "Cobrança de R$ 33,38 · Em aberto" in entries[today + 2]


def test_the_night_turns_what_was_ahead_into_past_and_nothing_else(web_of, hand_on) -> None:
    hand = hand_on()
    hand.change(JUL_16, waiter=2)
    hand.change(JUL_17, waiter=1)
    before, version = hand.holds(AUG_11), hand.client.version
    assert "Link Garçom 2 → 1" not in " ".join(line_of_time(web_of, hand, AUG_11)), "the day has come, night or not"
    apply_changes.run(noon(AUG_11))
    hand.refresh()
    assert (hand.holds(AUG_11), hand.client.version) == (before, version)
    entries = line_of_time(web_of, hand, AUG_11)
    [applied] = found(entries, "Mudança em vigor")
    assert "Link Garçom: 2 1" in entries[applied]
    assert found(entries, "Hoje:")[0] == applied - 1


def test_what_was_taken_back_and_what_was_undone_says_so(web_of, hand_on) -> None:
    hand = hand_on()
    hand.change(JUL_16, waiter=2)
    hand.reverse(JUL_16)
    entries = line_of_time(web_of, hand, JUL_16 + timedelta(days=1))
    [undoing] = found(entries, "Pedido estornado")
    assert "Link Garçom: 2 0" in entries[undoing]
    assert "Cobrança de R$ 33,38 · Estornada Este pedido foi estornado." in entries[undoing + 1]
