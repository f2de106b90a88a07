"""What a check-in calls: backups are handed out and finished once, what a program tells of its Cloud is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.cloud.service import facts, finish, hand_out
from portal.domain.catalogue import Item
from portal.domain.cloud import CloudState, Health
from portal.extensions import db
from portal.installations import contacts
from portal.models import Client, CloudBackup, Contact, PendingChange
from tests.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def as_kept(backup: CloudBackup) -> CloudBackup:
    db.session.commit()
    db.session.refresh(backup)
    return backup


class TestHandingOut:
    def test_a_backup_is_handed_out_once(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client)
        assert [one.id for one in hand_out(client.id, NOW)] == [backup.id]
        assert as_kept(backup).handed_out_at == NOW
        assert hand_out(client.id, NOW + HOUR) == []

    def test_one_that_nobody_reported_is_handed_out_again_after_a_day(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client, handed_out_at=NOW - DAY)
        assert [one.handed_out_at for one in hand_out(client.id, NOW)] == [NOW]
        assert as_kept(backup).handed_out_at == NOW

    def test_neither_anothers_nor_one_taken_back_nor_one_that_is_made(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup_of(cloud_client())
        backup_of(client, cancelled_at=NOW)
        backup_of(client, handed_out_at=NOW - 2 * DAY, done_at=NOW - DAY)
        assert hand_out(client.id, NOW) == []

    def test_a_client_whose_cloud_is_gone_makes_none(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup_of(client)
        gone = {"client_id": client.id, "item": Item.CLOUD, "quantity": 0}
        db.session.add(PendingChange(effective_on=date(2025, 7, 10), **gone))
        db.session.commit()
        assert hand_out(client.id, NOW - DAY)
        assert hand_out(client.id, NOW + DAY) == []


class TestFinishing:
    def test_a_backup_is_made_once_and_the_first_word_counts(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client, handed_out_at=NOW - HOUR)
        finish(client.id, backup.id, size_bytes=5_000_000_000, now=NOW)
        finish(client.id, backup.id, failure="Disco cheio", now=NOW + HOUR)
        kept = as_kept(backup)
        assert (kept.done_at, kept.failure, kept.size_bytes) == (NOW, "", 5_000_000_000)

    @pytest.mark.parametrize(
        ("failure", "kept"), [("Disco\ncheio", "Disco cheio"), ("x" * 999, "x" * 200), ("\x00", "?")]
    )
    def test_a_failure_is_kept_with_its_reason_and_no_size(self, cloud_client, backup_of, failure, kept) -> None:
        client = cloud_client()
        backup = backup_of(client, handed_out_at=NOW)
        finish(client.id, backup.id, failure=failure, size_bytes=3, now=NOW)
        assert (as_kept(backup).failure, backup.size_bytes) == (kept, None)
        assert hand_out(client.id, NOW + 2 * DAY) == []

    def test_what_the_program_was_never_told_is_ignored(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        anothers, untold = backup_of(cloud_client(), handed_out_at=NOW), backup_of(client)
        for backup_id in (anothers.id, untold.id, 987_654):
            finish(client.id, backup_id, now=NOW)
        assert (as_kept(anothers).done_at, as_kept(untold).done_at) == (None, None)


class TestReporting:
    def report(self, client: Client, *told: Any) -> None:
        contacts.note(client, now=NOW, **facts(*told, NOW))

    def kept(self) -> Contact:
        db.session.commit()
        return db.session.scalars(select(Contact), execution_options={"populate_existing": True}).one()

    def test_the_first_word_makes_the_contact(self, cloud_client) -> None:
        client = cloud_client()
        self.report(client, Health.OK, "tudo bem", NOW - HOUR)
        kept = self.kept()
        assert (kept.client_id, kept.partner_id, kept.last_seen_at) == (client.id, client.partner_id, NOW)
        assert (kept.cloud_health, kept.cloud_detail) == (Health.OK, "")
        assert (kept.cloud_reported_at, kept.cloud_synced_at) == (NOW, NOW - HOUR)

    def test_the_next_one_replaces_it_and_leaves_the_rest(self, cloud_client) -> None:
        client = cloud_client(CloudState.ONLINE)
        self.kept().peaks = {"waiter": 3}
        self.report(client, Health.ERROR, "Disco\ncheio", None)
        kept = self.kept()
        assert (kept.cloud_health, kept.cloud_detail, kept.cloud_reported_at) == (Health.ERROR, "Disco cheio", NOW)
        assert (kept.cloud_synced_at, kept.peaks) == (NOW - HOUR, {"waiter": 3})

    def test_a_clock_that_is_ahead_synchronised_nothing_in_the_future(self, cloud_client) -> None:
        self.report(cloud_client(), Health.OK, "", NOW + DAY)
        assert self.kept().cloud_synced_at == NOW
