"""The inbox and the banner: what they say, where they lead, what may be decided there, with and without JavaScript."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, update

from portal import clock
from portal.domain.notices import TOLD_AT_ONCE, NoticeKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, ClientTally, NoticeMute, NoticeTally
from portal.notifications import queries
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, night, notices

SPAN = 60


def banner_of(page: str) -> str:
    found = re.search(r'<p id="alerts".*?</p>', page, re.DOTALL)
    assert found
    return found[0]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def events() -> list[AuditEvent]:
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


# what it says


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([0], "1 licença vence hoje."),
        ([0, 0], "2 licenças vencem hoje."),
        ([1], "1 licença vence amanhã."),
        ([1, 2], "2 licenças vencem até sábado."),
        ([2], "1 licença vence no sábado."),
        ([4, 4], "2 licenças vencem na segunda."),
        ([4, 6], "2 licenças vencem até quarta."),
        ([7], "1 licença vence em 17/07."),
        ([5, 7], "2 licenças vencem até 17/07."),
        ([-1], "1 licença expirou e pode ser renovada até 31/07."),
        ([-1, -4], "2 licenças expiraram e podem ser renovadas até 31/07."),
        ([-20], "1 cliente ficou Inativo em 01/07."),
        ([-20, -30], "2 clientes ficaram Inativos em 01/07."),
    ],
)
def test_a_group_is_one_sentence(due_in, web, days, says) -> None:
    for number in days:
        due_in(number)
    night()
    banner = banner_of(web.get("/clients").text)
    assert text_of(banner) == f"{says.removesuffix('.')} . Ver".replace(" .", ".")
    assert says.removesuffix(".") in web.get("/notices").text


@pytest.mark.parametrize(
    ("today", "due", "says"),
    [
        (date(2025, 7, 31), ["2025-07-10"], "Último dia para renovar 1 licença."),
        (date(2025, 2, 28), ["2025-02-28", "2025-02-10"], "Último dia para renovar 2 licenças."),
        (date(2025, 7, 30), ["2025-07-10"], "1 licença expirou e pode ser renovada até amanhã."),
    ],
)
def test_the_end_of_a_month_in_words(make, partner, admin, web, today, due, says) -> None:
    for day in due:
        make.client(partner, due_on=date.fromisoformat(day))
    night(today)
    with clock.frozen(clock.moment_of(today, NOW.time())):
        web.sign_in(admin)
        assert says in text_of(banner_of(web.get("/clients").text))


@pytest.mark.parametrize(
    ("age", "codes", "says"),
    [
        (1, 1, "1 código de registro sem uso há 1 dia ou mais."),
        (9, 2, "2 códigos de registro sem uso há 7 dias ou mais."),
        (90, 1, "1 código de registro sem uso há 30 dias ou mais."),
    ],
)
def test_unused_codes_in_words(make, due_in, web, age, codes, says) -> None:
    for _ in range(codes):
        make.code(due_in(25), issued_at=NOW - timedelta(days=age))
    night()
    assert says in text_of(banner_of(web.get("/clients").text))
    page = web.get(f"/notices?open={notices()[0].kind.value}").text
    assert page.count("Licença · código emitido em") == codes


def test_before_the_nights_job_the_sentence_tells_what_has_become_true(due_in, admin, web) -> None:
    due_in(0)
    night()
    with clock.frozen(NOW + timedelta(hours=14)):
        web.sign_in(admin)
        assert "1 licença expirou e pode ser renovada até 31/07." in text_of(banner_of(web.get("/clients").text))


def test_the_most_urgent_group_comes_first_and_the_others_are_counted(due_in, web) -> None:
    for days in (5, 2, 2, 0, -3, -15):
        due_in(days)
    night()
    banner = banner_of(web.get("/clients").text)
    assert text_of(banner) == "1 licença vence hoje. Ver e mais 5 avisos"
    page = web.get("/notices").text
    order = re.findall(r'<section id="a-(\w+)"', page)
    assert order == [kind.value for kind in NoticeKind if kind.value in order]
    assert len(order) == 5
    assert '<b id="alerts-n">6</b>' in page


# the banner


def test_the_banner_weighs_little_and_costs_one_query(due_in, web, app) -> None:
    for days in (1, 2, 5, -3, -15):
        for _ in range(3):
            due_in(days)
    night()
    asked: list[str] = []
    db.session.rollback()
    note = lambda _c, _cursor, statement, *_rest: asked.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        page = web.get("/clients?sort=due")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(banner_of(page.text).encode()) <= 400
    assert len(asked) <= 6, asked
    assert len([statement for statement in asked if "notice" in statement]) == 1


def test_every_page_of_a_partner_has_it_and_no_other(due_in, make, web, web_of, visitor) -> None:
    client = due_in(1)
    night()
    for path in ("/clients", f"/clients/{client.id}", "/clients/codes", "/notices", "/users"):
        assert "1 licença vence amanhã." in text_of(banner_of(web.get(path).text)), path
    assert "vence amanhã" in web_of(Role.READER).get("/clients").text
    assert 'id="alerts"' not in visitor.get("/login").text
    operator = web_of(Role.OPERATOR, at=None).get("/users").text
    assert 'id="alerts"' not in operator
    assert "Avisos" not in operator


def test_a_page_without_notices_hides_it(web) -> None:
    page = web.get("/clients").text
    assert '<p id="alerts" class="notice" hidden></p>' in page
    assert "Nada a decidir" in web.get("/notices").text


def test_a_refusal_asks_the_database_nothing(due_in, web) -> None:
    due_in(1)
    night()
    page = web.get("/clients/999999")
    assert page.status_code == 404
    assert "vence amanhã" not in page.text


def test_an_unchanged_list_is_not_sent_again_until_a_notice_changes(due_in, web) -> None:
    due_in(1)
    tag = web.get("/clients").headers["ETag"]
    assert web.get("/clients", headers={"If-None-Match": tag}).status_code == 304
    night()
    answer = web.get("/clients", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "vence amanhã" in answer.text
    tag = answer.headers["ETag"]
    assert web.get("/clients", headers={"If-None-Match": tag}).status_code == 304
    web.post(f"/notices/{notices()[0].id}/dismissal", htmx=True)
    assert web.get("/clients", headers={"If-None-Match": tag}).status_code == 200


def test_hiding_a_row_brings_the_banner_along_and_suspending_does_not(due_in, web) -> None:
    gone, other = due_in(-20), due_in(1)
    night()
    assert "e mais 1 aviso" in web.get("/clients").text
    answer = web.post(f"/clients/{gone.id}/hiding", htmx=True, version=1).text
    row, _, behind = answer.partition("</tbody>")
    assert 'id="alerts"' not in row
    banner = banner_of(behind)
    assert 'hx-swap-oob="true"' in banner
    assert text_of(banner) == "1 licença vence amanhã. Ver"
    assert len(banner.encode()) <= 400
    assert '<b id="alerts-n" hx-swap-oob="true">1</b>' in behind
    answer = web.post(f"/clients/{other.id}/suspension", htmx=True, version=1).text
    assert 'id="alerts' not in answer, "its notices stay (R16)"


def test_thousands_have_their_point_everywhere(make, partner, due_in, web) -> None:
    due_in(1)
    night()
    db.session.execute(update(NoticeTally).values(notices=12_345))
    db.session.execute(update(ClientTally).values(clients=12_345))
    db.session.commit()
    page = web.get("/clients").text
    assert "12.345 licenças vencem amanhã." in text_of(banner_of(page))
    for shown in ('<b id="alerts-n">12.345</b>', '<b id="n-all">12.345</b>', '<b id="n-active">12.345</b>',
                  "<caption>12.345 clientes</caption>"):  # fmt: skip
        assert shown in page
    assert "12345" not in page


def test_the_banner_goes_away_with_its_last_notice(due_in, web) -> None:
    gone = due_in(-20)
    night()
    answer = web.post(f"/clients/{gone.id}/hiding", htmx=True, version=1).text
    assert '<p id="alerts" class="notice" hidden hx-swap-oob="true"></p>' in answer
    assert '<b id="alerts-n" hx-swap-oob="true"></b>' in answer


# where it leads


def test_a_groups_link_shows_exactly_its_clients(make, partner, due_in, web) -> None:
    for days in range(-40, 12):
        due_in(days, name=f"Loja {days}")
        due_in(days, name=f"Suspensa {days}", suspended_at=NOW)
    for age in (1, 8, 31):
        make.code(due_in(25), issued_at=NOW - timedelta(days=age))
        make.client(make.partner(), due_on=TODAY)
    for days in (0, 7, 30):
        make.certificate(due_in(25), not_after=NOW + timedelta(days=days))
    night()
    for group in queries.groups(partner.id, TODAY):
        expected = {one.client_id for one in notices(kind=group.kind, partner_id=partner.id)}
        assert len(expected) == group.notices
        for sort in ("name", "due", "status"):
            page = web.get(f"/clients?notice={group.kind.value}&size=50&sort={sort}").text
            shown = {int(number) for number in re.findall(r'<tbody id="client-(\d+)"', page)}
            assert shown == expected or (len(expected) > 50 and len(shown) == 50 and shown < expected)
        assert f"Aviso: {group.kind.label}" in page
        assert f'name="notice" value="{group.kind.value}"' in page
    shown = {group.kind for group in queries.groups(partner.id, TODAY)}
    assert shown == set(NoticeKind) - {NoticeKind.LAST_DAY} - TOLD_AT_ONCE


def test_an_opened_group_comes_in_pages_of_twenty_five(due_in, web) -> None:
    clients = [due_in(1 + number % 3) for number in range(60)]
    night()
    seen: list[int] = []
    path = "/notices/groups/due_in_3"
    while path:
        page = web.fragment(path).text
        seen += map(int, re.findall(r'href="/clients/(\d+)"', page))
        following = re.search(r'hx-get="(/notices/groups/due_in_3\?after=\d+)"', page)
        path = following[1] if following else ""
    assert sorted(seen) == sorted(client.id for client in clients)
    assert web.get("/notices?open=due_in_3").text.count('action="/notices/') == 2 * 26 + 25


@pytest.mark.parametrize(
    "query", ["?open=nothing", "?open=due_in_3&after=999999", "?open=due_in_3&after=-1", "?open=code_1"]
)
def test_an_address_that_makes_no_sense_is_no_fault(due_in, web, query) -> None:
    due_in(1)
    night()
    assert web.get(f"/notices{query}").status_code == 200


def test_a_group_is_folded_again_and_leads_plain_browsers_to_the_page(due_in, web) -> None:
    due_in(1)
    night()
    assert "Decidir um a um" in web.fragment("/notices/groups/due_in_3?fold").text
    assert "Recolher" in web.fragment("/notices/groups/due_in_3").text
    assert "Nada mais a decidir aqui." in web.fragment("/notices/groups/expired").text
    assert web.get("/notices/groups/due_in_3").headers["Location"] == "/notices?open=due_in_3#a-due_in_3"
    assert web.fragment("/notices/groups/none").status_code == 404


# decisions


def test_dismissing_closes_one_for_good(due_in, web, admin) -> None:
    client = due_in(1, name="Padaria Aurora")
    due_in(2)
    night()
    [notice] = notices(client)
    answer = web.post(f"/notices/{notice.id}/dismissal", htmx=True)
    assert answer.status_code == 200
    assert "Aviso de Padaria Aurora dispensado." in answer.text
    assert "1 licença vence no sábado" in answer.text
    assert '<b id="alerts-n" hx-swap-oob="true">1</b>' in answer.text
    assert "Padaria Aurora</a>" not in answer.text
    [done] = events()
    assert (done.action, done.client_id, done.actor_id, done.partner_id) == (
        "notice_dismissed", client.id, admin.id, client.partner_id,
    )  # fmt: skip
    again = web.post(f"/notices/{notice.id}/dismissal", htmx=True)
    assert "nada foi alterado" in again.text
    assert len(events()) == 1
    night()
    assert f"Aviso dispensado: {NoticeKind.DUE_IN_3.label}" in web.get(f"/clients/{client.id}").text


def test_a_plain_form_is_led_back_to_the_group(due_in, web) -> None:
    [client] = [due_in(1, name="Padaria Aurora")]
    night()
    for path, fields in (("postponement", {"to": "2025-07-12"}), ("dismissal", {}), ("mute", {})):
        answer = web.post(f"/notices/{notices(client)[0].id}/{path}", **fields)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/notices?open=due_in_3#a-due_in_3")
        assert "Padaria Aurora" in web.get("/notices").text
    answer = web.post(f"/notices/mutes/{client.id}/due_in_3/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/notices")


def test_what_was_dismissed_before_it_was_due_stays_silent_until_the_situation_changes(due_in, web) -> None:
    client = due_in(6)
    night()
    web.post(f"/notices/{notices(client)[0].id}/dismissal")
    told = {}
    for days in range(SPAN):
        night(TODAY + timedelta(days=days))
        told[days] = [one.kind for one in notices(client, is_settled=False, dismissed_at=None)]
    assert {days for days in range(7) if told[days]} == set(), "the days are only counted on"
    assert told[7] == [NoticeKind.EXPIRED]


def test_putting_off_hides_until_the_day_whatever_replaces_the_notice(due_in, web, partner) -> None:
    client = due_in(6)
    night()
    answer = web.post(f"/notices/{notices(client)[0].id}/postponement", htmx=True, to="2025-07-20")
    assert "adiado para 20/07/2025" in answer.text
    shown = []
    for days in range(21):
        today = TODAY + timedelta(days=days)
        night(today)
        if queries.groups(partner.id, today):
            shown.append(today)
    assert shown[0] == date(2025, 7, 20)
    assert len(shown) == 11
    assert events()[-1].after == {"kind": "due_in_7", "postponed_to": "2025-07-20"}


def test_what_was_put_off_beyond_its_month_is_shown_on_its_day(due_in, web, partner) -> None:
    client = due_in(-20)
    night()
    web.post(f"/notices/{notices(client)[0].id}/postponement", to="2025-08-20")
    for days in range(50):
        today = TODAY + timedelta(days=days)
        night(today)
        assert bool(queries.groups(partner.id, today)) == (today >= date(2025, 8, 20)), today


@pytest.mark.parametrize(
    "to", ["", "amanhã", "2025-07-10", "2025-07-09", "2025-09-09", "2025-13-40", "0001-01-01", "9999-12-31"]
)
def test_a_date_that_makes_no_sense_is_refused_with_the_reason(due_in, web, to) -> None:
    due_in(1)
    night()
    [notice] = notices()
    for htmx in (True, False):
        answer = web.post(f"/notices/{notice.id}/postponement", htmx=htmx, to=to)
        assert answer.status_code == 422
        assert "11/07/2025 a 08/09/2025" in answer.text or "Informe a data" in answer.text
    assert notices()[0].postponed_to is None
    assert web.post(f"/notices/{notice.id}/postponement", to="2025-09-08").status_code == 303


def test_putting_off_again_moves_the_day_and_the_same_day_twice_is_once(due_in, web) -> None:
    due_in(1)
    night()
    [notice] = notices()
    for to in ("2025-07-12", "2025-07-12", "2025-07-13"):
        web.post(f"/notices/{notice.id}/postponement", to=to)
    assert [done.after["postponed_to"] for done in events()] == ["2025-07-12", "2025-07-13"]
    assert notices()[0].postponed_to == date(2025, 7, 13)


def test_a_muted_client_is_silent_for_sixty_days_and_others_are_not(make, due_in, web, partner) -> None:
    client, other = due_in(1, name="Padaria Aurora"), due_in(1)
    night()
    [notice] = notices(client)
    answer = web.post(f"/notices/{notice.id}/mute", htmx=True)
    assert "Padaria Aurora: não avisaremos mais “Vence em até 3 dias”." in answer.text
    assert 'id="mutes" class="card stack" hx-swap-oob="true"' in answer.text
    assert "nada foi alterado" in web.post(f"/notices/{notice.id}/mute", htmx=True).text
    assert db.session.query(NoticeMute).count() == 1
    for days in range(SPAN):
        today = TODAY + timedelta(days=days)
        if days % 28 == 4:  # renewed for the next month
            for one in (client, other):
                db.session.refresh(one)
                one.due_on = today + timedelta(days=25)
            db.session.commit()
        night(today)
        told = notices(client, kind=NoticeKind.DUE_IN_3, is_settled=False, dismissed_at=None)
        assert told == []
    assert len(notices(other, kind=NoticeKind.DUE_IN_3)) == 2
    answer = web.post(f"/notices/mutes/{client.id}/due_in_3/end", htmx=True)
    assert "voltaremos a avisar" in answer.text
    assert db.session.query(NoticeMute).count() == 0
    assert "nada foi alterado" in web.post(f"/notices/mutes/{client.id}/due_in_3/end", htmx=True).text
    assert [done.action for done in events()] == ["notice_muted", "notice_unmuted"]
    later = make.client(partner, due_on=TODAY + timedelta(days=SPAN + 3))
    night(TODAY + timedelta(days=SPAN))
    assert notices(later)


def test_a_group_is_dismissed_as_it_was_shown(due_in, web) -> None:
    seen = [due_in(1), due_in(2)]
    night()
    upto = queries.newest_id()
    unseen = due_in(3)
    night()
    answer = web.post("/notices/groups/due_in_3/dismissal", htmx=True, upto=upto)
    assert "2 avisos dispensados." in answer.text
    assert [one.client_id for one in notices(dismissed_at=None)] == [unseen.id]
    assert "nada foi alterado" in web.post("/notices/groups/due_in_3/dismissal", htmx=True, upto=upto).text
    [done] = events()
    assert (done.action, done.after) == ("notices_dismissed", {"kind": "due_in_3", "notices": 2})
    assert len(seen) == 2


def test_a_group_is_put_off(due_in, web, partner) -> None:
    for days in (1, 2):
        due_in(days)
    night()
    answer = web.post("/notices/groups/due_in_3/postponement", htmx=True, upto=queries.newest_id(), to="2025-07-11")
    assert "2 avisos adiados para 11/07/2025." in answer.text
    assert "Nada mais a decidir aqui." in answer.text
    assert queries.groups(partner.id, TODAY) == []
    assert queries.groups(partner.id, date(2025, 7, 11))[0].notices == 2


@pytest.mark.parametrize("upto", ["", "x", "-1", "9" * 30])
def test_a_group_form_without_its_mark_is_refused(due_in, web, upto) -> None:
    due_in(1)
    night()
    assert web.post("/notices/groups/due_in_3/dismissal", upto=upto).status_code == 422
    assert len(notices(dismissed_at=None)) == 1


# who may


def paths(client_id: int, notice_id: int) -> dict[str, dict[str, str]]:
    return {
        f"/notices/{notice_id}/dismissal": {},
        f"/notices/{notice_id}/postponement": {"to": "2025-07-20"},
        f"/notices/{notice_id}/mute": {},
        "/notices/groups/due_in_3/dismissal": {"upto": str(notice_id)},
        "/notices/groups/due_in_3/postponement": {"upto": str(notice_id), "to": "2025-07-20"},
        f"/notices/mutes/{client_id}/due_in_3/end": {},
    }


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.SUPPORT])
def test_who_decides_about_clients_decides_about_notices(due_in, web_of, role) -> None:
    client = due_in(1)
    night()
    [notice] = notices()
    browser = web_of(role)
    for path, fields in paths(client.id, notice.id).items():
        assert browser.post(path, **fields).status_code == 303, path


def test_leitura_sees_but_does_not_decide(due_in, web_of) -> None:
    client = due_in(1)
    night()
    [notice] = notices()
    reader = web_of(Role.READER)
    page = reader.get("/notices?open=due_in_3").text
    assert client.name in page
    assert "Dispensar" not in page
    for path, fields in paths(client.id, notice.id).items():
        assert reader.post(path, **fields).status_code == 403, path
    assert events() == []


def test_a_suspended_partner_reads_only(make, app, web_of) -> None:
    partner = make.partner(suspended_at=NOW)
    client = make.client(partner, due_on=TODAY)
    night()
    browser = web_of(at=partner)
    assert "1 licença vence hoje" in browser.get("/notices").text
    assert browser.post(f"/notices/{notices(client)[0].id}/dismissal").status_code == 403


def test_another_partners_notices_are_not_found_and_stay_as_they_are(due_in, make, stranger, web) -> None:
    client = due_in(1, name="Padaria Aurora")
    night()
    [notice] = notices()
    web.post(f"/notices/{notice.id}/mute")
    before = [(one.dismissed_at, one.postponed_to) for one in notices()]
    for path, fields in paths(client.id, notice.id).items():
        answer = stranger.post(path, **fields)
        if "groups" in path:
            assert answer.status_code == 303, "the own group, which is empty"
        else:
            assert answer.status_code == 404, path
        assert "Padaria Aurora" not in answer.text
    for path in ("/notices", "/notices?open=due_in_3", "/clients?notice=due_in_3"):
        assert "Padaria Aurora" not in stranger.get(path).text
    assert "Padaria Aurora" not in stranger.get(f"/notices?open=due_in_3&after={notice.id}").text
    assert [(one.dismissed_at, one.postponed_to) for one in notices()] == before
    assert db.session.query(NoticeMute).count() == 1


def test_nobody_decides_unknown_ids_or_without_signing_in(web, visitor, web_of) -> None:
    for path, fields in paths(999_999, 999_999).items():
        if "groups" not in path:
            assert web.post(path, **fields).status_code == 404, path
        assert visitor.post(path, **fields).status_code in {302, 303, 401}, path
    for path, fields in paths(10**12, 10**12).items():
        if "groups" not in path:  # no database holds such an id, so there is no such address
            assert web.post(path, **fields).status_code == visitor.post(path, **fields).status_code == 404, path
    assert "/login" in visitor.get("/notices").headers["Location"]
    assert visitor.fragment("/notices/groups/due_in_3").status_code == 401
    operator = web_of(Role.OPERATOR, at=None)
    assert operator.get("/notices").status_code in {403, 404}
    assert web.get("/notices/1/dismissal").status_code == 405


def test_names_are_inert(due_in, web) -> None:
    client = due_in(1, name='<img src=x onerror=alert(1)>"')
    night()
    page = web.get("/notices?open=due_in_3").text + web.post(f"/notices/{notices(client)[0].id}/mute", htmx=True).text
    assert "<img" not in page


def test_looking_writes_nothing(due_in, web) -> None:
    due_in(1)
    night()
    before = [(one.id, one.dismissed_at, one.postponed_to, one.is_settled) for one in notices()]
    for path in ("/notices", "/notices?open=due_in_3", "/clients?notice=due_in_3"):
        web.get(path)
    assert [(one.id, one.dismissed_at, one.postponed_to, one.is_settled) for one in notices()] == before
    assert events() == []
