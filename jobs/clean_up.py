"""Forgets what has served its purpose: ended sessions, attempts, drafts, links, old orders, imports, works, backups, runs."""

from __future__ import annotations

from datetime import datetime

from portal.accounts import cleaning
from portal.clients import bulk_cleaning
from portal.imports import cleaning as imports
from portal.installations import cleaning as installations
from portal.navi_migration import cleaning as navi_migration
from portal.operations import service
from portal.requests import cleaning as requests
from portal.works import service as works

WORDS = {
    "sessions": ("sessão encerrada", "sessões encerradas"),
    "attempts": ("tentativa de acesso", "tentativas de acesso"),
    "drafts": ("rascunho", "rascunhos"),
    "password_links": ("link de senha", "links de senha"),
    "invitations": ("convite antigo", "convites antigos"),
    "bulk_orders": ("lote antigo", "lotes antigos"),
    "imports": ("importação antiga", "importações antigas"),
    "works": ("trabalho encerrado", "trabalhos encerrados"),
    "seats": ("uso de licença encerrado", "usos de licença encerrados"),
    "pairings": ("pedido de aparelho sem resposta", "pedidos de aparelho sem resposta"),
    "request_files": ("arquivo de solicitação encerrada", "arquivos de solicitações encerradas"),
    "expired_navi_backups": ("backup do Navi expirado", "backups do Navi expirados"),
    "navi_backups": ("registro de backup do Navi", "registros de backup do Navi"),
    "grants": ("credencial usada no Link", "credenciais usadas no Link"),
    "job_runs": ("execução antiga", "execuções antigas"),
}


def run(now: datetime) -> dict[str, int]:
    """Delete them; how long each kind is kept stands in ``portal.domain.retention``."""
    counts = cleaning.forget(now) | {"bulk_orders": bulk_cleaning.forget(now), "works": works.forget(now)}
    counts |= installations.forget(now) | requests.forget(now) | navi_migration.forget(now)
    return counts | {"imports": imports.forget(now), "job_runs": service.forget_runs(now)}


def preview(now: datetime) -> dict[str, int]:
    """Count what would be deleted of people's things."""
    orders, ended = bulk_cleaning.count_forgettable(now), works.count_forgettable(now)
    counts = {"bulk_orders": orders, "imports": imports.count_forgettable(now), "works": ended}
    counts |= requests.count_forgettable(now) | navi_migration.count_forgettable(now)
    return cleaning.count_forgettable(now) | installations.count_forgettable(now) | counts
