"""The client's page: what is installed, what is in use, a seat freed, a Navi that waits."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, Seat
from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor

__all__ = ["admin", "client_in", "partner", "stranger", "web", "web_of"]

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def link(make: Factory, client_in) -> Client:
    """Return an activated Link client with a Móvel device and one of two Garçom seats in use."""
    client = client_in()
    for item, quantity in ((Item.CLOUD, 1), (Item.WAITER, 2), (Item.MOBILE, 2)):
        make.item(client, item, quantity)
    make.installation(client, device="CAIXA-01")
    make.installation(client, item=Item.MOBILE, device="Fone da Bia", leaves_on=date(2025, 8, 11))
    make.seat(client, device="Tablet 1")
    make.seat(client, device="Tablet largado", heard_at=NOW - 15 * A_MINUTE)
    make.contact(client, peaks={"waiter": 2, "self_service": 1})
    return client


@pytest.fixture
def navi(client_in) -> Client:
    return client_in(product=Product.NAVI)


def section(web: Visitor, client: Client) -> str:
    """Return the words of the section."""
    page = web.get(f"/clients/{client.id}").text
    part = page.partition('id="instalacoes"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def said(web: Visitor, client: Client) -> str:
    return web.get(f"/clients/{client.id}").text.partition('id="said"')[2].partition("</div>")[0]


def test_the_section_tells_programs_seats_in_use_and_peaks(web, link) -> None:
    text = section(web, link)
    assert "Computador principal CAIXA-01 versão 5.2.1 · ativado em 10/07/2025" in text
    assert "Link Móvel Fone da Bia" in text
    assert "sai em 11/08" in text
    assert "Link Garçom Tablet 1 em uso desde 10/07/2025 12:00 · visto às 12:00" in text
    assert "largado" not in text, "nobody was heard of there for 15 minutes"
    assert "Pico de uso: Link Garçom 2 de 2." in text, "what is not held is not told"
    detail = web.fragment(f"/clients/{link.id}/detail").text
    assert "Licença 1 de 1 · Link Garçom 1 de 2 · Link Móvel 1 de 2" in detail


def test_a_reached_limit_is_said_in_the_row(web, link, make) -> None:
    make.seat(link, device="Tablet 2")
    assert "Link Garçom 2 de 2, <b>limite atingido</b>" in web.fragment(f"/clients/{link.id}/detail").text


def test_nothing_installed_says_so(web, client_in, navi) -> None:
    assert "Nenhum programa ativado." in section(web, client_in())
    assert "o pedido aparece aqui" in section(web, navi)


def test_a_seat_is_freed_once_and_the_page_says_what_the_device_will_be_told(web, link) -> None:
    seat = db.session.scalars(select(Seat).where(Seat.device == "Tablet 1")).one()
    path = f"/clients/{link.id}/seats/{seat.id}/release"
    answer = web.post(path)
    assert (answer.status_code, answer.location) == (303, f"/clients/{link.id}#instalacoes")
    assert "O parceiro encerrou o uso neste aparelho. Abra o programa de novo." in said(web, link)
    again = web.post(path, htmx=True)
    assert again.headers["HX-Redirect"] == f"/clients/{link.id}#instalacoes"
    assert "Já estava feito (Licença liberada em um aparelho)" in said(web, link)
    db.session.expire_all()
    assert (seat.released_at, seat.freed_by_id is not None) == (NOW, True)
    [event] = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "seat_freed"))
    assert event.after == {"item": "waiter", "device": "Tablet 1"}
    assert "Tablet 1 em uso" not in section(web, link)


def test_a_seat_that_was_given_back_leaves_nothing_to_do(web, link, make) -> None:
    seat = make.seat(link, device="Tablet 3", released_at=NOW)
    web.post(f"/clients/{link.id}/seats/{seat.id}/release")
    assert "O aparelho já tinha encerrado o uso." in said(web, link)
    assert seat.freed_by_id is None


def test_a_seat_is_freed_in_every_status_but_by_nobody_else(web, web_of, stranger, link, make, client_in) -> None:
    seat = make.seat(link, device="Tablet 4")
    path = f"/clients/{link.id}/seats/{seat.id}/release"
    assert stranger.post(path).status_code == 404
    assert web_of(Role.READER).post(path).status_code == 403
    assert "Liberar" not in section(web_of(Role.READER), link)
    assert web.post(f"/clients/{client_in().id}/seats/{seat.id}/release").status_code == 404
    link.due_on = date(2025, 6, 10)
    db.session.commit()
    assert web.post(path).status_code == 303


def test_a_navi_that_waits_is_authorised_with_its_number(web, navi, make) -> None:
    one = make.pairing(navi)
    text = section(web, navi)
    assert "O aparelho CAIXA-01 pede para usar esta licença. Número 482-913 ." in text
    path = f"/clients/{navi.id}/pairings/{one.id}/authorisation"
    assert web.post(path).location == f"/clients/{navi.id}#instalacoes"
    assert "Aparelho autorizado: o Navi de" in said(web, navi)
    web.post(path)
    assert "Já estava feito (Aparelho autorizado)" in said(web, navi)
    text = section(web, navi)
    assert "Navi CAIXA-01" in text
    assert "Autorizar" not in text
    refused = web.post(f"/clients/{navi.id}/pairings/{one.id}/refusal")
    assert refused.status_code == 409
    assert "ele já foi autorizado" in refused.text


def test_a_second_navi_takes_the_place_of_the_first(web, navi, make) -> None:
    first = make.installation(navi, device="CAIXA-VELHO")
    one = make.pairing(navi)
    assert "Autorizar encerra o uso no aparelho CAIXA-VELHO." in section(web, navi)
    web.post(f"/clients/{navi.id}/pairings/{one.id}/authorisation")
    db.session.expire_all()
    assert first.revoked_at == NOW
    assert "CAIXA-VELHO" not in section(web, navi)


def test_a_navi_that_is_refused_stays_refused(web, navi, make) -> None:
    one = make.pairing(navi)
    for words in ("Aparelho recusado", "Já estava feito (Aparelho recusado)"):
        web.post(f"/clients/{navi.id}/pairings/{one.id}/refusal")
        assert words in said(web, navi)
    answer = web.post(f"/clients/{navi.id}/pairings/{one.id}/authorisation")
    assert (answer.status_code, "ele já foi recusado" in answer.text) == (409, True)


def test_who_waited_a_day_has_to_ask_again(web, navi, make) -> None:
    one = make.pairing(navi, asked_at=NOW - timedelta(days=1))
    assert "CAIXA-01" not in section(web, navi)
    answer = web.post(f"/clients/{navi.id}/pairings/{one.id}/authorisation")
    assert (answer.status_code, "esperou mais de um dia" in answer.text) == (409, True)


def test_no_navi_is_authorised_whose_program_may_not_run(web, navi, make) -> None:
    one = make.pairing(navi)
    navi.due_on = date(2025, 7, 9)
    db.session.commit()
    text = section(web, navi)
    assert "Não dá para autorizar agora: a licença venceu e aguarda renovação." in text
    assert "Autorizar" not in text
    answer = web.post(f"/clients/{navi.id}/pairings/{one.id}/authorisation")
    assert (answer.status_code, "a licença venceu" in answer.text) == (409, True)
    assert web.post(f"/clients/{navi.id}/pairings/{one.id}/refusal").status_code == 303


def test_nobody_else_gives_a_navi_the_word(web, web_of, stranger, navi, client_in, make) -> None:
    one = make.pairing(navi)
    for noun in ("authorisation", "refusal"):
        path = f"/clients/{navi.id}/pairings/{one.id}/{noun}"
        assert stranger.post(path).status_code == 404
        assert web_of(Role.FINANCE).post(path).status_code == 403
        assert web.post(f"/clients/{client_in().id}/pairings/{one.id}/{noun}").status_code == 404
    assert "Recusar" not in section(web_of(Role.READER), navi)
    assert (one.installation_id, one.refused_at) == (None, None)


def test_the_line_of_time_tells_of_programs_in_the_partners_words(web, navi, make) -> None:
    one = make.pairing(navi)
    web.post(f"/clients/{navi.id}/pairings/{one.id}/authorisation")
    page = web.get(f"/clients/{navi.id}").text
    for words in ("Programa ativado", "Aparelho autorizado", "Versão: <del>—</del> <ins>1.4.0</ins>"):
        assert words in page
