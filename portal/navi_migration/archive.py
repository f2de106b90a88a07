"""A backup's ZIP, opened without trusting it: nothing is unpacked to a disk, nothing is read beyond what is allowed.

The order in which it is looked at, and every reason, is docs/navi-backup-format.md's, "What a reader does".
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from portal.domain.navi_backup import (
    FREE_BYTES,
    MANIFEST,
    MOST_BYTES,
    MOST_FILE_BYTES,
    MOST_LINE_BYTES,
    MOST_MANIFEST_BYTES,
    MOST_RATIO,
    NAMES,
)
from portal.domain.preflight import BackupFault, BadBackup

CHUNK = 64 * 1024
_END, _LOCAL = struct.Struct("<4s4H2LH"), struct.Struct("<4s5H3L2H")
_END_SIGNATURE, _ZIP64_LOCATOR, _LOCATOR_BYTES = b"PK\x05\x06", b"PK\x06\x07", 20
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_MOST_DIRECTORY_BYTES = 4096
_STRANGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError)
"""All the ways in which the standard library fails on a ZIP."""


class Archive:
    """The files of a backup, by name."""

    def __init__(self, file: BinaryIO) -> None:
        """Look at a ZIP's directory; nothing is unpacked yet.

        Raises:
            BadBackup: it is not the ZIP of a backup.
        """
        if file.seek(0, os.SEEK_END) > MOST_BYTES:
            raise BadBackup(BackupFault.TOO_LARGE)
        _ensure_plain_end(file)
        with _damage():
            self._zip = zipfile.ZipFile(file)
        found = self._zip.infolist()
        if sorted(info.orig_filename for info in found) != sorted(NAMES):
            raise BadBackup(BackupFault.FOREIGN_NAMES)
        for info in found:
            _ensure_readable(info)
        _ensure_apart(file, found)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes.

        Raises:
            BadBackup: its data ends early, or is another than its CRC-32 says.
        """
        with _damage(name), self._zip.open(name) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a file's lines; one that is too long comes cut after the byte too many, its rest is left out.

        Raises:
            BadBackup: as ``chunks``.
        """
        with _damage(name), io.BufferedReader(cast(io.RawIOBase, self._zip.open(name)), CHUNK) as file:
            while line := file.readline(MOST_LINE_BYTES + 1):
                yield line
                while len(line) > MOST_LINE_BYTES and not line.endswith(b"\n"):
                    line = file.readline(MOST_LINE_BYTES + 1)


@contextmanager
def _damage(name: str = "") -> Iterator[None]:
    try:
        yield
    except _STRANGE:
        raise BadBackup(BackupFault.DAMAGED, name) from None


def _ensure_plain_end(file: BinaryIO) -> None:
    """Refuse what is no ZIP up to its last byte, or has a directory of more than a backup's few entries.

    No comment, nothing behind, not split, no ZIP64 directory: so there is one way to read it, and little to read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _END.size - _LOCATOR_BYTES, 0))
    tail = file.read()
    if len(tail) < _END.size + _LOCATOR_BYTES or tail.startswith(_ZIP64_LOCATOR):
        raise BadBackup(BackupFault.DAMAGED)
    signature, disk, first, here, entries, length, start, comment = _END.unpack(tail[-_END.size :])
    is_whole = start + length + _END.size == size and length <= _MOST_DIRECTORY_BYTES
    if signature != _END_SIGNATURE or disk or first or comment or here != entries or not is_whole:
        raise BadBackup(BackupFault.DAMAGED)


def _ensure_readable(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise BadBackup(BackupFault.ENCRYPTED)
    if info.compress_type not in _PACKED:
        raise BadBackup(BackupFault.DAMAGED, info.filename)
    if info.file_size > (MOST_MANIFEST_BYTES if info.filename == MANIFEST else MOST_FILE_BYTES):
        raise BadBackup(BackupFault.TOO_LARGE, info.filename)
    # zipfile yields no more of a file than its entry says, so that this bounds what is unpacked.
    if info.file_size > info.compress_size * MOST_RATIO + FREE_BYTES:
        raise BadBackup(BackupFault.BOMB, info.filename)


def _ensure_apart(file: BinaryIO, found: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes: unpacked one by one they could be endless."""
    end, directory = 0, file.seek(0, os.SEEK_END) - _END.size
    for info in sorted(found, key=lambda info: info.header_offset):
        with _damage(info.filename):
            file.seek(info.header_offset)
            *_, name_bytes, extra_bytes = _LOCAL.unpack(file.read(_LOCAL.size))
        if info.header_offset < end:
            raise BadBackup(BackupFault.DAMAGED, info.filename)
        end = info.header_offset + _LOCAL.size + name_bytes + extra_bytes + info.compress_size
    if end > directory:
        raise BadBackup(BackupFault.DAMAGED)
