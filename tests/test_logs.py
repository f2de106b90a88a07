"""What no log may hold."""

from __future__ import annotations

import logging
from io import StringIO

import pytest

from portal import logs

SECRET = "segredo-" + "s" * 32


@pytest.fixture
def written(monkeypatch) -> StringIO:
    """Return what the only handler writes."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    logs.keep_out(SECRET)
    return stream


def test_stars_stand_for_a_secret_wherever_it_comes_from(written) -> None:
    logging.getLogger("waitress").warning("Client disconnected while serving %s", f"/webhooks/pix/{SECRET}/pix")
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("portal").exception("fault")
    assert "WARNING Client disconnected while serving /webhooks/pix/***/pix" in written.getvalue()
    assert "ValueError: ***" in written.getvalue()
    assert SECRET not in written.getvalue()


def test_everything_else_is_written_as_it_was(written) -> None:
    logging.getLogger("portal").error("a %s", "b")
    assert written.getvalue() == "ERROR a b\n"


def test_a_handler_without_a_format_of_its_own_keeps_the_secret_too(monkeypatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    logs.keep_out(SECRET)
    logging.getLogger("portal").error(SECRET)
    assert stream.getvalue() == "***\n"
