"""What is said after a decision, in the words of the screen."""

from __future__ import annotations

from datetime import date

from portal import formatting
from portal.domain.notices import NoticeKind
from portal.models import AuditEvent
from portal.notifications.decisions import Outcome

ALREADY = "Já estava feito, ou não precisa mais de decisão: nada foi alterado."


def of_one(deed: str, outcome: Outcome, name: str, to: date | None = None) -> str:
    """Say what became of one notice."""
    if outcome.event is None:
        return ALREADY
    what = "dispensado" if deed == "dismissed" else f"adiado para {formatting.day(to)}"
    return f"Aviso de {name} {what}. {_recorded(outcome.event)}"


def of_group(deed: str, outcome: Outcome, to: date | None = None) -> str:
    """Say what became of a group."""
    if outcome.event is None:
        return ALREADY
    is_one = outcome.count == 1
    what = ("dispensado" if is_one else "dispensados") if deed == "dismissed" else ("adiado" if is_one else "adiados")
    until = f" para {formatting.day(to)}" if to else ""
    return f"{formatting.number(outcome.count)} {'aviso' if is_one else 'avisos'} {what}{until}. {_recorded(outcome.event)}"


def of_undoing(outcome: Outcome, decided: int) -> str:
    """Say how many of the notices that a decision was about wait again."""
    if outcome.event is None:
        return ALREADY
    is_one, left = outcome.count == 1, decided - outcome.count
    said = f"{formatting.number(outcome.count)} {'aviso voltou' if is_one else 'avisos voltaram'}"
    if left:
        what = "já tinha mudado e ficou como estava" if left == 1 else "já tinham mudado e ficaram como estavam"
        said = f"{said}; {formatting.number(left)} {what}"
    return f"{said}. {_recorded(outcome.event)}"


def of_mute(deed: str, outcome: Outcome, name: str, kind: NoticeKind) -> str:
    """Say what is not told any more, or is told again."""
    if outcome.event is None:
        return ALREADY
    what = "não avisaremos mais" if deed == "muted" else "voltaremos a avisar"
    return f"{name}: {what} “{kind.label}”. {_recorded(outcome.event)}"


def _recorded(event: AuditEvent) -> str:
    return f"Gravado às {formatting.hour(event.at)}, protocolo {event.id}."
