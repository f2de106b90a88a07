"""Taking an import back: all of it while nobody has touched, paid or activated anything, else nothing and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.clients import tallies
from portal.domain.imports import ImportState
from portal.domain.statuses import Status
from portal.extensions import db
from portal.imports import undoing
from portal.models import AuditEvent, Charge, Client, LicenseItem, LicenseOrder, RegistrationCode
from tests.conftest import NOW
from tests.imports.conftest import Actor, clients_of
from tests.money import Purse
from tests.registrations.conftest import viewer_of


@pytest.fixture
def undo(admin):
    def take_back(run, now=NOW):
        found = undoing.undo(run, now=now, actor=Actor(admin.id, "Ana"))
        db.session.refresh(run)
        return found

    return take_back


def left(model, *clauses) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*clauses))


def test_an_untouched_import_vanishes_whole(imported, row, undo, partner, make) -> None:
    make.client(partner, name="De antes")
    run = imported(row(waiter="2", cloud="sim", mobile="1"), row(product="Navi"))
    assert undo(run) == []
    assert (run.state, run.undone_at) == (ImportState.UNDONE, NOW)
    assert [client.name for client in db.session.scalars(select(Client).where(Client.archived_at.is_(None)))] == [
        "De antes"
    ]
    assert left(Charge, Charge.reversed_at.is_(None)) == 0
    assert left(RegistrationCode, RegistrationCode.revoked_at.is_(None)) == 0
    assert left(LicenseOrder, LicenseOrder.reversed_at.is_(None)) == 0
    assert left(LicenseItem) == 1, "the base license of the client of before"
    assert tallies.read(partner.id, clock.today()).by_status[Status.ACTIVE] == 1


def test_it_may_be_another_day(imported, row, undo) -> None:
    assert undo(imported(row()), now=NOW + timedelta(days=20)) == []


def test_every_client_and_the_run_are_recorded(imported, row, undo, admin) -> None:
    run = imported(row(waiter="2"), row(waiter="2"))
    undo(run)
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "order_reversed")).all()
    assert [(event.reason, event.actor_id, event.base_version) for event in events] == [
        (f"Importação {run.id} desfeita", admin.id, 1)
    ] * 2
    assert events[0].before == {"licenses": {"base": 1, "waiter": 2}, "pending": []}
    assert events[0].after == {"licenses": {}, "pending": []}
    assert left(AuditEvent, AuditEvent.action == "import_undone") == 1


def test_sent_again_it_finds_the_run_undone(imported, row, undo) -> None:
    run = imported(row())
    undo(run)
    assert undo(run, now=NOW + timedelta(minutes=1)) == []
    assert run.undone_at == NOW
    assert left(AuditEvent, AuditEvent.action == "import_undone") == 1


def test_a_run_that_is_not_finished_is_left_alone(tried, row, undo) -> None:
    run = tried(row())
    assert undo(run) == []
    assert run.state is ImportState.CHECKED


def test_the_documents_are_free_again(imported, row, undo, make) -> None:
    document = make.document()
    undo(imported(row(document=document)))
    again = imported(row(document=document), key="another-form-of-mine")
    assert len(clients_of(again)) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (update(Client).values(version=2), "is_changed"),
        (update(Client).values(archived_at=NOW, pending_at=NOW), "is_changed"),
        (update(Charge).values(paid_at=NOW), "is_paid"),
        (update(RegistrationCode).values(consumed_at=NOW), "is_used"),
    ],
    ids=["saved", "undone alone", "paid", "activated"],
)
def test_whatever_touched_one_client_keeps_all_and_is_named(imported, row, undo, change, why) -> None:
    run = imported(row("Intacta"), row("Mexida"))
    touched = clients_of(run)[1]
    column = touched.id == Client.id if change.table.name == "clients" else change.table.c.client_id == touched.id
    db.session.execute(change.where(column), execution_options={"synchronize_session": False})
    db.session.commit()
    (blocking,) = undo(run)
    assert (blocking.id, blocking.name) == (touched.id, "Mexida")
    assert [name for name in ("is_changed", "is_paid", "is_used") if getattr(blocking, name)] == [why]
    assert run.state is ImportState.FINISHED
    assert left(AuditEvent, AuditEvent.action == "order_reversed") == 0
    assert left(Client, Client.archived_at.is_(None), Client.name == "Intacta") == 1


def test_an_invoice_that_asks_for_one_clients_charge_keeps_all(imported, row, undo, partner, admin) -> None:
    run = imported(row("Intacta"), row("Faturada"))
    invoiced = clients_of(run)[1]
    Purse(viewer_of(admin)).pay_additionals([invoiced], clock.today())
    (blocking,) = undo(run)
    assert (blocking.id, blocking.is_invoiced, blocking.is_paid) == (invoiced.id, True, False)
    assert run.state is ImportState.FINISHED
