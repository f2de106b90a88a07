"""How dates, moments, money and documents are written in pt-BR."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from portal import clock
from portal.domain import codes, documents


def day(value: date | None) -> str:
    """Return 10/07/2025, or an em dash for no date."""
    return f"{value.day:02}/{value.month:02}/{value.year:04}" if value else "—"


def day_of(value: datetime | None) -> str:
    """Return the day of a moment in São Paulo as 10/07/2025, or nothing."""
    return day(local_date(value)) if value else ""


def short_day(value: date, today: date) -> str:
    """Return 10/12, with the year only where it is not this year's or the next months' (more than 300 days off)."""
    return f"{value.day:02}/{value.month:02}" if abs((value - today).days) <= 300 else day(value)  # noqa: PLR2004


def month(value: date) -> str:
    """Return dez/26."""
    return format_date(value, "MMM/yy", locale="pt_BR").replace(".", "")


def long_month(value: date) -> str:
    """Return dezembro de 2026."""
    return format_date(value, "MMMM 'de' y", locale="pt_BR")


WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")


def near_day(value: date, today: date) -> str:
    """Return hoje, amanhã, the weekday of one of the next six days, or else 10/12."""
    days = (value - today).days
    if days in {0, 1}:
        return "amanhã" if days else "hoje"
    return WEEKDAYS[value.weekday()] if 1 < days < len(WEEKDAYS) else short_day(value, today)


def on_day(value: date, today: date) -> str:
    """Return hoje, amanhã, na sexta, no sábado, em 10/12."""
    said = near_day(value, today)
    if said not in WEEKDAYS:
        return said if said.isalpha() else f"em {said}"
    return f"{'no' if value.weekday() >= WEEKDAYS.index('sábado') else 'na'} {said}"


def ago(value: date, today: date) -> str:
    """Return hoje, há 1 dia, há 12 dias."""
    days = (today - value).days
    if days <= 0:
        return "hoje"
    return "há 1 dia" if days == 1 else f"há {days} dias"


def moment(value: datetime | None) -> str:
    """Return 10/07/2025 14:32 on São Paulo's clock, or an em dash."""
    return f"{clock.local(value):%d/%m/%Y %H:%M}" if value else "—"


def hour(value: datetime) -> str:
    """Return 14:32 on São Paulo's clock."""
    return f"{clock.local(value):%H:%M}"


def phone(digits: str) -> str:
    """Return (11) 98765-4321 from 10 or 11 digits."""
    return f"({digits[:2]}) {digits[2:-4]}-{digits[-4:]}" if digits else "—"


def number(value: int) -> str:
    """Return 12.345."""
    return f"{value:,}".replace(",", ".")


def size(size_bytes: int) -> str:
    """Return 12,3 MB, or whole KB of what is smaller."""
    if size_bytes < 1024 * 1024:
        return f"{number(-(-size_bytes // 1024))} KB"
    return f"{size_bytes / 1024 / 1024:.1f} MB".replace(".", ",")


def money(cents: int) -> str:
    """Return R$ 1.234,56 from integer cents."""
    return format_currency(Decimal(cents) / 100, "BRL", locale="pt_BR")


def decimal(cents: int) -> str:
    """Return 1234,56 from integer cents: what a pt-BR sheet takes for a number."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02}"


local_date = clock.local_date
document = documents.mask
code = codes.grouped
