"""What the checklist's templates show, prepared: no rule, no query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal import clock, formatting
from portal.domain import migration
from portal.domain.migration import Lapse, Stage, Step, StepState
from portal.domain.navi_backup import MIGRATED
from portal.domain.statuses import Outlook, outlook
from portal.models import Client, NaviBackup
from portal.navi_migration.queries import Course, state_of

UNNAMED = "aparelho sem nome"


@dataclass(frozen=True)
class StageRow:
    """A step: how it stands, when it was done and by whom."""

    step: Step
    state: StepState
    at: str
    who: str


@dataclass(frozen=True)
class BackupRow:
    """A backup of the Navi; ``until`` is when its content goes, "" where there is none."""

    id: int
    key: str
    label: str
    file_name: str
    state: str
    size: str
    at: str
    until: str

    @classmethod
    def build(cls, one: NaviBackup, now: datetime) -> BackupRow:
        """Prepare a backup."""
        state = state_of(one, now)
        until = formatting.moment(one.expires_at) if state is migration.BackupState.RECEIVED else ""
        at = formatting.moment(one.received_at or one.created_at)
        return cls(
            one.id, one.key, one.source.label, one.file_name, state.label, formatting.size(one.size_bytes), at, until
        )


@dataclass(frozen=True)
class End:
    """One of the two clients of a migration."""

    id: int
    name: str
    product: str
    outlook: Outlook

    @classmethod
    def build(cls, client: Client, today: date) -> End:
        """Prepare a client."""
        return cls(client.id, client.name, client.product.full_label, outlook(client, today))


@dataclass(frozen=True)
class Checklist:
    """A migration on its page. ``expires_on`` and ``ends_on`` are the days on which a Navi that is not renewed is Expirado and Inativo."""

    navi: End
    link: End
    document: str
    stages: list[StageRow]
    coming: Step | None
    lapse: Lapse
    expires_on: date | None
    ends_on: date | None
    counts: list[tuple[str, str]]
    owed: str
    code: str
    backups: list[BackupRow]

    @classmethod
    def build(cls, course: Course, now: datetime) -> Checklist:
        """Prepare a migration."""
        facts, today = course.facts(now), clock.local_date(now)
        stages = [_stage(stage, course, now) for stage in migration.stages(facts)]
        due_on = course.navi.due_on
        expires_on, ends_on = migration.lapses_on(due_on) if due_on else (None, None)
        return cls(
            End.build(course.navi, today),
            End.build(course.link, today),
            formatting.document(course.link.document),
            stages,
            next((one.step for one in stages if one.state is StepState.NEXT), None),
            migration.lapse_of(facts),
            expires_on,
            ends_on,
            _counts(course),
            _owed(course),
            formatting.code(course.code.code) if course.code else "",
            [BackupRow.build(one, now) for one in course.backups],
        )

    @property
    def is_over(self) -> bool:
        """Whether every step is done."""
        return self.coming is None


def _stage(stage: Stage, course: Course, now: datetime) -> StageRow:
    at = stage.at
    if stage.step is Step.RENEWAL and stage.state is StepState.DONE:
        at = course.navi.uses_both_at or course.decided_at
    who = _who(stage.step, course, now) if stage.state is StepState.DONE else ""
    return StageRow(stage.step, stage.state, formatting.moment(at) if at else "", who)


def _who(step: Step, course: Course, now: datetime) -> str:
    match step:
        case Step.ORDERED:
            return course.ordered_by
        case Step.BACKUP:
            backup = course.backup(now)
            return backup.source.label if backup and course.migration.restored_at is None else ""
        case Step.RESTORED | Step.ACTIVATED:
            return _device(course)
        case Step.USERS:
            return course.users_by
    return course.decided_by


def _device(course: Course) -> str:
    return (course.installation.device or UNNAMED) if course.installation else ""


def _counts(course: Course) -> list[tuple[str, str]]:
    """Return how many of each entity Link took over, in the backup's order."""
    counts = course.migration.restored_counts or {}
    return [(one.label, formatting.number(int(counts[one.value]))) for one in MIGRATED if one.value in counts]


def _owed(course: Course) -> str:
    cents = course.migration.restored_receivable_cents
    return "" if cents is None else formatting.money(cents)
