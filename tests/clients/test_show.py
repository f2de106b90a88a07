"""A client's page: all that is known, its history and the pages of that."""

from __future__ import annotations

import re

import pytest

from portal.clients import details
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from tests.revision import form_of


def history(text: str) -> list[str]:
    return re.findall(r"protocolo (\d+)</small>", text)


def test_the_page_says_all_that_is_known(web, client_in) -> None:
    client = client_in(
        name="Bar do Zé",
        document="52998224725",
        email="ze@bar.example",
        phone="1133334444",
        notes="Fecha às segundas\nTem escada",
        renewal_method=RenewalMethod.BILLING,
    )
    text = web.get(f"/clients/{client.id}").text
    for word in ("Bar do Zé", "529.982.247-25", "15/01/2024", "10/08/2025", "Gestão de cobranças", "São Paulo/SP"):
        assert f">{word}<" in text, word
    assert '<a href="mailto:ze@bar.example">ze@bar.example</a>' in text
    assert '<a href="tel:+551133334444">(11) 3333-4444</a>' in text
    assert "Fecha às segundas\nTem escada" in text


def test_a_navi_client_has_no_version_key_or_code(web, client_in, make) -> None:
    client = client_in(product=Product.NAVI)
    make.item(client, Item.CLOUD)
    text = web.get(f"/clients/{client.id}").text
    assert "Navi Vendas/PDV+" in text
    assert "<dd>Cloud</dd>" in text
    for word in ("Versão do Link", "Chave", "Código de registro"):
        assert word not in text


def test_a_pending_client_shows_what_it_waits_for(web, client_in) -> None:
    client = client_in(Status.PENDING, pending_reason="Documento em avaliação.")
    text = web.get(f"/clients/{client.id}").text
    assert "Documento em avaliação." in text
    assert "Cadastro em avaliação pelo fornecedor." in text


def test_the_history_tells_who_did_what_when_and_why(web, client_in) -> None:
    client = client_in(name="Nome velho")
    web.post(f"/clients/{client.id}/suspension", version=1, reason="Não pagou")
    web.post(f"/clients/{client.id}/resumption", version=2)
    db.session.refresh(client)
    web.post(f"/clients/{client.id}/revision", **form_of(client, name="Nome novo", city="Santos", email="a@b.example"))
    text = web.get(f"/clients/{client.id}").text.split('aria-current="date"')[1].partition("</li>")[2]
    assert re.findall(r"<li><p><b>([^<]+)</b>", text) == ["Edição", "Suspensão cancelada", "Suspensão"]
    assert "10/07/2025 12:00 · Ana Administradora · protocolo" in text
    assert "Motivo: Não pagou" in text
    assert "Nome da empresa: <del>Nome velho</del> <ins>Nome novo</ins>" in text
    assert "Cidade: <del>São Paulo</del> <ins>Santos</ins>" in text
    assert "E-mail: <del>—</del> <ins>a@b.example</ins>" in text


def test_a_client_to_which_nothing_happened_says_so(web, client_in) -> None:
    assert "Nada registrado ainda." in web.get(f"/clients/{client_in().id}").text


def test_a_long_history_has_pages(web, client_in, monkeypatch) -> None:
    monkeypatch.setattr(details, "HISTORY_SIZE", 2)
    client, other = client_in(), client_in()
    for version in range(1, 6):
        noun = "suspension" if version % 2 else "resumption"
        for one in (client, other):
            assert web.post(f"/clients/{one.id}/{noun}", version=version).status_code == 303
    found, query = [], ""
    while query is not None:
        text = web.get(f"/clients/{client.id}{query}").text
        found += history(text)
        link = re.search(r'href="(\?before=\d+)#timeline">Anteriores', text)
        query = link and link[1]
    assert len(found) == 5
    assert found == sorted(found, key=int, reverse=True)
    assert not set(found) & set(history(web.get(f"/clients/{other.id}").text))


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30])
def test_a_place_in_the_history_that_makes_no_sense_is_its_beginning(web, client_in, before) -> None:
    client = client_in()
    web.post(f"/clients/{client.id}/suspension", version=1)
    assert len(history(web.get(f"/clients/{client.id}?before={before}").text)) == 1


def test_strangers_visitors_vendor_staff_and_wrong_methods(web, stranger, visitor, web_of, client_in) -> None:
    client = client_in(name="Cliente alheio")
    path = f"/clients/{client.id}"
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert "alheio" not in answer.text
    assert answer.text.replace(path, "") == stranger.get("/clients/999999").text, "the same as one that never was"
    assert visitor.get(path).location == f"/login?next={path}"
    assert web_of(Role.OPERATOR, at=None).get(path).status_code == 403
    assert web.post(path).status_code == 405
    for role in (Role.FINANCE, Role.SUPPORT, Role.READER):
        assert web_of(role).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/clients/0", "/clients/-1", "/clients/abc", f"/clients/{10**30}", "/clients/1.0"])
def test_what_is_no_client_is_not_found(web, path) -> None:
    assert web.get(path).status_code == 404
