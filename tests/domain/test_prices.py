"""The price table: what another version moves, and when one can no longer be touched."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.catalogue import Item, Product
from portal.domain.errors import SetRefused
from portal.domain.licenses import Flaw, Problem, ensure_set, problems
from portal.domain.prices import has_begun, monthly_move, moves

LINK, NAVI = Product.LINK, Product.NAVI
BASE = (LINK, Item.BASE)


def test_what_stays_or_is_new_does_not_move() -> None:
    before = {BASE: 9990, (LINK, Item.CLOUD): 2990, (NAVI, Item.BASE): 4990}
    after = {BASE: 10990, (LINK, Item.CLOUD): 2990, (NAVI, Item.BASE): 4000, (LINK, Item.TEF): 1}
    assert moves(before, after) == {BASE: 1000, (NAVI, Item.BASE): -990}


def test_the_months_move_is_that_of_all_units() -> None:
    assert monthly_move({BASE: 1000, (NAVI, Item.BASE): -990}, {BASE: 3, (NAVI, Item.BASE): 1}) == 2010
    assert monthly_move({BASE: 1000}, {}) == 0


def test_a_version_has_begun_on_its_own_day() -> None:
    day = date(2025, 7, 10)
    assert [has_begun(day, today) for today in (date(2025, 7, 9), day)] == [False, True]


def test_of_what_is_withheld_nobody_gets_more_than_is_held() -> None:
    withheld = {(LINK, Item.WAITER)}
    held = {Item.BASE: 1, Item.WAITER: 2}
    assert problems(LINK, held, held, withheld) == []
    assert problems(LINK, held | {Item.WAITER: 3}, held, withheld) == [Problem(Flaw.WITHHELD, Item.WAITER)]
    assert problems(LINK, held, None, {(NAVI, Item.WAITER)}) == []
    with pytest.raises(SetRefused) as refused:
        ensure_set(LINK, held, None, withheld)
    assert refused.value.problems == (Problem(Flaw.WITHHELD, Item.WAITER),)
