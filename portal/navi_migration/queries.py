"""Reading a migration: both clients, and what happened on the way from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import aliased

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.errors import NotFound
from portal.domain.migration import BackupState, Facts, is_at_hand
from portal.domain.renewals import Decision
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Client,
    Installation,
    NaviBackup,
    NaviMigration,
    RegistrationCode,
    RenewalDecision,
    User,
)
from portal.models.types import AnyRow
from portal.navi_migration import backup_queries
from portal.registrations.queries import REGISTER


@dataclass(frozen=True)
class Course:
    """A migration as it stands: the pair, and what happened; names and devices are "" where nobody is known.

    ``code`` is the Link's own code while it waits; ``backups`` are the Navi's, newest first.
    """

    migration: NaviMigration
    navi: Client
    link: Client
    ordered_by: str
    installation: Installation | None
    code: RegistrationCode | None
    users_by: str
    decision: Decision | None
    decided_at: datetime | None
    decided_by: str
    backups: Sequence[NaviBackup]

    def backup(self, now: datetime) -> NaviBackup | None:
        """Return the newest backup that may be restored, or was."""
        return next((one for one in self.backups if is_at_hand(one.source, state_of(one, now))), None)

    def facts(self, now: datetime) -> Facts:
        """Return what the rules of a migration look at."""
        today, made, backup = clock.local_date(now), self.migration, self.backup(now)
        return Facts(
            ordered_at=made.ordered_at,
            navi_due_on=made.navi_due_on,
            backup_at=backup.received_at if backup else None,
            restored_at=made.restored_at,
            activated_at=self.installation.activated_at if self.installation else None,
            users_at=made.users_at,
            navi_status=derive_status(self.navi, today),
            navi_now_due_on=self.navi.due_on,
            uses_both=self.navi.uses_both_at is not None,
            decision=self.decision,
        )


def state_of(backup: NaviBackup, now: datetime) -> BackupState:
    """Return how a backup stands: one whose time is over has expired, whether the clean-up was there or not."""
    if backup.state is BackupState.RECEIVED and backup.expires_at <= now:
        return BackupState.EXPIRED
    return backup.state


def course_of(partner_id: int, client_id: int) -> Course:
    """Return the migration of a client, from or to which it leads; a Navi's newest.

    Raises:
        NotFound: the client is not this partner's, or there is no migration of it.
    """
    navi, link, maker, decider = aliased(Client), aliased(Client), aliased(User), aliased(User)
    query = (
        select(NaviMigration, navi, link, AuditEvent, Installation, RegistrationCode, maker, RenewalDecision, decider)
        .join(navi, navi.id == NaviMigration.navi_id)
        .join(link, link.id == NaviMigration.link_id)
        .outerjoin(AuditEvent, (AuditEvent.client_id == link.id) & (AuditEvent.action == REGISTER))
        .outerjoin(Installation, Installation.id == _first_installation(link))
        .outerjoin(RegistrationCode, RegistrationCode.id == _waiting_code(link))
        .outerjoin(maker, maker.id == NaviMigration.users_by_id)
        .outerjoin(RenewalDecision, (RenewalDecision.client_id == navi.id) & (RenewalDecision.due_on == navi.due_on))
        .outerjoin(decider, decider.id == RenewalDecision.decided_by_id)
        .where(NaviMigration.partner_id == partner_id, navi.archived_at.is_(None), link.archived_at.is_(None))
        .where(or_(NaviMigration.navi_id == client_id, NaviMigration.link_id == client_id))
    )
    row = db.session.execute(query.order_by(NaviMigration.id.desc()).limit(1)).first()
    if row is None:
        raise NotFound
    return _course(row)


def _course(row: AnyRow) -> Course:
    migration, navi, link, event, installation, code, maker, decision, decider = row
    return Course(
        migration,
        navi,
        link,
        ordered_by=event.actor_name if event else "",
        installation=installation,
        code=code,
        users_by=maker.name if maker else "",
        decision=decision.decision if decision else None,
        decided_at=decision.decided_at if decision else None,
        decided_by=decider.name if decider else "",
        backups=backup_queries.of_client_all(navi.id),
    )


def _first_installation(link: Any) -> ScalarSelect[int]:
    """Return the query for the program that was activated first: a reissued code's came after the migration."""
    mine = Installation.client_id == link.id, Installation.item == Item.BASE
    return select(func.min(Installation.id)).where(*mine).correlate(link).scalar_subquery()


def _waiting_code(link: Any) -> ScalarSelect[int]:
    mine = RegistrationCode.client_id == link.id, RegistrationCode.item == Item.BASE
    unused = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    return select(func.max(RegistrationCode.id)).where(*mine, *unused).correlate(link).scalar_subquery()
