"""Asking for a backup: one open per client, the same form once, taken back while the program was not told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.cloud import backups, queries
from portal.cloud.service import finish, hand_out
from portal.domain.catalogue import Product
from portal.domain.cloud import NoBackup
from portal.domain.errors import BackupRefused, NotFound
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import AuditEvent, Client, CloudBackup
from tests.clients.conftest import FACTS
from tests.cloud.conftest import Hand
from tests.conftest import NOW
from tests.invoices.crowds import at_once

HOUR = timedelta(hours=1)


@pytest.fixture
def hand(admin) -> Hand:
    return Hand(admin.id, admin.name)


def asked() -> list[CloudBackup]:
    db.session.rollback()
    return list(db.session.scalars(select(CloudBackup).order_by(CloudBackup.id)))


def events() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_asked_twice_it_is_the_same_backup_with_the_same_protocol(cloud_client, hand) -> None:
    client = cloud_client()
    first = backups.ask(client, seen=0, now=NOW, actor=hand)
    again = backups.ask(client, seen=0, now=NOW + HOUR, actor=hand)
    assert (again.at, again.protocol, again.is_repeat) == (NOW, first.protocol, True)
    [backup] = asked()
    assert (backup.requested_at, backup.requested_by_id, backup.partner_id) == (NOW, hand.user_id, client.partner_id)
    assert events() == [backups.ASKED]


def test_the_same_form_sent_after_the_backup_was_made_asks_for_no_other(cloud_client, hand) -> None:
    client = cloud_client()
    backups.ask(client, seen=0, now=NOW, actor=hand)
    [told] = hand_out(client.id, NOW)
    finish(client.id, told.id, now=NOW)
    db.session.commit()
    assert backups.ask(client, seen=0, now=NOW + HOUR, actor=hand).is_repeat
    assert not backups.ask(client, seen=told.id, now=NOW + HOUR, actor=hand).is_repeat
    assert [one.done_at for one in asked()] == [NOW, None]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"product": Product.NAVI}, NoBackup.NOT_LINK),
        (FACTS[Status.INACTIVE], NoBackup.NOT_LIVE),
        (FACTS[Status.PENDING], NoBackup.NOT_LIVE),
    ],
)
def test_a_program_that_makes_none_is_not_asked(cloud_client, hand, facts, why) -> None:
    with pytest.raises(BackupRefused) as refusal:
        backups.ask(cloud_client(**facts), seen=0, now=NOW, actor=hand)
    assert refusal.value.why is why


def test_nor_is_a_client_without_cloud(client_in, hand) -> None:
    with pytest.raises(BackupRefused) as refusal:
        backups.ask(client_in(), seen=0, now=NOW, actor=hand)
    assert refusal.value.why is NoBackup.NO_CLOUD
    assert asked() == []


class TestTakingBack:
    def test_taken_back_it_is_handed_out_to_nobody(self, cloud_client, backup_of, hand) -> None:
        client = cloud_client()
        backup = backup_of(client)
        done = backups.take_back(client, backup.id, now=NOW, actor=hand)
        again = backups.take_back(client, backup.id, now=NOW + HOUR, actor=hand)
        assert (again.at, again.protocol, again.is_repeat) == (NOW, done.protocol, True)
        assert hand_out(client.id, NOW) == []
        assert events() == [backups.ASKED, backups.CANCELLED]
        assert not backups.ask(client, seen=backup.id, now=NOW + HOUR, actor=hand).is_repeat

    @pytest.mark.parametrize(
        ("facts", "why"),
        [
            ({"handed_out_at": NOW}, NoBackup.HANDED_OUT),
            ({"handed_out_at": NOW, "done_at": NOW}, NoBackup.DONE),
        ],
    )
    def test_what_the_program_was_told_stays(self, cloud_client, backup_of, hand, facts, why) -> None:
        client = cloud_client()
        backup = backup_of(client, **facts)
        with pytest.raises(BackupRefused) as refusal:
            backups.take_back(client, backup.id, now=NOW, actor=hand)
        assert refusal.value.why is why
        assert [one.cancelled_at for one in asked()] == [None]

    def test_another_clients_is_not_found(self, cloud_client, backup_of, hand) -> None:
        backup = backup_of(cloud_client())
        with pytest.raises(NotFound):
            backups.take_back(cloud_client(), backup.id, now=NOW, actor=hand)

    def test_the_one_before_it_is_shown_again(self, cloud_client, backup_of) -> None:
        client = cloud_client()
        made = backup_of(client, handed_out_at=NOW, done_at=NOW)
        taken = backup_of(client, cancelled_at=NOW)
        row = queries.get_row(client.partner_id, client.id, NOW)
        assert (row.backup_id, row.asked) == (made.id, taken.id)


def test_asked_for_by_many_hands_at_once_it_is_one_backup(app, cloud_client, admin) -> None:
    client_id, user_id = cloud_client().id, admin.id
    db.session.commit()

    def ask() -> int:
        client = db.session.get_one(Client, client_id)
        return backups.ask(client, seen=0, now=NOW, actor=Hand(user_id, "Ana")).protocol

    assert len(set(at_once(app, *[ask] * 8))) == 1
    assert len(asked()) == 1


def test_a_backup_is_either_handed_out_or_taken_back(app, cloud_client, backup_of, admin) -> None:
    client = cloud_client()
    client_id, backup_id, user_id = client.id, backup_of(client).id, admin.id

    def take_back() -> None:
        client = db.session.get_one(Client, client_id)
        backups.take_back(client, backup_id, now=NOW, actor=Hand(user_id, "Ana"))

    def check_in() -> int:
        told = len(hand_out(client_id, NOW))
        db.session.commit()
        return told

    refused, told = at_once(app, take_back, check_in)
    assert told == (1 if isinstance(refused, BackupRefused) else 0)
    [backup] = asked()
    assert (backup.handed_out_at is None) == (backup.cancelled_at is not None)


def test_who_holds_cloud_no_more_is_not_listed(cloud_client, make, partner) -> None:
    cloud_client(due_on=date(2025, 6, 1))
    make.client(partner)
    assert sum(queries.counts(partner.id, queries.CloudFilter(), NOW).values()) == 0
    assert db.session.scalar(select(func.count()).select_from(Client)) == 2
