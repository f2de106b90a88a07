"""Registration codes: the window of unused ones, and who never sees any."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.clients import details
from portal.domain import codes
from portal.domain.roles import Role
from portal.domain.statuses import Status
from tests.conftest import NOW


def shown(text: str) -> list[str]:
    return [code.replace("-", "") for code in re.findall(r"<code>([\w-]+)</code>", text)]


def test_the_window_lists_client_and_code_oldest_first(web, client_in, make) -> None:
    new = make.code(client_in(name="Novo"), issued_at=NOW)
    old = make.code(client_in(name="Antigo", document="11222333000181"), issued_at=NOW - timedelta(days=12))
    day = make.code(client_in(name="Ontem"), issued_at=NOW - timedelta(days=1))
    answer = web.fragment("/clients/codes")
    assert answer.text.lstrip().startswith('<section id="unused-codes"')
    assert shown(answer.text) == [old.code, day.code, new.code]
    assert "11.222.333/0001-81 · Licença · emitido há 12 dias" in answer.text
    assert "emitido há 1 dia<" in answer.text
    assert "emitido hoje<" in answer.text
    assert 'method="dialog"' in answer.text


def test_without_javascript_it_is_a_page(web, client_in, make) -> None:
    code = make.code(client_in()).code
    answer = web.get("/clients/codes")
    assert answer.text.startswith("<!doctype html>")
    assert shown(answer.text) == [code]
    assert 'method="dialog"' not in answer.text


@pytest.mark.parametrize("status", list(Status))
def test_only_live_clients_count(web, client_in, make, status) -> None:
    make.code(client_in(status))
    is_live = status in {Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED}
    assert len(shown(web.get("/clients/codes").text)) == is_live


def test_used_and_revoked_codes_are_not_there(web, client_in, make) -> None:
    make.code(client_in(), consumed_at=NOW)
    make.code(client_in(), revoked_at=NOW)
    text = web.get("/clients/codes").text
    assert shown(text) == []
    assert "Todos os códigos já foram utilizados." in text


def test_its_pages_hold_each_code_once(web, client_in, make, monkeypatch) -> None:
    monkeypatch.setattr(details, "CODES_SIZE", 2)
    issued = [make.code(client_in(), issued_at=NOW - timedelta(days=number // 3)).code for number in range(5)]
    expected = issued[3:] + issued[:3]
    for read in (web.get, web.fragment):
        found, address = [], "/clients/codes"
        while address:
            text = read(address).text
            found += shown(text)
            link = re.search(r'rel="next" href="([^"]+)"', text)
            address = link and link[1]
        assert found == expected


@pytest.mark.parametrize("after", ["0", "-1", "x", "9" * 30, "%00"])
def test_a_place_that_makes_no_sense_is_the_beginning(web, client_in, make, after) -> None:
    code = make.code(client_in()).code
    assert shown(web.get(f"/clients/codes?after={after}").text) == [code]


def test_a_foreign_place_leaks_nothing(stranger, client_in, make) -> None:
    code = make.code(client_in(name="Cliente alheio"))
    answer = stranger.get(f"/clients/codes?after={code.id}")
    assert answer.status_code == 200
    assert "alheio" not in answer.text
    assert shown(answer.text) == []


def test_it_is_kept_by_nobody(web, client_in, make) -> None:
    make.code(client_in())
    for answer in (web.get("/clients/codes"), web.fragment("/clients/codes")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


def test_anonymous_wrong_method_and_vendor_staff(visitor, web, web_of) -> None:
    assert visitor.get("/clients/codes").location == "/login?next=/clients/codes"
    assert visitor.fragment("/clients/codes").status_code == 401
    assert web.post("/clients/codes").status_code == 405
    assert web_of(Role.OPERATOR, at=None).get("/clients/codes").status_code == 403


def test_leitura_sees_no_code_and_no_key_anywhere(web, web_of, client_in, make) -> None:
    waits, runs = client_in(name="Espera"), client_in(name="Roda")
    code, key = codes.grouped(make.code(waits).code), make.installation(runs).key
    reader = web_of(Role.READER)
    paths = ["/clients", "/clients/export", "/clients/codes", "/clients?q=espera"]
    for client in (waits, runs):
        base = f"/clients/{client.id}"
        paths += [f"/clients?open={client.id}", base, *(f"{base}/{noun}" for noun in ("detail", "menu", "row"))]
    seen = ""
    for path in paths:
        for read in (reader.get, reader.fragment):
            text = read(path).text
            assert code not in text, path
            assert code.replace("-", "") not in text, path
            assert key not in text, path
        seen += web.get(path).text
        seen += web.fragment(path).text
    assert code in seen, "or the same paths show an Administrador none either"
    assert key in seen
    assert reader.get("/clients/codes").status_code == reader.fragment("/clients/codes").status_code == 403
    assert "Não exibido para o seu perfil" in reader.fragment(f"/clients/{waits.id}/detail").text
    assert "Não exibida para o seu perfil" in reader.fragment(f"/clients/{runs.id}/detail").text


def test_a_code_is_no_search_term(web, client_in, make) -> None:
    code = make.code(client_in()).code
    assert "Nenhum cliente encontrado" in web.get(f"/clients?q={code}").text
