"""The vendor's page "Revendas". Without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, Invitation, Partner
from tests.conftest import NOW
from tests.visitor import Visitor

FORM = {
    "name": "Revenda Épsilon", "document": "12.abc.345/01de-35", "due_day": "15", "admin_name": "Edna Prado",
    "admin_email": " Edna@Epsilon.example ", "key": "k" * 24,
}  # fmt: skip


LINK = re.compile(r"/invitations/[\w-]+")


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\xa0", " ")))


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def fresh(partner: Partner) -> Partner:
    db.session.rollback()
    return db.session.get_one(Partner, partner.id, populate_existing=True)


class TestANewPartner:
    def test_it_is_registered_and_its_administrator_gets_in_by_the_link(self, app, staff) -> None:
        page = staff.post("/partners", **FORM)
        partner = db.session.scalars(select(Partner)).one()
        assert (partner.name, partner.document, partner.due_day) == ("Revenda Épsilon", "12ABC34501DE35", 15)
        assert partner.search_key.startswith("revenda epsilon\t")
        link = re.search(r'value="http://[^/"]+(/invitations/[^"]+)"', page.text)[1]
        assert "Revenda Épsilon" in Visitor(app).get(link).text
        invited = db.session.scalars(select(Invitation)).one()
        assert (invited.partner_id, invited.email, invited.role) == (partner.id, "edna@epsilon.example", Role.ADMIN)
        assert "no-store" in page.headers["Cache-Control"]

    def test_the_same_form_again_makes_no_second_partner_and_shows_the_same_link(self, staff) -> None:
        first, again = (staff.post("/partners", **FORM) for _ in range(2))
        assert [LINK.findall(answer.text) for answer in (first, again)] == [LINK.findall(first.text)] * 2 != [[], []]
        assert (len(db.session.scalars(select(Partner)).all()), actions().count("partner_registered")) == (1, 1)

    def test_a_cnpj_that_is_here_already_is_said(self, staff, make) -> None:
        make.partner(document="12ABC34501DE35")
        answer = staff.post("/partners", **FORM)
        assert (answer.status_code, "Já existe uma revenda com este CNPJ" in answer.text) == (422, True)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"document": "12.ABC.345/01DE-36"}, "dígitos verificadores"),
            ({"document": "123.456.789-09"}, "aqui há 11"),
            ({"due_day": "29"}, "de 1 a 28"),
            ({"due_day": "x"}, "de 1 a 28"),
            ({"admin_email": "edna"}, "E-mail inválido"),
            ({"name": " "}, "Informe o nome"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(self, staff, wrong, said) -> None:
        answer = staff.post("/partners", **(FORM | wrong))
        assert (answer.status_code, said in answer.text) == (422, True)
        assert db.session.scalars(select(Partner)).all() == []


class TestTheList:
    @pytest.fixture
    def many(self, app, make) -> None:
        rows = [
            {"name": f"Água {n:04}", "document": make.document(), "created_at": NOW - timedelta(days=n * 7 % 50),
             "due_day": n % 28 + 1, "suspended_at": NOW if n % 10 == 0 else None}
            for n in range(80)
        ]  # fmt: skip
        db.session.execute(insert(Partner), rows)
        db.session.commit()

    @pytest.mark.parametrize(
        "query", ["", "?sort=-name", "?sort=registered", "?sort=-due_day", "?sort=document&q=agua"]
    )
    def test_paging_by_key_shows_everybody_once_in_every_sorting(self, staff, many, query) -> None:
        page = staff.get(f"/partners{query}").text
        seen = re.findall(r"Água \d{4}", page)
        while link := re.search(r'id="next"[^>]*href="([^"]+)"', page):
            page = staff.get(link[1].replace("&amp;", "&")).text
            seen += re.findall(r"Água \d{4}", page)
        assert (len(seen), len(set(seen))) == (80, 80)
        before = re.search(r'id="prev"[^>]*href="([^"]+)"', page)[1].replace("&amp;", "&")
        assert re.findall(r"Água \d{4}", staff.get(before).text) == seen[50:75]

    def test_it_is_filtered_searched_and_counted(self, staff, many, make) -> None:
        gama = make.partner(name="Gama", document="11222333000181")
        make.client(gama)
        make.client(gama, archived_at=NOW, due_on=None, pending_at=NOW)
        assert "Todas 81" in text_of(staff.get("/partners").text)
        assert len(re.findall(r'id="partner-\d+"', staff.get("/partners?state=suspended").text)) == 8
        for asked in ("gama", "11.222.333", "11222333"):
            found = staff.fragment(f"/partners?q={asked}")
            assert re.findall(r'id="partner-(\d+)"', found.text) == [str(gama.id)]
            assert "1 clientes" in text_of(found.text)

    def test_it_is_empty_in_words_and_forged_places_show_the_first_page(self, staff, many) -> None:
        assert "Nada combina com “&lt;b&gt;”" in staff.get("/partners?q=<b>").text
        assert "Água 0000" in staff.get("/partners?after=999999").text

    def test_it_is_the_vendors_alone(self, web, visitor, partner) -> None:
        for path in ("", "/new", f"/{partner.id}"):
            assert web.get(f"/partners{path}").status_code == 403
            assert visitor.get(f"/partners{path}").location.startswith("/login")
        for path in ("", *(f"/{partner.id}/{noun}" for noun in ("due-day", "suspension", "resumption", "invitation"))):
            assert web.post(f"/partners{path}").status_code == 403


class TestOnePartner:
    def test_another_due_day_counts_for_later_clients_only_and_is_recorded(self, staff, partner, make) -> None:
        client, path = make.client(partner), f"/partners/{partner.id}/due-day"
        for said in ("vale para os próximos cadastros", "Já estava feito"):
            answer = staff.post(path, version="1", due_day="20")
            assert said in staff.get(answer.location).text
        assert (fresh(partner).due_day, db.session.get_one(Client, client.id).due_day) == (20, 10)
        assert actions() == ["partner_due_day"]
        page = text_of(staff.get(f"/partners/{partner.id}").text)
        assert ("10 → 20" in page, "Quem já é cliente fica no dia em que está" in page) == (True, True)

    def test_two_people_at_one_partner_the_second_is_told(self, staff, partner) -> None:
        staff.post(f"/partners/{partner.id}/due-day", version="1", due_day="20")
        answer = staff.post(f"/partners/{partner.id}/due-day", version="1", due_day="25")
        assert (answer.status_code, "Outra pessoa alterou esta revenda" in answer.text) == (409, True)
        assert fresh(partner).due_day == 20

    def test_suspended_its_users_read_and_pay_and_its_programs_go_on(self, staff, web, partner, client_in) -> None:
        client = client_in()
        path = f"/partners/{partner.id}/suspension"
        assert staff.post(path, version="1", reason="").status_code == 422
        staff.post(path, version="1", reason="Três faturas vencidas")
        assert "Três faturas vencidas" in staff.get(f"/partners/{partner.id}").text
        assert "Sua revenda está suspensa" in web.get("/clients").text
        assert web.post(f"/clients/{client.id}/suspension", version="1").status_code == 403
        staff.post(f"/partners/{partner.id}/resumption", version="2")
        assert fresh(partner).suspended_at is None
        assert web.post(f"/clients/{client.id}/suspension", version="1").status_code == 303
        assert actions()[:2] == ["partner_suspended", "partner_resumed"]

    def test_nothing_new_is_nothing_recorded(self, staff, partner) -> None:
        staff.post(f"/partners/{partner.id}/due-day", version="1", due_day="10")
        assert "já era assim" in staff.get(f"/partners/{partner.id}").text
        assert (fresh(partner).version, actions()) == (1, [])

    def test_an_administrator_is_invited_again_but_nobody_who_has_access(self, staff, partner, make) -> None:
        path, name = f"/partners/{partner.id}/invitation", "Ana"
        links = [
            LINK.findall(staff.post(path, admin_name=name, admin_email="ana@alfa.example", key=key * 24).text)
            for key in ("a", "a", "b")
        ]
        assert (links[0] == links[1] != links[2], [len(found) for found in links]) == (True, [1, 1, 1])
        here = make.user(partner, Role.READER, email="l@alfa.example")
        answer = staff.post(path, admin_name=name, admin_email=here.email, key="c" * 24)
        assert (answer.status_code, "Já existe um usuário" in answer.text) == (422, True)
        assert staff.post(path, admin_name="", admin_email="x").status_code == 422

    def test_what_is_not_there_is_not_found(self, staff) -> None:
        assert staff.get("/partners/999").status_code == 404
        assert staff.post("/partners/999/due-day", version="1", due_day="3").status_code == 404
