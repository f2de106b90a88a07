"""Backups and their pre-flights as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal import formatting
from portal.domain import works
from portal.domain.jobs import RunState
from portal.domain.migration import BackupState
from portal.domain.navi_backup import MANIFEST, MIGRATED, Entity
from portal.domain.preflight import Report, Whose, whose
from portal.models import Client, NaviBackup
from portal.works.queries import Seen

FILES = {entity.file: entity.label for entity in Entity} | {MANIFEST: "Manifesto"}


@dataclass(frozen=True)
class Count:
    """So many of something, and what they come to."""

    label: str
    rows: str
    worth: str = ""


@dataclass(frozen=True)
class Told:
    """A problem: where, and what."""

    place: str
    detail: str


@dataclass(frozen=True)
class Found:
    """A pre-flight's report in words."""

    report: Report
    whose: Whose | None
    place: str
    migrating: Sequence[Count]
    staying: Sequence[Count]
    problems: Sequence[Told]
    more: int

    @property
    def is_ready(self) -> bool:
        """Say whether Link would take it for this client."""
        return self.report.is_sound and self.whose is Whose.SAME

    @classmethod
    def build(cls, report: Report, client: Client) -> Found:
        """Put a report into words, beside the registration of its client."""
        is_told = report.fault is None
        return cls(
            report=report,
            whose=whose(report.document, client.document) if is_told else None,
            place=", ".join(part for part in (FILES.get(report.file, report.file), report.detail) if part),
            migrating=_migrating(report) if is_told else (),
            staying=_staying(report) if is_told else (),
            problems=[Told(_place(one.file, one.line, one.pointer), one.detail) for one in report.problems],
            more=report.all_problems - len(report.problems),
        )


def _place(file: str, line: int, pointer: str) -> str:
    where = f"{FILES[file]} ({file}), linha {formatting.number(line)}"
    return f"{where}, {pointer}" if pointer else where


def _migrating(report: Report) -> list[Count]:
    worth = {
        Entity.SALES: formatting.money(report.sums.sales_cents),
        Entity.CREDITS: f"{formatting.money(report.sums.receivable_cents)} a receber",
    }
    rows = dict(report.counts) | {Entity.CREDITS: report.sums.open_credits}
    labels = {Entity.CREDITS: "Crediários em aberto"}
    return [
        Count(labels.get(entity, entity.label), formatting.number(rows[entity]), worth.get(entity, ""))
        for entity in MIGRATED
    ]


def _staying(report: Report) -> list[Count]:
    return [
        Count(Entity.FISCAL_NOTES.label, formatting.number(report.counts[Entity.FISCAL_NOTES])),
        Count("Crediários quitados", formatting.number(report.settled_credits)),
    ]


@dataclass(frozen=True)
class BackupView:
    """A backup with its pre-flight as it stands."""

    backup: NaviBackup
    is_here: bool
    found: Found | None
    is_asked: bool
    is_moving: bool
    error: str
    done: int
    total: int

    @classmethod
    def build(cls, backup: NaviBackup, client: Client, work: Seen | None, now: datetime) -> BackupView:
        """Put it together."""
        return cls(
            backup=backup,
            is_here=is_here(backup, now),
            found=Found.build(Report.from_json(backup.report), client) if backup.report else None,
            is_asked=work is not None,
            is_moving=work is not None and works.is_moving(work, now),
            error=work.error if work is not None and work.state is RunState.FAILED else "",
            done=work.done if work else 0,
            total=work.total if work else 0,
        )

    @property
    def state(self) -> str:
        """The backup's state in words; one whose time is over is so before the night says it."""
        is_over = self.backup.state is BackupState.RECEIVED and not self.is_here
        return (BackupState.EXPIRED if is_over else self.backup.state).label

    @property
    def said(self) -> str:
        """What is announced when the pre-flight ends; nothing before."""
        if self.found is None:
            return "A conferência parou." if self.error else ""
        end = "o backup pode ser restaurado" if self.found.is_ready else "leia o que foi encontrado"
        return f"Conferência concluída: {end}."


def is_here(backup: NaviBackup, now: datetime) -> bool:
    """Say whether a backup's content may be asked for."""
    return backup.state is BackupState.RECEIVED and backup.expires_at > now
