"""What the templates of "Status Cloud" show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import formatting
from portal.clock import local_date
from portal.cloud.filters import CloudFilter
from portal.domain.actions import Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.cloud import UNSAID, CloudState, state_of
from portal.domain.statuses import Status, derive_status
from portal.tabs import Tab

COLOURS = {
    CloudState.ERROR: "expired",
    CloudState.OFFLINE: "inactive",
    CloudState.UNSYNCED: "suspended",
    CloudState.ONLINE: "active",
}
"""The classes of the clients' statuses, whose colours mean the same."""

MEANINGS = {
    CloudState.ONLINE: "O programa falou com o portal nas últimas 24 horas e os dados estão em dia.",
    CloudState.UNSYNCED: "O programa ainda não contou do Cloud, ou os dados têm mais de 24 horas. "
    "Confira a internet da loja e deixe o programa aberto.",
    CloudState.OFFLINE: "O programa não conta do Cloud há 24 horas ou mais. Veja se o computador está ligado e conectado.",
    CloudState.ERROR: "O programa diz o que falhou, ao lado do estado. Resolva na loja e espere o próximo contato.",
}
"""What each state means and what to do about it."""

LEAST_BYTES = 100_000
"""What is smaller reads as 0,1 MB."""


@dataclass(frozen=True, slots=True)
class CloudRow:
    """A client with its Cloud. ``asked`` is the id of the last backup that was asked for, taken back or not (0 for none)."""

    id: int
    name: str
    document: str
    product: Product
    status: Status
    state: CloudState
    colour: str
    detail: str
    seen: str
    synced: str
    leaves: str
    backup: str
    backup_id: int
    asked: int
    may_ask: bool
    may_take_back: bool
    may_remove: bool

    @classmethod
    def build(cls, row: Any, now: datetime) -> CloudRow:
        """Prepare a row of the queries' columns."""
        state, status = _state(row, now), derive_status(row, local_date(now))
        is_open = row.backup_id is not None and row.done_at is None
        is_link = row.product is Product.LINK
        may_edit = Action.EDIT in allowed_actions(status, row)
        return cls(
            row.id,
            row.name,
            formatting.document(row.document),
            row.product,
            status,
            state,
            COLOURS[state],
            detail_in_words(row.cloud_detail) if state is CloudState.ERROR else "",
            _moment(row.last_seen_at),
            _moment(row.cloud_synced_at),
            formatting.day(row.leaves_on) if row.leaves_on else "",
            backup_in_words(row, now, is_suspended=status is Status.SUSPENDED) if row.backup_id else "",
            row.backup_id or 0,
            row.asked,
            is_link and not is_open,
            is_open and row.handed_out_at is None,
            not is_link and may_edit and row.leaves_on is None,
        )


def _state(row: Any, now: datetime) -> CloudState:
    return state_of(row.cloud_health, row.cloud_reported_at, row.cloud_synced_at, now)


def _moment(at: datetime | None) -> str:
    return formatting.moment(at) if at else "nunca"


def detail_in_words(detail: str) -> str:
    """Return what a program says went wrong."""
    return "motivo não informado" if detail in {"", UNSAID} else detail


def backup_in_words(row: Any, now: datetime, *, is_suspended: bool = False) -> str:
    """Return what has become of a backup."""
    if row.done_at is None:
        asked = f"Backup pedido {_when(row.requested_at, now)}"
        if row.handed_out_at is not None:
            return f"{asked}; o programa já recebeu o pedido"
        return f"{asked}, aguardando {'o fim da suspensão' if is_suspended else 'o programa'}"
    done = formatting.moment(row.done_at)
    if row.failure:
        return f"Backup falhou em {done}: {detail_in_words(row.failure)}"
    return f"Backup feito em {done}" + (f", {_megabytes(row.size_bytes)}" if row.size_bytes else "")


def _when(at: datetime, now: datetime) -> str:
    """Return às 14:32, or em 09/07 às 14:32."""
    day, today = local_date(at), local_date(now)
    return ("" if day == today else f"em {formatting.short_day(day, today)} ") + f"às {formatting.hour(at)}"


def _megabytes(size: int) -> str:
    """Return 48,3 MB."""
    tenths = max(size, LEAST_BYTES) // LEAST_BYTES
    return f"{formatting.number(tenths // 10)},{tenths % 10} MB"


def line(contact: Any, now: datetime) -> str:
    """Return what a client's page says of its Cloud: Online · sincronizado em 10/07/2025 11:00."""
    if contact is None:
        return CloudState.UNSYNCED.label
    state = _state(contact, now)
    words = [state.label]
    if state is CloudState.ERROR:
        words.append(detail_in_words(contact.cloud_detail))
    if contact.cloud_synced_at:
        words.append(f"sincronizado em {formatting.moment(contact.cloud_synced_at)}")
    return " · ".join(words)


def tabs(criteria: CloudFilter, counts: Mapping[CloudState, int]) -> list[Tab]:
    """Return "Todos", then each state, all with their numbers."""
    every = Tab("Todos", formatting.number(sum(counts.values())), criteria.from_start(state=None), not criteria.state)
    return [every, *(_tab(criteria, state, number) for state, number in counts.items())]


def _tab(criteria: CloudFilter, state: CloudState, number: int) -> Tab:
    return Tab(state.label, formatting.number(number), criteria.from_start(state=state), criteria.state is state)


def chips(criteria: CloudFilter) -> Iterator[tuple[str, str]]:
    """Yield search and product, each with the query string that removes it; a state has its tabs."""
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    if criteria.product:
        yield criteria.product.label, criteria.from_start(product=None)
