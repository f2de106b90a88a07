"""A backup's ZIP, opened without trusting it: nothing is unpacked to a disk, and nothing is read beyond what is allowed."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from reference.backup_format import (
    FREE_BYTES,
    MANIFEST,
    MOST_FILE_BYTES,
    MOST_LINE_BYTES,
    MOST_MANIFEST_BYTES,
    MOST_RATIO,
    NAMES,
    BadBackup,
)

CHUNK = 64 * 1024
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_SIGNATURE, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_LOCATOR_BYTES = 20
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_MOST_DIRECTORY_BYTES = 4096

_DAMAGED = "O arquivo está danificado ou não é um backup do Navi. Faça o backup de novo."
_FOREIGN = "O arquivo não é um backup do Navi: contém arquivos a mais, a menos ou com outro nome."
_ENCRYPTED_TEXT = "O arquivo está protegido por senha. Faça o backup de novo, sem senha."
_TOO_LARGE = "O backup é maior do que o permitido."
_BOMB = "O arquivo foi recusado: descompactado, seria muito maior do que um backup."


class Archive:
    """The files of a backup, by name. What is wrong with the ZIP is told before anything is unpacked."""

    def __init__(self, file: BinaryIO) -> None:
        """Look at a ZIP's directory.

        Raises:
            BadBackup: damaged, foreign_names, encrypted, too_large or bomb, in this order.
        """
        _ensure_plain_end(file)
        with _damage():
            self._zip = zipfile.ZipFile(file)
        found = self._zip.infolist()
        if sorted(info.orig_filename for info in found) != sorted(NAMES):
            raise BadBackup("foreign_names", _FOREIGN)
        for info in found:
            _ensure_readable(info)
        _ensure_apart(file, found, self._zip.start_dir)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes.

        Raises:
            BadBackup: damaged.
        """
        with _damage():
            file = self._zip.open(name)
        with file:
            while True:
                with _damage():
                    chunk = file.read(CHUNK)
                if not chunk:
                    return
                yield chunk

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a file's lines; one that is too long ends after the byte too many.

        Raises:
            BadBackup: damaged.
        """
        with _damage():
            file = io.BufferedReader(self._zip.open(name), CHUNK)  # type: ignore[type-var] # reads as a raw file does
        with file:
            while True:
                with _damage():
                    line = file.readline(MOST_LINE_BYTES + 1)
                if not line:
                    return
                yield line


@contextmanager
def _damage() -> Iterator[None]:
    """Tell all the ways in which the standard library fails on a ZIP as one."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError) as error:
        raise BadBackup("damaged", _DAMAGED) from error


def _ensure_plain_end(file: BinaryIO) -> None:
    """Refuse what is no ZIP up to its last byte, or has a directory of more than a backup's few entries.

    No comment, nothing before or behind, not split, no ZIP64 directory: so there is one way to read it, and little to read.
    """
    size = file.seek(0, os.SEEK_END)
    tail_bytes = _END.size + _LOCATOR_BYTES
    file.seek(max(size - tail_bytes, 0))
    tail = file.read(tail_bytes)
    if len(tail) < tail_bytes or tail.startswith(_LOCATOR):
        raise BadBackup("damaged", _DAMAGED)
    signature, disk, first, here, entries, length, start, comment = _END.unpack(tail[-_END.size :])
    is_whole = start + length + _END.size == size and length <= _MOST_DIRECTORY_BYTES
    if signature != _SIGNATURE or disk or first or comment or here != entries or not is_whole:
        raise BadBackup("damaged", _DAMAGED)


def _ensure_readable(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise BadBackup("encrypted", _ENCRYPTED_TEXT)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadBackup("damaged", _DAMAGED)
    if info.file_size > (MOST_MANIFEST_BYTES if info.filename == MANIFEST else MOST_FILE_BYTES):
        raise BadBackup("too_large", _TOO_LARGE, info.filename)
    if info.file_size > info.compress_size * MOST_RATIO + FREE_BYTES:
        raise BadBackup("bomb", _BOMB, info.filename)


def _ensure_apart(file: BinaryIO, found: list[zipfile.ZipInfo], directory_at: int) -> None:
    """Refuse entries that share bytes, with each other or the directory: unpacked one by one they could be endless."""
    end = 0
    for info in sorted(found, key=lambda info: info.header_offset):
        with _damage():
            file.seek(info.header_offset)
            *_, name_bytes, extra_bytes = _LOCAL.unpack(file.read(_LOCAL.size))
        if info.header_offset < end:
            raise BadBackup("damaged", _DAMAGED, info.filename)
        end = info.header_offset + _LOCAL.size + name_bytes + extra_bytes + info.compress_size
    if end > directory_at:
        raise BadBackup("damaged", _DAMAGED)
