""" "Liberar em confiança": some days, once per cycle, with a reason; said in list, page and history (DOMAIN §5)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from portal.clients import service, trust
from portal.domain.errors import ActionRefused, ReleaseRefused, StaleState
from portal.domain.roles import Role
from portal.domain.statuses import Status, derive_status
from portal.domain.trust import NoRelease
from portal.extensions import db
from portal.models import AuditEvent, Client
from portal.renewals import service as renewing
from portal.renewals.service import Renewal
from tests.clients.conftest import FACTS
from tests.conftest import NOW

TODAY = NOW.date()
ROLES_THAT_MAY = {Role.ADMIN, Role.FINANCE}


@pytest.fixture
def actor(admin) -> Any:
    return SimpleNamespace(user_id=admin.id, name=admin.name)


@pytest.fixture
def expired(make, partner) -> Client:
    return make.client(partner, name="Padaria Aurora", due_on=date(2025, 7, 9))


def release(client: Client, actor: Any, *, now: datetime = NOW, days: int = 3, **order) -> service.Outcome:
    order = {"version": client.version, "reason": "Pix agendado"} | order
    return trust.release(client, **order, days=days, now=now, actor=actor)


def events(client: Client) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.client_id == client.id)))


def runs(client: Client, day: date) -> bool:
    return trust.may_run(client, day, grace_days=0)


def test_the_program_runs_for_the_days_and_nothing_else_moves(expired, actor) -> None:
    assert not runs(expired, TODAY)
    outcome = release(expired, actor)
    assert (expired.due_on, expired.released_due_on) == (date(2025, 7, 9), date(2025, 7, 9))
    assert [runs(expired, TODAY + timedelta(days=number)) for number in range(5)] == [True, True, True, False, False]
    assert derive_status(expired, TODAY) is Status.EXPIRED
    assert outcome.event is not None
    [event] = events(expired)
    assert (event.action, event.reason, event.actor_id) == ("release_on_trust", "Pix agendado", actor.user_id)
    assert event.after == {"released_through_on": "2025-07-12"}


def test_it_never_outlives_the_month(expired, actor) -> None:
    release(expired, actor, now=NOW + timedelta(days=20))
    assert expired.released_through_on == date(2025, 7, 31)
    assert not runs(expired, date(2025, 8, 1))


def test_the_same_form_again_answers_what_was_done_and_another_is_refused_with_the_reason(expired, actor) -> None:
    version = expired.version
    first = release(expired, actor)
    again = release(expired, actor, version=version, now=NOW + timedelta(minutes=5))
    assert again.is_repeat
    assert (again.event and again.event.id) == (first.event and first.event.id)
    with pytest.raises(ReleaseRefused) as refused:
        release(expired, actor)
    assert (refused.value.why, refused.value.through) == (NoRelease.USED, date(2025, 7, 12))
    with pytest.raises(ReleaseRefused):  # over or not: once for a due date
        release(expired, actor, now=NOW + timedelta(days=5))
    assert len(events(expired)) == 1


def test_a_form_from_before_another_change_is_refused(expired, actor) -> None:
    with pytest.raises(StaleState):
        release(expired, actor, version=expired.version + 1)


def test_a_renewal_ends_it_and_the_next_cycle_may_be_released_again(expired, actor) -> None:
    release(expired, actor)
    renewing.renew([Renewal(expired, date(2025, 8, 10))], now=NOW, actor=actor, reason="Fatura 1")
    db.session.commit()
    assert derive_status(expired, TODAY) is Status.ACTIVE
    late = datetime.fromisoformat("2025-08-12T15:00:00+00:00")
    assert not runs(expired, late.date())
    release(expired, actor, now=late)
    assert expired.released_through_on == date(2025, 8, 14)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.EXPIRED])
def test_only_an_expirado_is_released(make, partner, actor, status) -> None:
    client = make.client(partner, **FACTS[status])
    with pytest.raises(ActionRefused):
        release(client, actor)


def test_a_release_does_not_get_round_a_suspension(make, partner, actor) -> None:
    client = make.client(partner, due_on=date(2025, 7, 9), suspended_at=NOW)
    with pytest.raises(ReleaseRefused) as refused:
        release(client, actor)
    assert refused.value.why is NoRelease.SUSPENDED
    assert not runs(client, TODAY)


# the screen


def test_the_form_says_until_when_and_asks_for_a_reason(web, expired) -> None:
    page = web.get(f"/clients/{expired.id}/release/new").text
    assert "Liberar Padaria Aurora até sábado, 12/07/2025?" in page
    below = web.fragment(f"/clients/{expired.id}/release/new").text
    assert f'hx-post="/clients/{expired.id}/release"' in below
    answer = web.post(f"/clients/{expired.id}/release", version=expired.version, htmx=True)
    assert answer.status_code == 422
    assert "Informe o motivo." in answer.text
    assert events(expired) == []


def test_it_is_said_in_row_list_page_and_history(web, expired) -> None:
    answer = web.post(f"/clients/{expired.id}/release", version=expired.version, reason="Pix agendado", htmx=True)
    assert answer.status_code == 200
    assert "Padaria Aurora liberado em confiança até 12/07/2025." in answer.text
    said = "Liberado até 12/07. Venceu em 09/07; sem renovação fica Inativo em 01/08"
    assert said in answer.text
    assert said in web.get("/clients").text
    page = web.get(f"/clients/{expired.id}").text
    assert said in page
    assert "Liberação em confiança" in page
    assert "Motivo: Pix agendado" in page
    assert "Pode usar até: <del>—</del> <ins>12/07/2025</ins>" in page
    assert "<b>12/07/2025</b> último dia da liberação em confiança" in page
    db.session.refresh(expired)
    again = web.post(f"/clients/{expired.id}/release", version=expired.version, reason="De novo", htmx=True)
    assert again.status_code == 409
    why = "Não dá para liberar em confiança: este vencimento já foi liberado uma vez, até 12/07/2025."
    assert why in again.text
    assert why in web.get(f"/clients/{expired.id}/release/new").text


def test_a_plain_form_is_led_to_the_client(web, expired) -> None:
    answer = web.post(f"/clients/{expired.id}/release", version=expired.version, reason="Pix agendado")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/clients/{expired.id}")
    assert "liberado em confiança até 12/07/2025" in web.get(f"/clients/{expired.id}").text


def test_the_list_is_asked_for_again_once_somebody_is_released(web, expired) -> None:
    tag = web.get("/clients").headers["ETag"]
    assert web.get("/clients", headers={"If-None-Match": tag}).status_code == 304
    web.post(f"/clients/{expired.id}/release", version=expired.version, reason="Pix agendado", htmx=True)
    assert web.get("/clients", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.SUPPORT, Role.READER])
def test_who_may(web_of, expired, role) -> None:
    web, may = web_of(role), role in ROLES_THAT_MAY
    assert ("Liberar em confiança" in web.fragment(f"/clients/{expired.id}/menu").text) is may
    assert web.get(f"/clients/{expired.id}/release/new").status_code == (200 if may else 403)
    answer = web.post(f"/clients/{expired.id}/release", version=expired.version, reason="Pix", htmx=True)
    assert answer.status_code == (200 if may else 403)


def test_another_partner_finds_nothing(stranger, expired) -> None:
    assert stranger.get(f"/clients/{expired.id}/release/new").status_code == 404
    assert stranger.post(f"/clients/{expired.id}/release", version=1, reason="Pix").status_code == 404
    assert events(expired) == []
