"""Check-in: a program tells how it is and gets the license of the moment, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update

from portal import clock
from portal.cloud import service as cloud
from portal.domain import installations
from portal.domain.catalogue import Item
from portal.domain.cloud import Health
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason
from portal.domain.licenses import Holding
from portal.extensions import db
from portal.installations import contacts, queries, standing
from portal.installations.activation import Device
from portal.installations.standing import License, Settings
from portal.models import Client, CloudBackup, Installation

_QUIETLY = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True)
class CloudReport:
    """What a program says of its Cloud."""

    health: Health
    detail: str = ""
    synced_at: datetime | None = None


@dataclass(frozen=True)
class BackupReport:
    """What became of a backup that the program was asked for; no failure means that it is done."""

    id: int
    failure: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True)
class Report:
    """What a program tells when it checks in. ``peaks``: the most seats of each item that were in use at once since then."""

    device: Device
    version: str
    peaks: Mapping[Item, int] = field(default_factory=dict)
    cloud: CloudReport | None = None
    backups: Sequence[BackupReport] = ()


@dataclass(frozen=True)
class CheckedIn:
    """The license of the moment, and the backups that the program is asked for."""

    license: License
    backups: Sequence[CloudBackup]


def check_in(key: str, report: Report, *, now: datetime, settings: Settings) -> CheckedIn:
    """Write down what a program tells and return its license. Commits; a client whose license refuses was heard, too.

    Raises:
        ProgramRefused: the key is unknown, replaced or another device's; the program may not run, and why.
    """
    installation, client = _identified(key, report.device)
    holding = standing.holding_at(client, now)
    _note(installation, client, report, now)
    reason = _reason(installation, client, holding, now, settings)
    if reason is not None:
        db.session.commit()
        raise ProgramRefused(reason)
    has_cloud = installation.item is Item.BASE and Item.CLOUD in holding.now
    backups = cloud.hand_out(client.id, now) if has_cloud else []
    checked = CheckedIn(standing.license_for(client, installation, holding, now, settings), backups)
    db.session.commit()
    return checked


def _identified(key: str, device: Device) -> tuple[Installation, Client]:
    found = queries.by_key(key)
    if found is None:
        raise ProgramRefused(Reason.KEY_UNKNOWN)
    installation, client = found
    if installation.revoked_at is not None:
        raise ProgramRefused(Reason.KEY_REPLACED)
    if installation.device_id not in {"", device.id}:
        raise ProgramRefused(Reason.OTHER_DEVICE)
    return installation, client


def _note(installation: Installation, client: Client, report: Report, now: datetime) -> None:
    """Write down what was told: of the installation first, then of its client's contact, as activations do."""
    _heard(installation, report, now)
    facts: dict[str, Any] = {}
    if report.peaks:
        facts["peaks"] = {item.value: peak for item, peak in report.peaks.items()}
    if report.cloud is not None:
        facts |= cloud.facts(report.cloud.health, report.cloud.detail, report.cloud.synced_at, now)
    contacts.note(client, now=now, **facts)
    for backup in report.backups:
        cloud.finish(client.id, backup.id, failure=backup.failure, size_bytes=backup.size_bytes, now=now)


def _heard(installation: Installation, report: Report, now: datetime) -> None:
    """Write down version, device and moment; a key whose device was never told is bound to the first that checks in."""
    device = report.device
    told = {"device_id": device.id, "device": device.name, "version": report.version, "last_seen_at": now}
    is_its = Installation.device_id.in_(("", device.id)), Installation.revoked_at.is_(None)
    statement = update(Installation).where(Installation.id == installation.id, *is_its).values(told)
    done = db.session.scalar(statement.returning(Installation), execution_options=_QUIETLY)
    if done is None:  # at this very moment another device was bound to it, or its successor activated
        db.session.refresh(installation)
        raise ProgramRefused(Reason.KEY_REPLACED if installation.revoked_at else Reason.OTHER_DEVICE)


def _reason(
    installation: Installation, client: Client, holding: Holding, now: datetime, settings: Settings
) -> Reason | None:
    """Return why an installation gets no license, or None; of a Link Móvel also whether a seat is left for it."""
    if reason := standing.reason_not_to_run(client, now, settings):
        return reason
    if installation.item is not Item.MOBILE:
        return None
    devices, quantity = queries.living(client.id, Item.MOBILE), holding.now.get(Item.MOBILE, 0)
    is_within = installations.is_within(installation, devices, quantity, clock.local_date(now))
    return None if is_within else Reason.DEVICE_REMOVED
