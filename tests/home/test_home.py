"""Where the root address leads."""

from __future__ import annotations

import pytest

from portal.domain.roles import Role
from tests.visitor import Visitor


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_partners_are_led_to_their_clients(app, make, role) -> None:
    answer = Visitor(app).sign_in(make.user(make.partner(), role)).get("/")
    assert (answer.status_code, answer.location) == (303, "/clients")


def test_vendor_staff_are_led_to_the_people_they_look_after(app, make) -> None:
    web = Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    answer = web.get("/")
    assert (answer.status_code, answer.location) == (303, "/users")
    assert web.get(answer.location).status_code == 200


def test_a_visitor_is_led_to_the_login(visitor) -> None:
    assert visitor.get("/").location == "/login"
    assert visitor.fragment("/").headers["HX-Redirect"] == "/login"


def test_htmx_is_led_there_as_a_whole(app, make) -> None:
    answer = Visitor(app).sign_in(make.user(make.partner())).fragment("/")
    assert answer.headers["HX-Redirect"] == "/clients"


def test_it_takes_no_post(app, make) -> None:
    assert Visitor(app).sign_in(make.user(make.partner())).post("/").status_code == 405
