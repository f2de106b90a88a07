"""Lets removals whose day has come leave what clients hold; every screen counts them from that day on, with or without it."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.licenses import applying

WORDS = {
    "applied": ("mudança de licença aplicada", "mudanças de licença aplicadas"),
    "codes_revoked": ("código não utilizado revogado", "códigos não utilizados revogados"),
    "devices_revoked": ("aparelho desativado", "aparelhos desativados"),
}


def run(now: datetime) -> dict[str, int]:
    """Fold every change that is due up to now."""
    return applying.apply_due(now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would change."""
    return applying.count_due(clock.local_date(now))
