"""Issues the charges of "Gestão de cobranças" to end clients, closes those that lapsed, tells of what stands in the way."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.billing import issuing

WORDS = {
    "issued": ("cobrança emitida", "cobranças emitidas"),
    "blocked": ("cobrança bloqueada por adicional em aberto", "cobranças bloqueadas por adicionais em aberto"),
    "below_cost": ("cobrança com preço abaixo do custo", "cobranças com preço abaixo do custo"),
    "unpriced": ("cobrança sem preço na tabela", "cobranças sem preço na tabela"),
    "lapsed": ("cobrança vencida encerrada", "cobranças vencidas encerradas"),
    "told": ("aviso de cobrança", "avisos de cobrança"),
}


def run(now: datetime) -> dict[str, int]:
    """Issue every charge that is due up to now and not issued yet."""
    return issuing.issue_due(now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would issue, and what it could not."""
    return issuing.count_due(clock.local_date(now))
