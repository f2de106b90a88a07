"""A Navi backup as a partner has it looked through: the file, its progress, what was found, the button that deletes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal.models import Partner, User
from tests import navi_corpus as corpus
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.watch import Watch
from tests.factories import Factory


def check_barriers(page: Page, *, js: bool) -> None:
    if js:  # what looks for them is a script
        assert violations(page) == []
        assert small_targets(page) == []
        assert overflow(page) == 0


def send(page: Page, content: bytes) -> None:
    file = {"name": "navi.zip", "mimeType": "application/zip", "buffer": content}
    page.get_by_label("Arquivo do backup").set_input_files(file)
    page.get_by_role("button", name="Enviar e conferir").click()


def test_a_backup_is_looked_through_and_deleted(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, watch: Watch, width: int, js: bool
) -> None:
    client = make.client(partner, name="Padaria Pão Quente", product="navi", document=corpus.DOCUMENT)
    page = page_of(ana, width, js=js)
    page.goto(f"/clients/{client.id}/navi-backups")
    check_barriers(page, js=js)
    if js:
        watch.expect(r"/navi-upload 422", r"status of 422")
        send(page, b"")
        expect(page.locator("#upload-said")).to_contain_text("O arquivo está vazio.")
    send(page, corpus.with_row("sales", 2, discount_cents=1))
    expect(page.get_by_role("heading", name="O que o backup traz")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Vendas (sales.jsonl), linha 2, /total_cents")).to_be_visible()
    check_barriers(page, js=js)

    page.get_by_text("Excluir do portal").click()
    page.get_by_role("button", name="Excluir backup").click()
    expect(page.get_by_role("heading", name="Backups do Navi")).to_be_visible()
    expect(page.get_by_text("Excluído", exact=True)).to_be_visible()


@pytest.mark.parametrize("js", [True], indirect=False)
def test_a_large_file_shows_how_much_was_sent(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    client = make.client(partner, product="navi")
    page = page_of(ana, 360, js=js)
    page.goto(f"/clients/{client.id}/navi-backups")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000}
    session.send("Network.emulateNetworkConditions", slow)
    send(page, b"x" * 4_000_000)
    expect(page.get_by_label("Enviando")).to_be_visible()
    expect(page.locator("#sent")).not_to_have_js_property("value", 0)
    assert violations(page) == []
    expect(page.get_by_text("O arquivo está danificado")).to_be_visible(timeout=20_000)
