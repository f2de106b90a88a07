"""The night folds the changes whose day has come, and nobody can tell from what is held whether it has been."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from jobs import apply_changes
from portal import clock
from portal.domain.catalogue import Item
from portal.domain.licenses import Holding
from portal.extensions import db
from portal.licenses import applying, queries, service
from portal.models import AuditEvent, Client, LicenseItem, Partner, PendingChange, RegistrationCode
from tests.conftest import NOW

TODAY = date(2025, 8, 11)
NIGHT = datetime.fromisoformat("2025-08-11T06:00:00-03:00")


@pytest.fixture
def client(make) -> Client:
    """Return R8's client: 3 Garçom, of which one goes on 11/08; its version is 4."""
    client = make.client(make.partner(), version=4)
    make.item(client, Item.WAITER, 3)
    pend(client, Item.WAITER, 2)
    return client


def pend(client: Client, item: Item, quantity: int, effective_on: date = TODAY) -> None:
    db.session.add(PendingChange(client_id=client.id, item=item, effective_on=effective_on, quantity=quantity))
    db.session.commit()


def items(client: Client) -> dict[Item, int]:
    query = select(LicenseItem.item, LicenseItem.quantity).where(LicenseItem.client_id == client.id)
    return dict(db.session.execute(query).all())


def pending(client: Client) -> list[tuple[Item, date, int]]:
    query = select(PendingChange.item, PendingChange.effective_on, PendingChange.quantity)
    return [tuple(row) for row in db.session.execute(query.where(PendingChange.client_id == client.id))]


def events(client: Client) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.client_id == client.id)))


def test_a_removal_leaves_on_its_day_and_not_before(client) -> None:
    assert apply_changes.run(NIGHT - timedelta(days=1)) == {"applied": 0, "codes_revoked": 0, "devices_revoked": 0}
    assert items(client)[Item.WAITER] == 3
    assert apply_changes.run(NIGHT) == {"applied": 1, "codes_revoked": 0, "devices_revoked": 0}
    assert items(client) == {Item.BASE: 1, Item.WAITER: 2}
    assert pending(client) == []


def test_the_second_run_does_nothing(client) -> None:
    apply_changes.run(NIGHT)
    before = clock.moment_of(TODAY, NIGHT.time())
    assert apply_changes.run(before + timedelta(hours=1)) == {"applied": 0, "codes_revoked": 0, "devices_revoked": 0}
    assert len(events(client)) == 1


def test_nights_that_were_missed_are_caught_up_and_the_last_change_wins(client) -> None:
    pend(client, Item.WAITER, 1, date(2025, 9, 11))
    pend(client, Item.WAITER, 5, date(2025, 10, 11))
    assert apply_changes.run(NIGHT + timedelta(days=40))["applied"] == 1
    assert items(client)[Item.WAITER] == 1
    assert pending(client) == [(Item.WAITER, date(2025, 10, 11), 5)]


def test_nothing_left_of_an_item_means_that_it_goes(client) -> None:
    pend(client, Item.WAITER, 0, date(2025, 8, 10))
    pend(client, Item.CLOUD, 0)
    assert apply_changes.run(NIGHT)["applied"] == 2
    assert items(client) == {Item.BASE: 1, Item.WAITER: 2}
    pend(client, Item.WAITER, 0)
    apply_changes.run(NIGHT)
    assert items(client) == {Item.BASE: 1}


def test_an_item_that_begins_is_held_since_its_day(client) -> None:
    pend(client, Item.CLOUD, 1, date(2025, 8, 9))
    apply_changes.run(NIGHT)
    cloud = db.session.scalar(select(LicenseItem).where(LicenseItem.item == Item.CLOUD))
    assert (cloud.quantity, cloud.since_on) == (1, date(2025, 8, 9))


@pytest.mark.parametrize("facts", [{"pending_at": NOW}, {"archived_at": NOW}], ids=["pending", "archived"])
def test_registrations_that_hold_nothing_stay_as_they_are(client, facts) -> None:
    for name, value in facts.items():
        setattr(client, name, value)
    db.session.commit()
    assert apply_changes.preview(NIGHT) == {"applied": 0, "codes_revoked": 0, "devices_revoked": 0}
    assert apply_changes.run(NIGHT) == {"applied": 0, "codes_revoked": 0, "devices_revoked": 0}
    assert items(client)[Item.WAITER] == 3
    assert len(pending(client)) == 1


def test_open_forms_stay_good_and_kept_pages_do_not(client, make) -> None:
    other = make.client(make.partner())
    revision = {client.partner_id: _revision(client), other.partner_id: _revision(other)}
    apply_changes.run(NIGHT)
    db.session.refresh(client)
    assert client.version == 4
    assert _revision(client) > revision[client.partner_id]
    assert _revision(other) == revision[other.partner_id]
    apply_changes.run(NIGHT)
    assert _revision(client) == revision[client.partner_id] + 1, "nothing happened, nothing need be fetched again"


def _revision(client: Client) -> int:
    return db.session.scalar(select(Partner.revision).where(Partner.id == client.partner_id))


def test_the_history_says_what_counts_now(client, make) -> None:
    make.item(client, Item.CLOUD)
    pend(client, Item.CLOUD, 0)
    apply_changes.run(NIGHT)
    (event,) = events(client)
    assert (event.action, event.actor_id, event.actor_name) == (applying.CHANGES_APPLIED, None, "Portal")
    assert (event.at, event.base_version, event.partner_id) == (NIGHT, None, client.partner_id)
    assert event.before == {"licenses": {"waiter": 3, "cloud": 1}}
    assert event.after == {"licenses": {"waiter": 2, "cloud": 0}}


@pytest.fixture
def night(app: Flask) -> Callable[[], dict[str, int]]:
    """Return what runs the job in a context of its own, as another process would."""

    def run() -> dict[str, int]:
        with app.app_context():
            return apply_changes.run(NIGHT)

    return run


def test_nights_at_once_fold_each_change_once(client, night) -> None:
    db.session.rollback()
    with ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda _number: night(), range(4)))
    assert sum(run["applied"] for run in runs) == 1
    assert len(events(client)) == 1


def test_an_order_that_is_being_saved_is_waited_for_and_kept(client, night) -> None:
    db.session.execute(update(Client).where(Client.id == client.id).values(version=5))
    service.write_holding(client.id, Holding({Item.BASE: 1, Item.WAITER: 4}), today=TODAY)
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(night)
        with pytest.raises(FutureTimeout):
            run.result(timeout=0.5)
        db.session.commit()
        assert run.result(timeout=60)["applied"] == 0
    assert items(client)[Item.WAITER] == 4


class TestCodes:
    """Móvel codes without a seat: unused ones go, the newest first; used ones are devices (DOMAIN §7)."""

    @pytest.mark.parametrize(
        ("used", "unused", "left", "revoked"),
        [(0, 3, 2, 1), (0, 3, 0, 3), (1, 2, 2, 1), (2, 1, 1, 1), (3, 0, 1, 0), (1, 1, 2, 0), (0, 1, 2, 0)],
    )
    def test_as_many_stay_as_there_are_seats(self, client, make, used, unused, left, revoked) -> None:
        make.item(client, Item.MOBILE, 3)
        devices = [make.code(client, item=Item.MOBILE, consumed_at=NOW).id for _ in range(used)]
        for _ in devices:
            make.installation(client, item=Item.MOBILE)
        free = [make.code(client, item=Item.MOBILE).id for _ in range(unused)]
        pend(client, Item.MOBILE, left)
        assert apply_changes.preview(NIGHT)["codes_revoked"] == revoked
        assert apply_changes.run(NIGHT)["codes_revoked"] == revoked
        alive = set(db.session.scalars(select(RegistrationCode.id).where(RegistrationCode.revoked_at.is_(None))))
        assert alive == set(devices) | set(free[: unused - revoked])
        db.session.refresh(client)
        assert client.unused_codes == unused - revoked
        assert (events(client)[0].after.get("codes_revoked") or 0) == revoked

    def test_others_keep_theirs(self, client, make) -> None:
        base, dead = make.code(client), make.code(client, item=Item.MOBILE, revoked_at=NOW - timedelta(days=1))
        stranger = make.client(make.partner())
        theirs = make.code(stranger, item=Item.MOBILE)
        kept = make.code(client, item=Item.MOBILE)
        make.item(client, Item.MOBILE, 2)
        pend(client, Item.MOBILE, 1)
        assert apply_changes.run(NIGHT)["codes_revoked"] == 0
        for code in (base, theirs, kept):
            db.session.refresh(code)
            assert code.revoked_at is None
        db.session.refresh(dead)
        assert dead.revoked_at == NOW - timedelta(days=1)

    def test_a_code_that_replaces_a_device_stands_on_its_seat(self, client, make) -> None:
        make.item(client, Item.MOBILE, 3)
        device, gone = make.installation(client, item=Item.MOBILE), make.installation(client, revoked_at=NOW)
        again = make.code(client, item=Item.MOBILE, supersedes_id=device.id)
        first, second = make.code(client, item=Item.MOBILE, supersedes_id=gone.id), make.code(client, item=Item.MOBILE)
        make.code(client, item=Item.MOBILE, consumed_at=NOW)  # used by a device that is gone
        pend(client, Item.MOBILE, 2)
        assert apply_changes.run(NIGHT)["codes_revoked"] == 1
        for code, is_alive in ((again, True), (first, True), (second, False)):
            db.session.refresh(code)
            assert (code.revoked_at is None) is is_alive

    def test_a_device_that_was_chosen_to_leave_loses_its_key_and_no_code_in_its_stead(self, client, make) -> None:
        make.item(client, Item.MOBILE, 3)
        stays = make.installation(client, item=Item.MOBILE)
        leaves = make.installation(client, item=Item.MOBILE, leaves_on=TODAY)
        later = make.installation(client, item=Item.MOBILE, leaves_on=TODAY + timedelta(days=31))
        replaces = make.code(client, item=Item.MOBILE, supersedes_id=leaves.id)
        pend(client, Item.MOBILE, 2)
        expected = {"applied": 2, "codes_revoked": 1, "devices_revoked": 1}
        assert apply_changes.preview(NIGHT) == expected
        assert apply_changes.run(NIGHT) == expected
        db.session.expire_all()
        assert [one.revoked_at for one in (stays, leaves, later)] == [None, NIGHT, None]
        assert replaces.revoked_at == NIGHT
        assert events(client)[0].after["devices_revoked"] == 1

    def test_a_change_of_another_item_touches_no_code(self, client, make) -> None:
        make.code(client, item=Item.MOBILE)
        assert apply_changes.run(NIGHT)["codes_revoked"] == 0


counts: dict[str, Any] = {"item": st.sampled_from(Item), "quantity": st.integers(0, 4)}
changes = st.lists(
    st.tuples(counts["item"], st.integers(-40, 40), counts["quantity"]), max_size=8, unique_by=lambda c: c[:2]
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.dictionaries(counts["item"], st.integers(1, 4)), changes=changes)
def test_what_is_held_on_any_day_is_the_same_before_and_after(make, held, changes) -> None:
    client = make.client(make.partner())
    db.session.execute(delete(LicenseItem).where(LicenseItem.client_id == client.id))
    for item, quantity in held.items():
        make.item(client, item, quantity)
    for item, days, quantity in changes:
        pend(client, item, quantity, TODAY + timedelta(days=days))
    before = queries.holding_of(client.id, TODAY)
    apply_changes.run(NIGHT)
    after = queries.holding_of(client.id, TODAY)
    assert after == before
    assert items(client) == before.now
    assert {change[:2] for change in pending(client)} == {change[:2] for change in before.pending}
