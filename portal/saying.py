"""The one region of the page that says what was done or refused, read aloud by screen readers."""

from __future__ import annotations

from flask import flash, get_flashed_messages, has_request_context, render_template, session

REGION = "said"


def keep(message: str) -> None:
    """Keep a message for the page that a redirect leads to."""
    flash(message)


def is_kept() -> bool:
    """Say whether a message waits to be shown, so that a cached page must not be answered."""
    return has_request_context() and "_flashes" in session


def kept() -> list[str]:
    """Take the messages that wait."""
    return [str(message) for message in get_flashed_messages()]


def out_of_band(message: str) -> str:
    """Return the region's new content as it travels behind a fragment, never before it."""
    return render_template("_said_oob.html", said=message, region=REGION) if message else ""
