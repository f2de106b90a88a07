"""The pre-flight of a backup, as a work: asked for by a partner, carried by the runner, its report kept with the backup."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.audit import Actor
from portal.domain.errors import NotFound
from portal.domain.migration import BackupState
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import NaviBackup, Work
from portal.navi_migration.reading import TURNS, Reading
from portal.works import service as works

_readings: dict[int, Reading] = {}
"""Under way, or just over, in this process, by backup. Only the thread of the runner asks for them."""


def ask(backup: NaviBackup, *, now: datetime, actor: Actor) -> None:
    """Ask for a backup's pre-flight; one that there is, or that is under way, stays. Commits.

    Raises:
        NotFound: its content is not there (any more).
    """
    if backup.report is None:
        if backup.state is not BackupState.RECEIVED or backup.expires_at <= now:
            raise NotFound
        works.enqueue(WorkKind.PREFLIGHT, backup.id, partner_id=backup.partner_id, total=0, now=now, actor=actor)
    db.session.commit()


def step(work: Work, now: datetime) -> bool:
    """Look how far a pre-flight is, begin it where it is not under way here; see the contract in ``jobs.works``.

    The reading itself is no part of the step, which holds a transaction. Who takes over from a process that died begins
    anew: nothing of a reading is kept but its report.
    """
    backup = db.session.get(NaviBackup, work.subject_id)
    if backup is None or backup.report is not None or backup.state is not BackupState.RECEIVED:
        _forget(work.subject_id)
        return True
    reading = _readings.get(backup.id) or _begin(backup.id)
    if reading is None:
        return False
    work.done, work.total = reading.done, reading.total
    if not reading.is_over:
        return False
    _forget(backup.id)
    if reading.report is None and not reading.is_gone:
        raise RuntimeError(f"the reading of backup {backup.id} broke down")
    backup.report, backup.checked_at = reading.report, now
    return True


def _begin(backup_id: int) -> Reading | None:
    """Begin a reading; None where others have their turn."""
    if not TURNS.acquire(blocking=False):
        return None
    reading = _readings[backup_id] = Reading(current_app._get_current_object(), backup_id)  # type: ignore[attr-defined]  # noqa: SLF001
    return reading


def _forget(backup_id: int) -> None:
    """Let go of a reading; one of a backup whose content went is of no use to anybody."""
    reading = _readings.pop(backup_id, None)
    if reading is not None:
        reading.stop()
