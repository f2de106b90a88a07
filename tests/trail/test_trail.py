"""The page "Auditoria": who reads which events, what finds them, what the export holds."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert

from portal import audit
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, Partner, User
from portal.trail import queries, words
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor


@pytest.fixture
def partner(make: Factory) -> Partner:
    return make.partner(name="Revenda Gama")


@pytest.fixture
def admin(make: Factory, partner: Partner) -> User:
    return make.user(partner, name="Ana Souza", email="ana@gama.test")


@pytest.fixture
def bar(make: Factory, partner: Partner) -> Client:
    return make.client(partner, name="Bar do Zé")


@pytest.fixture
def ours(app, admin: User) -> Visitor:
    return Visitor(app).sign_in(admin)


@pytest.fixture
def staff(app, make: Factory) -> Visitor:
    return Visitor(app).sign_in(make.user(None, Role.OPERATOR, name="Olga Operadora", email="olga@fornecedor.test"))


class Who:
    def __init__(self, user: User) -> None:
        self.user_id, self.name = user.id, user.name


def done(action: str, user: User | None = None, at: datetime = NOW, **facts: Any) -> int:
    event = audit.record(action, actor=Who(user) if user else None, now=at, **facts)
    db.session.commit()
    return event.id


def shown(visitor: Visitor, query: str = "") -> list[int]:
    """Return the protocols that the table shows, in its order."""
    text = visitor.fragment(f"/trail{query}").text
    return [int(part.split('"')[0]) for part in text.split('href="/trail/')[1:] if part[0].isdigit()]


def test_a_partners_administrator_reads_what_was_done_there_the_newest_first(ours, admin, bar) -> None:
    first = done("suspend", admin, partner_id=bar.partner_id, client_id=bar.id, reason="Não pagou")
    second = done("password_set", admin, NOW + timedelta(hours=1), partner_id=bar.partner_id)
    assert shown(ours) == [second, first]
    page = ours.get("/trail").text
    for told in ("Auditoria", "Suspensão", "Bar do Zé", "Ana Souza", "10/07/2025"):
        assert told in page, told


def test_no_partner_reads_anothers_nor_what_staff_did_among_themselves(ours, make, partner) -> None:
    other = make.partner()
    theirs = done("suspend", partner_id=other.id, reason="Segredo")
    inside = done("payment_registered", partner_id=partner.id, reason="Extrato de 08/07")
    nobodys = done("add_prices")
    unknown = done("something_new", partner_id=partner.id)
    assert shown(ours) == []
    for number in (theirs, inside, nobodys, unknown):
        assert ours.get(f"/trail/{number}").status_code == 404
        assert shown(ours, f"?protocol={number}") == []
    assert "Segredo" not in ours.get("/trail/export").text


@pytest.mark.parametrize("role", [Role.FINANCE, Role.SUPPORT, Role.READER])
def test_only_the_administrator_of_a_partner_may(app, make, partner, role) -> None:
    visitor = Visitor(app).sign_in(make.user(partner, role))
    assert [visitor.get(path).status_code for path in ("/trail", "/trail/export")] == [403, 403]


def test_a_suspended_partners_administrator_reads_on(ours, partner) -> None:
    partner.suspended_at = NOW
    db.session.commit()
    assert ours.get("/trail").status_code == 200


def test_staff_read_what_was_done_to_a_client_but_not_its_data(staff, admin, bar, partner) -> None:
    change = {"name": "Bar do Zé"}, {"name": "Bar Novo"}
    number = done(
        "edit", admin, partner_id=partner.id, client_id=bar.id, before=change[0], after=change[1], reason="Ligou"
    )
    for path in ("/trail", f"/trail/{number}", "/trail/export"):
        text = staff.get(path).text
        assert "Bar" not in text
        assert "Ligou" not in text
        assert "Revenda Gama" in text
        assert "Edição" in text
    assert "Nome da empresa" in staff.get(f"/trail/{number}").text
    prices = done("add_prices", after={"prices": {"link;base": 9990}}, reason="Reajuste")
    assert all(told in staff.get(f"/trail/{prices}").text for told in ("Nova tabela de preços", "9990", "Reajuste"))


def test_the_partner_reads_what_changed_from_what_to_what(ours, admin, bar, partner) -> None:
    change = {"name": "Bar do Zé"}, {"name": "Bar Novo"}
    number = done(
        "edit", admin, partner_id=partner.id, client_id=bar.id, before=change[0], after=change[1], reason="Ligou"
    )
    text = ours.get(f"/trail/{number}").text
    assert all(told in text for told in ("Edição", "Nome da empresa", "Bar do Zé", "Bar Novo", "Ligou", "Ana Souza"))


def test_every_criterion_finds_its_events_alone(staff, make, admin, bar, partner) -> None:
    other = make.partner(name="Revenda Delta")
    found = {
        f"?client={bar.id}": done("hide", client_id=bar.id),
        "?who=ana@gama.test": done("password_set", admin),
        "?action=unhide": done("unhide"),
        "?partner=delta": done("edit", partner_id=other.id),
        "?from=2025-07-01&to=2025-07-02": done("edit", at=datetime.fromisoformat("2025-07-02T23:59:59-03:00")),
    }
    for query, number in found.items():
        assert shown(staff, query) == [number], query
    last = done("edit")
    assert shown(staff, f"?protocol={last}") == [last]
    assert shown(staff, f"?partner={partner.document}") == shown(staff, "?who=nobody@x.test") == []
    itself = shown(staff, "?who=portal")
    assert last in itself
    assert found["?who=ana@gama.test"] not in itself


def test_a_name_of_several_partners_asks_which(staff, make, partner) -> None:
    other = make.partner(name="Gama Sul")
    number = done("edit", partner_id=other.id)
    text = staff.fragment("/trail?partner=gama").text
    assert "Qual revenda?" in text
    assert f"/trail?partner={other.id}" in text
    assert shown(staff, f"?partner={other.id}") == [number]
    assert "Há outras" not in text
    for _ in range(queries.MOST_PARTNERS):
        make.partner(name="Gama Norte")
    assert "Há outras" in staff.fragment("/trail?partner=gama").text


def test_nonsense_in_the_address_is_as_if_it_were_not_there(ours, admin, partner) -> None:
    number = done("password_set", admin, partner_id=partner.id)
    assert shown(ours, "?protocol=x&client=-1&action=drop&from=2025-13-40&to=9999999&after=x&partner=1") == [number]


def test_pages_follow_each_other_by_key_and_back(ours, partner) -> None:
    numbers = [done("password_set", at=NOW + timedelta(minutes=n // 3), partner_id=partner.id) for n in range(60)]
    newest = numbers[::-1]
    assert shown(ours) == newest[:25]
    assert shown(ours, f"?after={newest[24]}") == newest[25:50]
    assert shown(ours, f"?after={newest[49]}") == newest[50:]
    assert shown(ours, f"?before={newest[50]}") == newest[25:50]


def test_the_export_holds_every_event_of_the_filter_and_no_formula(ours, admin, partner) -> None:
    for _ in range(3):
        done("suspend", admin, partner_id=partner.id, reason="=1+1")
    done("password_set", admin, partner_id=partner.id)
    answer = ours.get("/trail/export?action=suspend")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][0] == "Protocolo"
    assert [row[2] for row in rows[1:]] == ["Suspensão"] * 3
    assert rows[1][-1] == "'=1+1"


def test_nothing_recorded_and_nothing_found_say_what_to_do(ours) -> None:
    assert "Nada registrado ainda" in ours.get("/trail").text
    text = ours.get("/trail?protocol=99").text
    assert "Nenhum registro encontrado" in text
    assert "Limpar filtros" in text


def test_a_page_costs_a_few_queries_and_a_small_fragment(ours, admin, bar) -> None:
    rows = [
        {"action": "edit", "at": NOW + timedelta(seconds=n), "actor_id": admin.id, "actor_name": admin.name, "reason": "",
         "partner_id": bar.partner_id, "client_id": bar.id}
        for n in range(40)
    ]  # fmt: skip
    db.session.execute(insert(AuditEvent), rows)
    db.session.commit()
    asked: list[str] = []
    sqlalchemy_event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    answer = ours.browser.get("/trail", headers={"HX-Request": "true", "Accept-Encoding": "br"})
    assert len(asked) <= 6, asked
    assert len(answer.get_data()) <= 3_500


def test_staff_are_offered_every_action_and_partners_theirs() -> None:
    assert {value for value, _text in words.choices(is_staff=True)} == set(words.LABELS)
    assert not {value for value, _text in words.choices(is_staff=False)} & words.INTERNAL
