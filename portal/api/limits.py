"""How often programs may ask: by the key that they carry, and by the line from which keys come that nobody has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request

from portal.access import machine, takes, token_hash
from portal.accounts import throttle
from portal.api import shapes
from portal.domain.backup_pieces import PIECE_BYTES
from portal.extensions import limiter

View = Callable[..., Any]

KEY_CALLS = "120 per minute"
"""For one key: a shop's computers renew their seats every few minutes through the main one."""

PIECE_CALLS = "600 per minute"
"""For one key: pieces of a backup, 200 of which are the largest one."""

UNKNOWN_KEYS = "120 per minute"
"""For one line: keys that nobody has, each of which costs a query. Beyond it every key of that line has to wait, asked
of no database: a line behind which many shops stand has no such number of them."""


def told_key() -> str | None:
    """Return the key of the header ``Authorization: Bearer ...``; None where there is none."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def keyed(view: View) -> View:
    """Declare that a route is asked by programs with their key, and count their calls."""
    return _keyed(view, KEY_CALLS, shapes.MOST_BYTES)


def keyed_piece(view: View) -> View:
    """Declare the same of a route that takes the piece of a backup."""
    return _keyed(view, PIECE_CALLS, PIECE_BYTES)


def _keyed(view: View, calls: str, most_bytes: int) -> View:
    by_key = limiter.limit(calls, key_func=_key_or_line)
    unknown = limiter.shared_limit(UNKNOWN_KEYS, "unknown keys", key_func=_line, deduct_when=_is_unknown)
    return machine(takes(most_bytes)(by_key(unknown(view))))


def _key_or_line() -> str:
    """Return what calls are counted by: the key, however it is spelt around, and never kept in clear; else the line."""
    return token_hash(told_key() or _line())


def _line() -> str:
    return throttle.of_address(request.remote_addr or "")


def _is_unknown(response: Response) -> bool:
    return response.status_code == 401  # noqa: PLR2004
