"""What no log may hold, whoever writes it: a secret that stands in the address of a request."""

from __future__ import annotations

import logging

STARS = "***"


class Redacting(logging.Formatter):
    """Writes what another formatter would, stars in place of a secret, in tracebacks too."""

    def __init__(self, inner: logging.Formatter, secret: str) -> None:
        super().__init__()
        self.inner, self.secret = inner, secret

    def format(self, record: logging.LogRecord) -> str:
        """Return the entry without the secret."""
        return self.inner.format(record).replace(self.secret, STARS)


def keep_out(secret: str) -> None:
    """Keep a secret out of everything that is logged from now on.

    Waitress, for one, names the path of a request whose sender hung up.
    """
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Redacting(handler.formatter or logging.Formatter(), secret))
