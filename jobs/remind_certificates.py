"""Tells partners of digital certificates that end, 30 and 7 days before and on the last day."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.notifications import service

WORDS = {
    "certificate_30": ("aviso de certificado a 30 dias do fim", "avisos de certificados a 30 dias do fim"),
    "certificate_7": ("aviso de certificado a 7 dias do fim", "avisos de certificados a 7 dias do fim"),
    "certificate_0": ("aviso de certificado no fim", "avisos de certificados no fim"),
    "certificates_settled": ("aviso de certificado encerrado", "avisos de certificados encerrados"),
    "certificates_forgotten": ("aviso antigo apagado", "avisos antigos apagados"),
}


def run(now: datetime) -> dict[str, int]:
    """Make every notice that is due up to now and not made yet."""
    return service.notify_ending_certificates(clock.local_date(now), now)


def preview(now: datetime) -> dict[str, int]:
    """Count what ``run`` would make."""
    return service.preview_ending_certificates(clock.local_date(now))
