"""Enums whose members carry the word that the screen shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class LabelEnum(StrEnum):
    """An enum member is a stored value (English) with its label on screen (pt-BR)."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Build a member from its stored value and its label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def parse(cls, value: str | None) -> Self | None:
        """Return the member with this stored value, or None for anything else."""
        try:
            return cls(value) if value else None  # type: ignore[call-arg]
        except ValueError:
            return None
