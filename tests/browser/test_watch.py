"""The watch over all browser tests sees what it is there for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.models import User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients
from tests.browser.watch import Watch


@pytest.mark.parametrize(
    ("provoke", "complaint"),
    [
        ("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')", "Content Security Policy"),
        ("setTimeout(() => { throw new Error('broken') })", "script error: broken"),
        ("fetch('/clients/999999999').then(() => {})", "refused: GET .*999999999 404"),
        ("fetch('http://elsewhere.invalid/').catch(() => {})", "Content Security Policy|another host"),
    ],
)
def test_a_page_that_misbehaves_is_noticed(
    page_of: PageOf, ana: User, watch: Watch, provoke: str, complaint: str
) -> None:
    watch.expect(complaint, "Failed to load resource", "elsewhere.invalid")
    page = page_of(ana)
    Clients(page).open()
    expect(page.get_by_role("heading", name="Nenhum cliente")).to_be_visible()
    assert watch.complaints == []

    page.evaluate(provoke)

    watch.wait_for(page, complaint)
