"""What the templates of requests show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal import formatting
from portal.domain.requests import Move, RequestKind, RequestState, Side
from portal.models import RequestEntry, RequestFile, ServiceRequest
from portal.requests.filters import RequestFilter
from portal.tabs import Tab

COLOURS: Mapping[RequestState, str] = {
    RequestState.SENT: "pending",
    RequestState.ANALYSIS: "pending",
    RequestState.AWAITING: "suspended",
    RequestState.RUNNING: "active",
    RequestState.DONE: "active",
    RequestState.REFUSED: "expired",
    RequestState.CANCELLED: "inactive",
}
"""The classes of the clients' statuses, whose colours mean the same."""

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A line of a list."""

    id: int
    kind: RequestKind
    client_name: str
    partner_name: str
    about: str
    sent: str
    changed: str
    state: RequestState
    colour: str
    note: str

    @classmethod
    def build(cls, row: Any, side: Side) -> RequestRow:
        """Prepare a row of the queries."""
        return cls(
            row.id,
            row.kind,
            row.client_name,
            getattr(row, "partner_name", ""),
            about(row),
            formatting.day_of(row.sent_at),
            formatting.moment(row.changed_at),
            row.state,
            COLOURS[row.state],
            _note(row, side),
        )


def about(row: Any) -> str:
    """Return what a request asks for, in a few words."""
    if row.kind is RequestKind.TEF:
        terminals = f"{row.terminals} {'terminal' if row.terminals == 1 else 'terminais'}"
        return f"{terminals} · {row.acquirer}"
    return f"{row.system} {row.system_version}".rstrip()


def _note(row: Any, side: Side) -> str:
    if row.state is RequestState.AWAITING and row.is_paid:
        return "paga"
    return "mensagem sem resposta" if side is Side.VENDOR and row.is_unanswered else ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A line of a request's time."""

    id: int
    title: str
    who: str
    at: str
    text: str
    is_message: bool

    @classmethod
    def build(cls, entry: RequestEntry) -> EntryRow:
        """Put a line into words; a message is what somebody wrote, and nothing else."""
        who = entry.user_name if entry.side is Side.PARTNER else f"{entry.user_name} (fornecedor)"
        is_message = entry.state is None and not entry.has_read_file
        return cls(entry.id, _title(entry), who, formatting.moment(entry.at), entry.text, is_message)


def _title(entry: RequestEntry) -> str:
    if entry.has_read_file:
        return "Arquivo aberto pelo fornecedor"
    if entry.state is None:
        return "Mensagem"
    return "Outra pessoa assumiu o atendimento" if entry.move is Move.TAKE_OVER else entry.state.label


def facts_of(request: ServiceRequest) -> list[tuple[str, str]]:
    """Return what was typed into a request's form, by its labels; longer text has its own place."""
    if request.kind is RequestKind.TEF:
        return [
            ("Terminais", str(request.terminals)),
            ("Adquirente", request.acquirer),
            ("Modelo do PinPad", request.pinpad),
            ("Número do estabelecimento", request.establishment),
            ("Contato na loja", request.contact),
        ]
    system = f"{request.system} {request.system_version}".rstrip()
    return [("Sistema anterior", system), ("Contato", request.contact)]


def size_of(file: RequestFile) -> str:
    """Return 48 KB, or 3,2 MB."""
    if file.size_bytes < MIB:
        return f"{max(1, file.size_bytes // KIB)} KB"
    tenths = file.size_bytes * 10 // MIB
    return f"{tenths // 10},{tenths % 10} MB"


def tabs(criteria: RequestFilter, counts: Mapping[RequestState, int], shown: Iterable[RequestState]) -> list[Tab]:
    """Return "Todas", then each state that may be, all with their numbers."""
    total = formatting.number(sum(counts.values()))
    every = Tab("Todas", total, criteria.from_start(state=None), not criteria.state)
    return [every, *(_tab(criteria, state, counts[state]) for state in shown)]


def _tab(criteria: RequestFilter, state: RequestState, number: int) -> Tab:
    return Tab(state.label, formatting.number(number), criteria.from_start(state=state), criteria.state is state)


def chips(criteria: RequestFilter) -> Iterator[tuple[str, str]]:
    """Yield search and the queue's criteria, each with the query string that removes it; a state has its tabs."""
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    if criteria.kind:
        yield criteria.kind.label, criteria.from_start(kind=None)
    if criteria.waiting:
        yield criteria.waiting.label, criteria.from_start(waiting=None)
