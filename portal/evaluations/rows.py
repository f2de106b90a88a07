"""What the pages of the queue show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import formatting, tabs
from portal.domain.catalogue import Product
from portal.domain.statuses import Status, derive_status
from portal.evaluations.filters import EvaluationFilter, Turn
from portal.evaluations.queries import Evidence
from portal.models import AuditEvent


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A registration in the queue."""

    id: int
    name: str
    document: str
    product: Product
    partner: str
    sent: str
    age: str
    reason: str

    @classmethod
    def build(cls, row: Any, today: date) -> EvaluationRow:
        """Prepare one."""
        return cls(
            row.id,
            row.name,
            formatting.document(row.document),
            row.product,
            row.partner_name,
            formatting.moment(row.pending_at),
            formatting.ago(formatting.local_date(row.pending_at), today),
            row.pending_reason,
        )


@dataclass(frozen=True)
class OtherRow:
    """Another partner's registration of the same document."""

    id: int
    partner: str
    product: Product
    registered: str
    status: Status
    is_same_product: bool

    @classmethod
    def build_all(cls, found: Evidence, today: date) -> list[OtherRow]:
        """Prepare them."""
        return [
            cls(row.id, row.partner_name, row.product, formatting.day(row.registered_on), derive_status(row, today),
                row.product is found.client.product)
            for row in found.others
        ]  # fmt: skip


LABELS = {
    "register": "Cadastro enviado",
    "registration_approved": "Aprovado",
    "registration_rejected": "Recusado",
    "correct": "Corrigido e reenviado",
    "withdraw": "Retirado pela revenda",
}


@dataclass(frozen=True)
class StepRow:
    """Something that was done about a registration."""

    protocol: int
    label: str
    at: str
    actor: str
    reason: str

    @classmethod
    def build(cls, event: AuditEvent) -> StepRow:
        """Prepare one."""
        return cls(event.id, LABELS[event.action], formatting.moment(event.at), event.actor_name, event.reason)


def tab_list(criteria: EvaluationFilter, waiting: Mapping[Turn, int]) -> list[tabs.Tab]:
    """Return both turns, each with how many wait."""
    return [
        tabs.Tab(turn.label, formatting.number(waiting[turn]), criteria.from_start(turn=turn), criteria.turn is turn)
        for turn in Turn
    ]
