"""Tells partners of registration codes that nobody has used, by age."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.notifications import service

WORDS = {
    "code_1": ("aviso de código há 1 dia", "avisos de código há 1 dia"),
    "code_7": ("aviso de código há 7 dias", "avisos de código há 7 dias"),
    "code_30": ("aviso de código há 30 dias", "avisos de código há 30 dias"),
    "codes_settled": ("aviso de código encerrado", "avisos de código encerrados"),
    "codes_forgotten": ("aviso antigo apagado", "avisos antigos apagados"),
}


def run(now: datetime) -> dict[str, int]:
    """Make every notice that is due up to now and not made yet."""
    return service.notify_unused_codes(clock.local_date(now), now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would make."""
    return service.preview_unused_codes(clock.local_date(now))
