"""The life of a request to the vendor: DOMAIN §9's states, who may move it where, and what payment has to do with it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from portal.domain import requests
from portal.domain.requests import (
    ENDED,
    LIFE,
    Move,
    Obstacle,
    RequestKind,
    RequestRefused,
    RequestState,
    Side,
    ensure_possible,
    moves_of,
    states_of,
    why_not,
)

# state, whether it is paid: what each side may do with a TEF, with an import.
TABLE = """
    sent      -    tef     vendor   take refuse
    sent      -    tef     partner  cancel
    sent      -    import  vendor   take refuse
    sent      -    import  partner  cancel
    analysis  -    tef     vendor   approve take_over refuse
    analysis  -    tef     partner  cancel
    analysis  -    import  vendor   ask_payment take_over refuse
    analysis  -    import  partner  cancel
    awaiting  no   import  vendor   reconsider take_over refuse
    awaiting  no   import  partner  cancel
    awaiting  yes  import  vendor   begin take_over refuse
    awaiting  yes  import  partner
    running   -    tef     vendor   conclude take_over
    running   -    tef     partner
    running   yes  import  vendor   conclude take_over refuse
    running   yes  import  partner
"""
LINES = [line.split() for line in TABLE.strip().splitlines()]


@dataclass(frozen=True)
class Facts:
    kind: RequestKind
    state: RequestState
    is_paid: bool = False


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_every_line_of_the_table_holds(line) -> None:
    state, paid, kind, side, *moves = line
    facts = Facts(RequestKind(kind), RequestState(state), paid == "yes")
    assert [move.value for move in moves_of(facts, Side(side))] == moves


@pytest.mark.parametrize("state", sorted(ENDED))
@pytest.mark.parametrize("side", Side)
def test_nothing_leads_out_of_an_end(state, side) -> None:
    for kind in RequestKind:
        assert moves_of(Facts(kind, state), side) == ()
        assert {why_not(move, Facts(kind, state), side) for move in Move} == {Obstacle.NOT_NOW}


def test_the_ends_are_concluida_recusada_cancelada() -> None:
    assert {state.label for state in ENDED} == {"Concluída", "Recusada", "Cancelada"}


def test_the_screen_says_the_words_of_the_product() -> None:
    words = "Enviada, Em análise, Aguardando pagamento, Em execução, Concluída, Recusada, Cancelada"
    assert ", ".join(state.label for state in RequestState) == words


def test_work_on_an_import_begins_only_once_it_is_paid() -> None:
    unpaid, paid = (Facts(RequestKind.IMPORT, RequestState.AWAITING, is_paid) for is_paid in (False, True))
    assert why_not(Move.BEGIN, unpaid, Side.VENDOR) is Obstacle.UNPAID
    assert ensure_possible(Move.BEGIN, paid, Side.VENDOR).to is RequestState.RUNNING
    for side, move in ((Side.PARTNER, Move.CANCEL), (Side.VENDOR, Move.RECONSIDER)):
        assert why_not(move, paid, side) is Obstacle.PAID
        assert why_not(move, unpaid, side) is None
    with pytest.raises(RequestRefused) as refused:
        ensure_possible(Move.CANCEL, paid, Side.PARTNER)
    assert refused.value.why is Obstacle.PAID


def test_only_an_import_waits_for_payment() -> None:
    assert RequestState.AWAITING not in states_of(RequestKind.TEF)
    assert states_of(RequestKind.IMPORT) == tuple(RequestState)
    assert set(states_of(RequestKind.TEF)) == set(RequestState) - {RequestState.AWAITING}


def test_no_side_makes_the_others_moves() -> None:
    for state, moves in LIFE.items():
        for move, step in moves.items():
            other = next(side for side in Side if side is not step.by)
            for kind in step.kinds:
                assert why_not(move, Facts(kind, state, bool(step.is_paid)), other) is Obstacle.NOT_NOW


def test_every_state_is_reached_and_every_move_leads_somewhere() -> None:
    reached = {step.to for moves in LIFE.values() for step in moves.values()} | {RequestState.SENT}
    assert reached == set(RequestState)
    assert {move for moves in LIFE.values() for move in moves} == set(Move)
    assert set(requests.PRODUCTS) == set(RequestKind)
