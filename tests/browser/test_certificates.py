"""A certificate as a person sends it: from the row menu to the client's page, a wrong password on the way; no barriers."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from portal import clock
from portal.domain.catalogue import Product
from portal.models import Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients
from tests.browser.watch import Watch
from tests.certificates.files import CNPJ, PASSWORD, pfx_for
from tests.factories import Factory


def send(page: Page, content: bytes, password: str) -> None:
    file = {"name": "loja.pfx", "mimeType": "application/x-pkcs12", "buffer": content}
    page.get_by_label(re.compile("Arquivo do certificado")).set_input_files(file)
    page.get_by_label("Senha").fill(password)
    page.get_by_role("button", name="Gravar certificado").click()


def check_barriers(page: Page, *, js: bool) -> None:
    if js:  # what looks for them is a script
        assert violations(page) == []
        assert small_targets(page) == []
        assert overflow(page) == 0


def test_a_certificate_is_sent_shown_and_found_again(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    watch.expect("422")
    now = clock.now()
    shop = make.client(
        partner, name="Mercearia Sol", product=Product.NAVI, document=CNPJ, due_on=clock.today() + timedelta(days=20)
    )
    content = pfx_for(CNPJ, not_before=now - timedelta(days=300), not_after=now + timedelta(days=20))
    page = page_of(ana, width, js=js)
    if js:
        Clients(page).open().act(shop, "Certificado digital")
    else:
        page.goto(f"/clients/{shop.id}")
        page.get_by_role("link", name="Certificado digital", exact=True).click()
    expect(page.get_by_role("heading", name="Certificado digital")).to_be_visible()
    page.get_by_label("ID CSC").fill("000001")
    page.get_by_label("CSC", exact=True).fill("SEGREDO-DA-SEFAZ")
    send(page, content, "errada")
    expect(page.get_by_role("alert").first).to_contain_text("A senha não abre este certificado.")
    expect(page.get_by_label("ID CSC")).to_have_value("000001")
    expect(page.get_by_label("Senha")).to_have_value("")
    check_barriers(page, js=js)

    send(page, content, PASSWORD)
    expect(page.get_by_text("Certificado digital de Mercearia Sol gravado.")).to_be_visible()
    expect(page.get_by_text("Vence em breve")).to_be_visible()
    check_barriers(page, js=js)

    page.goto("/")
    page.get_by_role("link", name="Certificados a vencer 1").click()
    expect(page.get_by_role("link", name="Mercearia Sol", exact=True)).to_be_visible()
    check_barriers(page, js=js)

    page.goto(f"/clients/{shop.id}/certificate/removal/new")
    check_barriers(page, js=js)
    page.get_by_role("button", name="Remover certificado").click()
    expect(page.get_by_text("Nenhum certificado gravado.")).to_be_visible()
