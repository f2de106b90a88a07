"""The drills' own checks: what they must notice, they notice; what is sound passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update

from drills import ledger
from drills.ledger import Form, Journal, Receipt
from portal import clock
from portal.access import Viewer
from portal.clients import service
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client
from tests.conftest import NOW
from tests.fixed import unfixed
from tests.revision import revise


class Scene:
    """A client with three changes, every one of them sent and acknowledged."""

    def __init__(self, make) -> None:
        self.client, user = make.client(make.partner()), make.user(make.partner())
        self.actor = Viewer("t", 1, user.id, user.name, user.email, Role.ADMIN, user.partner_id, "", 0, False)
        self.journal = Journal()
        self.do(service.suspend, "suspend", "motivo 1", reason="motivo 1")
        self.do(service.resume, "resume", "")
        data = {name: getattr(self.client, name) for name in service.REVISED} | {"name": "Loja", "notes": "nota 1"}
        self.do(revise, "edit", "nota 1", data=data)

    def do(self, change: Any, action: str, mark: str, **content: Any) -> None:
        form = Form(self.actor.user_id, self.client.id, action, self.client.version, "/", {}, mark)
        self.journal.send(form)
        event = change(self.client, version=form.version, now=clock.now(), actor=self.actor, **content).event
        self.journal.acknowledge(Receipt(form, event.id))
        db.session.refresh(self.client)

    def faults(self) -> list[str]:
        db.session.commit()
        return ledger.check(db.session.connection(), self.journal)

    def kinds(self) -> set[str]:
        return {fault.partition(":")[0] for fault in self.faults()}


@pytest.fixture
def scene(app: Flask, make) -> Scene:
    with clock.frozen(NOW.astimezone(UTC)):  # as the portal's clock tells it
        return Scene(make)


def change(scene: Scene, **values: Any) -> None:
    db.session.execute(update(Client).where(Client.id == scene.client.id).values(**values))


def test_what_is_sound_passes(scene) -> None:
    assert len(scene.journal.acknowledged) == 3
    assert scene.faults() == []


def test_the_same_form_acknowledged_twice_with_one_protocol_passes(scene) -> None:
    scene.journal.acknowledge(replace(scene.journal.acknowledged[0], is_repeat=True))
    assert scene.faults() == []


def test_two_answers_that_both_claim_to_be_the_first_are_doubled(scene) -> None:
    scene.journal.acknowledge(scene.journal.acknowledged[0])
    assert scene.kinds() == {"doubled"}


@pytest.mark.parametrize(("index", "is_repeat", "kinds"), [(1, True, set()), (1, False, {"lost"}), (0, True, {"lost"})])
def test_only_a_form_without_content_may_have_been_done_by_somebody_else(scene, index, is_repeat, kinds) -> None:
    receipt = scene.journal.acknowledged[index]
    form = replace(receipt.form, actor_id=receipt.form.actor_id + 1)
    scene.journal.acknowledged[index] = replace(receipt, form=form, is_repeat=is_repeat)
    assert scene.kinds() == kinds


def test_an_acknowledged_change_that_is_not_there_is_lost(scene) -> None:
    with unfixed(db.session):
        db.session.execute(delete(AuditEvent).where(AuditEvent.action == "edit"))
    change(scene, version=3)
    assert "lost" in scene.kinds()


def test_an_acknowledged_change_that_another_form_made_is_lost(scene) -> None:
    receipt = scene.journal.acknowledged[0]
    scene.journal.acknowledged[0] = replace(receipt, form=replace(receipt.form, mark="another reason"))
    assert "lost" in scene.kinds()


def test_a_row_behind_its_last_acknowledged_change_is_lost(scene) -> None:
    change(scene, version=3)
    assert scene.kinds() == {"lost", "half"}


def test_a_form_with_two_effects_is_doubled(scene) -> None:
    base = {"client_id": scene.client.id, "actor_id": scene.actor.user_id, "actor_name": "x", "at": clock.now()}
    again = {"action": "suspend", "reason": "motivo 1", "base_version": 4, "before": {}, "after": {}}
    db.session.execute(insert(AuditEvent).values(**base, **again))
    change(scene, version=5)
    scene.journal.send(replace(scene.journal.sent[0], version=4))
    assert scene.faults() == ["doubled: 2 times the same effect of one form: motivo 1"]


def test_one_protocol_for_two_forms_is_doubled(scene) -> None:
    scene.journal.acknowledge(replace(scene.journal.acknowledged[0], form=scene.journal.sent[1]))
    assert "doubled" in scene.kinds()


def test_an_effect_that_nobody_asked_for_is_doubled(scene) -> None:
    del scene.journal.sent[0]
    assert scene.kinds() == {"doubled"}


@pytest.mark.parametrize("index", [0, 1])
def test_what_was_refused_and_done_nevertheless_is_noticed(scene, index) -> None:
    scene.journal.refuse(scene.journal.sent[index])
    assert scene.kinds() == {"refused, but done"}


def test_another_content_for_a_version_that_was_refused_passes(scene) -> None:
    scene.journal.refuse(replace(scene.journal.sent[0], mark="another reason"))
    assert scene.faults() == []


@pytest.mark.parametrize("values", [{"version": 5}, {"notes": "other"}, {"name": "other"}, {"search_key": "other"}])
def test_a_row_that_is_not_what_its_events_say_is_a_half(scene, values) -> None:
    change(scene, **values)
    assert "half" in scene.kinds()


def test_an_event_that_does_not_go_on_from_the_one_before_is_a_half(scene) -> None:
    before = {"suspended_at": None, "suspension_reason": "another"}
    with unfixed(db.session):
        db.session.execute(update(AuditEvent).where(AuditEvent.action == "resume").values(before=before))
    assert scene.kinds() == {"half"}


def test_a_counter_that_differs_from_a_recount_is_noticed(scene) -> None:
    db.session.execute(text("UPDATE client_tallies SET clients = clients + 1"))
    assert scene.kinds() == {"miscounted"}
