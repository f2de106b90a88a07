"""Orders for many clients: drawn up, confirmed, carried out; each line once, by the rule of a single row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError

from jobs import works
from portal import clock
from portal.clients import bulk, bulk_cleaning, bulk_execution, bulk_queries, service
from portal.clients.bulk import Selection
from portal.clients.filters import ClientFilter
from portal.domain import retention
from portal.domain.actions import ALLOWED, PRODUCT_OF, Action
from portal.domain.bulk import BULK_ACTIONS, INVERSE, LineResult, inverse_of
from portal.domain.catalogue import Product
from portal.domain.errors import NotFound, NothingSelected, NotPermitted, RepeatMismatch, TooManySelected
from portal.domain.search import search_key
from portal.domain.statuses import Status, derive_status
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import AuditEvent, BulkLine, BulkOrder, Client, Work
from tests.clients.test_service import Somebody
from tests.conftest import NOW
from tests.revision import revise

TODAY = date(2025, 7, 10)
MANY = 1_000


@pytest.fixture
def ana(admin) -> Somebody:
    return Somebody(admin.id, admin.name)


@pytest.fixture
def one_each(client_in) -> dict[Status, Client]:
    """Return a client of each status."""
    return {status: client_in(status) for status in Status}


@pytest.fixture
def crowd(make, partner) -> Callable[[int], None]:
    """Return what makes many Ativo clients in one go."""

    def make_crowd(count: int) -> None:
        common = {
            "partner_id": partner.id, "product": Product.LINK, "registered_on": TODAY, "due_on": date(2025, 8, 10),
            "uf": "SP", "city": "São Paulo", "city_code": "3550308",
        }  # fmt: skip
        rows = [{"name": f"Loja {number}", "document": make.document()} | common for number in range(count)]
        db.session.execute(
            insert(Client), [row | {"search_key": search_key(row["name"], row["document"])} for row in rows]
        )
        db.session.commit()

    return make_crowd


def draw_up(action: Action, clients, ana: Somebody, partner_id: int | None = None) -> BulkOrder:
    clients = list(clients)
    selection = Selection(ClientFilter(), [client.id for client in clients])
    return bulk.draw_up(action, selection, partner_id=partner_id or clients[0].partner_id, now=clock.now(), actor=ana)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch) -> None:
    monkeypatch.setattr(works, "PAUSE_SECONDS", 0)


def finish(order: BulkOrder, ana: Somebody, reason: str | None = "") -> dict[LineResult | None, int]:
    bulk_execution.confirm(order, reason=reason, now=clock.now(), actor=ana)
    works.carry_out_waiting()
    return {result: lines for result, lines in bulk_queries.results_of(order).items() if lines}


def some(order: BulkOrder, chunks: int = 1) -> None:
    """Carry out so many chunks of a confirmed order, in a process that is told to stop then."""
    stopping, left = Event(), iter(range(chunks))

    def step(work: Work, now: datetime) -> bool:
        if next(left) == chunks - 1:
            stopping.set()
        return bulk_execution.step(work, now)

    works.carry_out_waiting({WorkKind.BULK: step}, stopping=stopping)
    db.session.refresh(order)


def lines(order: BulkOrder) -> dict[int, BulkLine]:
    found = db.session.scalars(
        select(BulkLine).where(BulkLine.order_id == order.id).execution_options(populate_existing=True)
    )
    return {line.client_id: line for line in found}


def events() -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def status_of(client: Client) -> Status:
    db.session.refresh(client)
    return derive_status(client, TODAY)


# the rules


def test_the_way_back_leads_back() -> None:
    for action, inverse in INVERSE.items():
        assert {action, inverse} <= set(BULK_ACTIONS)
        assert inverse_of(action.value) is inverse
    assert inverse_of("edit") is None
    assert inverse_of("register") is None
    assert inverse_of("resume") is None


def test_no_action_for_many_rows_depends_on_the_product() -> None:
    """The preview counts by status alone."""
    assert not set(BULK_ACTIONS) & set(PRODUCT_OF)


# drawing up


def test_drawing_up_changes_no_client_and_remembers_each_version(one_each, ana) -> None:
    one_each[Status.ACTIVE].version = 7
    db.session.commit()
    order = draw_up(Action.SUSPEND, one_each.values(), ana)
    assert (order.lines, order.confirmed_at, order.user_name) == (6, None, ana.name)
    assert {client_id: line.base_version for client_id, line in lines(order).items()} == {
        client.id: 7 if status is Status.ACTIVE else 1 for status, client in one_each.items()
    }
    assert events() == []


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (ClientFilter(), set(Status) - {Status.HIDDEN}),
        (ClientFilter(statuses=frozenset({Status.HIDDEN})), {Status.HIDDEN}),
        (ClientFilter(statuses=frozenset({Status.ACTIVE, Status.EXPIRED})), {Status.ACTIVE, Status.EXPIRED}),
        (ClientFilter(search="active"), {Status.ACTIVE, Status.INACTIVE}),
        (ClientFilter(due_within=60), {Status.ACTIVE, Status.SUSPENDED}),
    ],
)
def test_all_of_a_filter_is_what_the_list_shows(make, partner, client_in, ana, criteria, expected) -> None:
    clients = {status: client_in(status, name=status.value) for status in Status}
    make.client(make.partner(), name="active")
    order = bulk.draw_up(Action.SUSPEND, Selection(criteria), partner_id=partner.id, now=NOW, actor=ana)
    assert set(lines(order)) == {clients[status].id for status in expected}


def test_the_page_that_the_list_stands_on_narrows_nothing(client_in, partner, ana) -> None:
    clients = [client_in() for _ in range(3)]
    criteria = ClientFilter(after=clients[1].id, opened=clients[0].id, size=50)
    order = bulk.draw_up(Action.SUSPEND, Selection(criteria), partner_id=partner.id, now=NOW, actor=ana)
    assert order.lines == 3
    assert order.criteria == "?size=50"


def test_another_partners_clients_are_as_if_they_were_not_there(make, client_in, partner, ana) -> None:
    foreign, own = make.client(make.partner()), client_in()
    assert set(lines(draw_up(Action.SUSPEND, [own, foreign], ana, partner.id))) == {own.id}
    with pytest.raises(NotFound):
        draw_up(Action.SUSPEND, [foreign], ana, partner.id)


def test_nobody_selected_is_refused(partner, ana) -> None:
    for selection in (Selection(ClientFilter(), []), Selection(ClientFilter(search="nobody"))):
        with pytest.raises(NothingSelected):
            bulk.draw_up(Action.HIDE, selection, partner_id=partner.id, now=NOW, actor=ana)
        db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(BulkOrder)) == 0


def test_more_than_an_order_may_hold_are_refused(client_in, partner, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MOST_LINES", 2)
    for _ in range(2):
        client_in()
    bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    client_in()
    with pytest.raises(TooManySelected) as refusal:
        bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    assert refusal.value.most == 2


def test_a_users_older_drafts_are_forgotten_confirmed_orders_and_others_are_not(make, client_in, partner, ana) -> None:
    client = client_in()
    other = make.user(partner)
    kept = [draw_up(Action.HIDE, [client], Somebody(other.id, "Bia")).id]
    confirmed = draw_up(Action.HIDE, [client], ana)
    finish(confirmed, ana)
    drafts = [draw_up(Action.HIDE, [client], ana).id for _ in range(bulk.DRAFTS_KEPT + 3)]
    kept += [confirmed.id, *drafts[3:]]
    assert set(db.session.scalars(select(BulkOrder.id))) == set(kept)
    assert set(db.session.scalars(select(BulkLine.order_id))) == set(kept)


# carrying out


@pytest.mark.parametrize("action", BULK_ACTIONS)
def test_each_line_goes_by_the_rule_of_a_single_row(one_each, ana, action) -> None:
    order = draw_up(action, one_each.values(), ana)
    expected = bulk_queries.refusing(order, bulk_queries.statuses_of(order, TODAY))
    before = {status: status_of(client) for status, client in one_each.items()}
    results = finish(order, ana)
    assert results == {LineResult.DONE: 1, LineResult.REFUSED: 5}
    for status, client in one_each.items():
        line, is_allowed = lines(order)[client.id], action in ALLOWED[status]
        assert line.result is (LineResult.DONE if is_allowed else LineResult.REFUSED)
        assert line.refused_status is (None if is_allowed else status)
        assert (line.event_id is not None) == is_allowed
        assert (status_of(client) is before[status]) != is_allowed
        assert client.version == (2 if is_allowed else 1)
    assert expected == {status: 1 for status in Status if action not in ALLOWED[status]}
    assert order.finished_at == NOW


@pytest.mark.parametrize("action", BULK_ACTIONS)
def test_a_line_leaves_the_same_row_and_record_as_the_single_form(client_in, ana, action) -> None:
    status = next(status for status in Status if action in ALLOWED[status])
    single, bulky = client_in(status, suspension_reason="Antes"), client_in(status, suspension_reason="Antes")
    verb = getattr(service, action.value)
    content = {"reason": "Não pagou"} if action is Action.SUSPEND else {}
    verb(single, version=1, now=NOW, actor=ana, **content)
    finish(draw_up(action, [bulky], ana), ana, content.get("reason", ""))
    db.session.expire_all()
    told = ("suspended_at", "suspended_by_id", "suspension_reason", "hidden_at", "hidden_by_id", "version")
    assert [getattr(bulky, name) for name in told] == [getattr(single, name) for name in told]
    one, other = events()
    told = (
        "action",
        "at",
        "actor_id",
        "actor_name",
        "partner_id",
        "before",
        "after",
        "reason",
        "base_version",
        "fingerprint",
    )
    assert [getattr(other, name) for name in told] == [getattr(one, name) for name in told]
    assert (one.client_id, other.client_id) == (single.id, bulky.id)


def test_who_changed_since_the_preview_is_left_alone(client_in, ana) -> None:
    untouched, touched = client_in(), client_in()
    order = draw_up(Action.SUSPEND, [untouched, touched], ana)
    revise(
        touched,
        version=1,
        data={name: getattr(touched, name) for name in service.REVISED} | {"name": "Outro"},
        now=NOW,
        actor=ana,
    )
    assert finish(order, ana) == {LineResult.DONE: 1, LineResult.STALE: 1}
    assert lines(order)[touched.id].result is LineResult.STALE
    assert (status_of(untouched), status_of(touched)) == (Status.SUSPENDED, Status.ACTIVE)


def test_the_rule_is_that_of_the_moment_not_of_the_preview(client_in, ana) -> None:
    client = client_in(due_on=TODAY)
    order = draw_up(Action.SUSPEND, [client], ana)
    with clock.frozen(NOW + timedelta(days=1)):
        assert finish(order, ana) == {LineResult.REFUSED: 1}
    assert lines(order)[client.id].refused_status is Status.EXPIRED


def test_an_order_stops_between_chunks_and_goes_on_where_it_stood(crowd, partner, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk_execution, "CHUNK", 4)
    crowd(10)
    order = bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    bulk_execution.confirm(order, reason="Um", now=NOW, actor=ana)
    open_lines, counted = [], []
    for _ in range(3):
        some(order)
        open_lines.append(bulk_queries.results_of(order)[None])
        counted.append((order.done, order.unchanged))
    assert open_lines == [6, 2, 0]
    assert counted == [(4, 0), (8, 0), (10, 0)]
    assert order.finished_at == NOW
    assert len(events()) == len({event.client_id for event in events()}) == 10


def test_an_order_that_fills_its_last_chunk_ends_too(crowd, partner, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk_execution, "CHUNK", 5)
    crowd(10)
    order = bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    assert finish(order, ana) == {LineResult.DONE: 10}
    assert order.finished_at == NOW


def test_a_chunk_that_fails_half_way_leaves_nothing_and_is_done_again(crowd, partner, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk_execution, "CHUNK", 4)
    crowd(10)
    order = bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    bulk_execution.confirm(order, reason=None, now=NOW, actor=ana)
    some(order)

    def fail(*_arguments: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(bulk_execution, "_note", fail)
        works.carry_out_waiting()
    db.session.refresh(order)
    assert (len(events()), order.done) == (4, 4)
    assert finish(order, ana, None) == {LineResult.DONE: 10}
    assert len(events()) == 10


def test_a_thousand_rows_sent_again_and_again_are_suspended_once_each(crowd, partner, ana) -> None:
    """Each process gets so far and is stopped; the form comes again and again, as from a browser that got no answer."""
    crowd(MANY)
    order = bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    for _ in range(4):
        bulk_execution.confirm(order, reason="Não pagou", now=NOW, actor=ana)
        some(order, 2)
    assert bulk_queries.results_of(order)[None] == 200
    assert finish(order, ana, "Não pagou") == {LineResult.DONE: MANY}
    assert finish(order, ana, "Não pagou") == {LineResult.DONE: MANY}
    versions = db.session.execute(select(Client.version, func.count()).group_by(Client.version)).all()
    assert versions == [(2, MANY)]
    told = db.session.execute(select(func.count(), func.count(AuditEvent.client_id.distinct())).select_from(AuditEvent))
    assert told.one() == (MANY, MANY)
    assert {line.event_id for line in lines(order).values()} == {event.id for event in events()}
    work = db.session.scalars(select(Work)).one()
    assert (work.done, work.total, order.done, order.unchanged) == (MANY, MANY, MANY, 0)


def test_many_runners_at_once_do_each_line_once(app: Flask, crowd, partner, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk_execution, "CHUNK", 10)
    crowd(200)
    orders = [
        bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
        for _ in range(2)
    ]
    for order in orders:
        bulk_execution.confirm(order, reason="", now=NOW, actor=ana)
    barrier = Barrier(4)
    db.session.rollback()

    def carry_out(_number: int) -> None:
        with app.app_context():
            barrier.wait(60)
            works.carry_out_waiting()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(carry_out, range(4)))
    results = [bulk_queries.results_of(order) for order in orders]
    assert sum(result[LineResult.DONE] for result in results) == 200
    assert sum(result[LineResult.STALE] for result in results) == 200
    assert len(events()) == 200
    assert set(db.session.scalars(select(Client.version))) == {2}


def test_an_order_confirmed_twice_at_once_is_one_work(app: Flask, client_in, ana) -> None:
    order = draw_up(Action.SUSPEND, [client_in()], ana)
    key, partner_id, barrier = order.key, order.partner_id, Barrier(4)
    db.session.rollback()

    def confirm(_number: int) -> None:
        with app.app_context():
            barrier.wait(60)
            same = bulk_queries.get_order(partner_id, key)
            db.session.rollback()
            bulk_execution.confirm(same, reason="", now=NOW, actor=ana)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(confirm, range(4)))
    assert db.session.scalar(select(func.count()).select_from(Work)) == 1


def test_only_who_drew_an_order_up_confirms_it(make, client_in, partner, ana) -> None:
    order = draw_up(Action.SUSPEND, [client_in()], ana)
    with pytest.raises(NotPermitted):
        finish(order, Somebody(make.user(partner).id, "Bia"))
    assert order.confirmed_at is None


def test_a_reason_stands_once_it_was_confirmed(client_in, ana) -> None:
    order = draw_up(Action.SUSPEND, [client_in()], ana)
    bulk_execution.confirm(order, reason="Um", now=NOW, actor=ana)
    bulk_execution.confirm(order, reason=None, now=NOW, actor=ana)
    bulk_execution.confirm(order, reason="Um", now=NOW, actor=ana)
    with pytest.raises(RepeatMismatch):
        bulk_execution.confirm(order, reason="Outro", now=NOW, actor=ana)
    assert order.reason == "Um"


# taking back


@pytest.mark.parametrize(("action", "status"), [(Action.SUSPEND, Status.ACTIVE), (Action.HIDE, Status.INACTIVE)])
def test_an_order_is_taken_back_where_nobody_touched_the_client_since(client_in, one_each, ana, action, status) -> None:
    clients = [client_in(status) for _ in range(3)]
    order = draw_up(action, [*clients, one_each[Status.PENDING]], ana)
    finish(order, ana, "Não pagou")
    done = {line.client_id: line.event_id for line in lines(order).values() if line.event_id}
    db.session.execute(update(Client).where(Client.id == clients[0].id).values(version=3))
    db.session.commit()
    undoing = bulk.draw_up_undoing(order, now=NOW, actor=ana)
    assert (undoing.action, undoing.undoes_id, undoing.lines) == (INVERSE[action], order.id, 3)
    assert finish(undoing, ana) == {LineResult.DONE: 2, LineResult.STALE: 1}
    assert [status_of(client) is status for client in clients] == [False, True, True]
    told = {event.client_id: event.reason for event in events() if event.action == INVERSE[action]}
    assert told == {client.id: f"Desfazer do protocolo {done[client.id]}" for client in clients[1:]}


def test_taking_back_twice_does_nothing_twice(client_in, ana) -> None:
    order = draw_up(Action.SUSPEND, [client_in()], ana)
    finish(order, ana)
    first, second = (bulk.draw_up_undoing(order, now=NOW, actor=ana) for _ in range(2))
    assert finish(first, ana) == {LineResult.DONE: 1}
    assert finish(second, ana) == {LineResult.STALE: 1}


def test_what_is_not_finished_did_nothing_or_has_no_way_back_is_not_taken_back(client_in, ana) -> None:
    unfinished = draw_up(Action.SUSPEND, [client_in()], ana)
    idle = draw_up(Action.SUSPEND, [client_in(Status.EXPIRED)], ana)
    finish(idle, ana)
    resumed = draw_up(Action.RESUME, [client_in(Status.SUSPENDED)], ana)
    finish(resumed, ana)
    for order in (unfinished, idle, resumed):
        with pytest.raises(NothingSelected):
            bulk.draw_up_undoing(order, now=NOW, actor=ana)
        db.session.rollback()


# reading


def test_the_preview_counts_by_todays_status(client_in, ana) -> None:
    clients = [client_in(status) for status in Status for _ in range(2)]
    order = draw_up(Action.HIDE, clients, ana)
    assert bulk_queries.statuses_of(order, TODAY) == dict.fromkeys(Status, 2)
    tomorrow = bulk_queries.statuses_of(order, date(2025, 9, 1))
    assert tomorrow[Status.INACTIVE] == 8


def test_lines_come_page_by_page_and_by_result(crowd, partner, client_in, ana) -> None:
    crowd(bulk_queries.SHOWN + 5)
    client_in(Status.EXPIRED)
    order = bulk.draw_up(Action.SUSPEND, Selection(ClientFilter()), partner_id=partner.id, now=NOW, actor=ana)
    finish(order, ana)
    first = bulk_queries.lines_of(order)
    assert len(first) == bulk_queries.SHOWN + 1
    rest = bulk_queries.lines_of(order, after=first[-2].id)
    assert len(rest) == 6
    assert all(one.id < other.id for one, other in pairwise([*first[:-1], *rest]))
    [refused] = bulk_queries.lines_of(order, result=LineResult.REFUSED)
    assert (refused.result, refused.refused_status) == (LineResult.REFUSED, Status.EXPIRED)


def test_an_order_is_found_by_its_partner_only(make, client_in, partner, ana) -> None:
    order = draw_up(Action.HIDE, [client_in()], ana)
    assert bulk_queries.get_order(partner.id, order.key) is order
    for partner_id, key in ((make.partner().id, order.key), (partner.id, order.key[:-1]), (partner.id, "\x00")):
        with pytest.raises(NotFound):
            bulk_queries.get_order(partner_id, key)


# forgetting


def aged(order: BulkOrder, **moments: datetime) -> int:
    """Have an order look as old as that; returns its id."""
    db.session.execute(update(BulkOrder).where(BulkOrder.id == order.id).values(**moments))
    db.session.commit()
    return order.id


def test_drafts_of_last_week_and_orders_of_last_year_are_forgotten(client_in, ana) -> None:
    client, second = client_in(), timedelta(seconds=1)
    draft_end, order_end = NOW - retention.BULK_DRAFTS, NOW - retention.BULK_ORDERS
    kept = [
        aged(draw_up(Action.HIDE, [client], ana), created_at=draft_end),
        aged(draw_up(Action.HIDE, [client], ana), created_at=order_end - second, confirmed_at=order_end),
    ]
    aged(draw_up(Action.HIDE, [client], ana), created_at=draft_end - second)
    aged(draw_up(Action.HIDE, [client], ana), confirmed_at=order_end - second)
    assert bulk_cleaning.count_forgettable(NOW) == 2
    assert bulk_cleaning.forget(NOW) == 2
    assert sorted(db.session.scalars(select(BulkOrder.id))) == kept
    assert sorted(db.session.scalars(select(BulkLine.order_id))) == kept


def test_an_order_that_is_taken_back_is_kept_as_long_as_what_takes_it_back(client_in, ana) -> None:
    order = draw_up(Action.SUSPEND, [client_in()], ana)
    finish(order, ana)
    undoing = bulk.draw_up_undoing(order, now=NOW, actor=ana)
    finish(undoing, ana)
    long_ago = NOW - retention.BULK_ORDERS - timedelta(days=1)
    aged(order, confirmed_at=long_ago)
    assert bulk_cleaning.forget(NOW) == 0
    aged(undoing, confirmed_at=long_ago)
    assert bulk_cleaning.forget(NOW) == 2


def test_however_many_there_are_they_go_a_few_at_a_time(client_in, ana, monkeypatch) -> None:
    monkeypatch.setattr(bulk_cleaning, "AT_ONCE", 2)
    client = client_in()
    for _ in range(5):
        aged(draw_up(Action.HIDE, [client], ana), created_at=NOW - timedelta(days=30))
    assert bulk_cleaning.forget(NOW) == 5
    assert db.session.scalar(select(func.count()).select_from(BulkLine)) == 0
