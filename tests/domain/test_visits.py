"""How long a recorded act lets the vendor's staff see a partner's clients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import visits

BEGAN = datetime(2025, 7, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "is_in"), [(-1, False), (0, True), (29, True), (30, False)])
def test_a_visit_lasts_half_an_hour(minutes, is_in) -> None:
    now = BEGAN + timedelta(minutes=minutes)
    assert visits.is_live(BEGAN, BEGAN + visits.LENGTH, now) is is_in
