"""The pages of "Ajuda": one for each screen and status, and what they say is what the tables say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from portal.access import PUBLIC
from portal.domain.actions import ALLOWED, PERMISSION_OF, Action
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.errors import REASONS
from portal.help import rows
from portal.help.topics import BLUEPRINTS, ENDPOINTS, OPENED_BY, Topic, topic_of, topics_for
from tests.factories import Factory
from tests.visitor import Visitor


@pytest.fixture
def ana(app: Flask, make: Factory) -> Visitor:
    return Visitor(app).sign_in(make.user(make.partner()))


def test_every_screen_has_a_topic(migrated_app: Flask) -> None:
    screens = set()
    for rule in migrated_app.url_map.iter_rules():
        permission = migrated_app.view_functions[rule.endpoint].permission
        if "GET" in rule.methods and permission != PUBLIC:
            screens.add(rule.endpoint)
    without = sorted(name for name in screens if not name.startswith("help.") and topic_of(name) is None)
    assert without == [], "name their topic in portal/help/topics.py, its text in templates/help/topics/"


def test_no_topic_stands_for_screens_that_are_gone(migrated_app: Flask) -> None:
    endpoints = {rule.endpoint for rule in migrated_app.url_map.iter_rules()}
    assert set(ENDPOINTS) <= endpoints
    assert set(BLUEPRINTS) <= {name.split(".")[0] for name in endpoints}
    assert set(Topic) == set(OPENED_BY) == {*ENDPOINTS.values(), *BLUEPRINTS.values()}


@pytest.mark.parametrize("topic", Topic)
def test_a_screens_page_says_what_it_is_for_and_who_opens_it(ana: Visitor, topic: Topic) -> None:
    answer = ana.get(f"/help/{topic.value}")
    assert answer.status_code == 200
    assert f">{topic.label}</h1>" in answer.text
    assert f"Quem abre esta tela: {rows.roles_with(OPENED_BY[topic])}." in answer.text


@pytest.mark.parametrize("status", Status)
def test_a_statuss_page_says_what_can_be_done_by_whom_and_why_the_rest_cannot(ana: Visitor, status: Status) -> None:
    text = ana.get(f"/help/{status.value}").text
    possible, rest = text.split('id="possible"')[1].split("Não é possível agora")
    assert REASONS[status] in rest
    for action in Action:
        assert (f"#{action.value}" in possible) is (action in ALLOWED[status]), action
        assert (action.label in rest) is (action not in ALLOWED[status] and action in PERMISSION_OF), action


def test_every_action_occurs_with_what_it_is_for(ana: Visitor) -> None:
    text = ana.get("/help/actions").text
    for action in Action:
        row = text.split(f'<tbody id="{action.value}">')[1].split("</tbody>")[0]
        assert f">{action.label}</th>" in row
        told = row.split("<td>")[1].split("</td>")[0]
        assert len(told.strip()) > 10, action
        assert all(status.label in row for status in Status if action in ALLOWED[status])


def test_examples_hold_on_every_day_of_a_year() -> None:
    today, none = date(2027, 12, 1), []
    for _ in range(396):
        today += timedelta(days=1)
        for status in Status:
            found = rows.example(status, today)
            assert found is None or found.status is status
            none += [(status, today.day)] if found is None else []
    assert set(none) == {(Status.EXPIRED, 1)}, "only on the first of a month is nobody Expirado"


def test_who_may_is_said_by_roles() -> None:
    assert rows.roles_with(OPENED_BY[Topic.HOME]) == "todos"
    assert rows.roles_with(OPENED_BY[Topic.TRAIL]) == "Administrador"


@pytest.mark.parametrize("role", Role)
def test_the_contents_lead_to_every_page_that_somebody_needs(app: Flask, make: Factory, role: Role) -> None:
    user = make.user(None if role is Role.OPERATOR else make.partner(), role)
    text = Visitor(app).sign_in(user).get("/help").text
    named = {one for one in (*Topic, *Status) if f'href="/help/{one.value}"' in text}
    assert named == {*topics_for(role), *Status}


def test_the_vendor_s_screens_stand_in_the_vendor_s_contents_and_in_no_other() -> None:
    assert set(topics_for(Role.ADMIN)) | set(topics_for(Role.OPERATOR)) == set(Topic)
    assert Topic.QUEUE in topics_for(Role.OPERATOR)
    assert Topic.QUEUE not in topics_for(Role.ADMIN)


def test_the_users_menu_leads_to_the_page_about_the_screen(ana: Visitor) -> None:
    assert 'href="/help/clients">Ajuda</a>' in ana.get("/clients").text
    assert 'href="/help/invoices">Ajuda</a>' in ana.get("/invoices").text
    assert 'href="/help">Ajuda</a>' in ana.get("/help/clients").text


def test_the_vendor_s_staff_is_led_to_the_pages_about_their_screens(app: Flask, make: Factory) -> None:
    staff = Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    for path, topic in (
        ("/backoffice", "desk"),
        ("/queue", "queue"),
        ("/users", "users"),
        ("/operations", "operations"),
    ):
        assert f'href="/help/{topic}">Ajuda</a>' in staff.get(path).text
    assert "Quem abre esta tela: Operador." in staff.get("/help/queue").text


def test_what_no_page_is_about_is_not_found_and_nobody_reads_without_a_session(app: Flask, ana: Visitor) -> None:
    assert ana.get("/help/nothing").status_code == 404
    assert Visitor(app).get("/help").status_code == 303
