"""The list as CSV: what the list shows, over all its pages, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from werkzeug.test import TestResponse

from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.sheets import inert

HEAD = ["ID", "Nome", "CPF/CNPJ", "Data de cadastro", "Produto", "Vencimento", "Status"]


def rows_of(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_file_opens_in_a_brazilian_excel(web, client_in) -> None:
    client = client_in(name="Padaria São João", document="11222333000181")
    answer = web.get("/clients/export")
    assert (
        answer.data
        == (
            "\ufeffID;Nome;CPF/CNPJ;Data de cadastro;Produto;Vencimento;Status\r\n"
            f"{client.id};Padaria São João;11.222.333/0001-81;15/01/2024;Link;10/08/2025;Ativo\r\n"
        ).encode()
    )
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="clientes-2025-07-10.csv"'


def test_a_client_without_a_due_date_has_a_dash(web, client_in) -> None:
    client_in(Status.PENDING)
    assert rows_of(web.get("/clients/export"))[1][5:] == ["—", "Pendente"]


@pytest.mark.parametrize(
    "query",
    ["", "?sort=-name", "?sort=due", "?sort=-status", "?q=cliente+1", "?status=expired&status=hidden", "?size=50"],
)
def test_it_holds_the_rows_of_all_pages_in_the_lists_order(web, client_in, query) -> None:
    for number in range(60):
        client_in(list(Status)[number % 6], name=f"Cliente {number:02d}")
    listed, address = [], f"/clients{query}"
    while address:
        page = web.get(address).text
        listed += [part.split('"')[0] for part in page.split('<tbody id="client-')[1:]]
        address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in page else ""
    rows = rows_of(web.get(f"/clients/export{query}"))
    assert rows[0] == HEAD
    assert [row[0] for row in rows[1:]] == listed
    assert len(listed) == len(set(listed)) > 5


def test_the_place_in_the_list_does_not_matter(web, client_in) -> None:
    clients = [client_in() for _ in range(3)]
    for place in ("after", "before", "open"):
        assert len(rows_of(web.get(f"/clients/export?{place}={clients[1].id}"))) == 4


def test_more_rows_than_a_chunk_all_arrive(web, client_in, monkeypatch) -> None:
    from portal import sheets

    monkeypatch.setattr(sheets, "LINES_A_CHUNK", 2)
    for _ in range(5):
        client_in()
    assert len(rows_of(web.get("/clients/export"))) == 6


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_text(sign) -> None:
    assert inert(f"{sign}1+1") == f"'{sign}1+1"


def test_other_cells_stay_as_they_are() -> None:
    assert [inert(cell) for cell in ("", "a=1", "12-3", " =1")] == ["", "a=1", "12-3", " =1"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+55 Bar", "-Bar-", "@Bar", "\tBar"])
def test_no_name_is_a_live_formula(web, client_in, name) -> None:
    client_in(name=name)
    assert rows_of(web.get("/clients/export"))[1][1] == f"'{name}"


@pytest.mark.parametrize("name", ['Bar "do Zé"', "Bar; Café", "Bar\nCafé", "Pão de Açúcar", "Ünï 😀"])
def test_signs_of_the_format_and_accents_come_back_whole(web, client_in, name) -> None:
    client_in(name=name)
    assert rows_of(web.get("/clients/export"))[1][1] == name


def test_another_partner_gets_none_of_it(stranger, client_in) -> None:
    client_in(name="Cliente alheio")
    assert rows_of(stranger.get("/clients/export")) == [HEAD]


def test_it_holds_no_code_and_no_key(web, client_in, make) -> None:
    client = client_in()
    code, installation = make.code(client), make.installation(client)
    text = web.get("/clients/export").text
    assert code.code not in text.replace("-", "")
    assert installation.key not in text


def test_every_role_of_the_partner_may_have_it(web_of, client_in) -> None:
    client_in()
    for role in (Role.READER, Role.FINANCE, Role.SUPPORT):
        assert len(rows_of(web_of(role).get("/clients/export"))) == 2


def test_it_is_nobodys_but_the_partners(visitor, web_of) -> None:
    assert visitor.get("/clients/export").location == "/login?next=/clients/export"
    assert web_of(Role.OPERATOR, at=None).get("/clients/export").status_code == 403


def test_unknown_criteria_are_as_if_they_were_not_there(web, client_in) -> None:
    client_in()
    assert len(rows_of(web.get("/clients/export?status=%00&sort=%25&due=-1&q=" + "%20" * 50))) == 2
