"""Requests to the vendor, "TEF" and "Importação": their life as one table, read by buttons, guards, help, tests (DOMAIN §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from portal.domain.catalogue import Product
from portal.domain.errors import Refusal
from portal.domain.labels import LabelEnum

MOST_TERMINALS = 99
"""Of one request; more is a slip of the hand (decided here)."""

MOST_FILE_BYTES = 10 * 1024 * 1024
PIECE_BYTES = 512 * 1024
"""A file is sealed and kept in pieces, so that no row and no answer holds all of it."""

LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "acquirer": 60,
        "pinpad": 60,
        "establishment": 30,
        "contact": 120,
        "system": 80,
        "system_version": 40,
        "wanted": 2_000,
        "text": 2_000,
        "reason": 200,
        "file": 120,
    }
)
"""The most characters of what is typed, and of a file's name."""


class RequestKind(LabelEnum):
    """What is asked of the vendor: each kind has a menu of its own."""

    TEF = "tef", "TEF"
    IMPORT = "import", "Importação"


class RequestState(LabelEnum):
    """How far a request is, in the order of its life."""

    SENT = "sent", "Enviada"
    ANALYSIS = "analysis", "Em análise"
    AWAITING = "awaiting", "Aguardando pagamento"
    RUNNING = "running", "Em execução"
    DONE = "done", "Concluída"
    REFUSED = "refused", "Recusada"
    CANCELLED = "cancelled", "Cancelada"


class Side(LabelEnum):
    """Who does something with a request."""

    PARTNER = "partner", "Revenda"
    VENDOR = "vendor", "Fornecedor"


class Move(LabelEnum):
    """What may be done with a request, as its buttons say it."""

    TAKE = "take", "Assumir e analisar"
    TAKE_OVER = "take_over", "Assumir o atendimento"
    APPROVE = "approve", "Aprovar e liberar os terminais"
    ASK_PAYMENT = "ask_payment", "Pedir pagamento"
    RECONSIDER = "reconsider", "Voltar para análise"
    BEGIN = "begin", "Iniciar execução"
    CONCLUDE = "conclude", "Concluir"
    REFUSE = "refuse", "Recusar"
    CANCEL = "cancel", "Cancelar solicitação"


class Obstacle(LabelEnum):
    """Why a move is refused."""

    NOT_NOW = "not_now", "A solicitação já está em outra etapa"
    UNPAID = "unpaid", "O pagamento ainda não chegou"
    PAID = "paid", "A cobrança já foi paga"
    INVOICED = "invoiced", "A cobrança está em uma fatura com outras: cancele a fatura antes"
    CHANGED = "changed", "A solicitação mudou depois que esta página foi aberta"
    NOT_HANDLING = "not_handling", "Só quem atende a solicitação abre o arquivo: assuma o atendimento antes"
    NO_FILE = "no_file", "O arquivo não está mais guardado"


class RequestRefused(Refusal):
    """A request cannot be moved on like that now."""

    def __init__(self, why: Obstacle) -> None:
        """Remember the reason."""
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Step:
    """A move from a state: where it leads, who may, of which kinds; ``is_paid`` is what its charge has to be, None for any."""

    to: RequestState
    by: Side
    kinds: frozenset[RequestKind] = frozenset(RequestKind)
    is_paid: bool | None = None


_S, _M = RequestState, Move
_TEF, _IMPORT = frozenset({RequestKind.TEF}), frozenset({RequestKind.IMPORT})

LIFE: Mapping[RequestState, Mapping[Move, Step]] = MappingProxyType(
    {
        _S.SENT: {
            _M.TAKE: Step(_S.ANALYSIS, Side.VENDOR),
            _M.REFUSE: Step(_S.REFUSED, Side.VENDOR),
            _M.CANCEL: Step(_S.CANCELLED, Side.PARTNER),
        },
        _S.ANALYSIS: {
            _M.APPROVE: Step(_S.RUNNING, Side.VENDOR, _TEF),
            _M.ASK_PAYMENT: Step(_S.AWAITING, Side.VENDOR, _IMPORT),
            _M.TAKE_OVER: Step(_S.ANALYSIS, Side.VENDOR),
            _M.REFUSE: Step(_S.REFUSED, Side.VENDOR),
            _M.CANCEL: Step(_S.CANCELLED, Side.PARTNER),
        },
        _S.AWAITING: {
            _M.BEGIN: Step(_S.RUNNING, Side.VENDOR, _IMPORT, is_paid=True),
            _M.RECONSIDER: Step(_S.ANALYSIS, Side.VENDOR, _IMPORT, is_paid=False),
            _M.TAKE_OVER: Step(_S.AWAITING, Side.VENDOR, _IMPORT),
            _M.REFUSE: Step(_S.REFUSED, Side.VENDOR, _IMPORT),
            _M.CANCEL: Step(_S.CANCELLED, Side.PARTNER, _IMPORT, is_paid=False),
        },
        _S.RUNNING: {
            _M.CONCLUDE: Step(_S.DONE, Side.VENDOR),
            _M.TAKE_OVER: Step(_S.RUNNING, Side.VENDOR),
            _M.REFUSE: Step(_S.REFUSED, Side.VENDOR, _IMPORT),
        },
        _S.DONE: {},
        _S.REFUSED: {},
        _S.CANCELLED: {},
    }
)
"""What may be done in which state, by whom (DOMAIN §9). No other place says so.

An import that was paid and cannot be done is refused as well: its value becomes the partner's credit (decided here)."""

ENDED = frozenset(state for state, moves in LIFE.items() if not moves)
"""States that nothing leads out of; messages end with them, too."""

PRODUCTS: Mapping[RequestKind, frozenset[Product]] = MappingProxyType(
    {RequestKind.TEF: frozenset({Product.LINK}), RequestKind.IMPORT: frozenset(Product)}
)
"""For clients of which product a kind may be asked."""


class Facts(Protocol):
    """What the moves of a request follow from; ``is_paid`` says that the money for it has arrived."""

    @property
    def kind(self) -> RequestKind: ...  # noqa: D102
    @property
    def state(self) -> RequestState: ...  # noqa: D102
    @property
    def is_paid(self) -> bool: ...  # noqa: D102


def why_not(move: Move, facts: Facts, side: Side) -> Obstacle | None:
    """Return why a side may not make a move now, or None where it may."""
    step = LIFE[facts.state].get(move)
    if step is None or step.by is not side or facts.kind not in step.kinds:
        return Obstacle.NOT_NOW
    if step.is_paid in {None, facts.is_paid}:
        return None
    return Obstacle.UNPAID if step.is_paid else Obstacle.PAID


def moves_of(facts: Facts, side: Side) -> tuple[Move, ...]:
    """Return what a side may do now, in the table's order."""
    return tuple(move for move in LIFE[facts.state] if why_not(move, facts, side) is None)


def ensure_possible(move: Move, facts: Facts, side: Side) -> Step:
    """Return the step that a move is now.

    Raises:
        RequestRefused: with the reason why a side may not make it.
    """
    if why := why_not(move, facts, side):
        raise RequestRefused(why)
    return LIFE[facts.state][move]


def states_of(kind: RequestKind) -> tuple[RequestState, ...]:
    """Return the states that a kind may come to, in the order of its life."""
    reached = {RequestState.SENT}
    for state in RequestState:
        steps = LIFE[state].values() if state in reached else ()
        reached |= {step.to for step in steps if kind in step.kinds}
    return tuple(state for state in RequestState if state in reached)
