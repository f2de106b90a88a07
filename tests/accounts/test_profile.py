"""Perfil: who is signed in, and the company, with what leads on from it."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.domain.roles import Role
from tests.factories import Factory
from tests.visitor import Visitor


@pytest.mark.parametrize(
    ("role", "offered", "withheld"),
    [
        (Role.ADMIN, ["/credit", "/closing", "/users"], []),
        (Role.FINANCE, ["/credit", "/closing"], ["/users"]),
        (Role.SUPPORT, [], ["/credit", "/closing", "/users"]),
        (Role.READER, [], ["/credit", "/closing", "/users"]),
    ],
)
def test_a_person_sees_itself_its_company_and_what_it_may_open(
    app: Flask, make: Factory, role, offered, withheld
) -> None:
    partner = make.partner(name="Revenda Alfa", document="11222333000181", due_day=12)
    answer = Visitor(app).sign_in(make.user(partner, role, name="Ana Lima", email="ana@alfa.test")).get("/profile")
    for part in ("Ana Lima", "ana@alfa.test", role.label, "Revenda Alfa", "11.222.333/0001-81", "<dd>12</dd>"):
        assert part in answer.text, part
    assert "/profile/password/new" in answer.text
    main = answer.text.partition("<main")[2]
    assert all(f'href="{path}"' in main for path in offered)
    assert not any(f'href="{path}"' in main for path in withheld)


def test_vendor_staff_have_no_company(app: Flask, make: Factory) -> None:
    answer = Visitor(app).sign_in(make.user(None, Role.OPERATOR, name="Olga")).get("/profile")
    assert answer.status_code == 200
    assert "Olga" in answer.text
    assert "CNPJ" not in answer.text


def test_a_visitor_is_led_to_the_login(visitor: Visitor) -> None:
    assert visitor.get("/profile").location == "/login?next=/profile"
