"""The one region of the page that says what was done or refused, read aloud by screen readers."""

from __future__ import annotations

from typing import Any

from flask import flash, get_flashed_messages, has_request_context, render_template, session

REGION = "said"


def keep(message: str, undo: str = "") -> None:
    """Keep a message for the page that a redirect leads to; ``undo`` is the address that takes back what was done."""
    flash(message, undo)


def is_kept() -> bool:
    """Say whether a message waits to be shown, so that a cached page must not be answered."""
    return has_request_context() and "_flashes" in session


def kept() -> list[tuple[str, str]]:
    """Take the messages that wait, each with the address that undoes it, or ""."""
    return [(str(message), str(undo)) for undo, message in _flashed()]


def _flashed() -> list[Any]:
    return list(get_flashed_messages(with_categories=True))


def out_of_band(message: str, undo: str = "", undo_target: str = "") -> str:
    """Return the region's new content as it travels behind a fragment, never before it.

    ``undo`` is the address that takes back what was done, ``undo_target`` the element that its answer replaces.
    """
    if not message:
        return ""
    return render_template("_said_oob.html", said=message, region=REGION, undo=undo, undo_target=undo_target)
