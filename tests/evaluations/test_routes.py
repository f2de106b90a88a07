"""The vendor's queue of registrations and the partner's answers to it. Without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert
from werkzeug.test import TestResponse

from portal.domain.catalogue import Item
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.errors import AWAITING_VENDOR
from portal.extensions import db
from portal.models import Client, Partner
from tests.conftest import NOW
from tests.factories import Factory
from tests.registrations.conftest import admin, partner, prices, stranger, web, web_of
from tests.visitor import Visitor

__all__ = ["admin", "partner", "prices", "stranger", "web", "web_of"]


@pytest.fixture
def staff(app: Flask, make: Factory) -> Visitor:
    return Visitor(app).sign_in(make.user(None, Role.OPERATOR, name="Olga"))


@pytest.fixture
def waiting(make: Factory, partner: Partner, prices) -> Client:
    client = make.client(partner, name="Bar do Zé", due_on=None, pending_at=NOW, pending_reason=AWAITING_VENDOR)
    make.client(make.partner(name="Revenda Delta"), name="Segredo", document=client.document)
    return client


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.replace("\xa0", " ")))


def fields_of(answer: TestResponse, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that posts to an address."""
    form = answer.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    pairs = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
    return {name: value for name, value in pairs if name != "csrf_token"}


class TestTheQueue:
    def test_who_waits_longest_comes_first_and_only_who_waits(self, staff, waiting, make, partner) -> None:
        make.client(partner, name="Casa Velha", due_on=None, pending_at=NOW - timedelta(days=2))
        make.client(partner, name="Loja Recusada", due_on=None, pending_at=NOW, rejected_at=NOW, pending_reason="Duplo")
        said = text_of(staff.get("/evaluations"))
        assert said.index("Casa Velha") < said.index("Bar do Zé")
        assert ("A avaliar 2" in said, "Loja Recusada" in said, "Segredo" in said) == (True, False, False)
        others = text_of(staff.get("/evaluations?turn=partner"))
        assert ("Loja Recusada" in others, "Duplo" in others, "Bar do Zé" in others) == (True, True, False)

    @pytest.mark.parametrize("asked", ["bar do ze", "revenda alfa"])
    def test_it_is_searched_by_client_and_by_partner(self, staff, waiting, make, asked) -> None:
        make.client(make.partner(), name="Outra", due_on=None, pending_at=NOW)
        answer = staff.fragment(f"/evaluations?q={asked}")
        assert ("Bar do Zé" in answer.text, "Outra" in answer.text, "<html" in answer.text) == (True, False, False)

    def test_it_is_paged_by_key_both_ways(self, staff, partner, make) -> None:
        rows = [
            {"partner_id": partner.id, "name": f"Loja {n:03}", "document": make.document(), "product": "link",
             "registered_on": NOW.date(), "uf": "SP", "city": "Santos", "city_code": "3548500",
             "pending_at": NOW - timedelta(minutes=n // 3), "search_key": search_key(f"Loja {n:03}", "")}
            for n in range(60)
        ]  # fmt: skip
        db.session.execute(insert(Client), rows)
        db.session.commit()
        first = staff.get("/evaluations").text
        seen, page = re.findall(r"Loja \d{3}", first), first
        while link := re.search(r'id="next"[^>]*href="([^"]+)"', page):
            page = staff.get(link[1].replace("&amp;", "&")).text
            seen += re.findall(r"Loja \d{3}", page)
        assert (len(seen), len(set(seen))) == (60, 60)
        before = re.search(r'id="prev"[^>]*href="([^"]+)"', page)[1].replace("&amp;", "&")
        assert re.findall(r"Loja \d{3}", staff.get(before).text) == seen[25:50]

    def test_it_is_empty_in_words(self, staff) -> None:
        assert "Nada a avaliar" in staff.get("/evaluations").text
        assert "Nenhum cadastro com a revenda" in staff.get("/evaluations?turn=partner").text
        assert "Nada combina com “&lt;b&gt;”" in staff.get("/evaluations?q=<b>").text

    def test_it_is_the_vendors_alone(self, web, visitor, waiting) -> None:
        for path in ("", f"/{waiting.id}"):
            assert web.get(f"/evaluations{path}").status_code == 403
            assert visitor.get(f"/evaluations{path}").location.startswith("/login")
        for noun in ("approval", "rejection"):
            assert web.post(f"/evaluations/{waiting.id}/{noun}").status_code == 403


class TestTheEvidence:
    def test_it_shows_what_was_typed_what_it_costs_and_who_else_holds_the_document(self, staff, waiting) -> None:
        said = text_of(staff.get(f"/evaluations/{waiting.id}"))
        for part in ("Revenda Alfa", "Revenda Delta", "mesmo produto", "1 × Link", "Total: R$ 99,90", AWAITING_VENDOR):
            assert part in said, part

    def test_no_client_but_those_that_wait_is_shown(self, staff, waiting, make, partner) -> None:
        running = make.client(partner)
        assert staff.get(f"/evaluations/{running.id}").status_code == 404
        assert staff.post(f"/evaluations/{running.id}/approval", version="1").status_code == 404
        assert staff.get("/evaluations/999999").status_code == 404


class TestDeciding:
    def approve(self, staff: Visitor, client_id: int, **changed: str) -> TestResponse:
        path = f"/evaluations/{client_id}/approval"
        return staff.post(path, **fields_of(staff.get(f"/evaluations/{client_id}"), path) | changed)

    def test_approved_it_is_active_and_the_partner_reads_it(self, staff, web, waiting) -> None:
        client_id = waiting.id
        path = f"/evaluations/{client_id}/approval"
        form = fields_of(staff.get(f"/evaluations/{client_id}"), path)
        assert staff.post(path, **form).location == "/evaluations"
        assert "Cadastro de Bar do Zé aprovado" in staff.get("/evaluations").text
        assert staff.post(path, **form).location == "/evaluations"
        assert "Já estava feito" in staff.get("/evaluations").text
        page = text_of(staff.get(f"/evaluations/{client_id}"))
        assert ("Aprovado" in page, "Olga" in page, "Total:" in page) == (True, True, False)
        mine = text_of(web.get(f"/clients/{client_id}"))
        assert "Cadastro aprovado pelo fornecedor" in mine
        assert "Revenda Delta" not in mine
        assert "1 cadastro aprovado, já Ativo" in text_of(web.get("/notices"))

    def test_values_that_aged_are_shown_again(self, staff, waiting) -> None:
        answer = self.approve(staff, waiting.id, quote="1-" + "0" * 64)
        assert (answer.status_code, "valores mudaram" in answer.text, "Aprovar" in answer.text) == (409, True, True)

    def test_a_registration_that_was_given_up_meanwhile_is_not_approved(self, staff, web, waiting) -> None:
        client_id = waiting.id
        form = fields_of(staff.get(f"/evaluations/{client_id}"), f"/evaluations/{client_id}/approval")
        web.post(f"/clients/{client_id}/withdrawal", version="1")
        answer = staff.post(f"/evaluations/{client_id}/approval", **form)
        assert (answer.status_code, "Nada foi gravado" in answer.text) == (409, True)
        assert "Retirado pela revenda" in answer.text

    def test_a_rejection_needs_a_reason(self, staff, waiting) -> None:
        path = f"/evaluations/{waiting.id}/rejection"
        answer = staff.post(path, version="1", reason=" ")
        assert (answer.status_code, "Informe o motivo" in answer.text) == (422, True)
        assert staff.post(path, version="1", reason="CNPJ errado").location == "/evaluations"

    def test_a_missing_price_is_said_and_nothing_can_be_approved(self, staff, make, partner) -> None:
        client = make.client(partner, due_on=None, pending_at=NOW)
        page = staff.get(f"/evaluations/{client.id}").text
        assert ("Não há preço" in page, f"/evaluations/{client.id}/approval" in page) == (True, False)


class TestThePartner:
    @pytest.fixture
    def rejected(self, waiting) -> Client:
        waiting.rejected_at, waiting.pending_reason = NOW, "CNPJ de outra loja"
        db.session.commit()
        return waiting

    def form(self, **changes: str) -> dict[str, str]:
        return {
            "version": "1", "document": "11.222.333/0001-81", "name": "Bar do Zé", "uf": "SP", "city": "São Paulo",
            "email": "", "phone": "", "notes": "", "renewal_method": "manual", "base": "2", "waiter": "1",
        } | changes  # fmt: skip

    def test_the_clients_page_says_why_and_offers_both_ways(self, web, rejected) -> None:
        page = web.get(f"/clients/{rejected.id}").text
        assert "CNPJ de outra loja" in page
        for noun in ("correction", "withdrawal"):
            assert f'href="/clients/{rejected.id}/{noun}/new"' in page

    def test_corrected_it_is_back_in_the_queue(self, web, staff, rejected) -> None:
        client_id = rejected.id
        form = web.get(f"/clients/{client_id}/correction/new").text
        assert ("CNPJ de outra loja" in form, 'value="Bar do Zé"' in form) == (True, True)
        answer = web.post(f"/clients/{client_id}/correction", **self.form())
        assert answer.location == f"/clients/{client_id}"
        assert "reenviado para avaliação" in web.get(answer.location).text
        said = text_of(staff.get(f"/evaluations/{client_id}"))
        assert ("2 × Link" in said, "11.222.333/0001-81" in said, "Corrigido e reenviado" in said) == (True,) * 3

    def test_a_press_on_plus_and_what_is_wrong_change_nothing(self, web, rejected) -> None:
        path = f"/clients/{rejected.id}/correction"
        stepped = web.post(path, **self.form(step="waiter:+1"))
        assert re.search(r'name="waiter" value="2"', stepped.text)
        wrong = web.post(path, **self.form(document="123", city="Lugar Nenhum"))
        assert (wrong.status_code, "aqui há 3" in wrong.text, "Não há essa cidade" in wrong.text) == (422, True, True)
        alone = web.post(path, **self.form(mobile="1"))
        assert (alone.status_code, "Link Móvel precisa de Cloud" in alone.text) == (422, True)

    def test_a_document_that_is_here_already_is_refused_beside_its_field(self, web, rejected, make, partner) -> None:
        make.client(partner, document="11222333000181")
        answer = web.post(f"/clients/{rejected.id}/correction", **self.form())
        assert (answer.status_code, "já está cadastrado com o Link" in answer.text) == (409, True)

    def test_a_form_behind_a_change_shows_both_values(self, web, staff, waiting) -> None:
        client_id = waiting.id
        staff.post(f"/evaluations/{client_id}/rejection", version="1", reason="CNPJ errado")
        answer = web.post(f"/clients/{client_id}/correction", **self.form(name="Bar do João"))
        assert (answer.status_code, "Gravado agora: <b>Bar do Zé</b>" in answer.text) == (409, True)
        assert 'name="version" value="2"' in answer.text
        staff.post(f"/evaluations/{client_id}/approval", **approval_of(staff, client_id))
        assert web.post(f"/clients/{client_id}/correction", **self.form()).status_code == 409

    def test_given_up_it_is_gone_and_the_same_form_again_says_so(self, web, rejected) -> None:
        client_id = rejected.id
        assert "Nada foi cobrado" in web.get(f"/clients/{client_id}/withdrawal/new").text
        for _ in range(2):
            assert web.post(f"/clients/{client_id}/withdrawal", version="1").location == "/clients"
        assert "Já estava feito" in web.get("/clients").text
        assert web.get(f"/clients/{client_id}").status_code == 404

    def test_another_partner_finds_nothing_and_leitura_may_not(self, stranger, web_of, rejected) -> None:
        for noun in ("correction", "withdrawal"):
            assert stranger.get(f"/clients/{rejected.id}/{noun}/new").status_code == 404
            assert stranger.post(f"/clients/{rejected.id}/{noun}", **self.form()).status_code == 404
        assert web_of(Role.READER).get(f"/clients/{rejected.id}/correction/new").status_code == 403

    def test_what_the_wish_held_is_what_the_form_shows(self, web, rejected, make) -> None:
        make.item(rejected, Item.WAITER, 3)
        assert re.search(r'name="waiter" value="3"', web.get(f"/clients/{rejected.id}/correction/new").text)


def approval_of(staff: Visitor, client_id: int) -> dict[str, str]:
    return fields_of(staff.get(f"/evaluations/{client_id}"), f"/evaluations/{client_id}/approval")
