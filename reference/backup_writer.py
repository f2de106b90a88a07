"""Writes a backup line by line, in memory that does not grow with it; the same rows make the same bytes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

from reference.backup_format import ENTITIES, FORMAT, MANIFEST, Row, file_of
from reference.installation import VERSION

_BATCH_BYTES = 64 * 1024
_DAWN = (1980, 1, 1, 0, 0, 0)
"""The moment of every file in the ZIP, so that only what is in them makes a difference."""


class Made(NamedTuple):
    """Whose backup it is and when it was made."""

    document: str
    name: str
    created_at: datetime


def write_backup(file: BinaryIO, made: Made, rows: Callable[[str], Iterable[Row]]) -> Row:
    """Write a backup into an empty file that can seek, asking for each entity's rows in turn; returns its manifest."""
    with zipfile.ZipFile(file, "w") as archive:
        manifest = {
            "format": FORMAT,
            "program": {"name": "Navi Vendas", "version": VERSION},
            "document": made.document,
            "name": made.name,
            "created_at": made.created_at.isoformat(),
            "files": [_write(archive, entity, rows(entity)) for entity in ENTITIES],
        }
        with archive.open(_entry(MANIFEST), "w") as entry:
            entry.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode())
    return manifest


def _write(archive: zipfile.ZipFile, entity: str, rows: Iterable[Row]) -> Row:
    """Write a file and return what the manifest says of it."""
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(_entry(file_of(entity)), "w") as entry:
        for batch, lines in _batches(rows):
            entry.write(batch)
            digest.update(batch)
            size, count = size + len(batch), count + lines
    return {"name": file_of(entity), "rows": count, "bytes": size, "sha256": digest.hexdigest()}


def _batches(rows: Iterable[Row]) -> Iterator[tuple[bytes, int]]:
    """Yield lines in batches, each with their number."""
    batch, lines = bytearray(), 0
    for row in rows:
        batch += json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        lines += 1
        if len(batch) >= _BATCH_BYTES:
            yield bytes(batch), lines
            batch, lines = bytearray(), 0
    yield bytes(batch), lines


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DAWN)
    info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
    return info
