"""Forgets what has served its purpose: ended sessions, attempts, drafts, one-time links, old runs of jobs."""

from __future__ import annotations

from datetime import datetime

from portal.accounts import cleaning
from portal.operations import service

WORDS = {
    "sessions": ("sessão encerrada", "sessões encerradas"),
    "attempts": ("tentativa de acesso", "tentativas de acesso"),
    "drafts": ("rascunho", "rascunhos"),
    "password_links": ("link de senha", "links de senha"),
    "job_runs": ("execução antiga", "execuções antigas"),
}


def run(now: datetime) -> dict[str, int]:
    """Delete them; how long each kind is kept stands in ``portal.domain.retention``."""
    return cleaning.forget(now) | {"job_runs": service.forget_runs(now)}


def preview(now: datetime) -> dict[str, int]:
    """Count what would be deleted of people's things."""
    return cleaning.count_forgettable(now)
