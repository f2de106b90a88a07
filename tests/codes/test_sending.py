"""Handing a code on: recorded once, the link comes with the answer; the slip; one code's page."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from portal import qr
from portal.domain import codes
from portal.domain.catalogue import Item
from portal.domain.codes import SendingWay
from portal.domain.roles import Role
from portal.domain.statuses import LIVE_STATUSES, Status
from portal.extensions import db
from portal.models import AuditEvent, CodeSending
from tests.codes.words import codes_in
from tests.conftest import NOW


def sendings() -> list[tuple[SendingWay, int]]:
    return [tuple(row) for row in db.session.execute(select(CodeSending.way, CodeSending.user_id))]


def ready_link(text: str) -> str:
    return html.unescape(re.search(r'href="((?:https://wa\.me|mailto:)[^"]*)"', text)[1])


def test_whatsapp_is_recorded_and_the_row_comes_back_with_the_link(web, admin, client_in, make) -> None:
    client = client_in(name="Bar & Café “Zé”", document="11222333000181", phone="11987654321")
    code = make.code(client)
    answer = web.post(f"/codes/{code.id}/sendings", htmx=True, way="whatsapp", seen="0")
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<li id="code-{code.id}"')
    assert "WhatsApp, hoje, por Ana Administradora" in answer.text
    assert "Envio por WhatsApp registrado às 12:00." in answer.text
    assert 'target="_blank" rel="noopener noreferrer"' in answer.text
    link = urlsplit(ready_link(answer.text))
    assert (link.scheme, link.netloc, link.path) == ("https", "wa.me", "/5511987654321")
    said = parse_qs(link.query)["text"][0]
    assert "código de registro do Link para Bar & Café “Zé” (CPF/CNPJ 11.222.333/0001-81)" in said
    assert codes.grouped(code.code) in said
    assert "Ativação" in said
    assert sendings() == [(SendingWay.WHATSAPP, admin.id)]


def test_email_opens_the_mail_program_with_the_client_as_addressee(web, client_in, make) -> None:
    code = make.code(client_in(email="dona@loja.example"), item=Item.MOBILE)
    text = web.post(f"/codes/{code.id}/sendings", htmx=True, way="email", seen="0").text
    link = urlsplit(ready_link(text))
    assert (link.scheme, link.path) == ("mailto", "dona@loja.example")
    asked = parse_qs(link.query)
    assert asked["subject"] == ["Código de registro do Link Móvel"]
    assert codes.grouped(code.code) in asked["body"][0]


def test_without_phone_or_address_the_program_asks_for_the_addressee(web, client_in, make) -> None:
    code = make.code(client_in())
    for way, path in (("whatsapp", "/"), ("email", "")):
        answer = web.post(f"/codes/{code.id}/sendings", htmx=True, way=way, seen="0")
        assert urlsplit(ready_link(answer.text)).path == path


def test_telling_it_by_telephone_needs_no_link(web, client_in, make) -> None:
    code = make.code(client_in())
    text = web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen="0").text
    assert "Telefone, hoje, por Ana Administradora" in text
    assert "wa.me" not in text


def test_without_javascript_the_code_s_page_holds_the_link(web, client_in, make) -> None:
    code = make.code(client_in())
    answer = web.post(f"/codes/{code.id}/sendings", way="whatsapp", seen="0")
    assert (answer.status_code, answer.location) == (303, f"/codes/{code.id}?way=whatsapp")
    text = web.get(answer.location).text
    assert ready_link(text).startswith("https://wa.me/")
    assert "Envio por WhatsApp registrado às 12:00." in text
    assert "<li>WhatsApp, hoje, por Ana Administradora</li>" in text


@pytest.mark.parametrize("htmx", [False, True])
def test_printing_is_recorded_and_leads_to_the_slip(web, admin, client_in, make, htmx) -> None:
    code = make.code(client_in())
    answer = web.post(f"/codes/{code.id}/sendings", htmx=htmx, way="slip", seen="0")
    slip = f"/codes/{code.id}/slip"
    assert (answer.headers["HX-Redirect"] if htmx else answer.location) == slip
    assert sendings() == [(SendingWay.SLIP, admin.id)]


class TestOnce:
    """The same form sent again finds what it did."""

    def test_sent_again_it_is_recorded_once(self, web, client_in, make) -> None:
        code = make.code(client_in())
        first, again = (web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen="0") for _ in range(2))
        assert "Já estava feito. Código informado por telefone: registrado às 12:00." in again.text
        assert "Já estava feito" not in first.text
        assert len(sendings()) == 1

    def test_from_the_page_that_shows_it_it_is_another_sending(self, web, client_in, make) -> None:
        code = make.code(client_in())
        text = web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen="0").text
        seen = re.search(r'name="seen" value="(\d+)"', text)[1]
        web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen=seen)
        assert len(sendings()) == 2

    def test_another_way_or_hand_is_another_sending(self, web, web_of, client_in, make) -> None:
        code = make.code(client_in())
        web.post(f"/codes/{code.id}/sendings", way="phone", seen="0")
        web.post(f"/codes/{code.id}/sendings", way="email", seen="0")
        web_of(Role.SUPPORT).post(f"/codes/{code.id}/sendings", way="phone", seen="0")
        assert len(sendings()) == 3

    def test_each_is_in_the_client_s_record_without_the_code(self, web, client_in, make) -> None:
        code = make.code(client_in())
        for way in SendingWay:
            web.post(f"/codes/{code.id}/sendings", way=way.value, seen="0")
        its = select(AuditEvent).where(AuditEvent.client_id == code.client_id).order_by(AuditEvent.id)
        events = db.session.scalars(its).all()
        assert [event.action for event in events] == [f"code_sent_{way}" for way in SendingWay]
        assert not any(code.code in str(event.after) for event in events)
        page = web.get(f"/clients/{code.client_id}").text
        for label in ("enviado por WhatsApp", "impresso", "enviado por e-mail", "informado por telefone"):
            assert f"Código {label}" in page


class TestRefused:
    """What no longer activates anything is not handed on."""

    @pytest.mark.parametrize("end", ["consumed_at", "revoked_at"])
    @pytest.mark.parametrize("htmx", [False, True])
    def test_a_used_or_replaced_code(self, web, client_in, make, end, htmx) -> None:
        code = make.code(client_in(), **{end: NOW})
        answer = web.post(f"/codes/{code.id}/sendings", htmx=htmx, way="phone", seen="0")
        assert answer.status_code == 409
        assert "já foi utilizado ou substituído" in answer.text
        assert sendings() == []

    @pytest.mark.parametrize("status", list(Status))
    def test_by_the_client_s_status(self, web, client_in, make, status) -> None:
        code = make.code(client_in(status))
        answer = web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen="0")
        assert (answer.status_code == 200) is (status in LIVE_STATUSES)
        assert len(sendings()) == (status in LIVE_STATUSES)
        assert web.get(f"/codes/{code.id}/slip").status_code == (200 if status in LIVE_STATUSES else 409)

    @pytest.mark.parametrize("way", ["", "pigeon", "WHATSAPP"])
    def test_an_unknown_way(self, web, client_in, make, way) -> None:
        code = make.code(client_in())
        assert web.post(f"/codes/{code.id}/sendings", way=way, seen="0").status_code == 422
        assert sendings() == []

    @pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30])
    def test_a_place_that_makes_no_sense_is_none(self, web, client_in, make, seen) -> None:
        code = make.code(client_in())
        assert web.post(f"/codes/{code.id}/sendings", htmx=True, way="phone", seen=seen).status_code == 200

    def test_another_partner_s_is_not_found(self, stranger, client_in, make) -> None:
        code = make.code(client_in())
        assert stranger.post(f"/codes/{code.id}/sendings", way="phone", seen="0").status_code == 404
        for path in (f"/codes/{code.id}", f"/codes/{code.id}/slip"):
            assert stranger.get(path).status_code == 404
        assert sendings() == []

    def test_an_archived_client_s_is_not_found(self, web, client_in, make) -> None:
        code = make.code(client_in(archived_at=NOW))
        for path in (f"/codes/{code.id}", f"/codes/{code.id}/slip"):
            assert web.get(path).status_code == 404

    def test_anonymous_readers_and_suspended_partners(self, visitor, web, web_of, partner, client_in, make) -> None:
        code = make.code(client_in())
        path = f"/codes/{code.id}/sendings"
        assert visitor.post(path, way="phone").location.startswith("/login")
        assert web_of(Role.READER).post(path, way="phone").status_code == 403
        partner.suspended_at = NOW
        db.session.commit()
        assert web.post(path, way="phone").status_code == 403
        assert sendings() == []

    def test_a_get_records_nothing_and_gives_no_link_to_what_is_not_recorded(self, web, client_in, make) -> None:
        code = make.code(client_in())
        for path in (f"/codes/{code.id}?way=whatsapp", f"/codes/{code.id}/slip", "/codes"):
            assert "wa.me" not in web.get(path).text
        assert web.get(f"/codes/{code.id}/sendings").status_code == 405
        assert sendings() == []


class TestPage:
    """One code's page says what has become of it."""

    def test_a_waiting_one_can_be_handed_on(self, web, client_in, make) -> None:
        code = make.code(client_in(name="Loja"))
        text = web.get(f"/codes/{code.id}").text
        assert codes_in(text) == [code.code]
        assert "Nenhum envio registrado." in text
        assert f'action="/codes/{code.id}/sendings"' in text

    @pytest.mark.parametrize(("end", "said"), [("consumed_at", "Utilizado"), ("revoked_at", "Substituído")])
    def test_an_ended_one_says_so_and_offers_nothing(self, web, client_in, make, end, said) -> None:
        code = make.code(client_in(), **{end: NOW})
        text = web.get(f"/codes/{code.id}?way=whatsapp").text
        assert f"<b>{said}</b> em 10/07/2025 12:00: não ativa mais nada." in text
        assert "/sendings" not in text
        assert "wa.me" not in text

    def test_a_client_without_license_has_nothing_to_activate(self, web, client_in, make) -> None:
        code = make.code(client_in(Status.INACTIVE))
        assert "por ora o código não ativa nada" in web.get(f"/codes/{code.id}").text


class TestSlip:
    """What is put into the shop's hands on paper."""

    def test_it_holds_client_program_code_in_groups_qr_and_steps(self, web, client_in, make) -> None:
        code = make.code(client_in(name="Padaria Sol", document="11222333000181"))
        text = web.get(f"/codes/{code.id}/slip").text
        for shown in ("Padaria Sol", "11.222.333/0001-81", "Código de registro do Link", "“Ativação”", "“Continuar”"):
            assert shown in text
        assert f"<b>{codes.grouped(code.code)}</b>" in text
        assert qr.svg(code.code, "O mesmo código, para ler com a câmera", 6) in text

    def test_a_movel_slip_speaks_of_the_device(self, web, client_in, make) -> None:
        code = make.code(client_in(), item=Item.MOBILE)
        text = web.get(f"/codes/{code.id}/slip").text
        assert "Código de registro do Link Móvel" in text
        assert "Abra o Link Móvel no aparelho." in text
