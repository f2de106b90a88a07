"""Where login leads: only inside."""

from __future__ import annotations

import pytest

from portal.accounts.returning import safe_next
from portal.models import User
from tests.accounts.conftest import LogIn
from tests.visitor import Visitor

INSIDE = [
    "/",
    "/clients",
    "/clients?status=expired&page=2",
    "/clients/7/revision/new?draft=abc",
    "/a%2F%2Fevil.test",
    "/@evil.test",
    "/x?u=https://evil.test",
]
OUTSIDE = [
    "", None, "clients", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/a\\b", "https://evil.test", "https:evil.test",
    "javascript:alert(1)", "data:text/html,x", " /clients", "/\t/evil.test", "/\n/evil.test", "\t//evil.test", "/\r\nSet-Cookie: a=b",
    "/\x00/evil.test", "/a b", "@evil.test", ".evil.test", "?next=//evil.test", "/" + "x" * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("target", INSIDE)
def test_a_path_inside_is_followed(ana: User, log_in: LogIn, target: str) -> None:
    assert safe_next(target) == target
    assert log_in("ana@revenda.test", next=target).location == target


@pytest.mark.parametrize("target", OUTSIDE)
def test_anything_else_is_not(target: str | None) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize("target", ["//evil.test", "/\\evil.test", "https://evil.test", "/\t/evil.test"])
def test_login_leads_home_instead(ana: User, log_in: LogIn, visitor: Visitor, target: str) -> None:
    assert "evil.test" not in visitor.browser.get("/login", query_string={"next": target}).text
    assert log_in("ana@revenda.test", next=target).location == "/"


def test_the_way_back_survives_a_wrong_password(ana: User, log_in: LogIn, visitor: Visitor) -> None:
    assert 'name="next" value="/users?page=2"' in visitor.get("/login?next=/users%3Fpage%3D2").text
    refused = log_in("ana@revenda.test", "errada-errada", next="/users?page=2")
    assert 'name="next" value="/users?page=2"' in refused.text
