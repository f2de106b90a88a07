"""Cutting a backup into pieces, and how many a partner may have."""

from __future__ import annotations

import pytest

from portal.domain.backup_pieces import MOST_LIVING, MOST_LIVING_BYTES, PIECE_BYTES, count_of, has_room, length_of


@pytest.mark.parametrize(
    ("size", "lengths"),
    [
        (1, [1]),
        (PIECE_BYTES, [PIECE_BYTES]),
        (PIECE_BYTES + 1, [PIECE_BYTES, 1]),
        (3 * PIECE_BYTES - 1, [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES - 1]),
    ],
)
def test_all_pieces_but_the_last_are_equally_long_and_together_the_whole(size, lengths) -> None:
    assert [length_of(number, size) for number in range(1, count_of(size) + 1)] == lengths
    assert length_of(0, size) == length_of(count_of(size) + 1, size) == 0
    assert sum(lengths) == size


def test_a_partner_has_room_for_so_many_backups_and_so_many_bytes() -> None:
    assert has_room(MOST_LIVING - 1, MOST_LIVING_BYTES - 1, 1)
    assert not has_room(MOST_LIVING, 0, 1)
    assert not has_room(1, MOST_LIVING_BYTES, 1)
