"""The page "Rotinas": what ran, what comes next, and "Executar agora"."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.domain.jobs import RunState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, JobRun
from tests.conftest import NOW
from tests.factories import Factory
from tests.operations.conftest import TODAY
from tests.visitor import Visitor

PARTNER_ROLES = [role for role in Role if role is not Role.OPERATOR]


def at(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


def state() -> RunState:
    return db.session.execute(select(JobRun.state)).scalar_one()


# who


@pytest.mark.parametrize("role", PARTNER_ROLES)
def test_no_partner_sees_or_runs_anything(install, make: Factory, visitor: Visitor, role: Role) -> None:
    visitor.sign_in(make.user(make.partner(), role))
    answers = [
        visitor.get("/operations"),
        visitor.fragment("/operations/sweep"),
        visitor.post("/operations/sweep/runs"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert all("Varredura" not in answer.text for answer in answers)
    assert db.session.execute(select(JobRun)).all() == []


def test_nobody_sees_it_without_a_session(install, visitor: Visitor) -> None:
    assert visitor.get("/operations").status_code == 303
    assert visitor.fragment("/operations/sweep").status_code == 401


def test_the_menu_leads_an_operador_to_it_and_nobody_else(operator: Visitor, app: Flask, make: Factory) -> None:
    assert 'href="/operations" aria-current="page"' in operator.get("/operations").text
    admin = Visitor(app).sign_in(make.user(make.partner()))
    assert "/operations" not in admin.get("/users").text


def test_an_unknown_job_is_not_found(operator: Visitor) -> None:
    assert operator.fragment("/operations/nothing").status_code == 404
    assert operator.post("/operations/nothing/runs").status_code == 404


# what it shows


def test_a_run_is_told_with_day_state_counts_duration_attempts_and_process(operator: Visitor, add_run) -> None:
    add_run()
    page = operator.get("/operations").text
    for told in (
        "Varredura",
        "10/07/2025",
        "Concluída",
        "1 sala, 12 corredores",
        "2,0 s",
        "1 tentativa",
        "vendor-1:4711",
    ):
        assert told in page
    assert "abcd" not in page


def test_a_failure_tells_why_and_when_it_is_tried_again(operator: Visitor, add_run) -> None:
    add_run(state=RunState.FAILED, error="ValueError: <b>broken</b>", attempts=2, finished_at=NOW, counts=None)
    page = operator.get("/operations").text
    for told in (
        "Falhou",
        '<p class="error">Um erro inesperado parou a rotina.',
        "Nova tentativa: hoje às 12:15.",
        'Detalhe técnico: <span lang="en">ValueError: &lt;b&gt;broken',
        "2 tentativas",
        "Próxima execução: hoje às 12:15",
    ):
        assert told in page


@pytest.mark.parametrize(
    ("facts", "outlook"),
    [
        ({"attempts": 5}, "Não haverá outra tentativa hoje: resolva e use “Executar agora”."),
        ({"finished_at": NOW - timedelta(hours=1)}, "Nova tentativa: em até um minuto."),
        ({"day": TODAY - timedelta(days=1)}, "O que faltou fica para a execução seguinte."),
        ({"state": RunState.REQUESTED}, "Nova tentativa em andamento."),
        ({"state": RunState.RUNNING, "heartbeat_at": NOW}, "Nova tentativa em andamento."),
    ],
)
def test_a_failure_says_what_comes_next(operator: Visitor, add_run, facts, outlook) -> None:
    add_run(**{"state": RunState.FAILED, "error": "ValueError: x", "finished_at": NOW, "counts": None} | facts)
    assert outlook in operator.get("/operations").text


def test_a_process_that_ended_has_no_technical_detail(operator: Visitor, add_run) -> None:
    interrupted = "O processo terminou antes do fim da execução."
    add_run(state=RunState.FAILED, error=interrupted, counts=None, attempts=5)
    add_run(day=TODAY - timedelta(days=1), state=RunState.RUNNING, attempts=5, heartbeat_at=NOW - timedelta(days=1))
    page = operator.get("/operations").text
    assert page.count(f'<p class="error">{interrupted}</p>') == 2
    assert "Detalhe técnico" not in page


def test_what_ended_well_has_neither(operator: Visitor, add_run) -> None:
    add_run()
    page = operator.get("/operations").text
    assert 'class="error"' not in page
    assert "Detalhe técnico" not in page


def test_ten_runs_are_shown_the_newest_first(operator: Visitor, add_run) -> None:
    for days in range(12):
        add_run(day=TODAY - timedelta(days=days))
    page = operator.get("/operations").text
    assert page.count("Concluída") == 10
    assert page.index("10/07/2025") < page.index("01/07/2025")
    assert "30/06/2025" not in page


@pytest.mark.parametrize(
    ("now", "ran", "expected"),
    [
        (at(5), False, "hoje às 06:10"),
        (at(6, 10), False, "em até um minuto"),
        (at(12), True, "amanhã às 06:10"),
    ],
)
def test_the_next_run_is_named(operator: Visitor, add_run, now: datetime, ran: bool, expected: str) -> None:
    if ran:
        add_run()
    with clock.frozen(now):
        assert f"Próxima execução: {expected}." in operator.get("/operations").text


@pytest.mark.parametrize(
    ("now", "facts", "is_late"),
    [
        (at(6, 40), None, False),
        (at(6, 41), None, True),
        (at(6, 41), {}, False),
        (at(6, 41), {"state": RunState.FAILED, "error": "x"}, True),
        (at(6, 41), {"state": RunState.REQUESTED}, False),
        (at(6, 41), {"day": TODAY - timedelta(days=1)}, True),
        (at(5), {"day": TODAY - timedelta(days=1)}, False),
    ],
)
def test_a_job_is_late_half_an_hour_after_its_hour(operator: Visitor, add_run, now, facts, is_late) -> None:
    if facts is not None:
        add_run(**facts)
    with clock.frozen(now):
        assert ("atrasada" in operator.get("/operations").text) is is_late


def test_the_dry_run_of_the_next_run_is_shown_where_the_job_offers_one(operator: Visitor, install) -> None:
    asked = []

    def preview(moment: datetime) -> dict[str, int]:
        asked.append(moment)
        return {"rooms": 3, "halls": 0}

    install(preview=preview)
    with clock.frozen(at(5)):
        assert "Hoje às 06:10: 3 salas." in operator.get("/operations").text
    assert asked == [at(6, 10)]


def test_a_dry_run_that_counts_nothing_or_breaks_says_so(operator: Visitor, install) -> None:
    def broken(_moment: datetime) -> dict[str, int]:
        raise RuntimeError

    install(preview=lambda _: {"rooms": 0})
    assert "nada a fazer" in operator.get("/operations").text
    install(preview=broken)
    answer = operator.get("/operations")
    assert answer.status_code == 200
    assert "não foi possível calcular" in answer.text


def test_an_installation_without_jobs_says_so(operator: Visitor, app: Flask, monkeypatch) -> None:
    monkeypatch.setitem(app.extensions, "schedule", ())
    assert "Nenhuma rotina" in operator.get("/operations").text


# asking for a run


def test_executar_agora_asks_for_todays_run_and_runs_nothing_itself(operator: Visitor, install) -> None:
    def run(_now: datetime) -> dict[str, int]:
        raise AssertionError("run by a request")

    install(run=run)
    answer = operator.post("/operations/sweep/runs", htmx=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section id="job-sweep"')
    assert "Pedida" in answer.text
    assert "Varredura: execução pedida. Começa em até um minuto." in answer.text
    assert state() is RunState.REQUESTED


def test_without_javascript_it_leads_back_to_the_page_with_a_message(operator: Visitor) -> None:
    answer = operator.post("/operations/sweep/runs")
    assert (answer.status_code, answer.location) == (303, "/operations")
    page = operator.get("/operations").text
    assert "execução pedida" in page
    assert ">Atualizar</a>" in page


def test_asking_twice_asks_once_and_says_so(operator: Visitor) -> None:
    operator.post("/operations/sweep/runs", htmx=True)
    answer = operator.post("/operations/sweep/runs", htmx=True)
    assert "já foi pedida" in answer.text
    assert db.session.execute(select(JobRun)).all().__len__() == 1


def test_who_asked_is_recorded(operator: Visitor) -> None:
    operator.post("/operations/sweep/runs")
    event = db.session.execute(select(AuditEvent)).scalar_one()
    assert (event.action, event.after) == ("request_run", {"job": "sweep", "day": "2025-07-10"})
    assert event.actor_name.startswith("Pessoa")


def test_a_get_asks_for_nothing(operator: Visitor) -> None:
    assert operator.get("/operations/sweep/runs").status_code == 405
    operator.get("/operations")
    operator.fragment("/operations/sweep")
    assert db.session.execute(select(JobRun)).all() == []


# looking again while something runs


@pytest.mark.parametrize(
    ("facts", "is_polled"),
    [
        ({"state": RunState.REQUESTED, "heartbeat_at": NOW}, True),
        ({"state": RunState.RUNNING, "heartbeat_at": NOW}, True),
        ({"state": RunState.REQUESTED, "heartbeat_at": NOW - timedelta(minutes=5)}, False),
        ({"state": RunState.RUNNING, "heartbeat_at": NOW - timedelta(minutes=5)}, False),
        ({"state": RunState.FAILED, "error": "x"}, False),
        ({}, False),
    ],
)
def test_a_job_asks_for_itself_every_five_seconds_only_while_it_may_change(operator, add_run, facts, is_polled) -> None:
    add_run(**facts)
    card = operator.fragment("/operations/sweep").text
    assert ('hx-trigger="every 5s"' in card) is is_polled
    assert card.count("<section") == 1


def test_a_run_that_died_too_often_is_shown_as_failed(operator: Visitor, add_run) -> None:
    add_run(state=RunState.RUNNING, heartbeat_at=NOW - timedelta(minutes=5), attempts=5)
    card = operator.fragment("/operations/sweep").text
    assert "Falhou" in card
    assert "Em execução" not in card


def test_the_fragments_address_leads_a_plain_browser_to_the_page(operator: Visitor) -> None:
    assert operator.get("/operations/sweep").location == "/operations"
