"""Which columns a partner's sheet has, and what its rows say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain import import_rows, imports
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.import_rows import Contract, Reading
from portal.domain.imports import Column
from portal.domain.licenses import Flaw, Problem

TODAY = date(2025, 7, 10)
GOOD = {Column.DOCUMENT: "11.222.333/0001-81", Column.PRODUCT: "Link"}


def read(has_due_dates: bool = False, **cells: str) -> Reading:
    row = GOOD | {Column(name): text for name, text in cells.items()}
    return import_rows.read(row, TODAY, has_due_dates=has_due_dates)


# columns


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Nome", Column.NAME), ("RAZÃO SOCIAL", Column.NAME), ("Nome Fantasia", Column.NAME),
        ("CPF/CNPJ", Column.DOCUMENT), ("cnpj / cpf *", Column.DOCUMENT), ("Documento:", Column.DOCUMENT),
        ("E-mail", Column.EMAIL), ("email", Column.EMAIL), ("Município", Column.CITY), ("Estado", Column.UF),
        ("Fone", Column.PHONE), ("Renovacao", Column.METHOD), ("link  GARÇOM", Column.WAITER), ("Móvel", Column.MOBILE),
        ("Qtd.", Column.BASE), ("Licenças", Column.BASE),
    ],
)  # fmt: skip
def test_a_title_is_recognised_whatever_its_accents_case_and_signs(title: str, column: Column) -> None:
    assert imports.guess([title], has_due_dates=False) == {column: 0}


def test_every_title_of_the_template_is_recognised_as_itself() -> None:
    titles = [column.label for column in imports.columns(has_due_dates=True)]
    assert imports.guess(titles, has_due_dates=True) == {column: place for place, column in enumerate(Column)}


def test_the_exact_title_wins_over_a_synonym_and_the_first_over_the_second() -> None:
    assert imports.guess(["Empresa", "Nome", "Cliente"], has_due_dates=False) == {Column.NAME: 1}
    assert imports.guess(["CNPJ", "CPF"], has_due_dates=False) == {Column.DOCUMENT: 0}


def test_titles_that_mean_nothing_are_left_alone() -> None:
    assert imports.guess(["", "Observações", "Vencimento"], has_due_dates=False) == {}
    assert imports.guess(["Vencimento"], has_due_dates=True) == {Column.DUE_ON: 0}


def test_a_mapping_says_what_it_lacks() -> None:
    places = dict.fromkeys(imports.REQUIRED, 0)
    assert imports.missing(places, has_due_dates=False) == []
    assert imports.missing(places, has_due_dates=True) == [Column.DUE_ON]
    assert imports.missing({}, has_due_dates=False) == list(imports.REQUIRED)


def test_the_templates_example_is_no_client() -> None:
    assert imports.is_example(["", "exemplo (LINHA ignorada): Padaria"])
    assert not imports.is_example(["Exemplo Comércio Ltda"])


def test_the_limits_that_faults_name_are_the_limits() -> None:
    assert "2 MB" in imports.FileFault.TOO_LARGE.label
    assert imports.MOST_BYTES == 2 * 1024 * 1024
    assert "5.000" in imports.FileFault.TOO_MANY_ROWS.label
    assert imports.MOST_ROWS == 5_000
    assert "50 colunas" in imports.FileFault.TOO_MANY_COLUMNS.label
    assert imports.MOST_COLUMNS == 50
    assert "10.000" in imports.FileFault.CELL_TOO_LONG.label
    assert imports.MOST_CELL == 10_000


# cells


def test_a_sound_row_is_read() -> None:
    found = read(product=" Navi Vendas/PDV+ ", cloud="sim", method="Gestão de Cobranças")
    contract = Contract("11222333000181", Product.NAVI, RenewalMethod.BILLING, {Item.BASE: 1, Item.CLOUD: 1}, None)
    assert found == Reading(contract, [], [], [])


def test_what_is_not_said_is_one_base_license_renewed_by_hand() -> None:
    contract = read().contract
    assert contract.quantities == {Item.BASE: 1}
    assert contract.method is RenewalMethod.MANUAL


@pytest.mark.parametrize(
    ("document", "stored"),
    [
        ("11222333000181", "11222333000181"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("529.982.247-25", "52998224725"),
    ],
)
def test_documents_are_read_with_or_without_mask(document: str, stored: str) -> None:
    found = read(document=document)
    assert (found.contract.document, found.notes) == (stored, [])


@pytest.mark.parametrize(
    ("document", "stored", "shown"),
    [
        ("394460005887", "00394460005887", "00.394.460/0058-87"),
        ("1234567890", "01234567890", "012.345.678-90"),
    ],
)
def test_leading_zeros_that_a_spreadsheet_dropped_are_put_back_and_told(document, stored, shown) -> None:
    found = read(document=document)
    assert found.contract.document == stored
    assert found.notes == [f"Zeros à esquerda completados: {shown}."]
    assert found.errors == []


@pytest.mark.parametrize("text", ["1,12223E+13", "1.12E13", "1E+13"])
def test_a_number_in_scientific_notation_is_no_document_and_says_why(text: str) -> None:
    found = read(document=text)
    assert found.contract.document is None
    assert found.errors == [import_rows.RowFault.DOCUMENT_MANGLED.say(found=text)]
    assert text in found.errors[0]


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("document", "", "Informe o CPF ou CNPJ."),
        ("document", "11.222.333/0001-82", "CPF/CNPJ inválido: 11.222.333/0001-82. Confira os números."),
        ("document", "191", "CPF/CNPJ inválido: 191. Confira os números."),
        ("document", "12.ABC.345/01DE-36", "CPF/CNPJ inválido: 12.ABC.345/01DE-36. Confira os números."),
        ("document", "111.111.111-11", "CPF/CNPJ inválido: 111.111.111-11. Confira os números."),
        ("product", "", "Informe o produto: Link ou Navi."),
        ("product", "Excel", "Não há o produto “Excel”. Use Link ou Navi."),
        ("method", "boleto", "Renovação “boleto” não existe. Use Renovação manual ou Gestão de cobranças."),
        ("waiter", "dois", "Link Garçom: use um número inteiro de 0 a 999, não “dois”."),
        ("waiter", "-1", "Link Garçom: use um número inteiro de 0 a 999, não “-1”."),
        ("waiter", "1,5", "Link Garçom: use um número inteiro de 0 a 999, não “1,5”."),
        ("waiter", "9" * 50, f"Link Garçom: use um número inteiro de 0 a 999, não “{'9' * 50}”."),
        ("cloud", "2", "Cloud: use Sim ou Não, não “2”."),
        ("city", "#REF!", "Cidade: a célula tem um erro de fórmula (#REF!)."),
        ("name", "#N/D", "Nome: a célula tem um erro de fórmula (#N/D)."),
    ],
)
def test_a_cell_that_cannot_be_read_says_why(column: str, text: str, said: str) -> None:
    assert read(**{column: text}).errors == [said]


def test_every_error_of_a_row_is_said_at_once() -> None:
    found = read(document="1", product="", cloud="talvez", waiter="x")
    assert len(found.errors) == 4
    assert found.contract == Contract(None, None, RenewalMethod.MANUAL, {Item.BASE: 1}, None)


@pytest.mark.parametrize(("text", "count"), [("2", 2), ("2,0", 2), ("2.00", 2), ("", 0), ("0", 0)])
def test_quantities_are_whole_numbers_however_a_spreadsheet_writes_them(text: str, count: int) -> None:
    assert read(waiter=text).contract.quantities.get(Item.WAITER, 0) == count


@pytest.mark.parametrize(("text", "count"), [("Sim", 1), ("x", 1), ("1", 1), ("NÃO", 0), ("", 0), ("0", 0), ("-", 0)])
def test_switches_are_yes_or_no(text: str, count: int) -> None:
    assert read(cloud=text).contract.quantities.get(Item.CLOUD, 0) == count


def test_the_set_as_a_whole_is_checked_like_any_other() -> None:
    assert read(mobile="1").problems == [Problem(Flaw.NEEDS, Item.MOBILE, Item.CLOUD)]
    assert read(mobile="1", cloud="sim").problems == []
    assert [p.flaw for p in read(product="navi", waiter="1", base="2").problems] == [
        Flaw.OUT_OF_RANGE,
        Flaw.NOT_OFFERED,
    ]
    assert read(base="0").problems == [Problem(Flaw.OUT_OF_RANGE, Item.BASE)]
    assert read(mobile="x", base="0").problems == [], "quantities that were not read make no set"


# existing due dates


@pytest.mark.parametrize(
    "text", ["10/08/2025", "10/08/25", "10-08-2025", "10.08.2025", "2025-08-10", "10/08/2025 00:00:00", "2025-08-10T00:00"]
)  # fmt: skip
def test_a_due_date_is_read_day_first(text: str) -> None:
    assert read(has_due_dates=True, due_on=text).contract.due_on == date(2025, 8, 10)


@pytest.mark.parametrize("text", ["08/31/2025", "45848", "amanhã", "31/02/2025"])
def test_what_is_no_date_is_no_due_date(text: str) -> None:
    found = read(has_due_dates=True, due_on=text)
    assert found.errors == [f"Vencimento inválido: {text}. Use dia/mês/ano, como 10/07/2025."]


@pytest.mark.parametrize(
    ("day", "is_taken"),
    [
        (TODAY - imports.DUE_PAST, True),
        (TODAY - imports.DUE_PAST - timedelta(1), False),
        (TODAY + imports.DUE_AHEAD, True),
        (TODAY + imports.DUE_AHEAD + timedelta(1), False),
    ],
)
def test_a_due_date_lies_within_limits(day: date, is_taken: bool) -> None:
    found = read(has_due_dates=True, due_on=f"{day:%d/%m/%Y}")
    assert found.contract.due_on == (day if is_taken else None)
    assert bool(found.errors) is not is_taken


def test_a_due_date_is_asked_of_the_vendor_only() -> None:
    assert read(has_due_dates=True).errors == ["Informe o vencimento."]
    assert read(due_on="10/08/2025").contract.due_on is None


# duplicates


def test_the_same_registration_twice_names_the_first_row() -> None:
    link, navi = read().contract, read(product="navi").contract
    unread = read(document="x").contract
    rows = [(2, link), (3, navi), (4, unread), (5, link), (6, unread), (7, link)]
    assert import_rows.repeated(rows) == {5: 2, 7: 2}
