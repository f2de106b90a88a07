"""The ledger as CSV: what it shows, over all its pages, in numbers that a Brazilian sheet adds up."""

from __future__ import annotations

import csv
import io

import pytest

from portal import listing
from tests.conftest import NOW


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_file_opens_in_a_brazilian_excel(web, client, make) -> None:
    charge = make.charge(client, 123_405, paid_at=NOW)
    answer = web.get("/charges/export")
    assert (
        answer.data
        == (
            "\ufeffCobrança;Data;ID do cliente;Cliente;CPF/CNPJ;Origem;Válida até;Valor;Situação;Paga em\r\n"
            f"{charge.id};10/07/2025;{client.id};Bar do Zé;11.222.333/0001-81;Adicional;10/08/2025;1234,05;Paga;10/07/2025\r\n"
        ).encode()
    )
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cobrancas-2025-07-10.csv"'


def test_it_holds_all_pages_of_what_is_shown_whatever_the_place(web, client, make, monkeypatch) -> None:
    monkeypatch.setattr(listing, "ROWS_A_QUERY", 2)
    made = [make.charge(client, paid_at=NOW if number % 2 else None).id for number in range(6)]
    for query, ids in (
        ("", made[::-1]),
        ("?state=open", made[4::-2]),
        (f"?after={made[1]}&open={made[0]}", made[::-1]),
    ):
        assert [int(row[0]) for row in rows_of(web.get(f"/charges/export{query}"))[1:]] == ids, query


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+55 Bar", "-Bar-", "@Bar"])
def test_no_name_is_a_live_formula(web, make, partner, name) -> None:
    make.charge(make.client(partner, name=name))
    assert rows_of(web.get("/charges/export"))[1][3] == f"'{name}"


def test_another_partner_gets_none_of_it(stranger, client, make) -> None:
    make.charge(client)
    assert len(rows_of(stranger.get("/charges/export"))) == 1
