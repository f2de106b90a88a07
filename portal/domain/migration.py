"""From Navi to Link, step by step: what happened, what comes next, what is said about it (DOMAIN §8, §5, R17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain import cycle
from portal.domain.labels import LabelEnum
from portal.domain.renewals import Decision
from portal.domain.statuses import Status

LINK_LIFE = timedelta(hours=24)
"""How long a "Link de Download" leads to a backup."""

GRANT_LIFE = timedelta(minutes=15)
"""How long a partner's word given in Link's dialogue counts."""


class Step(LabelEnum):
    """A step of a migration, in the order in which they are shown."""

    ORDERED = "ordered", "Link contratado"
    BACKUP = "backup", "Backup do Navi recebido"
    RESTORED = "restored", "Backup restaurado no Link"
    ACTIVATED = "activated", "Link ativado"
    USERS = "users", "Usuários criados no Link"
    RENEWAL = "renewal", "Renovação decidida"


class StepState(LabelEnum):
    """How a step stands."""

    DONE = "done", "Feito"
    NEXT = "next", "Próximo passo"
    LATER = "later", "Depois"


class BackupSource(LabelEnum):
    """How a backup came to the portal."""

    NAVI = "navi", "Link de Download"
    PARTNER = "partner", "Enviado para conferência"


class BackupState(LabelEnum):
    """How a backup stands: its content is there only while it is RECEIVED."""

    RECEIVING = "receiving", "Recebendo"
    RECEIVED = "received", "Disponível"
    USED = "used", "Usado"
    EXPIRED = "expired", "Expirado"
    REPLACED = "replaced", "Substituído"
    DELETED = "deleted", "Excluído"


def is_at_hand(source: BackupSource, state: BackupState) -> bool:
    """Say whether a backup may still be restored, or was: of one that a partner sent in, the partner has the file."""
    if source is BackupSource.PARTNER:
        return state is not BackupState.RECEIVING
    return state in {BackupState.RECEIVED, BackupState.USED}


class Lapse(LabelEnum):
    """What became of renewing the Navi that Link replaces."""

    OPEN = "open", ""
    LAPSED = "lapsed", "O Navi não foi renovado"
    SKIPPED = "skipped", "Só o Link será renovado"
    BOTH = "both", "O cliente usa os dois"
    RENEWED = "renewed", "O Navi também foi renovado"


@dataclass(frozen=True)
class Facts:
    """What happened in a migration; moments are None where it did not (yet).

    ``navi_due_on`` was the Navi's due date when Link was ordered, None while the vendor had not looked: a later one means
    that Navi was renewed all the same.
    """

    ordered_at: datetime
    navi_due_on: date | None
    backup_at: datetime | None = None
    restored_at: datetime | None = None
    activated_at: datetime | None = None
    users_at: datetime | None = None
    navi_status: Status = Status.ACTIVE
    navi_now_due_on: date | None = None
    uses_both: bool = False
    decision: Decision | None = None


@dataclass(frozen=True)
class Stage:
    """A step as the checklist shows it; ``at`` is None too where it is known to have happened but not when."""

    step: Step
    state: StepState
    at: datetime | None


def lapse_of(facts: Facts) -> Lapse:
    """Return what became of renewing Navi (DOMAIN §5: only Link is renewed next month)."""
    if facts.uses_both:
        return Lapse.BOTH
    if facts.navi_due_on and facts.navi_now_due_on and facts.navi_now_due_on > facts.navi_due_on:
        return Lapse.RENEWED
    if facts.navi_status in {Status.EXPIRED, Status.INACTIVE, Status.HIDDEN}:
        return Lapse.LAPSED
    return Lapse.SKIPPED if facts.decision is Decision.SKIP else Lapse.OPEN


def stages(facts: Facts) -> list[Stage]:
    """Return all steps; the first that is not done comes next. What was restored was there before, wherever it came from."""
    happened = {
        Step.ORDERED: (True, facts.ordered_at),
        Step.BACKUP: (bool(facts.backup_at or facts.restored_at), facts.backup_at),
        Step.RESTORED: (facts.restored_at is not None, facts.restored_at),
        Step.ACTIVATED: (facts.activated_at is not None, facts.activated_at),
        Step.USERS: (facts.users_at is not None, facts.users_at),
        Step.RENEWAL: (lapse_of(facts) is not Lapse.OPEN, None),
    }
    following = next((step for step in Step if not happened[step][0]), None)
    return [
        Stage(step, StepState.DONE if is_done else StepState.NEXT if step is following else StepState.LATER, at)
        for step, (is_done, at) in happened.items()
    ]


def lapses_on(due_on: date) -> tuple[date, date]:
    """Return the first day on which a Navi that is not renewed is Expirado, and the first on which it is Inativo (R17).

    Where the due date is the last of its month there is no day between (DOMAIN R22): both are the first of the next.
    """
    return due_on + timedelta(days=1), cycle.last_of_month(due_on) + timedelta(days=1)
