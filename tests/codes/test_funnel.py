"""The funnel "Códigos": what waits for its shop, by age, by sending, by client, a page at a time."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from portal.codes import queries
from portal.domain import codes
from portal.domain.catalogue import Item
from portal.domain.codes import Age, SendingWay
from portal.domain.roles import Role
from portal.domain.statuses import LIVE_STATUSES, Status
from portal.extensions import db
from portal.models import CodeSending
from tests.codes.words import codes_in
from tests.conftest import NOW
from tests.factories import Factory


def days_ago(days: int) -> dict[str, object]:
    return {"issued_at": NOW - timedelta(days=days)}


@pytest.fixture
def sent(make: Factory, admin):
    """Return what records a sending of a code."""

    def send(code, way=SendingWay.WHATSAPP, days: int = 0) -> CodeSending:
        sending = CodeSending(code_id=code.id, way=way, sent_at=NOW - timedelta(days=days), user_id=admin.id)
        db.session.add(sending)
        db.session.commit()
        return sending

    return send


def test_it_lists_what_waits_oldest_first_with_client_program_age_and_last_sending(web, client_in, make, sent) -> None:
    new = make.code(client_in(name="Novo"), item=Item.MOBILE)
    old = make.code(client_in(name="Antigo"), **days_ago(12))
    sent(old, SendingWay.PHONE, 9)
    sent(old, SendingWay.WHATSAPP, 2)
    for read in (web.get, web.fragment):
        text = read("/codes").text
        assert codes_in(text) == [old.code, new.code]
        assert "Link · emitido há 12 dias · WhatsApp, há 2 dias, por Ana Administradora" in text
        assert "Link Móvel · emitido hoje · não enviado" in text
        assert f'href="/clients/{old.client_id}">Antigo<' in text


@pytest.mark.parametrize("status", list(Status))
def test_only_codes_of_live_clients_wait(web, client_in, make, status) -> None:
    make.code(client_in(status))
    assert len(codes_in(web.get("/codes").text)) == (status in LIVE_STATUSES)


def test_used_revoked_archived_and_other_partners_codes_do_not(web, client_in, make) -> None:
    make.code(client_in(), consumed_at=NOW)
    make.code(client_in(), revoked_at=NOW)
    make.code(client_in(archived_at=NOW))
    make.code(make.client(make.partner()))
    text = web.get("/codes").text
    assert codes_in(text) == []
    assert "Todos os códigos já foram utilizados." in text


AGES = {Age.TODAY: (0,), Age.WEEK: (1, 7), Age.MONTH: (8, 30), Age.OLDER: (31, 400)}


def test_the_groups_of_age_count_and_filter_what_they_say(web, client_in, make) -> None:
    issued = {age: [make.code(client_in(), **days_ago(d)).code for d in reversed(days)] for age, days in AGES.items()}
    text = web.get("/codes").text
    assert re.findall(r">(Todos|Hoje|1 a 7 dias|8 a 30 dias|Mais de 30 dias) <b>(\d+)<", text) == [
        ("Todos", "7"), ("Hoje", "1"), ("1 a 7 dias", "2"), ("8 a 30 dias", "2"), ("Mais de 30 dias", "2"),
    ]  # fmt: skip
    for age in Age:
        assert codes_in(web.fragment(f"/codes?age={age}").text) == issued[age]


def test_a_code_issued_late_in_the_evening_is_of_that_day_in_sao_paulo(web, client_in, make) -> None:
    evening = NOW.replace(hour=23, minute=30) - timedelta(days=1)
    code = make.code(client_in(), issued_at=evening).code
    assert codes_in(web.get("/codes?age=week").text) == [code]
    assert codes_in(web.get("/codes?age=today").text) == []


def test_it_tells_sent_ones_from_the_others(web, client_in, make, sent) -> None:
    handed, waiting = make.code(client_in()), make.code(client_in())
    sent(handed)
    assert codes_in(web.get("/codes?sent=yes").text) == [handed.code]
    assert codes_in(web.get("/codes?sent=no").text) == [waiting.code]


def test_it_finds_by_client_name_document_and_id(web, client_in, make) -> None:
    client = client_in(name="Padaria São João", document="11222333000181")
    code = make.code(client).code
    make.code(client_in(name="Outra"))
    for text in ("sao joao", "11.222.333/0001-81", "222333", str(client.id)):
        assert code in codes_in(web.fragment("/codes", query_string={"q": text}).text), text
    assert codes_in(web.get("/codes?q=ninguem").text) == []
    assert "combina com estes filtros" in web.get("/codes?q=ninguem").text


@pytest.mark.parametrize("query", ["age=x&sent=maybe&after=-1&q=%00", "after=999999", "after=%C3%A9", "q=%20"])
def test_what_makes_no_sense_is_as_if_it_were_not_there(web, client_in, make, query) -> None:
    code = make.code(client_in()).code
    assert codes_in(web.get(f"/codes?{query}").text) == [code]


def test_its_pages_hold_each_code_once_and_keep_the_criteria(web, client_in, make, monkeypatch) -> None:
    monkeypatch.setattr(queries, "SIZE", 2)
    client = client_in(name="Rede Sol")
    issued = [make.code(client, issued_at=NOW - timedelta(days=number // 3)).code for number in range(5)]
    found, address = [], "/codes?q=rede&sent=no"
    while address:
        text = web.get(address).text
        found += codes_in(text)
        link = re.search(r'rel="next" href="([^"]+)"', text)
        address = link and link[1].replace("&amp;", "&")
        assert address is None or ("q=rede" in address and "sent=no" in address)
    assert found == issued[3:] + issued[:3]
    assert "Do início" in text


def test_another_partners_place_leaks_nothing(stranger, client_in, make) -> None:
    code = make.code(client_in(name="Cliente alheio"))
    answer = stranger.get(f"/codes?after={code.id}&q=alheio")
    assert answer.status_code == 200
    assert "Cliente alheio" not in answer.text
    assert codes_in(answer.text) == []


class TestSecrecy:
    """Codes are kept by nobody, shown to nobody of "Leitura", and never compressed beside what was typed."""

    def test_it_is_kept_by_nobody(self, web, client_in, make) -> None:
        code = make.code(client_in())
        for path in ("/codes", f"/codes/{code.id}", f"/codes/{code.id}/slip", "/codes/search/new"):
            for answer in (web.get(path), web.fragment(path)):
                assert answer.headers["Cache-Control"] == "no-store"
                assert "ETag" not in answer.headers

    def test_a_fragment_repeats_nothing_of_what_was_typed(self, web, client_in, make, monkeypatch) -> None:
        monkeypatch.setattr(queries, "SIZE", 1)
        for _ in range(2):
            make.code(client_in(name="Zebra"))
        text = web.fragment("/codes?q=zebr&age=today").text
        assert len(codes_in(text)) == 1
        assert "zebr" not in text
        assert 'hx-include:inherited=".filters [name=q],.filters [name=sent]"' in text

    def test_a_page_that_does_is_not_compressed(self, web, client_in, make) -> None:
        make.code(client_in(name="Zebra"))
        accepts = {"Accept-Encoding": "br"}
        assert "Content-Encoding" not in web.get("/codes?q=zebra", headers=accepts).headers
        assert web.get("/codes", headers=accepts).headers["Content-Encoding"] == "br"

    def test_leitura_sees_no_code_on_any_of_these_pages(self, web, web_of, client_in, make) -> None:
        client = client_in()
        code = make.code(client)
        make.installation(client, item=Item.MOBILE)
        make.code(client, item=Item.MOBILE)
        shown = (code.code, codes.grouped(code.code))
        reader, seen = web_of(Role.READER), ""
        paths = [
            "/codes", f"/codes/{code.id}", f"/codes/{code.id}/slip", "/codes/search/new", f"/clients/{client.id}",
            f"/clients/{client.id}/reissue/new", f"/clients/{client.id}/document/new",
        ]  # fmt: skip
        for path in paths:
            for read in ("get", "fragment"):
                answer = getattr(reader, read)(path)
                assert not any(text in answer.text for text in shown), path
                assert "codigos" not in answer.text
                if path != f"/clients/{client.id}":
                    assert answer.status_code == 403, path
                seen += getattr(web, read)(path).text
        assert shown[1] in seen, "or an Administrador sees none either"

    def test_financeiro_reads_and_copies_but_hands_nothing_on(self, web_of, client_in, make) -> None:
        code = make.code(client_in())
        finance = web_of(Role.FINANCE)
        text = finance.get("/codes").text
        assert codes_in(text) == [code.code]
        assert "/sendings" not in text
        assert finance.post(f"/codes/{code.id}/sendings", way="phone").status_code == 403

    def test_anonymous_vendor_staff_and_wrong_method(self, visitor, web, web_of) -> None:
        assert visitor.get("/codes").location == "/login?next=/codes"
        assert visitor.fragment("/codes").status_code == 401
        assert web_of(Role.OPERATOR, at=None).get("/codes").status_code == 403
        assert web.post("/codes").status_code == 405


def test_the_window_of_unused_codes_leads_here(web, client_in, make) -> None:
    code = make.code(client_in())
    text = web.fragment("/clients/codes").text
    assert 'href="/codes"' in text
    assert f'href="/codes/{code.id}"' in text
