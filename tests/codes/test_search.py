"""Whose is this code? A slip of the hand is caught; what is not the partner's is unknown; tries are counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.accounts import drafts, throttle
from portal.codes.texts import UNKNOWN
from portal.domain import codes
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Attempt
from tests.conftest import NOW
from tests.visitor import Visitor

NOBODYS = "2222-2222-2222-2222"


def attempts() -> int:
    return db.session.scalar(select(func.count()).select_from(Attempt)) or 0


@pytest.mark.parametrize(
    "spell", [str, codes.grouped, lambda code: f"  {codes.grouped(code).lower().replace('-', ' ')} "]
)
def test_it_leads_to_the_code_however_it_is_spelt(web, client_in, make, spell) -> None:
    code = make.code(client_in())
    assert web.post("/codes/search", code=spell(code.code)).location == f"/codes/{code.id}"
    assert web.post("/codes/search", htmx=True, code=spell(code.code)).headers["HX-Redirect"] == f"/codes/{code.id}"


@pytest.mark.parametrize("end", ["consumed_at", "revoked_at"])
def test_ended_codes_are_found_too(web, client_in, make, end) -> None:
    code = make.code(client_in(), **{end: NOW})
    assert web.post("/codes/search", code=code.code).location == f"/codes/{code.id}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Informe o código."),
        ("2222-2222-2222-222", "são 16 caracteres"),
        ("2222-2222-2222-222O", "nenhum código tem 0, O, 1, I ou L"),
        ("2222-2222-2222-2223", "o 16º caractere não confere"),
        ("2322-2222-2222-2222", "o 16º caractere não confere"),
        ("\x00", "Informe o código."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_slip_of_the_hand_is_said_and_costs_no_try(web, typed, said, htmx) -> None:
    answer = web.post("/codes/search", htmx=htmx, code=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert answer.text.lstrip().startswith("<form id" if htmx else "<!doctype html>")
    assert attempts() == 0


def test_what_was_typed_is_kept_and_compressed_by_nobody(web) -> None:
    answer = web.browser.post(
        "/codes/search",
        data={"code": "ABC", "csrf_token": web.csrf_token()},
        headers={"Accept-Encoding": "br"},
    )
    assert 'value="ABC"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in answer.headers


def test_another_partner_s_and_nobody_s_code_have_the_same_answer(web, make, client_in) -> None:
    alien = make.code(make.client(make.partner(), name="Alheio")).code
    archived = make.code(client_in(archived_at=NOW)).code
    for htmx in (False, True):
        answers = {web.post("/codes/search", htmx=htmx, code=typed).text.replace(typed, "…")
                   for typed in (codes.grouped(alien), NOBODYS, codes.grouped(archived))}  # fmt: skip
        assert len(answers) == 1
        assert UNKNOWN in answers.pop()


class TestTries:
    """Ten in fifteen minutes, by account, whatever is restarted."""

    def use_up(self, web: Visitor) -> None:
        for _ in range(throttle.CODE.tries):
            assert web.post("/codes/search", code=NOBODYS).status_code == 422

    def test_the_eleventh_is_refused_even_if_it_were_right(self, web, client_in, make) -> None:
        code = make.code(client_in())
        self.use_up(web)
        for htmx in (False, True):
            answer = web.post("/codes/search", htmx=htmx, code=code.code)
            assert answer.status_code == 429
            assert answer.headers["Retry-After"] == "900"
            assert "Tente de novo em 15 minutos." in answer.text

    def test_right_ones_count_as_well(self, web, client_in, make) -> None:
        code = make.code(client_in())
        for _ in range(10):
            assert web.post("/codes/search", code=code.code).status_code == 303
        assert web.post("/codes/search", code=code.code).status_code == 429

    def test_the_wait_ends(self, web) -> None:
        self.use_up(web)
        with clock.frozen(NOW + timedelta(minutes=15, seconds=1)):
            assert web.post("/codes/search", code=NOBODYS).status_code == 422

    def test_it_is_the_account_s_not_the_browser_s_nor_the_partner_s(self, app, admin, web, web_of) -> None:
        self.use_up(web)
        assert Visitor(app).sign_in(admin).post("/codes/search", code=NOBODYS).status_code == 429
        assert web_of(Role.SUPPORT).post("/codes/search", code=NOBODYS).status_code == 422


def test_who_may_ask(visitor, web_of) -> None:
    assert visitor.get("/codes/search/new").location == "/login?next=/codes/search/new"
    assert visitor.post("/codes/search", code=NOBODYS).location.startswith("/login")
    assert web_of(Role.READER).post("/codes/search", code=NOBODYS).status_code == 403
    assert web_of(Role.FINANCE).post("/codes/search", code=NOBODYS).status_code == 422


def test_what_was_typed_when_the_session_ended_comes_back(web, admin) -> None:
    token = drafts.keep_draft(admin.id, "/codes/search/new", {"code": [NOBODYS]}, now=NOW)
    assert f'value="{NOBODYS}"' in web.get(f"/codes/search/new?draft={token}").text
    assert NOBODYS not in web.get("/codes/search/new?draft=x").text


def test_the_form_stands_on_a_page_of_its_own_too(web) -> None:
    assert 'action="/codes/search"' in web.get("/codes/search/new").text
    assert web.fragment("/codes/search/new").text.lstrip().startswith('<form id="code-search"')
