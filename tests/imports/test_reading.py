"""What is read of a file, and what is refused before anything else happens to it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date, datetime
from threading import BoundedSemaphore

import pytest
from openpyxl import Workbook

from portal import fence as fences
from portal.domain.imports import MOST_BYTES, FileFault, FileRefused
from portal.imports import fence, sheet_reader
from tests.imports.sheets import BOMBS, FIRST_SHEET, csv_of, edited, saved, with_rows, xlsx_of

TITLES, CLIENT = ["Nome", "CNPJ"], ["Padaria São João", "11222333000181"]


def fault_of(content: bytes) -> FileFault:
    with pytest.raises(FileRefused) as refusal:
        sheet_reader.read(content)
    return refusal.value.fault


# CSV


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_read_whatever_its_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    content = csv_of(TITLES, CLIENT, delimiter=delimiter, encoding=encoding)
    assert sheet_reader.read(content) == [(1, TITLES), (2, CLIENT)]


def test_quotes_delimiters_and_line_ends_inside_cells_belong_to_them() -> None:
    content = 'Nome;CNPJ\r\n"Bar ""do Zé""; e\nfilhos";1\r\n'.encode()
    assert sheet_reader.read(content)[1] == (2, ['Bar "do Zé"; e filhos', "1"])


def test_empty_rows_are_passed_over_and_numbers_are_those_of_the_sheet() -> None:
    content = csv_of(["", ""], TITLES, [" ", ""], CLIENT, ["EXEMPLO (linha ignorada)", "1"], ["B", ""])
    assert sheet_reader.read(content) == [(2, TITLES), (4, CLIENT), (6, ["B"])]


def test_the_line_with_which_excel_tells_the_delimiter_is_no_row() -> None:
    assert sheet_reader.read(b"sep=,\r\nNome,CNPJ\r\nA;B,1\r\n") == [(2, TITLES), (3, ["A;B", "1"])]


# XLSX


def test_a_workbook_is_read_as_people_would_type_it() -> None:
    row = ["A", 11222333000181, 1.5, 2.0, True, False, date(2025, 7, 10), datetime(2025, 7, 10, 14, 30), None, "x"]  # noqa: DTZ001
    shown = ["A", "11222333000181", "1,5", "2", "sim", "não", "10/07/2025", "10/07/2025 14:30:00", "", "x"]
    assert sheet_reader.read(xlsx_of(["Nome"], row)) == [(1, ["Nome"]), (2, shown)]


def test_a_formula_counts_for_the_value_that_was_saved_with_it() -> None:
    with_value = with_rows(
        b'<row r="1"><c t="str"><v>Nome</v></c></row><row r="2"><c t="str"><f>"A"&amp;"B"</f><v>AB</v></c></row>'
    )
    assert sheet_reader.read(with_value)[1] == (2, ["AB"])
    assert fault_of(xlsx_of(["Nome"], ["=1+1"])) is FileFault.EMPTY, "nobody has calculated it"


def test_the_first_sheet_that_is_not_hidden_is_read() -> None:
    book = Workbook()
    book.active.append(["Segredo"])
    book.active.sheet_state = "hidden"
    for name, row in (("Clientes", CLIENT), ("Outra", ["Z"])):
        sheet = book.create_sheet(name)
        sheet.append(TITLES)
        sheet.append(row)
    assert sheet_reader.read(saved(book)) == [(1, TITLES), (2, CLIENT)]


def test_the_size_that_a_sheet_claims_is_not_believed() -> None:
    lying = b'<dimension ref="A1"/>'
    content = edited(
        xlsx_of(TITLES, CLIENT),
        lambda name, old: old.replace(b"<sheetViews>", lying + b"<sheetViews>") if name == FIRST_SHEET else old,
    )
    assert sheet_reader.read(content) == [(1, TITLES), (2, CLIENT)]


# refused


def with_part(name: str) -> bytes:
    return edited(xlsx_of(TITLES, CLIENT), lambda _name, old: old, **{name: b"x"})


def without_part(name: str) -> bytes:
    return edited(xlsx_of(TITLES, CLIENT), lambda found, old: None if found == name else old)


LONG = b'<row><c t="str"><v>' + b'</v></c><c t="str"><v>'.join([b"x" * 290] * 50) + b"</v></c></row>"
REFUSED = {
    "nothing at all": (lambda: b"", FileFault.EMPTY),
    "titles without clients": (lambda: csv_of(TITLES), FileFault.EMPTY),
    "one row more than we take": (lambda: csv_of(TITLES, *[["A", "1"]] * 5001), FileFault.TOO_MANY_ROWS),
    "one column more": (lambda: csv_of(["x"] * 51, CLIENT), FileFault.TOO_MANY_COLUMNS),
    "one column more in xlsx": (lambda: xlsx_of(["x"] * 51, CLIENT), FileFault.TOO_MANY_COLUMNS),
    "a cell like a book": (lambda: csv_of(TITLES, ["x" * 10_001]), FileFault.CELL_TOO_LONG),
    "such a cell in xlsx": (lambda: xlsx_of(TITLES, ["x" * 10_001]), FileFault.CELL_TOO_LONG),
    "a sheet like a library": (lambda: with_rows(LONG * 300), FileFault.TOO_MUCH_TEXT),
    "a quote left open": (BOMBS["an open quote"], FileFault.CELL_TOO_LONG),
    "NUL in a csv": (lambda: b"a;b\n1;2\x00\n", FileFault.NOT_A_SHEET),
    "any bytes": (lambda: bytes(range(256)) * 100, FileFault.NOT_A_SHEET),
    "half a UTF-16 sign": (lambda: b"\xff\xfea", FileFault.NOT_A_SHEET),
    "an old xls": (lambda: b"\xd0\xcf\x11\xe0" + b"x" * 1000, FileFault.OLD_FORMAT),
    "no zip": (lambda: b"PK\x03\x04 not a zip", FileFault.DAMAGED),
    "half a zip": (lambda: xlsx_of(TITLES, CLIENT)[:2000], FileFault.DAMAGED),
    "a column that no sheet has": (lambda: with_rows(b'<row><c r="ZZZZZZ1"><v>1</v></c></row>'), FileFault.DAMAGED),
    "XML that does not close": (lambda: with_rows(b"<row><c></row>"), FileFault.DAMAGED),
    "a zip of other things": (lambda: without_part("xl/workbook.xml"), FileFault.NOT_A_SHEET),
    "a workbook without sheet": (lambda: without_part(FIRST_SHEET), FileFault.DAMAGED),
    "macros": (lambda: with_part("xl/vbaProject.bin"), FileFault.ACTIVE),
    "links to other files": (lambda: with_part("xl/externalLinks/externalLink1.xml"), FileFault.ACTIVE),
    "a zip bomb": (BOMBS["90 MB of blanks"], FileFault.BOMB),
    "a billion laughs": (BOMBS["a billion laughs"], FileFault.BOMB),
    "laughs in UTF-16": (BOMBS["a billion laughs in UTF-16"], FileFault.DAMAGED),
    "more than 2 MB": (lambda: b"x" * (MOST_BYTES + 1), FileFault.TOO_LARGE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_list_of_clients_is_refused_with_its_reason(name: str) -> None:
    content, fault = REFUSED[name]
    assert fault_of(content()) is fault


def test_an_archive_of_hundreds_of_parts_is_no_workbook() -> None:
    parts = {f"x{number}": b"" for number in range(200)}
    assert fault_of(edited(xlsx_of(TITLES, CLIENT), lambda _name, old: old, **parts)) is FileFault.BOMB


def test_an_archive_with_other_packing_or_a_password_is_refused() -> None:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", "x")
    assert fault_of(file.getvalue()) is FileFault.DAMAGED


# the fence


def test_behind_the_fence_the_same_is_read() -> None:
    assert fence.read_sheet(csv_of(TITLES, CLIENT)) == [(1, TITLES), (2, CLIENT)]
    assert fence.read_sheet(xlsx_of(TITLES, CLIENT)) == [(1, TITLES), (2, CLIENT)]


def test_a_refusal_comes_through_the_fence() -> None:
    with pytest.raises(FileRefused) as refusal:
        fence.read_sheet(b"\x00")
    assert refusal.value.fault is FileFault.NOT_A_SHEET


def test_a_file_that_is_too_large_never_gets_there(monkeypatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(FileRefused) as refusal:
        fence.read_sheet(b"x" * (MOST_BYTES + 1))
    assert refusal.value.fault is FileFault.TOO_LARGE


@pytest.mark.parametrize("program", ["import time; time.sleep(60)", "import os; os.abort()", "x = 1 /"])
def test_a_reader_that_hangs_or_dies_was_given_something_too_heavy(monkeypatch, program: str) -> None:
    run = subprocess.run
    monkeypatch.setattr(fences, "SECONDS", 0.3)
    monkeypatch.setattr(subprocess, "run", lambda _command, **options: run([sys.executable, "-c", program], **options))
    with pytest.raises(FileRefused) as refusal:
        fence.read_sheet(csv_of(TITLES, CLIENT))
    assert refusal.value.fault is FileFault.TOO_HEAVY


def test_who_comes_while_all_readers_are_busy_is_told_so(monkeypatch) -> None:
    busy = BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(fence.sheets, "turns", busy)
    monkeypatch.setattr(fences, "WAITING_SECONDS", 0.01)
    with pytest.raises(FileRefused) as refusal:
        fence.read_sheet(csv_of(TITLES, CLIENT))
    assert refusal.value.fault is FileFault.BUSY


def test_a_turn_is_given_back_whatever_happens(monkeypatch) -> None:
    monkeypatch.setattr(fence.sheets, "turns", BoundedSemaphore(1))
    for _ in range(2):
        with pytest.raises(FileRefused):
            fence.read_sheet(b"\x00")


@pytest.mark.parametrize(
    ("content", "said"),
    [(csv_of(TITLES, CLIENT), {"rows": [[1, TITLES], [2, CLIENT]]}), (b"\x00", {"fault": "not_a_sheet"})],
)
def test_the_reader_says_what_it_found(monkeypatch, capsys, content: bytes, said: object) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    sheet_reader.main()
    assert json.loads(capsys.readouterr().out) == said


def test_a_reader_without_memory_left_says_so(monkeypatch, capsys) -> None:
    def without_memory(_content: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(sheet_reader, "read", without_memory)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    sheet_reader.main()
    assert json.loads(capsys.readouterr().out) == {"fault": "too_heavy"}


def test_the_reader_imports_nothing_that_it_does_not_need() -> None:
    program = "import sys, portal.imports.sheet_reader; print({'flask', 'sqlalchemy', 'openpyxl'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
