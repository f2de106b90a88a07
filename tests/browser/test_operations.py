"""The page "Rotinas": a run is asked for, watched and seen to end."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from sqlalchemy import update

from portal import clock
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import JobRun
from tests.browser.conftest import PageOf
from tests.browser.screen import ready, said, wait_for_focus
from tests.conftest import NOW
from tests.factories import Factory

CARD = "#job-clean_up"


def end_the_run() -> None:
    """Do what a scheduler in another process does."""
    done = {"state": RunState.DONE, "finished_at": clock.now(), "started_at": clock.now(), "counts": {"sessions": 2}}
    db.session.execute(update(JobRun).where(JobRun.name == "clean_up").values(**done))
    db.session.commit()


def test_a_run_that_was_asked_for_is_watched_until_it_ends(
    page_of: PageOf, make: Factory, js: bool, width: int
) -> None:
    page = page_of(make.user(None, Role.OPERATOR), width, js=js)
    if js:
        page.clock.install(time=NOW)
    page.goto("/users")
    if width < 600:
        page.get_by_role("button", name="Mais").click()
    page.get_by_role("link", name="Rotinas").click()
    expect(page.get_by_role("heading", name="Rotinas", level=1)).to_be_visible()
    ready(page)
    card = page.locator(CARD)
    card.get_by_role("button", name="Executar agora").click()
    said(page, "execução pedida")
    expect(card).to_contain_text("Pedida")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if js:
        wait_for_focus(page, "job-clean_up-run")
        expect(card).to_have_attribute("hx-trigger", "every 5s")
    end_the_run()
    if js:
        page.clock.fast_forward(5_000)
    else:
        page.get_by_role("link", name="Atualizar").click()
    expect(card).to_contain_text("2 sessões encerradas")
    expect(card.get_by_role("button", name="Executar agora")).to_be_enabled()
    expect(card, "it looks again no more").not_to_have_attribute("hx-trigger", re.compile(""))
