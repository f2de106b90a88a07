"""Column types: aware moments in UTC, labelled enums, text that sorts the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Row, Select, String
from sqlalchemy.types import TypeDecorator

from portal.domain.labels import LabelEnum


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite keeps it without offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; hand SQLite plain UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Labelled(TypeDecorator[Any]):
    """A member of a LabelEnum, stored as its value."""

    impl = String(24)
    cache_ok = True

    def __init__(self, enum: type[LabelEnum]) -> None:
        """Remember which enum the column holds."""
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: LabelEnum | str | None, dialect: Dialect) -> str | None:
        """Return the stored value; an unknown one is a fault, not data."""
        return None if value is None else self.enum(value).value  # type: ignore[call-arg]

    def process_result_value(self, value: str | None, dialect: Dialect) -> LabelEnum | None:
        """Return the member."""
        return None if value is None else self.enum(value)  # type: ignore[call-arg]


def bytewise(length: int) -> String:
    """Text compared byte by byte on both databases, so that paging by key agrees with the index."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


JsonMap = JSON(none_as_null=True)

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
