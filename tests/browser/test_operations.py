"""The page "Rotinas": a run is asked for, watched and seen to end."""

from __future__ import annotations

from playwright.sync_api import expect
from sqlalchemy import update

from portal import clock
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import JobRun
from tests.browser.conftest import PageOf
from tests.browser.screen import said, wait_for_focus
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
    page.goto("/users")
    page.get_by_role("link", name="Rotinas").click()
    card = page.locator(CARD)
    card.get_by_role("button", name="Executar agora").click()
    said(page, "execução pedida")
    expect(card).to_contain_text("Pedida")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    end_the_run()
    if js:
        wait_for_focus(page, "job-clean_up-run")
        assert card.get_attribute("hx-trigger") == "every 5s"
    else:
        page.get_by_role("link", name="Atualizar").click()
    expect(card).to_contain_text("2 sessões encerradas", timeout=15_000)
    expect(card.get_by_role("button", name="Executar agora")).to_be_enabled()
    assert card.get_attribute("hx-trigger") is None, "it looks again no more"
