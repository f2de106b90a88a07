"""The "Link de Download": a page for people, the file for programs and browsers, the receipt of who restored it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import Blueprint, Response, make_response, render_template, request, stream_with_context

from portal import clock, database, security
from portal.access import machine, public
from portal.accounts import throttle
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason
from portal.domain.navi_backup import SHA256
from portal.domain.shapes import Field, Shape, Unreadable, read
from portal.errors import in_words
from portal.extensions import limiter
from portal.models import NaviBackup
from portal.navi_migration import addresses, pieces, receiving
from portal.navi_migration import backup_queries as queries
from portal.refusing import problem

bp = Blueprint("navi_downloads", __name__, url_prefix="/b")

RECEIPT = Shape("BackupReceipt", (Field("sha256", SHA256, "SHA-256 of the ZIP that was restored."),))
WHOLE, PART, NOT_THERE = 200, 206, 416


def _line() -> str:
    return throttle.of_address(request.remote_addr or "")


def _limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Count what one line asks of all links together: whoever guesses waits."""
    return limiter.shared_limit("120 per minute", "backups", key_func=_line)(view)


@bp.get("/<token>")
@public
@_limited
def backup(token: str) -> Response:
    """The backup: of which shop, how large, from when, until when; the way to download it."""
    security.shows_secret()
    found, client = queries.behind_link(token, clock.now())
    page = render_template("navi_downloads/backup.html", backup=found, client=client, token=token,
                           address=addresses.of_backup(token))  # fmt: skip
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get("/<token>/file")
@public
@_limited
def backup_file(token: str) -> Response:
    """The ZIP, whole or from where a download broke off."""
    found, _client = queries.behind_link(token, clock.now())
    asked = _stretch(found)
    response = Response(_content(found, asked), asked.status, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(found)}"'
    response.headers["Cache-Control"], response.headers["X-Robots-Tag"] = security.NEVER_KEPT, "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.accept_ranges, response.content_length = "bytes", asked.stop - asked.start
    response.set_etag(found.sha256)
    if asked.status != WHOLE:
        where = f"{asked.start}-{asked.stop - 1}" if asked.status == PART else "*"
        response.headers["Content-Range"] = f"bytes {where}/{found.size_bytes}"
    return response


@bp.post("/<token>/receipt")
@machine
@_limited
def receipt_create(token: str) -> Response:
    """The backup was restored: its content is deleted."""
    receiving.use(token, read(RECEIPT, request.get_data())["sha256"], now=clock.now())
    return Response(status=204)


@bp.errorhandler(ProgramRefused)
def _refused(refusal: ProgramRefused) -> Response:
    return problem(in_words(refusal), refusal.reason.value)


@bp.errorhandler(Unreadable)
def _unreadable(_refusal: Unreadable) -> Response:
    return _refused(ProgramRefused(Reason.MALFORMED))


class _Asked(NamedTuple):
    """The stretch of a file that is asked for, and with which status it is answered."""

    status: int
    start: int
    stop: int


def _stretch(found: NaviBackup) -> _Asked:
    """Return what of a backup is asked for: one range of what is still the same file, else all of it."""
    asked, size, same = request.range, found.size_bytes, request.if_range
    is_other = bool(same.etag or same.date) and same.etag != found.sha256
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or is_other:
        return _Asked(WHOLE, 0, size)
    within = asked.range_for_length(size)
    return _Asked(PART, *within) if within else _Asked(NOT_THERE, 0, 0)


def _content(found: NaviBackup, asked: _Asked) -> Iterator[bytes]:
    if asked.status == NOT_THERE:
        return iter(())
    return stream_with_context(database.streamed(pieces.content_of(found, asked.start, asked.stop)))


def _name(found: NaviBackup) -> str:
    return f"backup-navi-{found.client_id}-{clock.local_date(found.received_at or found.created_at)}.zip"
