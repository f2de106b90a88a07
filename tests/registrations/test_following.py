"""A Link client that is registered on a Navi client's document follows it, whichever road it came."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import func, select

from portal.clients import succession
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.errors import AlreadyRegistered
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import AuditEvent, Charge, Client, NaviMigration
from portal.registrations import following
from portal.registrations.correction import Correction, correct
from tests.conftest import NOW
from tests.registrations.conftest import Hand, noon
from tests.registrations.form import CNPJ, OTHER_CNPJ
from tests.registrations.test_registration import DATA, NAVI, TIMES, asked, confirm

__all__ = ["asked"]

DUE = date(2025, 7, 10)
ORDERED = date(2025, 6, 16)


@pytest.fixture
def navi(make, partner) -> Client:
    """Return R17's Navi client."""
    return make.client(partner, document=CNPJ, product=NAVI, due_on=DUE, name="Padaria")


def migrations() -> list[NaviMigration]:
    db.session.rollback()
    return list(db.session.scalars(select(NaviMigration).order_by(NaviMigration.id)))


def events_of(client: Client) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.client_id == client.id)))


def test_r17_the_link_order_notes_whom_it_follows_in_both_histories(asked, actor, navi) -> None:
    done = confirm(asked, actor, ORDERED)
    (made,) = migrations()
    assert (made.partner_id, made.navi_id, made.link_id) == (navi.partner_id, navi.id, done.client.id)
    assert (made.navi_due_on, made.ordered_at) == (DUE, noon(ORDERED))
    (event,) = events_of(navi)
    assert (event.action, event.after, event.actor_name) == (Action.MIGRATE, {"successor": done.client.id}, actor.name)
    (registered,) = events_of(done.client)
    assert registered.after["predecessor"] == navi.id
    assert registered.after["licenses"] == {"base": 1}
    assert db.session.scalar(select(Charge.amount_cents)) == 8325
    assert (navi.due_on, navi.suspended_at, navi.version) == (DUE, None, 1), "the order leaves the Navi alone"


def test_either_client_knows_the_other(asked, actor, navi) -> None:
    assert succession.of(navi) == (None, None)
    link = confirm(asked, actor).client
    assert succession.of(navi) == (link.id, (link.id, link.name, Product.LINK))
    assert succession.of(link) == (None, (navi.id, "Padaria", NAVI))
    assert succession.of(navi).is_on_its_way
    assert Action.MIGRATE in succession.unmet(navi, succession.of(navi))


@pytest.mark.parametrize("status", ["active", "suspended", "expired", "inactive", "hidden", "pending"])
def test_a_navi_is_followed_whatever_its_status(asked, actor, client_in, status) -> None:
    client_in(Status(status), document=CNPJ, product=NAVI)
    confirm(asked, actor)
    assert len(migrations()) == 1


def test_open_additional_charges_of_the_navi_block_nothing(asked, actor, navi, make) -> None:
    make.charge(navi, 4_990)
    confirm(asked, actor)
    assert len(migrations()) == 1


def test_who_is_not_followed(asked, actor, make, partner) -> None:
    other = make.partner()
    make.client(other, document=CNPJ, product=NAVI)
    make.client(partner, product=NAVI)
    make.client(partner, document=CNPJ, product=NAVI, archived_at=NOW)
    confirm(asked, actor)
    assert migrations() == []


def test_a_navi_beside_an_older_link_follows_nobody(asked, actor, make, partner) -> None:
    link = make.client(partner, document=CNPJ)
    navi = confirm(replace(asked, product=NAVI), actor).client
    assert migrations() == []
    assert succession.of(navi) == (link.id, None)
    assert not succession.of(navi).is_on_its_way


def test_a_link_that_waits_for_the_vendor_follows_too(asked, actor, navi, make) -> None:
    make.client(make.partner(), document=CNPJ)
    assert confirm(asked, actor).client.pending_at is not None
    assert len(migrations()) == 1


def test_an_undone_order_leaves_no_successor_and_the_next_one_is_one(asked, actor, navi) -> None:
    first = confirm(asked, actor)
    Hand(first.client, actor).reverse(NOW.date())
    assert succession.of(navi) == (None, None)
    second = confirm(replace(asked, key="n" * 24), actor).client
    assert succession.of(navi).other == (second.id, second.name, Product.LINK)
    assert len(migrations()) == 2


def test_the_same_form_twice_is_one_migration(asked, actor, navi) -> None:
    first, again = confirm(asked, actor), confirm(asked, actor)
    assert (again.is_repeat, again.client.id) == (True, first.client.id)
    assert len(migrations()) == 1


def test_many_tabs_at_once_make_one_link(app, asked, actor, navi) -> None:
    barrier = Barrier(TIMES)

    def order(number: int) -> str:
        with app.app_context():
            barrier.wait(timeout=30)
            try:
                confirm(replace(asked, key=f"{number:024d}"), actor)
            except AlreadyRegistered:
                return "refused"
            return "done"

    db.session.rollback()
    with ThreadPoolExecutor(TIMES) as threads:
        answers = sorted(threads.map(order, range(TIMES)))
    assert answers == ["done"] + ["refused"] * (TIMES - 1)
    assert len(migrations()) == 1
    assert db.session.scalar(select(func.count()).select_from(Charge)) == 1


def test_thousands_of_documents_are_asked_for_in_parts(make, partner, monkeypatch) -> None:
    documents = {make.client(partner, product=NAVI).document for _ in range(5)}
    monkeypatch.setattr(following, "AT_ONCE", 2)
    assert {navi.document for navi in following.navis(partner.id, documents)} == documents


def test_a_corrected_document_is_followed_anew(asked, actor, navi, make, partner) -> None:
    make.client(make.partner(), document=CNPJ)
    other = make.client(partner, document=OTHER_CNPJ, product=NAVI, name="Outra")
    link = confirm(asked, actor).client
    wish = Correction(OTHER_CNPJ, link.renewal_method, DATA, {Item.BASE: 1})
    correct(link, wish, version=link.version, now=NOW, actor=actor)
    (made,) = migrations()
    assert (made.navi_id, made.link_id) == (other.id, link.id)
    assert (succession.of(navi).other, events_of(link)[-1].after["predecessor"]) == (None, other.id)

    wish = Correction(OTHER_CNPJ, link.renewal_method, DATA | {"name": "Bar"}, {Item.BASE: 1})
    correct(link, wish, version=link.version, now=NOW, actor=actor)
    assert [one.id for one in migrations()] == [made.id], "another name alone begins nothing anew"
