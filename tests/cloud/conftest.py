"""A partner with clients that hold Cloud, and what their programs told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from portal import clock
from portal.cloud import backups
from portal.domain.catalogue import Item
from portal.domain.cloud import CloudState, Health
from portal.extensions import db
from portal.models import Client, CloudBackup, Contact, Partner, User
from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of
from tests.conftest import NOW
from tests.factories import Factory

__all__ = ["admin", "backup_of", "client_in", "cloud_client", "partner", "stranger", "web", "web_of"]

HOUR = timedelta(hours=1)


class Hand(NamedTuple):
    """Whoever does something."""

    user_id: int
    name: str


TOLD: dict[CloudState, dict[str, Any]] = {
    CloudState.ONLINE: {"cloud_reported_at": NOW - HOUR, "cloud_synced_at": NOW - HOUR},
    CloudState.OFFLINE: {"cloud_reported_at": NOW - 30 * HOUR, "cloud_synced_at": NOW - 30 * HOUR},
    CloudState.ERROR: {
        "cloud_health": Health.ERROR, "cloud_reported_at": NOW - HOUR, "cloud_synced_at": NOW - 40 * HOUR,
        "cloud_detail": "Disco cheio",
    },
    CloudState.UNSYNCED: {"cloud_reported_at": NOW - HOUR, "cloud_synced_at": NOW - 50 * HOUR},
}  # fmt: skip


def told(state: CloudState) -> dict[str, Any]:
    """Return what a program told whose Cloud is in a state."""
    facts = {"cloud_health": Health.OK} | TOLD[state]
    return facts | {"last_seen_at": facts["cloud_reported_at"]}


@pytest.fixture
def cloud_client(make: Factory, partner: Partner) -> Callable[..., Client]:
    """Make a client with Cloud, in a state if one is named."""

    def build(state: CloudState | None = None, *, at: Partner | None = None, **facts: Any) -> Client:
        client = make.client(at or partner, **facts)
        make.item(client, Item.CLOUD)
        if state:
            db.session.add(Contact(client_id=client.id, partner_id=client.partner_id, **told(state)))
            db.session.commit()
        return client

    return build


@pytest.fixture
def backup_of(admin: User) -> Callable[..., CloudBackup]:
    """Make a backup that was asked for."""

    def build(client: Client, **facts: Any) -> CloudBackup:
        values = {"requested_at": clock.now(), "requested_by_id": admin.id} | facts
        backup = CloudBackup(client_id=client.id, partner_id=client.partner_id, **values)
        db.session.add(backup)
        db.session.flush()
        backups.record(backup, backups.ASKED, backup.requested_at, Hand(admin.id, admin.name))
        db.session.commit()
        return backup

    return build
