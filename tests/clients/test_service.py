"""What changes a client: done once, recorded, refused where the table of actions says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from portal import audit, clock
from portal.clients import service
from portal.clients.service import Outcome
from portal.domain.actions import ALLOWED, Action
from portal.domain.errors import ActionRefused, RepeatMismatch, StaleState
from portal.domain.search import search_key
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import AuditEvent, Client
from tests.clients.conftest import FACTS
from tests.conftest import NOW
from tests.revision import revise


@dataclass(frozen=True)
class Somebody:
    """An actor."""

    user_id: int
    name: str


def data_of(client: Client, **changes: str) -> dict[str, str]:
    """Return what the edit form of a client holds, some of it changed."""
    return {name: getattr(client, name) for name in service.REVISED} | changes


def act(action: Action, client: Client, actor: Somebody, version: int | None = None, **content: Any) -> Outcome:
    """Do something to a client, as its form would, from the version that it has unless told otherwise."""
    base = {"version": client.version if version is None else version, "now": clock.now(), "actor": actor}
    match action:
        case Action.SUSPEND:
            return service.suspend(client, reason=content.get("reason", "Não pagou"), **base)
        case Action.RESUME:
            return service.resume(client, **base)
        case Action.HIDE:
            return service.hide(client, **base)
        case Action.UNHIDE:
            return service.unhide(client, **base)
        case Action.EDIT:
            return revise(client, data=data_of(client, **({"name": "Nome novo"} | content)), **base)
    raise AssertionError(action)


ACTIONS = [Action.SUSPEND, Action.RESUME, Action.HIDE, Action.UNHIDE, Action.EDIT]
DOES = [(action, status) for status in Status for action in ACTIONS if action in ALLOWED[status]]
REFUSES = [(action, status) for status in Status for action in ACTIONS if action not in ALLOWED[status]]
BECOMES = {
    Action.SUSPEND: Status.SUSPENDED,
    Action.RESUME: Status.ACTIVE,
    Action.HIDE: Status.HIDDEN,
    Action.UNHIDE: Status.INACTIVE,
}


@pytest.fixture
def ana(make, partner) -> Somebody:
    """Return somebody who may."""
    user = make.user(partner, name="Ana")
    return Somebody(user.id, user.name)


@pytest.fixture
def bia(make, partner) -> Somebody:
    """Return somebody else."""
    user = make.user(partner, name="Bia")
    return Somebody(user.id, user.name)


def events_of(client: Client) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.client_id == client.id).order_by(AuditEvent.id)))


@pytest.mark.parametrize(("action", "status"), DOES)
def test_what_the_table_allows_is_done_and_recorded(client_in, ana, action, status) -> None:
    client = client_in(status)
    outcome = act(action, client, ana)
    assert not outcome.is_repeat
    db.session.expire_all()
    assert derive_status(client, NOW.date()) is BECOMES.get(action, status)
    assert client.version == 2
    [event] = events_of(client)
    assert event.id == outcome.event.id
    assert (event.action, event.at, event.base_version) == (action.value, NOW, 1)
    assert (event.actor_id, event.actor_name) == (ana.user_id, "Ana")
    assert (event.partner_id, event.client_id) == (client.partner_id, client.id)


@pytest.mark.parametrize(("action", "status"), REFUSES)
def test_what_the_table_does_not_allow_is_refused_and_changes_nothing(client_in, ana, action, status) -> None:
    client = client_in(status)
    with pytest.raises(ActionRefused) as refusal:
        act(action, client, ana)
    assert (refusal.value.action, refusal.value.status) == (action, status)
    db.session.rollback()
    assert client.version == 1
    assert derive_status(client, NOW.date()) is status
    assert events_of(client) == []


def test_every_action_with_a_flow_is_tried_in_every_status() -> None:
    assert len(DOES) + len(REFUSES) == len(ACTIONS) * len(Status)
    assert len(DOES) == 6


def test_a_suspension_keeps_who_when_and_why(client_in, ana) -> None:
    client = client_in()
    event = act(Action.SUSPEND, client, ana, reason="Não pagou").event
    db.session.expire_all()
    assert (client.suspended_at, client.suspended_by_id, client.suspension_reason) == (NOW, ana.user_id, "Não pagou")
    assert event.reason == "Não pagou"
    assert event.before == {"suspended_at": None, "suspension_reason": ""}
    assert event.after == {"suspended_at": NOW.isoformat(), "suspension_reason": "Não pagou"}


def test_a_resumption_forgets_the_suspension_but_its_event_does_not(client_in, ana) -> None:
    client = client_in(Status.SUSPENDED, suspension_reason="Não pagou", suspended_by_id=ana.user_id)
    event = act(Action.RESUME, client, ana).event
    db.session.expire_all()
    assert (client.suspended_at, client.suspended_by_id, client.suspension_reason) == (None, None, "")
    assert event.before["suspension_reason"] == "Não pagou"
    assert clock.parse_moment(event.before["suspended_at"]) == NOW
    assert event.after == {"suspended_at": None, "suspension_reason": ""}


def test_hiding_and_showing_again_are_recorded_both(client_in, ana, bia) -> None:
    client = client_in(Status.INACTIVE)
    act(Action.HIDE, client, ana)
    db.session.refresh(client)
    assert client.hidden_by_id == ana.user_id
    act(Action.UNHIDE, client, bia)
    db.session.refresh(client)
    assert (client.hidden_at, client.hidden_by_id, client.version) == (None, None, 3)
    assert [(event.action, event.actor_name, event.base_version) for event in events_of(client)] == [
        ("hide", "Ana", 1),
        ("unhide", "Bia", 2),
    ]


def test_an_edit_records_what_differs_and_finds_the_client_by_its_new_name(client_in, ana) -> None:
    client = client_in(name="Bar", phone="1133334444")
    event = act(Action.EDIT, client, ana, name="Café Ótimo", email="a@b.example").event
    db.session.expire_all()
    assert (client.name, client.email, client.phone) == ("Café Ótimo", "a@b.example", "1133334444")
    assert client.search_key == search_key("Café Ótimo", client.document)
    assert event.before == {"name": "Bar", "email": ""}
    assert event.after == {"name": "Café Ótimo", "email": "a@b.example"}


def test_an_edit_that_changes_nothing_records_nothing(client_in, ana) -> None:
    client = client_in(name="Bar")
    assert act(Action.EDIT, client, ana, name="Bar") == Outcome(None)
    assert (client.version, events_of(client)) == (1, [])


@pytest.mark.parametrize(("action", "status"), DOES)
def test_the_same_form_again_answers_what_it_did_then(client_in, ana, action, status) -> None:
    client = client_in(status)
    data = data_of(client, name="Nome novo")
    first = act(action, client, ana, **(data if action is Action.EDIT else {}))
    db.session.refresh(client)
    after = {column.name: getattr(client, column.name) for column in Client.__table__.c}
    with clock.frozen(NOW + timedelta(hours=2)):
        again = act(action, client, ana, version=1, **(data if action is Action.EDIT else {}))
    assert again.is_repeat
    assert again.event.id == first.event.id
    db.session.refresh(client)
    assert {column.name: getattr(client, column.name) for column in Client.__table__.c} == after
    assert len(events_of(client)) == 1


def test_the_same_form_is_known_even_after_later_changes(client_in, ana, bia) -> None:
    client = client_in()
    first = act(Action.SUSPEND, client, ana)
    db.session.refresh(client)
    act(Action.RESUME, client, bia)
    db.session.refresh(client)
    again = act(Action.SUSPEND, client, ana, version=1)
    assert (again.event.id, again.is_repeat) == (first.event.id, True)
    db.session.refresh(client)
    assert client.suspended_at is None, "the repetition does not suspend again"


def test_the_same_form_with_another_content_is_refused_and_the_first_stands(client_in, ana) -> None:
    client = client_in()
    act(Action.SUSPEND, client, ana, reason="Um")
    db.session.refresh(client)
    with pytest.raises(RepeatMismatch):
        act(Action.SUSPEND, client, ana, version=1, reason="Outro")
    assert client.suspension_reason == "Um"
    assert len(events_of(client)) == 1


@pytest.mark.parametrize("second", [Action.SUSPEND, Action.EDIT, Action.HIDE])
def test_a_form_behind_somebody_elses_change_is_refused_with_the_new_version(client_in, ana, bia, second) -> None:
    client = client_in()
    act(Action.EDIT, client, ana, name="De Ana")
    db.session.refresh(client)
    with pytest.raises(StaleState) as refusal:
        act(second, client, bia, version=1, **({"name": "De Bia"} if second is Action.EDIT else {}))
    assert refusal.value.current_version == 2
    db.session.rollback()
    assert (client.name, client.version, len(events_of(client))) == ("De Ana", 2, 1)


def test_one_that_read_before_and_writes_after_another_is_refused_too(client_in, ana) -> None:
    """The version is compared by the UPDATE itself, not only by what was loaded before."""
    client = client_in()
    client.version, client.name = 2, "De outro"
    db.session.commit()
    set_committed_value(client, "version", 1)  # as if it had been loaded before that
    with pytest.raises(StaleState) as refusal:
        act(Action.SUSPEND, client, ana)
    assert refusal.value.current_version == 2
    db.session.rollback()
    assert (client.suspended_at, client.version, events_of(client)) == (None, 2, [])


def test_a_version_that_never_was_is_stale(client_in, ana) -> None:
    client = client_in()
    for version in (0, 2, 2**31 - 1):
        with pytest.raises(StaleState):
            act(Action.SUSPEND, client, ana, version=version)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans()), max_size=8), st.sampled_from(list(FACTS)))
def test_whatever_is_tried_in_a_row_version_and_events_agree(client_in, ana, tried, status) -> None:
    client = client_in(status)
    done = 0
    for number, (action, is_behind) in enumerate(tried):
        db.session.refresh(client)
        before, version = derive_status(client, NOW.date()), client.version
        try:
            outcome = act(action, client, ana, version=version - is_behind, name=f"Nome {number}", reason=str(number))
        except (ActionRefused, StaleState, RepeatMismatch):
            db.session.rollback()
            assert is_behind or action not in ALLOWED[before]
        else:
            done += not outcome.is_repeat
            assert outcome.is_repeat == is_behind
            assert is_behind or action in ALLOWED[before]
    db.session.refresh(client)
    assert client.version == 1 + done
    assert [event.base_version for event in events_of(client)] == list(range(1, done + 1))


def test_two_actions_at_one_version_are_one_event(client_in, ana) -> None:
    """The unique key stands behind the conditional update."""
    client = client_in()
    audit.record("suspend", actor=ana, now=NOW, client_id=client.id, base_version=1)
    with pytest.raises(IntegrityError):
        audit.record("edit", actor=ana, now=NOW, client_id=client.id, base_version=1)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0
