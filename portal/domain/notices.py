"""What a partner is told about, when, and what each notice is about: one table, read by Python and by SQL (DOMAIN §10).

A notice asks for a decision. It exists once per (partner, kind, subject, effective date); a later kind about the same due
date replaces an earlier one, so that a client is never listed twice for one decision. A notice that was put off hands its
date on to the one that replaces it; one that was dismissed answers for those that only count the days on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain import cycle
from portal.domain.certificates import NOTICE_DAYS
from portal.domain.labels import LabelEnum
from portal.domain.roles import Permission
from portal.domain.statuses import DueRange, Facts, Status, derive_status

LONGEST_POSTPONEMENT = timedelta(days=60)
NOTIFIED_STATUSES = frozenset(Status) - {Status.PENDING, Status.HIDDEN}
"""Whose due dates ask for a decision: Pendente waits for the vendor, Oculto has been decided."""


TOLD_OF_CODES = frozenset({Status.ACTIVE})
"""Whose unused codes ask for a decision: those of Suspenso and Expirado activate nothing until the client runs again, and
are told of then."""

TOLD_OF_CERTIFICATES = frozenset({Status.ACTIVE, Status.SUSPENDED})
"""Whose certificates ask for a decision: those who may get another one (DOMAIN §2)."""


class NoticeKind(LabelEnum):
    """The kinds, most urgent first; the label names one client's case."""

    LAST_DAY = "last_day", "Último dia para renovar"
    DUE_TODAY = "due_today", "Vence hoje"
    CERTIFICATE_0 = "certificate_0", "Certificado vence hoje ou já venceu"
    DUE_IN_3 = "due_in_3", "Vence em até 3 dias"
    CHARGE_BLOCKED = "charge_blocked", "Cobrança não emitida: adicional em aberto"
    RETAIL_BELOW_COST = "retail_below_cost", "Preço de venda abaixo do custo"
    REGISTRATION_REJECTED = "registration_rejected", "Cadastro recusado"
    EXPIRED = "expired", "Expirado"
    CERTIFICATE_7 = "certificate_7", "Certificado vence em até 7 dias"
    DUE_IN_7 = "due_in_7", "Vence em até 7 dias"
    REQUEST_MOVED = "request_moved", "Solicitação mudou de situação"
    REQUEST_ANSWERED = "request_answered", "Mensagem do fornecedor em uma solicitação"
    INACTIVE = "inactive", "Ficou Inativo"
    CERTIFICATE_30 = "certificate_30", "Certificado vence em até 30 dias"
    CODE_30 = "code_30", "Código não utilizado há 30 dias"
    CODE_7 = "code_7", "Código não utilizado há 7 dias"
    CODE_1 = "code_1", "Código não utilizado há 1 dia"
    CREDITED = "credited", "Pagamento virou crédito"
    REGISTRATION_APPROVED = "registration_approved", "Cadastro aprovado"


@dataclass(frozen=True)
class ExpiryRule:
    """Which due dates a kind covers today, and the effective date of its notice.

    ``due`` selects everything up to now, so that a night that was missed heals: a client due in five days is told of by
    the seven-day notice, dated when it should have come. ``effective_on`` follows from the due date alone.
    ``answered_by`` are the earlier kinds whose dismissal holds for this one: nothing but the days has changed since.
    """

    due: Callable[[date], DueRange | None]
    effective_on: Callable[[date], date]
    answered_by: tuple[NoticeKind, ...] = ()


def _within(first: int, last: int) -> Callable[[date], DueRange]:
    return lambda today: DueRange(today + timedelta(days=first), today + timedelta(days=last))


def _is_last_of_month(today: date) -> bool:
    return today == cycle.last_of_month(today)


def _expired(today: date) -> DueRange | None:
    """Due earlier this month, from the day after on; the last day has a notice of its own."""
    if _is_last_of_month(today) or today.day == 1:
        return None
    return DueRange(cycle.first_of_month(today), today - timedelta(days=1))


def _last_day(today: date) -> DueRange | None:
    """Due this month and not renewed, on the month's last day: tomorrow they are Inativo."""
    return DueRange(cycle.first_of_month(today), today) if _is_last_of_month(today) else None


def _due_today(today: date) -> DueRange | None:
    return None if _is_last_of_month(today) else DueRange(today, today)


def _inactive(today: date) -> DueRange:
    """Due last month: Inativo since the first of this one. Older ones were told of in their own month."""
    last = cycle.first_of_month(today) - timedelta(days=1)
    return DueRange(cycle.first_of_month(last), last)


EXPIRY_RULES: dict[NoticeKind, ExpiryRule] = {
    NoticeKind.DUE_IN_7: ExpiryRule(_within(4, 7), lambda due_on: due_on - timedelta(days=7)),
    NoticeKind.DUE_IN_3: ExpiryRule(_within(1, 3), lambda due_on: due_on - timedelta(days=3), (NoticeKind.DUE_IN_7,)),
    NoticeKind.DUE_TODAY: ExpiryRule(_due_today, lambda due_on: due_on, (NoticeKind.DUE_IN_7, NoticeKind.DUE_IN_3)),
    NoticeKind.EXPIRED: ExpiryRule(_expired, lambda due_on: due_on + timedelta(days=1)),
    NoticeKind.LAST_DAY: ExpiryRule(_last_day, cycle.last_of_month, (NoticeKind.EXPIRED,)),
    NoticeKind.INACTIVE: ExpiryRule(_inactive, cycle.inactive_from),
}
"""The kinds of license expiry in the order of a client's month."""

CODE_AGES: dict[NoticeKind, int] = {NoticeKind.CODE_1: 1, NoticeKind.CODE_7: 7, NoticeKind.CODE_30: 30}
"""Unused codes: days since the code was issued; the oldest kind reached replaces the younger ones."""

_ENDINGS = (NoticeKind.CERTIFICATE_30, NoticeKind.CERTIFICATE_7, NoticeKind.CERTIFICATE_0)
CERTIFICATE_DAYS: dict[NoticeKind, int] = dict(zip(_ENDINGS, NOTICE_DAYS, strict=True))
"""Certificates: days before their last one; the last kind stays until there is another certificate (DOMAIN §9)."""

OF_THE_NIGHT = (EXPIRY_RULES, CODE_AGES, CERTIFICATE_DAYS)
"""The kinds that the night looks for, by what they are about; of one subject a later kind replaces the earlier ones."""

EVALUATED = frozenset({NoticeKind.REGISTRATION_APPROVED, NoticeKind.REGISTRATION_REJECTED})
"""What the vendor decided about a registration."""

ABOUT_REQUESTS = frozenset({NoticeKind.REQUEST_MOVED, NoticeKind.REQUEST_ANSWERED})
"""Kinds whose subject is a line of a request's time: what the vendor did, or wrote."""

ABOUT_CLIENTS = EVALUATED | {NoticeKind.CHARGE_BLOCKED, NoticeKind.RETAIL_BELOW_COST}
"""Kinds told at once whose subject is the client."""

TOLD_AT_ONCE = ABOUT_CLIENTS | ABOUT_REQUESTS | {NoticeKind.CREDITED}
"""Kinds that no night looks for: whoever meets the case tells of it (``portal.notifications.telling``), and settles it.
What became credit is about the ledger's line."""

MUTABLE = frozenset(NoticeKind) - {NoticeKind.CREDITED} - EVALUATED
"""Kinds of which a partner may ask not to hear; money that went another way than it was meant is always told, and so is
what became of a registration."""


def expiry_kind(due_on: date, today: date) -> NoticeKind | None:
    """Return the kind that covers a due date today, or None; never more than one does."""
    for kind, rule in EXPIRY_RULES.items():
        covered = rule.due(today)
        if covered is not None and covered.holds(due_on):
            return kind
    return None


def notice_kind(facts: Facts, today: date) -> NoticeKind | None:
    """Return what a client's partner is told about its due date today, or None."""
    if facts.due_on is None or derive_status(facts, today) not in NOTIFIED_STATUSES:
        return None
    return expiry_kind(facts.due_on, today)


def oldest_due(today: date) -> date:
    """Return the first due date that some kind covers; what was due before it needs no decision any more."""
    return _inactive(today).first or date.min


def code_kind(issued_on: date, today: date) -> NoticeKind | None:
    """Return the kind that an unused code of this age has reached, or None for one issued today."""
    age = (today - issued_on).days
    reached = [kind for kind, days in CODE_AGES.items() if age >= days]
    return reached[-1] if reached else None


def issued_range(kind: NoticeKind, today: date) -> DueRange:
    """Return the dates of issue of the codes that have reached a kind today, and not yet the next one."""
    beyond = [days for days in CODE_AGES.values() if days > CODE_AGES[kind]]
    first = today - timedelta(days=min(beyond) - 1) if beyond else None
    return DueRange(first, today - timedelta(days=CODE_AGES[kind]))


def certificate_kind(through_on: date, today: date) -> NoticeKind | None:
    """Return the kind that a certificate's last day has come to, or None while it is far."""
    reached = [kind for kind, days in CERTIFICATE_DAYS.items() if (through_on - today).days <= days]
    return reached[-1] if reached else None


def ending_range(kind: NoticeKind, today: date) -> DueRange:
    """Return the last days of the certificates that have come to a kind today, and not yet to the next one."""
    days = CERTIFICATE_DAYS[kind]
    nearer = [other for other in CERTIFICATE_DAYS.values() if other < days]
    first = today + timedelta(days=max(nearer) + 1) if nearer else None
    return DueRange(first, today + timedelta(days=days))


def replaced_by(kind: NoticeKind) -> list[NoticeKind]:
    """Return the other kinds about the same subject, one of which a kind of the night takes the place of."""
    return [other for kinds in OF_THE_NIGHT if kind in kinds for other in kinds if other is not kind]


def seen_with(kind: NoticeKind) -> Permission:
    """Return the permission that shows a kind: who sees no credit is not told of it (DOMAIN §11)."""
    of_money = {NoticeKind.CREDITED, NoticeKind.RETAIL_BELOW_COST}
    return Permission.VIEW_INVOICES if kind in of_money else Permission.VIEW_CLIENTS


def postponement_range(today: date) -> tuple[date, date]:
    """Return the first and the last day to which a notice may be put off."""
    return today + timedelta(days=1), today + LONGEST_POSTPONEMENT
