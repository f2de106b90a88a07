"""Seats that a main computer hands out, with the portal and without."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reference.seats import Action, Counter
from reference.wire import Refused
from tests.reference.shop import Shop
from tests.reference.signing import NOW


def test_peaks_are_told_once(active: Shop) -> None:
    use = {"in_use": 3, "bought": 3, "leased_until": (NOW + timedelta(minutes=15)).isoformat()}
    active.portal.says = [use, use | {"in_use": 2}, active.licensed(), active.licensed()]
    active.seat(Action.TAKE, "G3")
    active.seat(Action.RENEW, "G3")
    active.program.check_in()
    active.program.check_in()
    assert [told["peaks"] for told in active.portal.told[2:]] == [[{"item": "waiter", "most": 3}], []]


def test_without_a_line_the_main_computer_counts_by_the_license_of_the_day(active: Shop) -> None:
    assert [active.seat(Action.TAKE, name) for name in ("G1", "G2", "G3", "G3")] == [(1, 3), (2, 3), (3, 3), (3, 3)]
    with pytest.raises(Refused, match="em uso"):
        active.seat(Action.TAKE, "G4")
    assert active.seat(Action.RETURN, "G1") == (2, 3)
    active.now = datetime.fromisoformat("2025-07-20T00:00:00-03:00")
    with pytest.raises(Refused, match="não está usando"):
        active.seat(Action.RENEW, "G2")
    assert [active.seat(Action.TAKE, name) for name in ("G1", "G2")] == [(1, 2), (2, 2)]
    with pytest.raises(Refused, match="em uso"):
        active.seat(Action.TAKE, "G3")
    with pytest.raises(Refused, match="em uso"):
        active.seat(Action.TAKE, "CAIXA-02", "base")


def test_a_seat_that_the_portal_ended_is_not_kept_without_a_line(active: Shop) -> None:
    active.seat(Action.TAKE, "G1")
    active.portal.says = [Refused("seat_freed", "O parceiro encerrou o uso neste aparelho.")]
    for words in ("encerrou", "não está usando"):
        with pytest.raises(Refused, match=words):
            active.seat(Action.RENEW, "G1")


def test_no_other_program_of_the_shop_hands_out_seats(active: Shop) -> None:
    mobile = active.program
    mobile.state.program = "link_mobile"
    with pytest.raises(Refused, match="computador principal"):
        Counter(mobile, "waiter").do(Action.TAKE, "G1")


def test_a_program_that_rests_hands_out_no_seats_but_takes_them_back(active: Shop) -> None:
    active.seat(Action.TAKE, "G1")
    active.portal.says = [Refused("suspended", "Acesso suspenso.")]
    for _ in ("told", "remembered"):
        with pytest.raises(Refused, match="suspenso"):
            active.seat(Action.TAKE, "G2")
    assert active.seat(Action.RETURN, "G1") == (0, 3)
