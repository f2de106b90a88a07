"""Cancels renewal invoices that are still open for dues of an earlier month: credit and money that arrived come back."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.invoices import lapsing

WORDS = {
    "cancelled": ("fatura vencida cancelada", "faturas vencidas canceladas"),
    "failed": ("fatura não pôde ser cancelada", "faturas não puderam ser canceladas"),
}


def run(now: datetime) -> dict[str, int]:
    """Cancel every invoice that lapsed up to now."""
    return lapsing.cancel_due(now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would cancel."""
    return lapsing.count_due(clock.local_date(now))
