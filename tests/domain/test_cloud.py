"""Whether a Cloud works: every boundary of "Online", "Offline", "Erro", "Não sincronizado" (DOMAIN §3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain import cloud
from portal.domain.catalogue import Product
from portal.domain.cloud import CloudState, Health, NoBackup, shortened, state_of, why_not
from portal.domain.statuses import Status

NOW = datetime(2025, 7, 10, 15, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("health", "reported", "synced", "state"),
    [
        (None, None, None, CloudState.UNSYNCED),
        (None, None, SECOND, CloudState.UNSYNCED),
        (Health.OK, None, SECOND, CloudState.UNSYNCED),
        (Health.OK, SECOND, SECOND, CloudState.ONLINE),
        (Health.OK, DAY - SECOND, DAY - SECOND, CloudState.ONLINE),
        (Health.OK, DAY, SECOND, CloudState.OFFLINE),
        (Health.ERROR, DAY, SECOND, CloudState.OFFLINE),
        (Health.ERROR, DAY - SECOND, SECOND, CloudState.ERROR),
        (Health.ERROR, SECOND, None, CloudState.ERROR),
        (Health.OK, SECOND, DAY, CloudState.UNSYNCED),
        (Health.OK, SECOND, None, CloudState.UNSYNCED),
    ],
)
def test_the_state_follows_from_what_was_told_and_when(health, reported, synced, state) -> None:
    reported_at, synced_at = (None if ago is None else NOW - ago for ago in (reported, synced))
    assert state_of(health, reported_at, synced_at, NOW) is state


def test_the_screen_says_the_four_words_of_the_product() -> None:
    assert {state.label for state in CloudState} == {"Online", "Offline", "Erro", "Não sincronizado"}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Disco cheio", "Disco cheio"),
        ("  duas\nlinhas\t e\x00 um nulo \ud800", "duas linhas e um nulo"),
        ("x" * 300, "x" * cloud.MOST_DETAIL),
        ("x" * 199 + " y", "x" * 199),
        ("\x00", ""),
    ],
)
def test_what_a_program_says_becomes_one_short_line(told, kept) -> None:
    assert shortened(told) == kept


@pytest.mark.parametrize(
    ("product", "status", "has_cloud", "why"),
    [
        (Product.NAVI, Status.ACTIVE, True, NoBackup.NOT_LINK),
        (Product.LINK, Status.ACTIVE, True, None),
        (Product.LINK, Status.SUSPENDED, True, None),
        (Product.LINK, Status.EXPIRED, True, None),
        (Product.LINK, Status.ACTIVE, False, NoBackup.NO_CLOUD),
        (Product.LINK, Status.INACTIVE, True, NoBackup.NOT_LIVE),
        (Product.LINK, Status.HIDDEN, True, NoBackup.NOT_LIVE),
        (Product.LINK, Status.PENDING, True, NoBackup.NOT_LIVE),
    ],
)
def test_a_backup_is_asked_of_a_link_with_cloud_whose_license_lives(product, status, has_cloud, why) -> None:
    assert why_not(product, status, has_cloud=has_cloud) is why
