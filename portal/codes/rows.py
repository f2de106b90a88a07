"""What the templates of codes show, prepared: no rule, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting
from portal.codes.texts import program_of
from portal.domain.actions import Action, allowed_actions
from portal.domain.codes import State, state_of
from portal.domain.statuses import LIVE_STATUSES, derive_status


@dataclass(frozen=True)
class CodeRow:
    """A code with its client, its age and its last sending."""

    id: int
    client_id: int
    name: str
    document: str
    program: str
    code: str
    issued: str
    age: str
    state: State
    ended: str
    sending: str
    seen: int
    is_beside_key: bool
    is_open: bool
    is_reissuable: bool

    @classmethod
    def build(cls, row: Any, today: date) -> CodeRow:
        """Prepare a row of the queries' columns."""
        issued_on, state, status = formatting.local_date(row.issued_at), _state(row), derive_status(row, today)
        is_unused = state is State.UNUSED
        return cls(
            row.id,
            row.client_id,
            row.name,
            formatting.document(row.document),
            program_of(row.item),
            formatting.code(row.code),
            formatting.day(issued_on),
            formatting.ago(issued_on, today),
            state,
            formatting.moment(row.consumed_at or row.revoked_at),
            sending_in_words(row, today) if row.sending_id else "",
            row.sending_id or 0,
            row.supersedes_id is not None,
            is_unused and status in LIVE_STATUSES,
            is_unused and Action.REISSUE_CODE in allowed_actions(status, row),
        )


def _state(row: Any) -> State:
    return state_of(row.consumed_at, row.revoked_at)


def sending_in_words(row: Any, today: date) -> str:
    """Return WhatsApp, há 2 dias, por Ana."""
    return f"{row.way.label}, {formatting.ago(formatting.local_date(row.sent_at), today)}, por {row.sent_by}"
