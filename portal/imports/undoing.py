"""Taking a whole import back while nobody has touched, paid, invoiced or activated anything of it: all of its clients, or none.

It does to each what ``registrations.reversal`` does to a single new client, in a few statements; another day, too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from portal import audit
from portal.audit import Actor
from portal.domain.imports import ImportState
from portal.domain.licenses import Holding
from portal.extensions import db
from portal.imports import queries
from portal.licenses.service import as_json
from portal.models import (
    AuditEvent,
    Charge,
    Client,
    ImportRow,
    ImportRun,
    LicenseItem,
    LicenseOrder,
    RegistrationCode,
)
from portal.models.types import AnyRow
from portal.registrations.reversal import REVERSED

BASE_VERSION = 1
"""The version that every client of an import has while nobody has changed it."""


def undo(run: ImportRun, *, now: datetime, actor: Actor) -> list[AnyRow]:
    """Undo a finished run and return nothing, or the clients that stand in the way (``queries.blockers``). Commits.

    Sent again, it finds the run undone.
    """
    still = ImportRun.id == run.id, ImportRun.state == ImportState.FINISHED
    begun = db.session.execute(update(ImportRun).where(*still).values(state=ImportState.UNDONE, undone_at=now))
    if not begun.rowcount:  # type: ignore[attr-defined]
        db.session.rollback()
        return []
    mine = select(ImportRow.client_id).where(ImportRow.run_id == run.id, ImportRow.client_id.is_not(None))
    _lock(mine)
    if blocking := queries.blockers(run.id):
        db.session.rollback()
        return blocking
    _record(run, now, actor)
    _void(mine, now)
    db.session.commit()
    return []


def _lock(mine: Any) -> None:
    """Hold clients and codes until the end, so that nothing is saved, paid or activated in between (SQLite is held)."""
    db.session.execute(select(Client.id).where(Client.id.in_(mine)).order_by(Client.id).with_for_update())
    for model in (RegistrationCode, Charge):
        db.session.execute(select(model.id).where(model.client_id.in_(mine)).with_for_update())


def _void(mine: Any, now: datetime) -> None:
    changes: list[Any] = [
        update(RegistrationCode)
        .where(RegistrationCode.client_id.in_(mine), RegistrationCode.revoked_at.is_(None))
        .values(revoked_at=now),
        update(Charge).where(Charge.client_id.in_(mine), Charge.reversed_at.is_(None)).values(reversed_at=now),
        update(LicenseOrder).where(LicenseOrder.client_id.in_(mine)).values(reversed_at=now),
        delete(LicenseItem).where(LicenseItem.client_id.in_(mine)),
        update(Client)
        .where(Client.id.in_(mine))
        .values(archived_at=now, pending_at=now, due_on=None, version=Client.version + 1),
    ]
    for statement in changes:
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _record(run: ImportRun, now: datetime, actor: Actor) -> None:
    """Record the undoing, of the run and in every client's history."""
    reason = f"Importação {run.id} desfeita"
    facts = {
        "partner_id": run.partner_id,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "action": REVERSED,
        "at": now,
        "after": as_json(Holding({})),
        "reason": reason,
        "base_version": BASE_VERSION,
        "fingerprint": audit.fingerprint(REVERSED, {"import": run.id}),
    }
    made = select(ImportRow.client_id, ImportRow.facts).where(
        ImportRow.run_id == run.id, ImportRow.client_id.is_not(None)
    )
    events = [
        facts | {"client_id": client_id, "before": {"licenses": kept["quantities"], "pending": []}}
        for client_id, kept in db.session.execute(made)
    ]
    if events:
        db.session.execute(insert(AuditEvent), events)
    audit.record("import_undone", actor=actor, now=now, partner_id=run.partner_id, reason=reason)
