"""What the night forgets: seats that ended a month ago, Navi programs that waited in vain a week ago."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs import clean_up
from portal.extensions import db
from portal.installations import cleaning
from portal.models import Client, Pairing, Seat
from tests.conftest import NOW
from tests.factories import Factory


@pytest.fixture
def client(make: Factory) -> Client:
    return make.client(make.partner())


def test_seats_are_forgotten_a_month_after_their_end(client, make) -> None:
    a_month = timedelta(days=30)
    make.seat(client, device="in use")
    make.seat(client, device="just ended", released_at=NOW - a_month)
    make.seat(client, device="ended", released_at=NOW - a_month - timedelta(seconds=1))
    make.seat(client, device="left behind", heard_at=NOW - a_month - timedelta(seconds=1))
    assert clean_up.preview(NOW)["seats"] == 2
    assert clean_up.run(NOW)["seats"] == 2
    assert set(db.session.scalars(select(Seat.device))) == {"in use", "just ended"}


def test_a_navi_that_waited_in_vain_is_forgotten_after_a_week_but_no_authorised_one(client, make) -> None:
    old = NOW - timedelta(days=7, seconds=1)
    make.pairing(client, number="111-111", asked_at=NOW - timedelta(days=7))
    make.pairing(client, number="222-222", asked_at=old)
    make.pairing(client, number="333-333", asked_at=old, refused_at=old)
    make.pairing(client, number="444-444", asked_at=old, installation_id=make.installation(client).id)
    assert cleaning.count_forgettable(NOW)["pairings"] == 2
    assert cleaning.forget(NOW) == {"seats": 0, "pairings": 2}
    assert set(db.session.scalars(select(Pairing.number))) == {"111-111", "444-444"}
