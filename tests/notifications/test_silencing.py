"""A due date that has nothing left to decide is not told of: by the night, at once after a decision, on the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import product

import pytest
from sqlalchemy import delete, select, update

from portal import clock
from portal.clients.details import get_detail
from portal.domain.catalogue import Product
from portal.domain.forecast import steps
from portal.domain.notices import EXPIRY_RULES, NoticeKind
from portal.domain.renewals import Decision
from portal.domain.silence import told_of
from portal.extensions import db
from portal.models import Client, Notice, NoticeMute, RenewalDecision
from portal.notifications import service, silencing
from portal.notifications.silencing import decided
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, candidates_of, kinds, night, notices
from tests.notifications.test_settling import kept, recounted

K = NoticeKind


def decide(client: Client, decision: Decision | None, due_on: date | None = None) -> None:
    which = RenewalDecision.client_id == client.id, RenewalDecision.due_on == (due_on or client.due_on)
    db.session.execute(delete(RenewalDecision).where(*which))
    if decision:
        db.session.add(
            RenewalDecision(client_id=client.id, due_on=due_on or client.due_on, partner_id=client.partner_id,
                            decision=decision, decided_at=NOW)
        )  # fmt: skip
    db.session.flush()


def told(client: Client) -> list[NoticeKind]:
    return kinds(client, is_settled=False, dismissed_at=None)


@pytest.fixture
def crowd(make, partner) -> list[Client]:
    """Insert Navis and Links of every due date around today with every answer there may be, and Links beside them."""
    crowd = []
    charges = (None, {}, {"paid_at": NOW}, {"cancelled_at": NOW})
    for offset, decision, charged in product((-15, -9, -1, 0, 2, 6), (None, *Decision), charges):
        client = make.client(partner, due_on=TODAY + timedelta(days=offset))
        decide(client, decision)
        if charged is not None:
            make.retail_charge(client, **charged)
        crowd.append(client)
    links = ({"due_on": TODAY}, {"due_on": TODAY - timedelta(days=1)}, {"due_on": TODAY, "suspended_at": NOW},
             {"due_on": TODAY, "pending_at": NOW}, {"due_on": TODAY, "archived_at": NOW}, {"due_on": TODAY, "hidden_at": NOW})  # fmt: skip
    for offset, decision, both, link in product((-9, 0, 6), (None, *Decision), (None, NOW), links):
        navi = make.client(partner, product=Product.NAVI, due_on=TODAY + timedelta(days=offset), uses_both_at=both)
        make.client(partner, document=navi.document, product=Product.LINK, **link)
        decide(navi, decision)
        crowd.append(navi)
    lone = make.client(partner, product=Product.NAVI, due_on=TODAY)
    make.client(make.partner(), document=lone.document, product=Product.LINK, due_on=TODAY)
    db.session.commit()
    return [*crowd, lone]


def test_sql_and_python_are_silent_about_the_same_clients(crowd) -> None:
    for today in (TODAY, TODAY + timedelta(days=1)):
        found = {}
        for kind in EXPIRY_RULES:
            found |= {row.client: kind for row in candidates_of(kind, today)}
        expected = {
            one.id: told_of(one, today, get_detail(one, clock.moment_of(today, time(12))).answers) for one in crowd
        }
        ids = {one.id for one in crowd}
        assert {id_: kind for id_, kind in found.items() if id_ in ids} == {
            id_: kind for id_, kind in expected.items() if kind
        }
        assert None in expected.values()


def test_a_due_date_that_is_not_renewed_is_told_of_no_more_and_the_next_one_is(due_in) -> None:
    client = due_in(2)
    night()
    assert told(client) == [K.DUE_IN_3]
    decide(client, Decision.SKIP)
    decided([client.id], NOW)
    assert told(client) == []
    for days in range(1, 8):
        night(TODAY + timedelta(days=days))
    assert told(client) == []
    db.session.execute(update(Client).where(Client.id == client.id).values(due_on=TODAY + timedelta(days=33)))
    db.session.commit()
    night(TODAY + timedelta(days=31))
    assert told(client) == [K.DUE_IN_3]
    assert kept() == recounted()


def test_a_decision_taken_back_asks_again_with_the_kind_of_the_day(due_in) -> None:
    client, other = due_in(2), due_in(2)
    night()
    decide(client, Decision.SKIP)
    decided([client.id], NOW)
    assert told(client) == []
    decide(client, Decision.RENEW)
    decided([client.id], NOW)
    assert told(client) == [K.DUE_IN_3], "the same notice, once"
    decide(client, Decision.SKIP)
    decided([client.id], NOW)
    later = NOW + timedelta(days=2)
    decide(client, None)
    decided([client.id], later)
    assert told(client) == [K.DUE_TODAY]
    assert told(other) == [K.DUE_IN_3], "of whom nothing was decided, the night tells"
    decided([client.id], later)
    assert len(notices(client)) == 2
    db.session.commit()
    assert kept() == recounted()


def test_what_was_dismissed_or_muted_is_not_asked_again(due_in, web) -> None:
    client, muted = due_in(2), due_in(2)
    night()
    web.post(f"/notices/{notices(client)[0].id}/dismissal")
    for one in (client, muted):
        decide(one, Decision.SKIP)
    decided([client.id, muted.id], NOW)
    db.session.add(NoticeMute(client_id=muted.id, kind=K.DUE_IN_3, partner_id=muted.partner_id, muted_at=NOW))
    for one in (client, muted):
        decide(one, Decision.RENEW)
    decided([client.id, muted.id], NOW)
    db.session.commit()
    assert told(client) == told(muted) == []


def test_deciding_before_the_night_has_run_leaves_one_notice_of_the_day(due_in) -> None:
    client = due_in(4)
    night()
    decide(client, Decision.LATER)
    decided([client.id], NOW + timedelta(days=1))
    assert told(client) == [K.DUE_IN_3]


def test_the_night_closes_what_was_answered_without_a_word_and_counts_what_it_asks_again(due_in, make, partner) -> None:
    navi = make.client(partner, product=Product.NAVI, due_on=TODAY + timedelta(days=2))
    night()
    assert told(navi) == [K.DUE_IN_3]
    link = make.client(partner, document=navi.document, product=Product.LINK, due_on=TODAY + timedelta(days=30))
    assert night()["settled"] == 1
    assert told(navi) == []
    db.session.execute(update(Client).where(Client.id == link.id).values(pending_at=NOW))
    db.session.commit()
    assert service.preview_expiring(TODAY)["due_in_3"] == 1
    assert night()["due_in_3"] == 1
    assert told(navi) == [K.DUE_IN_3]


def test_while_the_end_client_is_asked_its_partner_is_not(due_in, make) -> None:
    client = due_in(6)
    make.retail_charge(client)
    for days in range(6):
        night(TODAY + timedelta(days=days))
    assert notices(client) == []
    night(TODAY + timedelta(days=6))
    assert told(client) == [K.DUE_TODAY]


def _foretold(client: Client, today: date) -> Iterator[tuple[date, NoticeKind]]:
    answers = get_detail(client, clock.moment_of(today, time(12))).answers
    return ((step.on, step.notice) for step in steps(client, today, (), answers) if step.notice)


def test_the_page_foretells_what_the_nights_do(due_in, make, partner, web) -> None:
    skipped, charged, open_ = due_in(9), due_in(9), due_in(9)
    navi = make.client(partner, product=Product.NAVI, due_on=TODAY + timedelta(days=2))
    make.client(partner, document=navi.document, product=Product.LINK, due_on=TODAY + timedelta(days=5))
    decide(skipped, Decision.SKIP)
    make.retail_charge(charged)
    clients = (skipped, charged, open_, navi)
    night()
    foretold = {one.id: list(_foretold(one, TODAY)) for one in clients}
    assert [len(days) for days in foretold.values()] == [0, 4, 6, 3]
    assert "aviso:" not in web.get(f"/clients/{skipped.id}").text
    assert web.get(f"/clients/{charged.id}").text.count("aviso:") == 4
    seen: dict[int, list[tuple[date, NoticeKind]]] = {one.id: [] for one in clients}
    known = set(db.session.scalars(select(Notice.id)))
    for days in range(1, 60):
        night(TODAY + timedelta(days=days))
        for one in notices():
            if one.id not in known and one.client_id in seen:
                seen[one.client_id].append((TODAY + timedelta(days=days), one.kind))
            known.add(one.id)
    assert seen == foretold


def test_many_clients_are_taken_in_parts(due_in, monkeypatch) -> None:
    monkeypatch.setattr(silencing, "AT_ONCE", 2)
    clients = [due_in(days) for days in (2, 2, 0, 6, 20)]
    night()
    for client in clients:
        decide(client, Decision.SKIP)
    decided([client.id for client in clients], NOW)
    db.session.commit()
    assert [told(client) for client in clients] == [[], [], [], [], []]
