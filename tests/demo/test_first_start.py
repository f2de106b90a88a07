"""The small demo: everything that somebody may want to see is there, on whatever day it is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from portal import clock, passwords
from portal.catalogue.queries import price_table
from portal.clients import queries, tallies
from portal.clients.details import get_detail
from portal.clients.filters import ClientFilter
from portal.cloud import queries as clouds
from portal.cloud.filters import CloudFilter
from portal.credit.queries import balance
from portal.demo import retail, service
from portal.demo.people import PASSWORD
from portal.domain import codes, documents
from portal.domain.actions import Action
from portal.domain.catalogue import OFFERS, Item, Product, RenewalMethod
from portal.domain.charges import ChargeKind, OrderKind, prorated_cents
from portal.domain.cycle import cycle_of
from portal.domain.installations import PAIRING_LIFE, SILENT_DAYS
from portal.domain.migration import Lapse, Step
from portal.domain.requests import RequestKind, RequestState, states_of
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.domain.statuses import LIVE_STATUSES, Status, derive_status
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.licenses.service import from_json
from portal.models import (
    AuditEvent,
    Charge,
    ChargeLine,
    Client,
    ClientTally,
    CloudBackup,
    CodeSending,
    Contact,
    Installation,
    LicenseItem,
    LicenseOrder,
    NaviMigration,
    Pairing,
    Partner,
    PendingChange,
    RegistrationCode,
    RetailCharge,
    Seat,
    ServiceRequest,
    User,
)
from portal.navi_migration.queries import course_of
from portal.navi_migration.rows import Checklist
from tests.conftest import NOW
from tests.kept import made_once

DAYS = [
    "2025-07-10T12:00:00-03:00",
    "2025-08-01T00:05:00-03:00",
    "2025-08-02T09:00:00-03:00",
    "2024-02-28T12:00:00-03:00",
    "2024-02-29T23:30:00-03:00",
    "2025-02-28T12:00:00-03:00",
    "2025-03-01T12:00:00-03:00",
    "2025-03-31T12:00:00-03:00",
    "2025-12-31T23:59:00-03:00",
    "2026-01-01T08:00:00-03:00",
]

BACKUPS = {"backup_asked"}
BILLED = {"retail_charge_issued", "retail_charge_paid", "renewed"}
"""What the night and an end client's payment put on record."""


@pytest.fixture(params=DAYS)
def day(request: pytest.FixtureRequest, app: Flask) -> Iterator[datetime]:
    """Start the demo on a day and yield the moment."""
    moment = clock.parse_moment(request.param)
    with clock.frozen(moment):
        made_once(moment, service.seed_if_empty)
        yield moment


@pytest.fixture
def demo(app: Flask) -> None:
    """Start the demo on the day on which all tests start."""
    made_once(NOW, service.seed_if_empty)


def clients(partner: str = "") -> list[Client]:
    query = select(Client).join(Partner).where(Partner.name.startswith(partner)).order_by(Client.id)
    return list(db.session.scalars(query))


def statuses(partner: str = "") -> Counter[Status]:
    return Counter(derive_status(client, clock.today()) for client in clients(partner))


class TestOnAnyDay:
    def test_every_status_that_the_day_allows_is_present(self, day: datetime) -> None:
        expected = set(Status) - ({Status.EXPIRED} if clock.today().day == 1 else set())
        assert set(statuses("Alfa")) == expected

    def test_most_clients_are_ativo(self, day: datetime) -> None:
        assert statuses("Alfa")[Status.ACTIVE] > 30

    def test_a_client_is_due_today_in_three_and_in_seven_days(self, day: datetime) -> None:
        due = {client.due_on for client in clients("Alfa")}
        assert {clock.today() + timedelta(days=days) for days in (0, 3, 7)} <= due

    def test_a_cloud_of_every_state_runs_for_either_product(self, day: datetime) -> None:
        alfa = clients("Alfa")[0].partner_id
        for product in Product:
            counts = clouds.counts(alfa, CloudFilter(product=product), day)
            assert all(counts.values()), (product, counts)
        [asked, made] = db.session.scalars(select(CloudBackup).where(CloudBackup.partner_id == alfa)).all()
        assert (asked.handed_out_at, made.done_at is not None) == (None, True)

    def test_somebody_is_silent_for_as_long_as_the_filter_may_ask(self, day: datetime) -> None:
        alfa, today = clients("Alfa")[0].partner_id, clock.today()
        counters = tallies.read(alfa, today)
        found = [
            len(list(queries.all_rows(alfa, ClientFilter(silent_days=days), today, counters))) for days in SILENT_DAYS
        ]
        assert found == sorted(found, reverse=True)
        assert len(set(found)) == len(found), found
        assert found[-1] > 0

    def test_a_navi_waits_for_its_partners_word(self, day: datetime) -> None:
        waiting = db.session.scalars(select(Pairing)).all()
        assert len({one.client_id for one in waiting}) == len(waiting) == 2
        assert all(day - one.asked_at < PAIRING_LIFE for one in waiting)

    def test_what_a_client_last_told_is_what_its_newest_program_says(self, day: datetime) -> None:
        for contact in db.session.scalars(select(Contact)):
            last = select(func.max(Installation.last_seen_at)).where(Installation.client_id == contact.client_id)
            assert contact.last_seen_at <= db.session.scalar(last)

    def test_due_days_are_possible_and_kept(self, day: datetime) -> None:
        for client in clients():
            assert 1 <= client.due_day <= 28
            assert client.due_on is None or client.due_on.day in {client.due_day, 29, 30, 31}

    def test_nothing_has_happened_in_the_future(self, day: datetime) -> None:
        moments = [
            *db.session.scalars(select(AuditEvent.at)),
            *db.session.scalars(select(RegistrationCode.issued_at)),
            *db.session.scalars(select(RegistrationCode.consumed_at).where(RegistrationCode.consumed_at.isnot(None))),
            *db.session.scalars(select(Installation.last_seen_at)),
            *db.session.scalars(select(Seat.heard_at)),
            *db.session.scalars(select(Contact.last_seen_at)),
            *db.session.scalars(select(CloudBackup.requested_at)),
        ]
        assert max(moments) <= day
        assert max(client.registered_on for client in clients()) <= clock.today()

    def test_nothing_comes_before_its_cause(self, day: datetime) -> None:
        for client in clients():
            changes = [client.suspended_at, client.hidden_at, client.pending_at]
            assert all(clock.local_date(at) >= client.registered_on for at in changes if at)
            assert client.due_on is None or client.registered_on < client.due_on
        for code in db.session.scalars(select(RegistrationCode).where(RegistrationCode.consumed_at.isnot(None))):
            assert code.issued_at <= code.consumed_at
        for installation in db.session.scalars(select(Installation)):
            assert installation.activated_at <= installation.last_seen_at

    def test_a_hidden_client_was_inativo_when_it_was_hidden(self, day: datetime) -> None:
        hides = db.session.execute(select(Client, AuditEvent.at).join(AuditEvent).where(AuditEvent.action == "hide"))
        for client, at in hides:
            assert (client.due_on.year, client.due_on.month) < (clock.local(at).year, clock.local(at).month)

    def test_a_suspended_client_was_paid_for_when_it_was_suspended(self, day: datetime) -> None:
        for client in clients():
            assert client.suspended_at is None or clock.local_date(client.suspended_at) <= client.due_on

    def test_unused_codes_wait_at_live_clients_and_at_others(self, day: datetime) -> None:
        today = clock.today()
        waiting = {derive_status(client, today) for client in clients("Alfa") if client.unused_codes}
        assert waiting & LIVE_STATUSES
        assert Status.INACTIVE in waiting


class TestCast:
    def test_there_are_two_partners_of_the_sizes_promised(self, demo: None) -> None:
        assert len(clients("Alfa Automação")) == 60
        assert len(clients("Beta Sistemas")) == 15

    def test_one_migration_is_in_the_middle_and_one_is_over(self, demo: None) -> None:
        alfa = db.session.scalars(select(Partner).order_by(Partner.id)).first().id
        pairs = db.session.scalars(select(NaviMigration).order_by(NaviMigration.link_id.desc())).all()
        begun, over = (Checklist.build(course_of(alfa, one.link_id), NOW) for one in pairs)
        assert (begun.coming, begun.stages[0].at != "", begun.code != "") == (Step.BACKUP, True, True)
        assert (over.coming, over.lapse) == (None, Lapse.LAPSED)
        assert all(stage.at for stage in over.stages[:-1])
        told = select(AuditEvent.client_id).where(AuditEvent.action == Action.MIGRATE)
        assert set(db.session.scalars(told)) == {one.navi_id for one in pairs}

    def test_documents_are_valid_and_of_all_three_kinds(self, demo: None) -> None:
        held = [client.document for client in clients()]
        assert all(documents.is_valid(document) for document in held)
        kinds = Counter("cpf" if len(d) == 11 else "numeric" if d.isdigit() else "letters" for d in held)
        assert min(kinds.values()) >= 5
        assert len(kinds) == 3

    def test_partners_have_valid_documents(self, demo: None) -> None:
        assert all(documents.is_valid(document) for document in db.session.scalars(select(Partner.document)))

    def test_names_have_accents_apostrophes_ampersands_and_up_to_150_signs(self, demo: None) -> None:
        names = [client.name for client in clients("Alfa")]
        assert max(map(len, names)) == 150
        for sign in "ãç'&":
            assert any(sign in name for name in names)

    def test_search_keys_are_those_of_the_domain(self, demo: None) -> None:
        assert all(client.search_key == search_key(client.name, client.document) for client in clients())

    def test_one_document_holds_navi_and_link(self, demo: None) -> None:
        products: dict[str, set[Product]] = {}
        for client in clients("Alfa"):
            products.setdefault(client.document, set()).add(client.product)
        assert set(Product) in products.values()

    def test_a_pending_registration_is_also_held_by_the_other_partner(self, demo: None) -> None:
        mine = {c.document for c in clients("Alfa") if c.pending_at}
        assert mine & {c.document for c in clients("Beta")}
        assert not any("Beta" in c.pending_reason for c in clients("Alfa"))

    def test_both_methods_both_products_and_many_places(self, demo: None) -> None:
        alfa = clients("Alfa")
        assert {client.renewal_method for client in alfa} == set(RenewalMethod)
        assert {client.product for client in alfa} == set(Product)
        assert len({client.uf for client in alfa}) >= 12
        assert len({client.city_code for client in alfa}) >= 30

    def test_contacts_notes_and_reasons_are_there(self, demo: None) -> None:
        alfa = clients("Alfa")
        assert sum(bool(client.email and client.phone.isdigit()) for client in alfa) > 40
        assert sum(bool(client.notes) for client in alfa) >= 5
        assert sum(bool(client.suspension_reason) for client in alfa) >= 4
        assert all(client.pending_reason for client in alfa if client.pending_at)

    def test_ids_follow_the_dates_of_registration(self, demo: None) -> None:
        registered = [client.registered_on for client in clients("Alfa")]
        assert registered == sorted(registered)


class TestLicenses:
    def test_items_are_as_the_catalogue_offers_them(self, demo: None) -> None:
        for client in clients():
            items = {i.item: i.quantity for i in db.session.scalars(select(LicenseItem).filter_by(client_id=client.id))}
            assert Item.BASE in items
            for item, quantity in items.items():
                offer = OFFERS[item]
                assert client.product in offer.products
                assert offer.is_counted or quantity == 1
                assert offer.needs is None or offer.needs in items
            assert client.product is Product.LINK or items[Item.BASE] == 1

    def test_every_item_of_the_catalogue_is_held_by_somebody(self, demo: None) -> None:
        assert set(db.session.scalars(select(LicenseItem.item))) == set(Item)

    def test_codes_are_valid(self, demo: None) -> None:
        assert all(codes.is_valid(code) for code in db.session.scalars(select(RegistrationCode.code)))

    def test_link_clients_are_activated_or_hold_an_unused_code(self, demo: None) -> None:
        for client in clients():
            issued = db.session.scalars(select(RegistrationCode).filter_by(client_id=client.id)).all()
            used = [code for code in issued if code.consumed_at]
            installed = db.session.scalars(select(Installation).filter_by(client_id=client.id)).all()
            assert len(used) == len(installed) or client.product is Product.NAVI, "a Navi needs no code"
            assert client.unused_codes == len(issued) - len(used)
            if client.product is Product.NAVI or client.pending_at:
                assert not issued
            else:
                assert any(code.item is Item.BASE for code in issued)

    def test_one_mobile_code_a_seat(self, demo: None) -> None:
        for item in db.session.scalars(select(LicenseItem).where(LicenseItem.item == Item.MOBILE)):
            issued = select(func.count()).select_from(RegistrationCode)
            assert db.session.scalar(issued.filter_by(client_id=item.client_id, item=Item.MOBILE)) == item.quantity

    def test_unused_codes_have_several_ages(self, demo: None) -> None:
        unused = select(RegistrationCode.issued_at).where(RegistrationCode.consumed_at.is_(None))
        ages = {(clock.today() - clock.local_date(at)).days for at in db.session.scalars(unused)}
        assert ages >= {0, 1, 4, 9, 20, 45, 200}

    def test_an_activated_client_waits_for_its_new_computer(self, demo: None) -> None:
        both = select(Client).join(Installation).where(Client.unused_codes > 0, Installation.item == Item.BASE)
        assert db.session.scalars(both).all()

    def test_no_more_seats_are_in_use_than_there_are(self, demo: None) -> None:
        in_use = Counter(db.session.execute(select(Seat.client_id, Seat.item).where(Seat.released_at.is_(None))).all())
        assert in_use
        for (client_id, item), used in in_use.items():
            held = select(LicenseItem.quantity).filter_by(client_id=client_id, item=item)
            assert 1 <= used <= db.session.scalar(held)

    def test_somebody_is_at_the_limit(self, demo: None) -> None:
        full = 0
        for client in clients("Alfa"):
            full += any(use.is_at_limit for use in get_detail(client, clock.now()).uses)
        assert full >= 1

    def test_tallies_count_everybody(self, demo: None) -> None:
        assert db.session.scalar(select(func.sum(ClientTally.clients))) == len(clients())
        with_code = sum(client.unused_codes > 0 for client in clients())
        assert db.session.scalar(select(func.sum(ClientTally.with_unused_code))) == with_code


class TestRequests:
    def test_there_is_one_in_every_state_of_each_kind(self, demo: None) -> None:
        found = db.session.execute(select(ServiceRequest.kind, ServiceRequest.state).distinct()).all()
        assert set(map(tuple, found)) == {(kind, state) for kind in RequestKind for state in states_of(kind)}
        assert {state for _kind, state in map(tuple, found)} == set(RequestState)


class TestOrders:
    def test_charges_are_what_the_rules_say_on_their_day(self, day: datetime) -> None:
        typed = Charge.kind == ChargeKind.IMPORT  # by staff: no rule says how much
        prices, found = price_table(clock.today()), db.session.scalars(select(Charge).where(~typed)).all()
        assert len(found) >= 5
        for charge in found:
            client = db.session.get(Client, charge.client_id)
            lines = db.session.scalars(select(ChargeLine).filter_by(charge_id=charge.id)).all()
            cycle = cycle_of(charge.through_on)
            assert charge.through_on == client.due_on
            assert charge.amount_cents == sum(line.amount_cents for line in lines)
            for line in lines:
                assert (line.days, line.divisor) == (cycle.days_from(charge.charged_on), cycle.days)
                assert line.unit_cents == prices.of(client.product, line.item)
                assert line.amount_cents == prorated_cents(line.unit_cents, line.quantity, line.days, line.divisor)
            assert charge.charged_on <= clock.today()
            assert charge.paid_at is None or charge.charged_at <= charge.paid_at <= day

    def test_some_are_open_and_some_are_paid(self, day: datetime) -> None:
        states = Counter(charge.paid_at is None for charge in db.session.scalars(select(Charge)))
        assert states[True] >= 3
        assert states[False] >= 2
        open_now = select(Charge.client_id).where(Charge.paid_at.is_(None))
        owing = Counter(db.session.scalars(open_now))
        assert {client.id: client.open_charges for client in clients() if client.open_charges} == dict(owing)

    def test_each_order_stands_on_its_event_and_holds_what_the_client_holds(self, day: datetime) -> None:
        orders = db.session.scalars(select(LicenseOrder).where(LicenseOrder.kind != OrderKind.IMPORT)).all()
        assert {order.kind for order in orders} == {OrderKind.REGISTRATION, OrderKind.CHANGE}
        last = {order.client_id: order.id for order in sorted(orders, key=lambda order: order.id)}
        for order in orders:
            event = db.session.get(AuditEvent, order.event_id)
            assert event.client_id == order.client_id
            assert clock.local_date(event.at) == order.ordered_on
            assert order.id != last[order.client_id] or from_json(order.after) == holding_of(
                order.client_id, clock.today()
            )

    def test_removals_are_to_come(self, day: datetime) -> None:
        pending = db.session.scalars(select(PendingChange)).all()
        assert len(pending) >= 2
        for change in pending:
            client = db.session.get(Client, change.client_id)
            assert change.effective_on == client.due_on + timedelta(days=1) > clock.today()

    def test_codes_were_handed_on_in_several_ways(self, day: datetime) -> None:
        sendings = db.session.scalars(select(CodeSending)).all()
        assert len({sending.way for sending in sendings}) >= 3
        for sending in sendings:
            code = db.session.get(RegistrationCode, sending.code_id)
            assert code.issued_at <= sending.sent_at <= day
            assert code.consumed_at is None


class TestHistory:
    def test_every_client_was_registered_by_a_user_of_its_partner(self, demo: None) -> None:
        for client in clients():
            event = db.session.scalars(
                select(AuditEvent).filter_by(client_id=client.id).order_by(AuditEvent.id).limit(1)
            ).one()
            assert event.action == "register"
            assert db.session.get(User, event.actor_id).partner_id == client.partner_id == event.partner_id

    def test_actions_are_those_of_the_domain(self, demo: None) -> None:
        told = set(db.session.scalars(select(AuditEvent.action).where(~AuditEvent.action.startswith("request_"))))
        assert told - {"register"} - BACKUPS - BILLED - {"invoice_made", "invoice_paid"} <= {
            action.value for action in Action
        }
        assert told >= {"register", "suspend", "resume", "hide", "unhide", "edit"}

    def test_events_are_numbered_as_they_happened(self, demo: None) -> None:
        moments = list(db.session.scalars(select(AuditEvent.at).order_by(AuditEvent.id)))
        assert moments == sorted(moments)

    def test_an_edit_tells_the_number_that_the_client_has(self, demo: None) -> None:
        query = select(Client, AuditEvent).join(AuditEvent).where(AuditEvent.action == "edit")
        edits = [row for row in db.session.execute(query) if "phone" in row[1].after]
        assert edits
        assert all(event.after == {"phone": client.phone} != event.before for client, event in edits)
        assert all(len(client.phone) == 11 for client, _event in edits)

    def test_versions_count_the_changes(self, demo: None) -> None:
        for client in clients():
            base = (
                select(AuditEvent.base_version)
                .filter_by(client_id=client.id)
                .where(AuditEvent.base_version.isnot(None))
            )
            assert sorted(db.session.scalars(base)) == list(range(1, client.version))

    def test_present_flags_are_told(self, demo: None) -> None:
        for client in clients():
            for action, column in (("suspend", "suspended_at"), ("hide", "hidden_at")):
                at = getattr(client, column)
                told = list(db.session.scalars(select(AuditEvent).filter_by(client_id=client.id, action=action)))
                assert at is None or told[-1].after == {column: at.isoformat()}


class TestLogins:
    def test_there_are_six_with_their_roles(self, demo: None) -> None:
        roles = dict(db.session.execute(select(User.email, User.role)).all())
        assert roles == {
            "admin@alfa.example": Role.ADMIN,
            "financeiro@alfa.example": Role.FINANCE,
            "suporte@alfa.example": Role.SUPPORT,
            "leitura@alfa.example": Role.READER,
            "admin@beta.example": Role.ADMIN,
            "operador@vendor.example": Role.OPERATOR,
        }

    def test_the_password_is_the_one_that_is_printed(self, demo: None) -> None:
        for user in db.session.scalars(select(User)):
            assert passwords.verify(user.password_hash, PASSWORD)

    def test_the_welcome_names_address_logins_roles_and_password(self, demo: None) -> None:
        text = service.welcome("http://127.0.0.1:8000")
        for part in ("http://127.0.0.1:8000", "portal-demo-2026", "operador@vendor.example", "Operador", "Leitura"):
            assert part in text
        assert text.count("@") == 6

    def test_the_welcome_says_where_prices_are_missing(self, app: Flask, make) -> None:  # type: ignore[no-untyped-def]
        make.partner()
        assert "prices load FILE" in service.welcome("")
        make.price_version()
        assert "prices load" not in service.welcome("")

    def test_the_welcome_promises_no_login_that_does_not_exist(self, app: Flask) -> None:
        assert "@" not in service.welcome("http://127.0.0.1:8000")


class TestTwice:
    def test_the_second_start_asks_once_and_writes_nothing(self, demo: None) -> None:
        before = db.session.scalar(select(func.count()).select_from(AuditEvent))
        asked: list[str] = []
        db.session.rollback()

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert service.seed_if_empty() is False
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        assert len([text for text in asked if not text.startswith("BEGIN")]) == 1
        assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before

    def test_any_partner_keeps_the_demo_out(self, app: Flask, make) -> None:  # type: ignore[no-untyped-def]
        make.partner()
        assert service.seed_if_empty() is False
        assert db.session.scalar(select(func.count()).select_from(Partner)) == 1

    def test_two_starts_at_once_make_one_demo(self, app: Flask) -> None:
        made: list[bool] = []

        def start() -> None:
            with app.app_context():
                made.append(service.seed_if_empty())

        threads = [Thread(target=start) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(made) == [False, False, True]
        assert len(clients()) == 75

    def test_a_start_waits_longer_for_another_than_a_transaction_waits_for_a_lock(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locked, turns = OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked")), []

        def lock() -> None:
            turns.append(len(turns))
            if len(turns) < service.TURNS:
                raise locked

        monkeypatch.setattr(service, "_lock", lock)
        assert service.seed_if_empty() is True
        assert len(turns) == service.TURNS

    def test_a_start_that_waited_in_vain_says_so(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        def lock() -> None:
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

        monkeypatch.setattr(service, "_lock", lock)
        with pytest.raises(OperationalError):
            service.seed_if_empty()
        assert db.session.scalar(select(func.count()).select_from(Partner)) == 0

    def test_the_same_moment_makes_the_same_demo(self, app: Flask, demo: None) -> None:
        from tests.conftest import empty_database

        first = [(c.name, c.document, c.due_on, c.city_code, c.version) for c in clients()]
        db.session.remove()
        empty_database()
        service.seed_if_empty()
        assert [(c.name, c.document, c.due_on, c.city_code, c.version) for c in clients()] == first


class TestBilling:
    """End clients are billed as a night would, one has paid."""

    def test_charges_are_what_the_rules_say(self, day: datetime) -> None:
        charges = db.session.scalars(select(RetailCharge)).all()
        assert charges
        for charge in charges:
            client = db.session.get_one(Client, charge.client_id)
            assert client.renewal_method is RenewalMethod.BILLING
            assert charge.issued_on == clock.local_date(day)
            assert charge.amount_cents >= charge.cost_cents > 0

    def test_one_is_paid_and_its_margin_is_credit(self, demo: None) -> None:
        [paid] = db.session.scalars(select(RetailCharge).where(RetailCharge.paid_at.is_not(None))).all()
        client = db.session.get_one(Client, paid.client_id)
        assert (client.name, client.due_on) == (retail.PAYER, paid.next_due_on)
        assert balance(client.partner_id) == paid.amount_cents - paid.cost_cents > 0
        assert [charge for charge in db.session.scalars(select(RetailCharge)) if charge.paid_at is None]

    def test_some_clients_are_billed_at_cost(self, demo: None) -> None:
        margins = {charge.amount_cents > charge.cost_cents for charge in db.session.scalars(select(RetailCharge))}
        assert margins == {True, False}
