"""Where the root address leads those who have no page there (tests/home/test_page.py has the page)."""

from __future__ import annotations

from portal.domain.roles import Role
from tests.visitor import Visitor


def test_vendor_staff_are_led_to_what_waits_for_them(app, make) -> None:
    web = Visitor(app).sign_in(make.user(None, Role.OPERATOR))
    answer = web.get("/")
    assert (answer.status_code, answer.location) == (303, "/backoffice")
    assert web.get(answer.location).status_code == 200


def test_a_visitor_is_led_to_the_login(visitor) -> None:
    assert visitor.get("/").location == "/login"
    assert visitor.fragment("/").headers["HX-Redirect"] == "/login"


def test_htmx_is_led_there_as_a_whole(app, make) -> None:
    answer = Visitor(app).sign_in(make.user(None, Role.OPERATOR)).fragment("/")
    assert answer.headers["HX-Redirect"] == "/backoffice"


def test_it_takes_no_post(app, make) -> None:
    assert Visitor(app).sign_in(make.user(make.partner())).post("/").status_code == 405
