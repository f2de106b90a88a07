"""What is looked for behind the proxy: what was told and is not there, what was done twice."""

from __future__ import annotations

import pytest

from drills.behind_proxy import faults
from portal import audit, clock
from portal.access import Viewer
from portal.extensions import db
from portal.models import AuditEvent
from tests.factories import Factory
from tests.registrations.conftest import viewer_of


@pytest.fixture
def ana(make: Factory) -> Viewer:
    return viewer_of(make.user(make.partner()))


def done(ana: Viewer, asked: str) -> int:
    """Write an event down and return its protocol."""
    event = audit.draft("invoice_made", actor=ana, now=clock.now(), partner_id=ana.partner_id, asked=asked)
    db.session.add(event)
    db.session.commit()
    return int(event.id)


def found(*told: int) -> list[str]:
    return list(faults(db.session.connection(), set(told)))


def test_what_was_told_and_is_there_once_is_sound(ana: Viewer) -> None:
    assert found(done(ana, "one"), done(ana, "other")) == []


def test_a_protocol_that_is_not_there_is_lost(ana: Viewer) -> None:
    lost = done(ana, "one") + 1
    assert db.session.get(AuditEvent, lost) is None
    assert found(lost) == [f"lost: protocol {lost}, which a browser was told"]


def test_a_form_that_was_done_twice_is_doubled(ana: Viewer) -> None:
    done(ana, "one")
    done(ana, "one")
    assert [fault.partition(":")[0] for fault in found()] == ["doubled"]
