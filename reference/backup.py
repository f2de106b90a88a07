"""A Navi backup, read as docs/navi-backup-format.md says: refused with a reason, or sound to the last line.

``open_backup`` looks at everything but the lines; ``rows`` reads these, one at a time, in memory that does not grow with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Self

from reference.backup_format import (
    ENTITIES,
    FORMAT,
    MANIFEST,
    BadBackup,
    Line,
    Row,
    file_of,
)
from reference.backup_lines import NO_JSON, decoded, parse
from reference.backup_rules import Rules
from reference.backup_zip import CHUNK, Archive

__all__ = ["Backup", "BadBackup", "Line", "open_backup"]

_MANIFEST = "O manifesto do backup está danificado. Faça o backup de novo."
_NEWER = "O backup foi feito por uma versão mais nova do Navi. Atualize este programa e tente de novo."
_CHECKSUM = "O conteúdo não confere com o manifesto. Faça o backup de novo."


class Backup:
    """A backup whose ZIP, manifest and checksums are right; the lines are looked at while they are read."""

    def __init__(self, file: BinaryIO, manifest: Row, archive: Archive) -> None:
        """See ``open_backup``."""
        self._file, self._archive, self._rules = file, archive, Rules()
        self._left, self._closing = list(ENTITIES), ExitStack()
        self.manifest = manifest

    @property
    def document(self) -> str:
        """The shop's CPF or CNPJ, without mask."""
        return str(self.manifest["document"])

    @property
    def counts(self) -> dict[str, int]:
        """How many lines there are of each entity."""
        rows = {one["name"]: int(one["rows"]) for one in self.manifest["files"]}
        return {entity: rows[file_of(entity)] for entity in ENTITIES}

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the ZIP."""
        self._file.seek(0)
        digest = hashlib.sha256()
        while chunk := self._file.read(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def rows(self, entity: str) -> Iterator[Line]:
        """Yield an entity's lines, each sound by itself and beside those before. Entities are read once, in their order.

        Raises:
            BadBackup: line, with file, number and pointer; or damaged.
        """
        if not self._left or self._left.pop(0) != entity:
            raise ValueError(f"{entity} is read in its turn: {ENTITIES}")
        file = file_of(entity)
        for number, content in enumerate(self._archive.lines(file), 1):
            row = parse(entity, content, file, number)
            if flaw := self._rules.flaw(entity, row):
                raise BadBackup("line", flaw[1], file, number, flaw[0])
            yield Line(entity, number, row)

    def lines(self) -> Iterator[Line]:
        """Yield every line of the backup, entity after entity."""
        for entity in ENTITIES:
            yield from self.rows(entity)

    def close(self) -> None:
        """Close what ``open_backup`` opened."""
        self._closing.close()

    def closing(self, file: BinaryIO) -> Self:
        """Take over a file that is closed together with the backup."""
        self._closing.enter_context(file)
        return self

    def __enter__(self) -> Self:
        """Return the backup."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def open_backup(source: Path | BinaryIO, most_bytes: int | None = None) -> Backup:
    """Open a backup: its ZIP, then its manifest, then length, SHA-256 and number of lines of every file.

    Args:
        source: where it is, or a file that can seek; a file that was given is not closed.
        most_bytes: how long the ZIP may be, where there is a limit.

    Raises:
        BadBackup: why it is refused.
        OSError: the path cannot be read.
    """
    if not isinstance(source, Path):
        return _opened(source, most_bytes)
    with ExitStack() as stack:
        file = stack.enter_context(source.open("rb"))
        backup = _opened(file, most_bytes).closing(file)
        stack.pop_all()
        return backup


def _opened(file: BinaryIO, most_bytes: int | None) -> Backup:
    if most_bytes is not None and file.seek(0, 2) > most_bytes:
        raise BadBackup("too_large", f"O backup passa de {most_bytes // 1024**2} MB.")
    archive = Archive(file)
    manifest = _manifest(b"".join(archive.chunks(MANIFEST)))
    for told in manifest["files"]:
        _ensure_whole(archive, told)
    return Backup(file, manifest, archive)


def _manifest(content: bytes) -> Row:
    """Return a manifest of a format that is known here, which names every file once."""
    try:
        head = decoded(content)
    except (ValueError, RecursionError) as error:
        raise BadBackup("manifest", _MANIFEST, MANIFEST) from error
    if not isinstance(head, dict):
        raise BadBackup("manifest", NO_JSON, MANIFEST)
    if isinstance(head.get("format"), int) and head["format"] > FORMAT:
        raise BadBackup("newer_format", _NEWER)
    manifest = parse("manifest", content, MANIFEST)
    if sorted(one["name"] for one in manifest["files"]) != sorted(map(file_of, ENTITIES)):
        raise BadBackup("manifest", "deve trazer cada arquivo uma vez", MANIFEST, pointer="/files")
    return manifest


def _ensure_whole(archive: Archive, told: Row) -> None:
    """Refuse a file that is not the one whose length, SHA-256 and lines the manifest tells."""
    digest, size, rows, last = hashlib.sha256(), 0, 0, b"\n"
    for chunk in archive.chunks(told["name"]):
        digest.update(chunk)
        size, rows, last = size + len(chunk), rows + chunk.count(b"\n"), chunk[-1:]
    found = (size, digest.hexdigest(), rows + (last != b"\n"))
    if found != (told["bytes"], told["sha256"], told["rows"]):
        raise BadBackup("checksum", _CHECKSUM, told["name"])
