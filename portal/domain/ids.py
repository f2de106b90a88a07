"""Ids as addresses, forms and people write them."""

from __future__ import annotations

LARGEST_ID = 2**31 - 1
"""What both databases hold as an id."""


def parse_id(text: str) -> int | None:
    """Return a positive id that the database can hold, or None."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_number and 0 < int(text) <= LARGEST_ID else None
