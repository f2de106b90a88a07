"""The file that goes along with a request: sealed in pieces as it comes in, unsealed piece by piece as it goes out.

Nothing here looks into it: whatever it is, it is bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy import select

from portal.audit import Actor
from portal.credit import service as credit
from portal.domain.requests import ENDED, PIECE_BYTES, Obstacle, RequestRefused, Side
from portal.extensions import db
from portal.models import RequestFile, RequestPiece, ServiceRequest
from portal.requests import service
from portal.sealing import sealer

READ = "request_file_read"
"""What the record calls it."""


@dataclass(frozen=True, repr=False)
class Upload:
    """A file as it is stored: its name, how large, its SHA-256, its sealed pieces. It has no repr, so that no log shows it."""

    name: str
    size_bytes: int
    sha256: str
    pieces: tuple[bytes, ...]


def sealed(stream: IO[bytes], name: str, key: str) -> Upload:
    """Return what is stored of a file; ``key`` is the random key of the form, which is part of each piece's place."""
    digest, size, pieces = hashlib.sha256(), 0, list[bytes]()
    while content := stream.read(PIECE_BYTES):
        digest.update(content)
        size += len(content)
        pieces.append(sealer().seal_bytes(content, _place(key, len(pieces))))
    return Upload(name, size, digest.hexdigest(), tuple(pieces))


def unsealed(request: ServiceRequest) -> Iterator[bytes]:
    """Yield what a request's file holds, reading one piece at a time."""
    request_id, key, number = request.id, request.key, 0
    while (kept := _piece(request_id, number)) is not None:
        yield sealer().unseal_bytes(kept, _place(key, number))
        number += 1


def _piece(request_id: int, number: int) -> bytes | None:
    which = RequestPiece.request_id == request_id, RequestPiece.number == number
    return db.session.scalar(select(RequestPiece.sealed).where(*which))


def _place(key: str, number: int) -> str:
    return f"request_pieces:sealed:{key}:{number}"


def opened(request: ServiceRequest, *, now: datetime, actor: Actor) -> RequestFile:
    """Note on a request's line of time that staff opens its file, and return which one. Commits.

    Raises:
        RequestRefused: somebody else looks after the request, it has ended, or the file is gone.
    """
    request = service.locked(request.id)
    file = db.session.get(RequestFile, request.id)
    if request.handler_id != actor.user_id or request.state in ENDED:
        raise RequestRefused(Obstacle.NOT_HANDLING)
    if file is None:
        raise RequestRefused(Obstacle.NO_FILE)
    event = service.record(request, READ, now, actor, after={"file": file.sha256})
    entry = service.entry_of(request, Side.VENDOR, event, actor, file.sha256)
    entry.has_read_file = True
    db.session.add(entry)
    credit.touch(request.partner_id)
    db.session.commit()
    return file
