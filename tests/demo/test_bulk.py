"""The large database: believable, valid, repeatable, counted right, and alive afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text

from portal import clock
from portal.demo import bulk
from portal.demo.bulk import DatabaseNotEmpty, Order, OrderRefused, fill, rebuild_counters
from portal.demo.bundles import BUNDLES
from portal.domain import codes, documents
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.search import search_key
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import Client, ClientTally, Contact, Installation, LicenseItem, Partner, RegistrationCode, User
from tests.factories import Factory

ORDER = Order(partners=7, clients=2_000, largest=900, seed=1)


@pytest.fixture
def filled(app: Flask) -> None:
    """Fill the database once for a test."""
    fill(ORDER)


def clients() -> list[Client]:
    return list(db.session.scalars(select(Client).order_by(Client.id)))


def snapshot() -> list[tuple[Any, ...]]:
    """Return everything that a seed decides."""
    with db.engine.connect() as connection:
        tables = ("clients", "license_items", "registration_codes", "installations")
        return [
            tuple(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))
        ]


def tallies() -> dict[tuple[Any, ...], tuple[int, int]]:
    db.session.expire_all()
    return {
        (t.partner_id, t.due_on, t.is_pending, t.is_hidden, t.is_suspended): (t.clients, t.with_unused_code)
        for t in db.session.scalars(select(ClientTally))
        if t.clients
    }


def recount() -> dict[tuple[Any, ...], tuple[int, int]]:
    """Count in Python what the tallies should say."""
    unused = Counter(
        db.session.scalars(
            select(RegistrationCode.client_id).where(
                RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
            )
        )
    )
    counted: dict[tuple[Any, ...], tuple[int, int]] = {}
    for c in clients():
        assert c.unused_codes == unused[c.id]
        due_on = c.due_on or date(9999, 12, 31)
        key = (c.partner_id, due_on, bool(c.pending_at), bool(c.hidden_at), bool(c.suspended_at))
        number, with_code = counted.get(key, (0, 0))
        counted[key] = (number + 1, with_code + bool(unused[c.id]))
    return counted


class TestContent:
    def test_as_many_partners_and_clients_as_asked_the_first_the_largest(self, filled: None) -> None:
        sizes = Counter(client.partner_id for client in clients())
        first = db.session.scalar(select(func.min(Partner.id)))
        assert sum(sizes.values()) == 2_000
        assert len(sizes) == 7
        assert sizes.most_common(1) == [(first, 900)]
        assert len(set(sizes.values())) > 3

    def test_an_administrator_for_each_partner(self, filled: None) -> None:
        assert set(db.session.scalars(select(User.email))) == {f"admin@partner-{n}.example" for n in range(1, 8)}
        assert db.session.scalar(select(func.count(User.partner_id.distinct()))) == 7

    def test_documents_and_codes_are_valid(self, filled: None) -> None:
        held = [client.document for client in clients()]
        assert all(documents.is_valid(document) for document in held)
        assert len(set(held)) == len(held)
        assert all(codes.is_valid(code) for code in db.session.scalars(select(RegistrationCode.code)))

    def test_search_keys_are_those_of_the_domain(self, filled: None) -> None:
        assert all(client.search_key == search_key(client.name, client.document) for client in clients())
        assert max(len(client.name) for client in clients()) <= 150

    @pytest.mark.parametrize(
        "day", ["2025-07-10", "2025-08-01", "2025-08-02", "2024-02-29", "2025-03-01", "2025-12-31"]
    )
    def test_statuses_are_spread_as_in_life(self, app: Flask, day: str) -> None:
        with clock.frozen(clock.parse_moment(f"{day}T12:00:00-03:00")):
            fill(ORDER)
            found = Counter(derive_status(client, clock.today()) for client in clients())
            dues = [(client.due_on - clock.today()).days for client in clients() if client.due_on]
        assert 0.77 < found[Status.ACTIVE] / 2_000 < 0.84
        assert 30 < found[Status.SUSPENDED] < 100
        assert (found[Status.EXPIRED] == 0) if day.endswith("-01") else (40 < found[Status.EXPIRED] < 130)
        assert found[Status.INACTIVE] > 120
        assert found[Status.HIDDEN] > 30
        assert 1 <= found[Status.PENDING] < 20
        assert min(dues) >= -400
        assert max(dues) <= 45

    def test_dates_are_in_order(self, filled: None) -> None:
        now = clock.now()
        for client in clients():
            assert client.registered_on < clock.today()
            assert client.due_on is None or client.due_on > client.registered_on
            assert client.due_on is None or client.due_on.day == client.due_day
            for at in (client.suspended_at, client.hidden_at, client.pending_at):
                assert at is None or client.registered_on <= clock.local_date(at) < clock.today()
        for code in db.session.scalars(select(RegistrationCode)):
            assert code.issued_at < (code.consumed_at or now)
        for installation in db.session.scalars(select(Installation)):
            assert installation.activated_at < installation.last_seen_at < now
        told = dict(db.session.execute(select(Contact.client_id, Contact.last_seen_at)).all())
        assert set(told) == set(db.session.scalars(select(Installation.client_id)))
        assert max(told.values()) < now

    def test_most_clients_of_a_partner_share_its_due_day(self, filled: None) -> None:
        for partner in db.session.scalars(select(Partner)):
            theirs = [client.due_day == partner.due_day for client in clients() if client.partner_id == partner.id]
            assert sum(theirs) / len(theirs) > 0.6

    def test_link_clients_are_activated_or_hold_unused_codes(self, filled: None) -> None:
        installed = set(db.session.scalars(select(Installation.client_id)))
        issued = set(db.session.scalars(select(RegistrationCode.client_id)))
        links = [client for client in clients() if client.product is Product.LINK and not client.pending_at]
        assert issued == {client.id for client in links}
        assert installed == {client.id for client in links if not client.unused_codes}
        assert 0.02 < sum(bool(client.unused_codes) for client in links) / len(links) < 0.09

    def test_every_client_has_its_base_license(self, filled: None) -> None:
        base = set(db.session.scalars(select(LicenseItem.client_id).where(LicenseItem.item == Item.BASE)))
        assert base == {client.id for client in clients()}

    def test_rows_point_to_rows_that_exist(self, filled: None) -> None:
        partner_of = {client.id: client.partner_id for client in clients()}
        for code in db.session.scalars(select(RegistrationCode)):
            assert partner_of[code.client_id] == code.partner_id
        admins = dict(db.session.execute(select(User.id, User.partner_id)).all())
        for client in clients():
            for user_id in (client.suspended_by_id, client.hidden_by_id):
                assert user_id is None or admins[user_id] == client.partner_id


@pytest.mark.parametrize("product", list(Product))
def test_bundles_are_as_the_catalogue_offers_them(product: Product) -> None:
    for bundle in BUNDLES[product]:
        items = dict(bundle)
        assert Item.BASE in items
        assert product is Product.LINK or items[Item.BASE] == 1
        for item, quantity in items.items():
            offer = OFFERS[item]
            assert product in offer.products
            assert offer.is_counted or quantity == 1
            assert offer.needs is None or offer.needs in items


class TestRepeat:
    def test_the_same_seed_makes_the_same_clients_another_one_others(self, app: Flask) -> None:
        from tests.conftest import empty_database

        made = []
        for seed in (1, 1, 2):
            fill(Order(partners=7, clients=2_000, largest=900, seed=seed))
            made.append([row[2:] for row in snapshot()])  # ids go on counting on PostgreSQL
            db.session.remove()
            empty_database()
        assert made[0] == made[1]
        assert made[0] != made[2]


class TestCounters:
    def test_they_equal_a_recount(self, filled: None) -> None:
        assert tallies() == recount()

    def test_rebuilding_mends_what_is_wrong(self, filled: None) -> None:
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE clients SET unused_codes = unused_codes + 1 WHERE id % 3 = 0"))
            connection.execute(text("UPDATE client_tallies SET clients = 77, with_unused_code = 5"))
            rebuild_counters(connection)
        assert tallies() == recount()

    def test_triggers_work_afterwards(self, filled: None, make: Factory) -> None:
        partner = db.session.scalars(select(Partner).order_by(Partner.id).limit(1)).one()
        revision = partner.revision
        client = make.client(partner)
        make.code(client)
        assert tallies() == recount()
        db.session.delete(db.session.scalars(select(RegistrationCode).filter_by(client_id=client.id)).one())
        client.suspended_at = clock.now()
        db.session.commit()
        assert tallies() == recount()
        db.session.refresh(partner)
        assert partner.revision >= revision + 3

    def test_new_rows_get_new_ids(self, filled: None, make: Factory) -> None:
        highest = db.session.scalar(select(func.max(Client.id)))
        client = make.client(db.session.scalars(select(Partner).limit(1)).one())
        assert client.id > highest


def schema() -> dict[str, Any]:
    """Return what the schema consists of, as the database tells it."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            query = "SELECT type, name, sql FROM sqlite_master"
        else:
            query = """
                SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
                UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
                UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) || CAST(tgenabled AS text) FROM pg_trigger WHERE NOT tgisinternal
            """
        found = {(kind, name): statement for kind, name, statement in connection.execute(text(query))}
        return {"tables": sorted(inspect(connection).get_table_names()), **found}  # type: ignore[dict-item]


class TestSchema:
    def test_it_is_afterwards_what_it_was_before(self, app: Flask) -> None:
        before = schema()
        fill(ORDER)
        assert schema() == before

    def test_and_after_a_failure_too_with_nothing_written(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        before = schema()

        def fail(_connection: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(bulk, "rebuild_counters", fail)
        with pytest.raises(RuntimeError):
            fill(ORDER)
        assert schema() == before
        assert not clients()
        assert db.session.scalar(select(func.count()).select_from(Partner)) == 0

    def test_rows_that_point_nowhere_are_refused_as_a_whole(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        from sqlalchemy.exc import IntegrityError

        nobody = bulk.Owner(partner_id=-1, admin_id=-1, due_day=10, clients=50)
        monkeypatch.setattr(bulk, "_add_owners", lambda *_args: [nobody])
        with pytest.raises((ValueError, IntegrityError)):
            fill(ORDER)
        assert not clients()

    def test_foreign_keys_are_checked_afterwards(self, filled: None) -> None:
        from sqlalchemy.exc import IntegrityError

        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO license_items (client_id, item, quantity, since_on) VALUES (-1, 'base', 1, '2025-01-01')"
                )
            )


class TestOrder:
    @pytest.mark.parametrize(
        ("numbers", "named"),
        [
            ((0, 10, 10), "--partners"),
            ((-1, 10, 10), "--partners"),
            ((5, 4, 1), "--clients"),
            ((1, 0, 0), "--clients"),
            ((1, 10**9, 10**9), "--clients"),
            ((2, 10, 11), "--largest"),
            ((2, 10, 10), "--largest"),
            ((2, 10, 4), "--largest"),
            ((1, 10, 9), "--largest"),
            ((3, 10, -5), "--largest"),
        ],
    )
    def test_nonsense_is_refused_by_name(self, numbers: tuple[int, int, int], named: str) -> None:
        with pytest.raises(OrderRefused, match=named):
            Order(*numbers, seed=1)

    def test_shares_add_up_shrink_and_leave_nobody_out(self) -> None:
        for partners in range(1, 12):
            for count in (partners, partners + 1, 50, 1_000):
                for largest in range(-(-count // partners), count - partners + 2, 1 + count // 40):
                    shares = Order(partners, count, largest, seed=1).shares()
                    assert sum(shares) == count
                    assert len(shares) == partners
                    assert shares[0] == largest == max(shares)
                    assert min(shares) >= 1

    def test_a_database_with_a_partner_is_left_alone(self, app: Flask, make: Factory) -> None:
        make.partner()
        db.session.remove()
        with pytest.raises(DatabaseNotEmpty):
            fill(ORDER)
        assert not clients()


@pytest.fixture(autouse=True)
def _released(app: Flask) -> Iterator[None]:
    """Let no session of a test stand in the way of the next load."""
    yield
    db.session.remove()
