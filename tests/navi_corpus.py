"""A sound little backup, and everything that can be wrong with one: each case with the reason that every reader must give."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

DOCUMENT = "11222333000181"
ENTITIES = ("customers", "products", "stock", "sales", "credits", "fiscal_notes")
MANIFEST = "manifest.json"

ROWS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {
            "id": 1,
            "name": "Ana Célia Prado",
            "document": "52998224725",
            "email": "ana@example.com",
            "phone": "(11) 91234-5678",
        },
        {"id": 4, "name": "João d'Ávila 🍞", "address": "Rua das Flores, 10 – fundos", "nickname": "Jô"},
    ],
    "products": [
        {"id": 1, "name": "Pão francês", "unit": "KG", "price_cents": 1990, "barcode": "2000010000006"},
        {"id": 2, "name": "Café coado", "unit": "UN", "price_cents": 450},
    ],
    "stock": [{"product_id": 1, "quantity_milli": -500}, {"product_id": 2, "quantity_milli": 80_000}],
    "sales": [
        {
            "id": 7,
            "sold_at": "2025-06-10T09:30:00-03:00",
            "customer_id": 1,
            "discount_cents": 49,
            "total_cents": 2000,
            "items": [
                {"product_id": 1, "quantity_milli": 804, "unit_price_cents": 1990, "total_cents": 1600},
                {"product_id": 2, "quantity_milli": 1000, "unit_price_cents": 449, "total_cents": 449},
            ],
            "payments": [{"method": "cash", "amount_cents": 500}, {"method": "instalments", "amount_cents": 1500}],
        },
        {
            "id": 9,
            "sold_at": "2025-06-11T12:00:00.250000+00:00",
            "discount_cents": 0,
            "total_cents": 450,
            "items": [{"product_id": 2, "quantity_milli": 1000, "unit_price_cents": 450, "total_cents": 450}],
            "payments": [{"method": "pix", "amount_cents": 450}],
        },
    ],
    "credits": [
        {
            "id": 3,
            "customer_id": 1,
            "sale_id": 7,
            "created_on": "2025-06-10",
            "total_cents": 1500,
            "instalments": [
                {"number": 1, "due_on": "2025-07-10", "amount_cents": 750, "paid_cents": 750},
                {"number": 2, "due_on": "2025-08-10", "amount_cents": 750, "paid_cents": 100},
            ],
        },
        {
            "id": 5,
            "customer_id": 4,
            "created_on": "2025-02-01",
            "total_cents": 900,
            "instalments": [{"number": 1, "due_on": "2025-03-01", "amount_cents": 900, "paid_cents": 900}],
        },
    ],
    "fiscal_notes": [
        {
            "id": 1,
            "sale_id": 9,
            "model": "65",
            "series": 1,
            "number": 10,
            "access_key": "35250611222333000181650010000000101000000017",
            "issued_at": "2025-06-11T09:00:00-03:00",
            "total_cents": 450,
        }
    ],
}
"""What the sound backup holds: one open credit, of which 650 are owed, and one that was paid."""

RECEIVABLE_CENTS = 650


def content(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as a file holds them."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def sound_files() -> dict[str, bytes]:
    """Return the files of the sound backup, but for the manifest."""
    return {f"{entity}.jsonl": content(ROWS[entity]) for entity in ENTITIES}


def manifest_of(files: dict[str, bytes], /, **changes: Any) -> dict[str, Any]:
    """Return the manifest that fits some files."""
    told = [
        {"name": name, "rows": len(data.splitlines()), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
        if name.endswith(".jsonl")
    ]
    return {
        "format": 1,
        "program": {"name": "Navi Vendas", "version": "5.3.0"},
        "document": DOCUMENT,
        "name": "Padaria Pão Quente",
        "created_at": "2025-07-01T08:00:00-03:00",
        "files": told,
    } | changes


def zipped(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP of files in this order, whatever they are called."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (2025, 7, 1, 8, 0, 0))
            info.compress_type = method
            with archive.open(info, "w") as entry:
                entry.write(data)
    return whole.getvalue()


def backup(files: dict[str, bytes] | None = None, manifest: dict[str, Any] | bytes | None = None) -> bytes:
    """Return a backup of some files (the sound ones) with a manifest (the one that fits)."""
    files = sound_files() if files is None else files
    manifest = manifest_of(files) if manifest is None else manifest
    head = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return zipped([(MANIFEST, head), *files.items()])


def with_file(entity: str, data: bytes) -> bytes:
    """Return a backup, sound but for one file, whose manifest knows of it."""
    return backup(sound_files() | {f"{entity}.jsonl": data})


def with_row(entity: str, number: int, /, **changes: Any) -> bytes:
    """Return a backup one line of which, counted from 1, says something else; None leaves a member out."""
    rows = [dict(row) for row in ROWS[entity]]
    changed = rows[number - 1] | changes
    rows[number - 1] = {name: value for name, value in changed.items() if value is not None}
    return with_file(entity, content(rows))


def sound() -> bytes:
    """Return a backup that every reader takes."""
    return backup()


class Bad(NamedTuple):
    """A backup that is refused: the reason, and for a line its file, number (from 1) and JSON pointer."""

    name: str
    make: Callable[[], bytes]
    reason: str
    file: str = ""
    line: int = 0
    pointer: str = ""


def _patched(offset_in_directory: int, value: bytes, name: str = "sales.jsonl") -> bytes:
    """Return the sound backup with some bytes of a file's entry in the directory replaced."""
    whole = bytearray(sound())
    entry = whole.rindex(name.encode()) - 46  # a central entry's fixed part
    assert whole[entry : entry + 4] == b"PK\x01\x02"
    whole[entry + offset_in_directory : entry + offset_in_directory + len(value)] = value
    return bytes(whole)


def _extra(name: str) -> bytes:
    files = sound_files()
    return zipped([(MANIFEST, json.dumps(manifest_of(files)).encode()), *files.items(), (name, b"{}\n")])


def _renamed(name: str) -> bytes:
    files = sound_files()
    head = json.dumps(manifest_of(files)).encode()
    return zipped([(MANIFEST, head), *((name if one == "sales.jsonl" else one, data) for one, data in files.items())])


def _nul_name() -> bytes:
    """Return one with a name that ends early for those who stop at a NUL."""
    return _renamed("sales.jsonlX").replace(b"sales.jsonlX", b"sales.jsonl\0")


def _twice() -> bytes:
    """Return one with a file twice, the second one another."""
    files = sound_files()
    entries = [(MANIFEST, json.dumps(manifest_of(files)).encode()), *files.items()]
    return zipped([*entries, ("salez.jsonl", b"")]).replace(b"salez.jsonl", b"sales.jsonl")


def _without(name: str) -> bytes:
    files = sound_files()
    return zipped(
        [(MANIFEST, json.dumps(manifest_of(files)).encode()), *((n, d) for n, d in files.items() if n != name)]
    )


def _flipped() -> bytes:
    """Return one in which a byte of a stored file was changed on its way."""
    files = sound_files()
    entries = [(MANIFEST, json.dumps(manifest_of(files)).encode()), *files.items()]
    return zipped(entries, zipfile.ZIP_STORED).replace("Ana Célia".encode(), "Ana Cília".encode())


def _wrong_manifest(name: str, /, **changes: Any) -> bytes:
    """Return one whose manifest says something else of a file."""
    manifest = manifest_of(sound_files())
    manifest["files"] = [one | (changes if one["name"] == name else {}) for one in manifest["files"]]
    return backup(manifest=manifest)


def _bomb() -> bytes:
    """Return one with a file that packs 20 MB of spaces into some 20 KB."""
    return with_file("fiscal_notes", b" " * 20_000_000)


def _overlapping() -> bytes:
    """Return one in whose directory two files stand at the same place."""
    whole = bytearray(sound())
    first, second = (whole.rindex(name) - 46 for name in (b"customers.jsonl", b"products.jsonl"))
    whole[second + 42 : second + 46] = whole[first + 42 : first + 46]
    return bytes(whole)


def _reaching() -> bytes:
    """Return one whose last file is said to be packed in a byte more than there are before the directory."""
    whole = sound()
    entry = whole.rindex(b"fiscal_notes.jsonl") - 46
    (packed,) = struct.unpack_from("<L", whole, entry + 20)
    return _patched(20, struct.pack("<L", packed + 1), "fiscal_notes.jsonl")


def _many_entries() -> bytes:
    """Return one with 2,000 files."""
    return zipped([(f"{number}", b"") for number in range(2_000)], zipfile.ZIP_STORED)


def _big_manifest() -> bytes:
    return backup(manifest=manifest_of(sound_files(), note="x" * 70_000))


def _duplicate_in_manifest() -> bytes:
    manifest = manifest_of(sound_files())
    return backup(manifest=manifest | {"files": [*manifest["files"][:5], manifest["files"][0]]})


def _last_line_bad() -> bytes:
    return with_file("sales", content(ROWS["sales"])[:-10])


def _item(**changes: Any) -> list[dict[str, Any]]:
    first, second = ROWS["sales"][0]["items"]
    return [first, second | changes]


def _part(**changes: Any) -> list[dict[str, Any]]:
    first, second = ROWS["credits"][0]["instalments"]
    return [first, second | changes]


def _line(title: str, entity: str, number: int, pointer: str, /, **changes: Any) -> Bad:
    return Bad(title, lambda: with_row(entity, number, **changes), "line", f"{entity}.jsonl", number, pointer)


def _raw(name: str, data: bytes, pointer: str = "") -> Bad:
    """Return a case of a third customer whose line is no row at all."""
    return Bad(
        name, lambda: with_file("customers", content(ROWS["customers"]) + data), "line", "customers.jsonl", 3, pointer
    )


BAD = (
    # the ZIP
    Bad("empty", lambda: b"", "damaged"),
    Bad("no ZIP", lambda: b"%PDF-1.7 " * 100, "damaged"),
    Bad("truncated", lambda: sound()[:-300], "damaged"),
    Bad("something behind it", lambda: sound() + b"\0", "damaged"),
    Bad("something before it", lambda: b"#!/bin/sh\n" + sound(), "damaged"),
    Bad("a byte changed", _flipped, "damaged"),
    Bad("two files at one place", _overlapping, "damaged"),
    Bad(
        "another compression", lambda: zipped([(MANIFEST, b"{}"), *sound_files().items()], zipfile.ZIP_BZIP2), "damaged"
    ),
    Bad("thousands of files", _many_entries, "damaged"),
    Bad("an extra file", lambda: _extra("leia-me.txt"), "foreign_names"),
    Bad("a folder", lambda: _extra("vendas/"), "foreign_names"),
    Bad("a way out of the folder", lambda: _extra("../../etc/cron.d/navi"), "foreign_names"),
    Bad("a way out instead of a file", lambda: _renamed("../sales.jsonl"), "foreign_names"),
    Bad("an absolute name", lambda: _renamed("/sales.jsonl"), "foreign_names"),
    Bad("a name in capitals", lambda: _renamed("Sales.jsonl"), "foreign_names"),
    Bad("a name with a NUL", _nul_name, "foreign_names"),
    Bad("a missing file", lambda: _without("stock.jsonl"), "foreign_names"),
    Bad("no manifest", lambda: zipped(list(sound_files().items())), "foreign_names"),
    Bad("a file twice", _twice, "foreign_names"),
    Bad("encrypted", lambda: _patched(8, b"\x01\x00"), "encrypted"),
    Bad("a file of 1 GB and more", lambda: _patched(24, struct.pack("<L", 2**30 + 1)), "too_large"),
    Bad("a manifest of 70 KB", _big_manifest, "too_large"),
    Bad("a bomb", _bomb, "bomb"),
    # the manifest
    Bad("a manifest that is no JSON", lambda: backup(manifest=b"{"), "manifest"),
    Bad("a manifest that is a list", lambda: backup(manifest=b"[]"), "manifest"),
    Bad("a manifest without a document", lambda: backup(manifest=manifest_of(sound_files(), document="")), "manifest"),
    Bad("a manifest that names a file twice", _duplicate_in_manifest, "manifest"),
    Bad("a newer format", lambda: backup(manifest={"format": 2, "of_tomorrow": True}), "newer_format"),
    Bad("a wrong checksum", lambda: _wrong_manifest("sales.jsonl", sha256="0" * 64), "checksum"),
    Bad("a wrong length", lambda: _wrong_manifest("stock.jsonl", bytes=7), "checksum"),
    Bad("a wrong number of lines", lambda: _wrong_manifest("sales.jsonl", rows=3), "checksum"),
    # the lines
    _raw("a line that is no JSON", b"{\n"),
    _raw("an empty line", b"\n"),
    _raw("a list", b"[]\n"),
    _raw("not UTF-8", b'{"id": 9, "name": "S\xe3o"}\n'),
    _raw("a byte order mark", b'\xef\xbb\xbf{"id": 9, "name": "Eva"}\n'),
    _raw("NaN", b'{"id": 9, "name": "Eva", "age": NaN}\n'),
    _raw("a line that is too long", b'{"id": 9, "name": "Eva", "note": "' + b"ab, " * 70_000 + b'"}\n'),
    _raw("a tower of lists", b"[" * 100_000 + b"\n"),
    _raw("half a character", b'{"id": 9, "name": "\\ud83c"}\n', "/name"),
    _raw("a control character", b'{"id": 9, "name": "Eva\\u0000"}\n', "/name"),
    _raw("a fraction", b'{"id": 9.0, "name": "Eva"}\n', "/id"),
    Bad("the last line broken off", _last_line_bad, "line", "sales.jsonl", 2),
    _line("a missing member", "customers", 2, "/name", name=None),
    _line("a blank name", "customers", 2, "/name", name="   "),
    _line("a masked document", "customers", 1, "/document", document="529.982.247-25"),
    _line("digits of another script", "customers", 1, "/document", document="٥٢٩٩٨٢٢٤٧٢٥"),
    _line("a truth for a number", "products", 1, "/price_cents", price_cents=True),
    _line("a negative price", "products", 1, "/price_cents", price_cents=-1),
    _line("a moment without its offset", "sales", 1, "/sold_at", sold_at="2025-06-10T09:30:00"),
    _line("a moment of another calendar", "sales", 1, "/sold_at", sold_at="2025-W24-2T09:30:00-03:00"),
    _line("a day that is not", "credits", 1, "/created_on", created_on="2025-02-30"),
    _line("a week's day", "credits", 1, "/created_on", created_on="2025-W24-2"),
    _line("an unknown way to pay", "sales", 2, "/payments/0/method", payments=[{"method": "iou", "amount_cents": 450}]),
    _line("too many payments", "sales", 2, "/payments", payments=[{"method": "pix", "amount_cents": 18}] * 25),
    # between the lines
    _line("a number that does not grow", "customers", 2, "/id", id=1),
    _line("stock twice", "stock", 2, "/product_id", product_id=1),
    _line("stock of no product", "stock", 2, "/product_id", product_id=3),
    _line("a sale to nobody", "sales", 1, "/customer_id", customer_id=2),
    _line("an item of no product", "sales", 1, "/items/1/product_id", items=_item(product_id=9)),
    _line("an item's wrong total", "sales", 1, "/items/1/total_cents", items=_item(total_cents=450), discount_cents=50),
    _line("a sale's wrong total", "sales", 2, "/total_cents", discount_cents=1),
    _line("payments that do not add up", "sales", 2, "/payments", payments=[]),
    _line("a credit of nobody", "credits", 2, "/customer_id", customer_id=3),
    _line("a credit of no sale", "credits", 1, "/sale_id", sale_id=8),
    _line("instalments that do not add up", "credits", 1, "/total_cents", total_cents=1501),
    _line("instalments out of turn", "credits", 1, "/instalments", instalments=_part(number=3)),
    _line("an instalment paid twice", "credits", 1, "/instalments/1/paid_cents", instalments=_part(paid_cents=751)),
    _line("a note of no sale", "fiscal_notes", 1, "/sale_id", sale_id=8),
)
"""Refused by whoever reads a backup. Where a line has several flaws a reader may tell more than the one named here."""


def of_another_shop() -> bytes:
    """Return a sound backup of another CNPJ: for whoever knows whose it should be, the reason is ``other_document``."""
    return backup(manifest=manifest_of(sound_files(), document="11444777000161"))
