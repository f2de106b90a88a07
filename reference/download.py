"""A backup by its "Link de Download": fetched in stretches from the portal, however often the line is cut."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from reference.wire import Portal, Refused, Unreachable

MOST_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
MOST_TRIES = 4
"""Tries in a row that bring not one byte, before it is put off."""

LINK = re.compile(r"https?://[^\s/]+(?:/[^\s?#]*)?/b/([A-Za-z0-9_-]{16,128})(?:/file)?/?")
WHOLE = "download.zip"

Told = Callable[[int, int], None]
"""Hears of progress: how many bytes are here, and of how many."""


def secret_of(text: str) -> str | None:
    """Return the secret of a pasted link; None where it is no such link.

    Whatever host it names, only the secret is used, at the portal that the program speaks with.
    """
    found = LINK.fullmatch(text.strip())
    return found[1] if found else None


def download(
    portal: Portal, secret: str, folder: Path, *, tell: Told, pause: Callable[[float], None] = time.sleep
) -> Path:
    """Fetch a backup into a folder and return the file; what an earlier call fetched of it is not asked for again.

    Raises:
        Refused: the link leads nowhere (any more), or to what is no backup.
        Unreachable: put off; what is here stays for the next call.
    """
    whole, idle = folder / WHOLE, 0
    while not whole.exists():
        before = _here(folder)
        try:
            _fetch(portal, secret, folder, tell)
        except (Unreachable, OSError, HTTPException) as why:
            idle = 0 if _here(folder) > before else idle + 1
            if idle == MOST_TRIES:
                raise Unreachable(why.retry_after if isinstance(why, Unreachable) else 0) from why
            pause(2.0**idle)
    return whole


def forget(folder: Path) -> None:
    """Remove what was fetched."""
    for file in (*_parts(folder), folder / WHOLE):
        file.unlink(missing_ok=True)


def _parts(folder: Path) -> list[Path]:
    """Return what there is of a file that is not whole; its name holds the SHA-256 that the whole must have."""
    return sorted(folder.glob("download-*.part"))


def _here(folder: Path) -> int:
    return sum(part.stat().st_size for part in _parts(folder))


def _fetch(portal: Portal, secret: str, folder: Path, tell: Told) -> None:
    """Ask once for all that is missing."""
    parts, start = _parts(folder), _here(folder)
    if parts and _is_whole(parts[0]):
        parts[0].replace(folder / WHOLE)
        return
    headers = {"Range": f"bytes={start}-", "If-Range": f'"{_sha256_of(parts[0])}"'} if start else {}
    with portal.open(f"/b/{secret}/file", headers) as answer:
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            forget(folder)
            return
        if answer.status == HTTPStatus.NOT_FOUND:
            raise Refused("link_gone", "Este Link de Download não vale mais. Faça outro no Navi.")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise Unreachable
        total, sha256 = _promised(answer, start)
        part = folder / f"download-{sha256}.part"
        if answer.status == HTTPStatus.OK:
            forget(folder)
        elif part not in parts:
            raise Unreachable
        _append(answer, part, total, tell)
    if part.stat().st_size < total:
        raise Unreachable
    if not _is_whole(part):
        part.unlink()
        raise Refused("damaged", "O backup chegou danificado. Tente de novo.")
    part.replace(folder / WHOLE)


def _promised(answer: HTTPResponse | HTTPError, start: int) -> tuple[int, str]:
    """Return the whole file's size and SHA-256 as the answer tells them."""
    etag = re.fullmatch(r'"([0-9a-f]{64})"', answer.headers.get("ETag") or "")
    if answer.status == HTTPStatus.OK:
        size = re.fullmatch(r"(\d{1,12})", answer.headers.get("Content-Length") or "")
    else:
        size = re.fullmatch(rf"bytes {start}-\d+/(\d{{1,12}})", answer.headers.get("Content-Range") or "")
    if not etag or not size:
        raise Unreachable  # whoever this is, it is not the portal
    if int(size[1]) > MOST_BYTES:
        raise Refused("too_large", "O arquivo deste link é grande demais para ser um backup.")
    return int(size[1]), etag[1]


def _append(answer: HTTPResponse | HTTPError, part: Path, total: int, tell: Told) -> None:
    with part.open("ab") as file:
        while file.tell() < total and (chunk := answer.read(min(CHUNK_BYTES, total - file.tell()))):
            file.write(chunk)
            tell(file.tell(), total)
        file.flush()
        os.fsync(file.fileno())


def _is_whole(part: Path) -> bool:
    with part.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == _sha256_of(part)


def _sha256_of(part: Path) -> str:
    return part.stem.removeprefix("download-")
