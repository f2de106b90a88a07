"""A backup on its way through the portal: cut into pieces, kept for a while, so many at most (DOMAIN §8)."""

from __future__ import annotations

from portal.domain.migration import BackupState

PIECE_BYTES = 256 * 1024
"""Of every piece but the last: small enough that on 50 kbit/s a cut line costs less than a minute."""

MOST_LIVING = 20
MOST_LIVING_BYTES = 1024 * 1024 * 1024
"""Of one partner's backups whose content is there, or on its way."""

LIVING = (BackupState.RECEIVING, BackupState.RECEIVED)
"""States in which a backup has content."""


def count_of(size_bytes: int) -> int:
    """Return in how many pieces a backup comes; they are numbered from 1."""
    return -(-size_bytes // PIECE_BYTES)


def length_of(number: int, size_bytes: int) -> int:
    """Return how long a piece of a backup is; 0 where there is no such piece."""
    if number < 1:
        return 0
    return max(0, min(PIECE_BYTES, size_bytes - (number - 1) * PIECE_BYTES))


def has_room(living: int, living_bytes: int, size_bytes: int) -> bool:
    """Say whether a partner with so many living backups may bring one more of a size."""
    return living < MOST_LIVING and living_bytes + size_bytes <= MOST_LIVING_BYTES
