"""The states of "Avisos" and "Rotinas", on a desktop and on a phone: axe finds nothing, nothing overflows, fingers hit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from jobs.schedule import SCHEDULE
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import JobRun, Partner, User
from portal.notifications import service
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import said
from tests.browser.test_barriers import LONG
from tests.browser.watch import Watch
from tests.conftest import NOW
from tests.factories import Factory

TODAY = NOW.date()
JOBS = [job.name for job in SCHEDULE]
TECHNICAL = "OperationalError: (sqlite3.OperationalError) " + "database_is_locked_" * 20


def check(page: Page, width: int) -> None:
    assert violations(page) == []
    assert overflow(page) <= 0
    if width < 600:
        assert small_targets(page) == []


# "Avisos"


def folded(page: Page) -> None:
    page.goto("/notices")
    expect(page.locator("#inbox section.card")).to_have_count(3)


def unfolded(page: Page) -> None:
    folded(page)
    page.get_by_role("link", name="Decidir um a um").first.click()
    expect(page.get_by_text(LONG)).to_be_visible()


def asking_for_a_day(page: Page) -> None:
    unfolded(page)
    for summary in page.locator("#inbox summary").all():
        summary.click()
    expect(page.get_by_label("Avisar de novo em").first).to_be_visible()


def day_refused(page: Page) -> None:
    asking_for_a_day(page)
    page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })")
    page.get_by_label("Avisar de novo em").first.fill("2025-07-09")
    page.get_by_role("button", name="Adiar").first.click()
    said(page, "Escolha uma data")


def dismissed(page: Page) -> None:
    unfolded(page)
    page.get_by_role("button", name=f"Dispensar o aviso de {LONG}").click()
    expect(page.get_by_role("button", name="Desfazer")).to_be_visible()


def group_dismissed(page: Page) -> None:
    folded(page)
    page.get_by_role("button", name="Dispensar todos").first.click()
    expect(page.get_by_text("Nada mais a decidir aqui.")).to_be_visible()


def silenced(page: Page) -> None:
    unfolded(page)
    page.get_by_role("button", name=f"Não avisar mais deste cliente: {LONG}").click()
    expect(page.get_by_role("button", name="Voltar a avisar")).to_be_visible()


def nothing_left(page: Page) -> None:
    for _ in range(3):
        page.goto("/notices")
        page.get_by_role("button", name="Dispensar todos").first.click()
        said(page, "dispensado")
    page.goto("/notices")
    expect(page.get_by_role("heading", name="Nada a decidir")).to_be_visible()


INBOX: list[Callable[[Page], None]] = [
    folded, unfolded, asking_for_a_day, day_refused, dismissed, group_dismissed, silenced, nothing_left,
]  # fmt: skip


@pytest.mark.parametrize("state", INBOX, ids=lambda state: state.__name__)
def test_nothing_keeps_anybody_out_of_the_inbox(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, watch: Watch, state: Callable[[Page], None]
) -> None:
    watch.expect("422")
    make.client(partner, name=LONG, due_on=TODAY)
    make.client(partner, name="Bazar Velho", due_on=TODAY - timedelta(days=20))
    make.code(make.client(partner, name="Aguarda Ltda"), issued_at=NOW - timedelta(days=8))
    service.notify(NOW)
    page = page_of(ana, width)
    state(page)
    check(page, width)


def test_nothing_keeps_readers_out(page_of: PageOf, make: Factory, partner: Partner, width: int) -> None:
    make.client(partner, name=LONG, due_on=TODAY)
    service.notify(NOW)
    page = page_of(make.user(partner, Role.READER), width)
    page.goto("/notices?open=due_today")
    expect(page.get_by_text(LONG)).to_be_visible()
    check(page, width)


# "Rotinas"

ENDED = {"started_at": NOW - timedelta(hours=4), "finished_at": NOW - timedelta(hours=4), "attempts": 1}
STATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "never_ran_and_late": ({}, ["Ainda não rodou.", "atrasada"]),
    "ok": ({"state": RunState.DONE, "counts": {"sessions": 2}, **ENDED}, ["Concluída", "2 sessões"]),
    "failed": ({"state": RunState.FAILED, "error": TECHNICAL, **ENDED}, ["Falhou", "Detalhe técnico", "atrasada"]),
    "requested": ({"state": RunState.REQUESTED, "heartbeat_at": NOW}, ["Pedida"]),
    "running": ({"state": RunState.RUNNING, "heartbeat_at": NOW, "claimed_by": "vendor-1:4711:ab"}, ["Em execução"]),
    "running_again": (
        {"state": RunState.RUNNING, "heartbeat_at": NOW, "error": TECHNICAL, **ENDED},
        ["Nova tentativa em andamento."],
    ),
}


@pytest.fixture
def record(app: Flask) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Return what gives every job a run of today; other tests find none of them."""

    def forget() -> None:
        db.session.execute(delete(JobRun))
        db.session.commit()

    def add(facts: dict[str, Any]) -> None:
        db.session.add_all([JobRun(name=name, day=TODAY, **facts) for name in JOBS])
        db.session.commit()

    forget()
    yield add
    forget()


@pytest.mark.parametrize("state", STATES)
def test_nothing_keeps_the_operator_out_of_the_jobs(
    page_of: PageOf, make: Factory, width: int, record: Callable[[dict[str, Any]], None], state: str
) -> None:
    make.client(make.partner(), due_on=TODAY)  # what the next run would tell of
    facts, told = STATES[state]
    if facts:
        record(facts)
    page = page_of(make.user(None, Role.OPERATOR), width)
    page.goto("/operations")
    card = page.locator("#job-clean_up")
    for text in told:
        expect(card).to_contain_text(text)
    if state not in {"requested", "running", "running_again"}:
        expect(page.locator("#job-expire_licenses")).to_contain_text("aviso")
    check(page, width)
