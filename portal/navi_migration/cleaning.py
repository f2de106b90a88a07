"""Forgetting: the content of backups whose time is over, rows of old ones, grants."""

from __future__ import annotations

from datetime import datetime

from portal import forgetting
from portal.domain import retention
from portal.forgetting import Forgettable
from portal.models import NaviBackup, PartnerGrant
from portal.navi_migration import ending


def forget(now: datetime) -> dict[str, int]:
    """Delete everything kept long enough and return how much of each kind. Commits after each."""
    return {"expired_navi_backups": ending.expire(now)} | forgetting.forget(_forgettable(now))


def count_forgettable(now: datetime) -> dict[str, int]:
    """Return how much ``forget`` would delete."""
    return {"expired_navi_backups": len(ending.expired(now))} | forgetting.count(_forgettable(now))


def _forgettable(now: datetime) -> Forgettable:
    return {
        "navi_backups": (NaviBackup, NaviBackup.ended_at < now - retention.NAVI_BACKUPS),
        "grants": (PartnerGrant, PartnerGrant.expires_at < now - retention.GRANTS),
    }
