"""Releasing on trust and changing the renewal method as a person does it."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from portal.domain.catalogue import RenewalMethod
from portal.extensions import db
from portal.models import Client, Partner, User
from tests.browser.conftest import PageOf
from tests.browser.screen import Clients, said
from tests.browser.test_contract import edit, save
from tests.browser.watch import Watch
from tests.factories import Factory


def test_an_expirado_client_is_released_once_with_a_reason(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool, watch: Watch
) -> None:
    client = make.client(partner, name="Bar Atrasado", due_on=date(2025, 7, 9))
    clients = Clients(page_of(ana, width, js=js), js=js).open()
    clients.act(client, "Liberar em confiança")
    page = clients.page
    expect(page.get_by_text("Liberar Bar Atrasado até sábado, 12/07/2025?")).to_be_visible()
    page.get_by_label("Motivo").fill("Pix agendado para amanhã")
    page.get_by_role("button", name="Liberar", exact=True).click()
    said(page, re.compile(r"Bar Atrasado liberado em confiança até 12/07/2025\."))
    clients.open()
    expect(clients.row(client)).to_contain_text("Liberado até 12/07.")

    watch.expect("409")
    page.goto(f"/clients/{client.id}/release/new")
    expect(page.get_by_text("este vencimento já foi liberado uma vez, até 12/07/2025")).to_be_visible()
    page.goto(f"/clients/{client.id}")
    expect(page.locator("#timeline")).to_contain_text("último dia da liberação em confiança")
    expect(page.locator("#timeline")).to_contain_text("Motivo: Pix agendado para amanhã")


def test_another_renewal_method_waits_or_cancels_what_is_billed(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, width: int, js: bool
) -> None:
    client = make.client(partner, name="Bar Cobrado", due_on=date(2025, 7, 12), renewal_method=RenewalMethod.BILLING)
    charge = make.retail_charge(client)
    page = page_of(ana, width, js=js)

    def ask() -> None:
        edit(page, client)
        page.get_by_label("Renovação de licença").select_option("Renovação manual")
        save(page)
        expect(page.get_by_role("heading", name="A próxima renovação já foi cobrada")).to_be_visible()

    ask()
    page.get_by_role("button", name="Trocar no próximo ciclo").click()
    said(page, "Cadastro de Bar Cobrado salvo.")
    page.goto(f"/clients/{client.id}")
    expect(page.get_by_text("na próxima renovação passa a Renovação manual")).to_be_visible()
    page.get_by_role("button", name="Desfazer a troca da renovação de licença").click()
    said(page, "Cadastro de Bar Cobrado salvo.")
    expect(page.get_by_text("na próxima renovação passa a Renovação manual")).to_have_count(0)

    ask()
    page.get_by_role("button", name="Cancelar a cobrança e trocar agora").click()
    said(page, "Cadastro de Bar Cobrado salvo.")
    db.session.expire_all()
    db.session.refresh(charge)
    assert charge.cancelled_at is not None
    assert db.session.get(Client, client.id).renewal_method is RenewalMethod.MANUAL


def test_r21_what_is_added_to_an_invoiced_cycle_is_charged_at_once(
    page_of: PageOf, make: Factory, partner: Partner, ana: User, js: bool
) -> None:
    client = make.client(partner, name="Bar R21", due_on=date(2025, 7, 12))
    make.retail_charge(client)
    page = page_of(ana, js=js)
    edit(page, client)
    page.get_by_role("button", name="Aumentar Link Garçom", exact=True).click()
    expect(page.locator("#plan")).to_contain_text("já cobra o ciclo até 10/08/2025")
    save(page)
    expect(page.locator("#values")).to_contain_text(re.compile(r"Total: R\$.19,90"))
    page.locator("#values").get_by_role("button", name="Confirmar").click()
    said(page, re.compile(r"Cobrança de R\$.19,90 em aberto\."))
