"""Demo data."""

from __future__ import annotations


def seed_if_empty() -> None:
    """Seed."""


def welcome(url: str) -> str:
    """Welcome."""
    return url
