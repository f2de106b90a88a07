"""Tells partners of licenses that end: coming, today, Expirado, last day, Inativo. Statuses need no job: they are derived."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.notifications import service

WORDS = {
    "due_in_7": ("aviso de vencimento em 7 dias", "avisos de vencimento em 7 dias"),
    "due_in_3": ("aviso de vencimento em 3 dias", "avisos de vencimento em 3 dias"),
    "due_today": ("aviso de vencimento hoje", "avisos de vencimento hoje"),
    "expired": ("aviso de Expirado", "avisos de Expirado"),
    "last_day": ("aviso de último dia", "avisos de último dia"),
    "inactive": ("aviso de Inativo", "avisos de Inativo"),
    "settled": ("aviso encerrado", "avisos encerrados"),
    "forgotten": ("aviso antigo apagado", "avisos antigos apagados"),
    "becoming_expired": ("cliente fica Expirado", "clientes ficam Expirados"),
    "becoming_inactive": ("cliente fica Inativo", "clientes ficam Inativos"),
}


def run(now: datetime) -> dict[str, int]:
    """Make every notice that is due up to now and not made yet."""
    return service.notify_expiring(clock.local_date(now), now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would make, and how many become Expirado and Inativo today."""
    return service.preview_expiring(clock.local_date(now))
