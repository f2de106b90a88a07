"""What Link tells of a migration: what it restored, whose word opened its dialogue, how many users were made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from portal import audit
from portal.access import token_hash
from portal.accounts import credentials
from portal.accounts.credentials import Outcome
from portal.audit import Actor
from portal.domain.catalogue import Product
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason
from portal.domain.migration import GRANT_LIFE, BackupState
from portal.domain.roles import Permission, may
from portal.extensions import db
from portal.models import Client, NaviBackup, NaviMigration, Partner, PartnerGrant, User
from portal.navi_migration import ending, programs, receiving

MISSING = {Outcome.CODE_NEEDED: Reason.CODE_NEEDED, Outcome.SET_UP_NEEDED: Reason.SECOND_STEP_OWED}
"""What is told to whoever has proven e-mail and password, as the login tells it."""

RESTORED, GRANTED, USERS_MADE = "navi_restored", "partner_grant_given", "link_users_made"


@dataclass(frozen=True)
class Restored:
    """What a Link took over: of which ZIP, when, lines by entity, the cents that customers still owe."""

    sha256: str
    restored_at: datetime
    counts: Mapping[str, int]
    receivable_cents: int


@dataclass(frozen=True)
class Credentials:
    """What a partner's user types into Link's dialogue; no code where they have no second factor."""

    email: str
    password: str
    code: str
    address: str


@dataclass(frozen=True)
class Grant:
    """A partner's word: for one installation, once, until a moment; ``user`` is whose it is."""

    token: str
    expires_at: datetime
    user: str


@dataclass(frozen=True)
class _Granter:
    """The user whose grant is used; what comes of it is recorded as theirs."""

    user_id: int
    name: str


def report(key: str, restored: Restored, *, now: datetime) -> None:
    """Note what a Link took over; of several reports the one restored last counts. Commits.

    A backup of the predecessor that is kept here has served its purpose.

    Raises:
        ProgramRefused: the key; no migration led to this client.
    """
    _installation, client = programs.of(key, Product.LINK)
    migration = _migration_of(client)
    if migration is None:
        raise ProgramRefused(Reason.NO_MIGRATION)
    restored_at = min(restored.restored_at, now)  # a shop's clock that is ahead restored nothing in the future
    if migration.restored_at is None or migration.restored_at <= restored_at:
        _note(migration, restored, restored_at, now)
    _use_backups(migration, restored.sha256, now)
    db.session.commit()


def _note(migration: NaviMigration, restored: Restored, restored_at: datetime, now: datetime) -> None:
    is_news = (migration.restored_at, migration.restored_sha256) != (restored_at, restored.sha256)
    migration.restored_at, migration.restored_sha256 = restored_at, restored.sha256
    migration.restored_counts = dict(restored.counts)
    migration.restored_receivable_cents = restored.receivable_cents
    if is_news:
        _record(RESTORED, migration, None, now)


def _use_backups(migration: NaviMigration, sha256: str, now: datetime) -> None:
    its = NaviBackup.client_id == migration.navi_id, NaviBackup.sha256 == sha256
    for backup in db.session.scalars(select(NaviBackup).where(*its, NaviBackup.state == BackupState.RECEIVED)).all():
        if ending.end(backup.id, BackupState.USED, now):
            receiving.record_use(backup, migration.partner_id, now)


def grant(key: str, asked: Credentials, *, now: datetime) -> Grant:
    """Turn a partner's credentials into a grant of some minutes for one installation. Commits.

    Raises:
        ProgramRefused: the key; anything wrong about the credentials, all in one answer; right ones without the second step.
        TooManyAttempts: for this e-mail, known or not, or from this address, over all doors together.
    """
    installation, client = programs.of(key, Product.LINK)
    installation_id, client_id, partner_id = installation.id, client.id, client.partner_id
    db.session.rollback()
    checked = credentials.check(asked.email, asked.password, asked.code, address=asked.address, now=now)
    granter = _granter(checked.person.id, partner_id) if checked.person else None
    if granter is None:
        raise ProgramRefused(MISSING.get(checked.outcome, Reason.CREDENTIALS_REFUSED))
    token = secrets.token_urlsafe(32)
    made = PartnerGrant(
        token_hash=token_hash(token), installation_id=installation_id, user_id=granter.user_id,
        created_at=now, expires_at=now + GRANT_LIFE,
    )  # fmt: skip
    db.session.add(made)
    audit.record(GRANTED, actor=granter, now=now, partner_id=partner_id, client_id=client_id)
    db.session.commit()
    return Grant(token, now + GRANT_LIFE, granter.name)


def _granter(user_id: int, partner_id: int) -> _Granter | None:
    """Return a user who may give their word for a partner's client at this moment."""
    query = select(User, Partner).join(Partner, Partner.id == User.partner_id)
    mine = User.id == user_id, User.deactivated_at.is_(None), Partner.id == partner_id
    found = db.session.execute(query.where(*mine)).one_or_none()
    if found is None:
        return None
    user, partner = found
    is_allowed = may(user.role, Permission.MANAGE_CLIENTS, is_partner_suspended=partner.suspended_at is not None)
    return _Granter(user.id, user.name) if is_allowed else None


def set_up(key: str, token: str, users: int, *, now: datetime) -> None:
    """Use a grant up, and note that a shop's users were made by it. Commits.

    Raises:
        ProgramRefused: the key; the grant is used, expired, another installation's, or its user may no longer give it.
    """
    installation, client = programs.of(key, Product.LINK)
    user_id = _consume(installation.id, token, now)
    granter = _granter(user_id, client.partner_id) if user_id else None
    if granter is None:
        raise ProgramRefused(Reason.GRANT_REFUSED)
    migration = _migration_of(client)
    if migration is not None:
        migration.users_at, migration.users_count, migration.users_by_id = now, users, granter.user_id
        _record(USERS_MADE, migration, granter, now)
    else:
        audit.record(USERS_MADE, actor=granter, now=now, partner_id=client.partner_id, client_id=client.id)
    db.session.commit()


def _consume(installation_id: int, token: str, now: datetime) -> int | None:
    """Use a grant up and return whose it was; None where it is none."""
    its = PartnerGrant.token_hash == token_hash(token), PartnerGrant.installation_id == installation_id
    living = PartnerGrant.used_at.is_(None), PartnerGrant.expires_at > now
    result = db.session.execute(
        update(PartnerGrant).where(*its, *living).values(used_at=now), execution_options={"synchronize_session": False}
    )
    if cast(CursorResult[Any], result).rowcount != 1:
        return None
    return db.session.scalar(select(PartnerGrant.user_id).where(*its))


def _migration_of(client: Client) -> NaviMigration | None:
    """Return the migration that led to a Link client, under a lock."""
    return db.session.scalar(select(NaviMigration).where(NaviMigration.link_id == client.id).with_for_update())


def _record(action: str, migration: NaviMigration, actor: Actor | None, now: datetime) -> None:
    audit.record(
        action,
        actor=actor,
        now=now,
        partner_id=migration.partner_id,
        client_id=migration.link_id,
        after={"migration_id": migration.id},
    )
