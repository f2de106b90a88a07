"""Navi's backup: made of the shop as of one moment, kept as a file, or sent to the portal for a "Link de Download"."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reference.backup_format import MOST_BYTES
from reference.backup_writer import Made, write_backup
from reference.command import Impossible
from reference.installation import Installation
from reference.navi_shop import Shop
from reference.wire import Answer, Unreachable

MOST_TRIES = 4
"""Tries in a row at one piece, before it is put off."""

MOST_WAIT_SECONDS = 60
"""Whoever asks to wait longer than that asks to come again."""

_UNFINISHED = "unfinished_backup"
_TOO_LARGE = "O backup passa de {mb} MB, o limite do Link de Download. Use “Compartilhar”."

Told = Callable[[int, int], None]
"""Hears of progress: how many bytes the portal has, and of how many."""


@dataclass(frozen=True)
class Download:
    """A "Link de Download"."""

    url: str
    expires_at: datetime


def make(shop: Shop, path: Path, created_at: datetime) -> str:
    """Write a backup beside its path, then put it there whole; returns its SHA-256.

    Raises:
        Impossible: nobody has said whose shop it is.
        OSError: the path cannot be written.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        with shop.transaction("DEFERRED"), draft.open("w+b") as file:
            owner = shop.owner
            write_backup(file, Made(owner.document, owner.name, created_at), shop.rows)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return sha256


def upload(main: Installation, shop: Shop, tell: Told, pause: Callable[[float], None] = time.sleep) -> Download:
    """Make a backup, bring it to the portal in pieces, and return the link to it.

    Where an earlier one was cut off and nothing was sold since, it is the same backup: only what is missing is sent.

    Raises:
        Impossible: the backup is too large.
        Refused, Unreachable, NotActivated: see there; the next call goes on.
    """
    path = main.home.folder / "backup.zip"
    try:
        sha256 = _make_or_resume(shop, path, main.now)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise Impossible(_TOO_LARGE.format(mb=MOST_BYTES // 1024**2))
        begun = main.call("/backups", {"sha256": sha256, "size_bytes": size}, "id", "piece_bytes", "pieces", "have")
        _send_missing(main, path, begun, tell, pause)
        done = main.call(f"/backups/{begun['id']}/completion", {}, "url", "expires_at")
    finally:
        path.unlink(missing_ok=True)
    shop.set(_UNFINISHED, "")
    return Download(str(done["url"]), datetime.fromisoformat(done["expires_at"]))


def _make_or_resume(shop: Shop, path: Path, now: datetime) -> str:
    """Make the backup of the moment that was cut off, if it is still the same; else one of now."""
    began, _, sha256 = shop.setting(_UNFINISHED).partition(" ")
    if began and make(shop, path, datetime.fromisoformat(began)) == sha256:
        return sha256
    sha256 = make(shop, path, now)
    shop.set(_UNFINISHED, f"{now.isoformat()} {sha256}")
    return sha256


def _send_missing(main: Installation, path: Path, begun: Answer, tell: Told, pause: Callable[[float], None]) -> None:
    total, length = path.stat().st_size, int(begun["piece_bytes"])
    have = set(begun["have"])
    with path.open("rb") as file:
        for number in range(1, int(begun["pieces"]) + 1):
            content = file.read(length)
            if number not in have:
                _send(main, f"/backups/{begun['id']}/pieces/{number}", content, pause)
            tell(file.tell(), total)


def _send(main: Installation, path: str, content: bytes, pause: Callable[[float], None]) -> None:
    """Send a piece, again where the line was cut: the portal takes the same one twice."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            main.send(path, content)
        except Unreachable as why:
            if attempt == MOST_TRIES or why.retry_after > MOST_WAIT_SECONDS:
                raise
            pause(max(why.retry_after, 2.0**attempt))
        else:
            return
