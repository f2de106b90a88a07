""" "Desfazer" in the inbox: a decision is taken back once, as far as nothing has changed since, and says so in the record."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, NoticeMute
from portal.notifications import queries
from tests.conftest import NOW
from tests.fixed import unfixed
from tests.notifications.conftest import TODAY, night, notices

PATH = re.compile(r"/notices/events/\d+/undoing")


def events() -> list[AuditEvent]:
    db.session.expire_all()
    return list(db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


def way_back(text: str) -> str:
    found = PATH.search(text)
    assert found, "no way back is offered"
    return found[0]


def shown(partner) -> int:
    return sum(group.notices for group in queries.groups(partner.id, TODAY))


@pytest.fixture
def three(due_in) -> list[Client]:
    clients = [due_in(days, name=f"Padaria {days}") for days in (1, 2, 3)]
    night()
    return clients


def test_the_result_of_a_decision_offers_the_way_back(three, web) -> None:
    answer = web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text
    button = answer[answer.index('id="said"') :]
    assert f'hx-post="/notices/events/{events()[0].id}/undoing" hx-target="#a-due_in_3"' in button
    web.post(f"/notices/{notices(three[1])[0].id}/dismissal")
    page = web.get("/notices").text
    assert f'<form method="post" action="/notices/events/{events()[1].id}/undoing">' in page
    assert not PATH.search(web.get("/notices").text), "it is offered once"


def test_a_dismissed_notice_waits_again_and_the_record_names_the_protocol(three, web, partner, admin) -> None:
    client = three[0]
    path = way_back(web.post(f"/notices/{notices(client)[0].id}/dismissal", htmx=True).text)
    assert shown(partner) == 2
    answer = web.post(path, htmx=True)
    assert answer.status_code == 200
    assert "1 aviso voltou. Gravado às" in answer.text
    assert "3 licenças vencem" in answer.text
    assert '<b id="alerts-n" hx-swap-oob="true">3</b>' in answer.text
    assert not PATH.search(answer.text), "there is no way back from a way back"
    [dismissed, reopened] = events()
    assert (reopened.action, reopened.client_id, reopened.actor_id, reopened.partner_id, reopened.reason) == (
        "notice_reopened", client.id, admin.id, partner.id, f"Desfazer do protocolo {dismissed.id}",
    )  # fmt: skip
    [notice] = notices(client)
    assert (notice.dismissed_at, notice.dismissed_by_id, notice.decision_id) == (None, None, None)
    assert "Aviso reaberto: Vence em até 3 dias" in web.get(f"/clients/{client.id}").text
    night()
    assert shown(partner) == 3


def test_a_decision_is_taken_back_once_however_often_that_is_asked_for(three, web, partner) -> None:
    path = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    for asked in range(4):
        answer = web.post(path, htmx=bool(asked % 2))
        assert answer.status_code in {200, 303}
    assert "nada foi alterado" in answer.text
    assert [event.action for event in events()] == ["notice_dismissed", "notice_reopened"]
    web.post(f"/notices/{notices(three[0])[0].id}/dismissal")
    web.post(path)
    assert shown(partner) == 2, "an old way back does not lead behind a new decision"


def test_a_group_comes_back_as_it_was_dismissed(three, web, partner) -> None:
    alone = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    answer = web.post("/notices/groups/due_in_3/dismissal", htmx=True, upto=queries.newest_id())
    assert shown(partner) == 0
    answer = web.post(way_back(answer.text))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/notices?open=due_in_3#a-due_in_3")
    page = web.get("/notices?open=due_in_3").text
    assert "2 avisos voltaram. Gravado às" in page
    assert "Padaria 1</a>" not in page, "that one was dismissed by another decision, at the same moment"
    [*_, grouped, reopened] = events()
    assert grouped.after == reopened.after == {"kind": "due_in_3", "notices": 2}
    assert (reopened.action, reopened.reason) == ("notices_reopened", f"Desfazer do protocolo {grouped.id}")
    web.post(alone)
    assert shown(partner) == 3


def test_what_changed_since_stays_as_it_is(three, web, partner) -> None:
    dismissed = web.post("/notices/groups/due_in_3/dismissal", htmx=True, upto=queries.newest_id())
    db.session.execute(update(Client).where(Client.id == three[0].id).values(due_on=TODAY + timedelta(days=33)))
    db.session.add(NoticeMute(client_id=three[1].id, kind=NoticeKind.DUE_IN_3, partner_id=partner.id, muted_at=NOW))
    db.session.commit()
    answer = web.post(way_back(dismissed.text), htmx=True)
    assert "1 aviso voltou; 2 já tinham mudado e ficaram como estavam." in answer.text
    assert [one.client_id for one in notices(is_settled=False, dismissed_at=None)] == [three[2].id]


def test_what_one_change_has_left_is_said_in_the_singular(three, web) -> None:
    dismissed = web.post("/notices/groups/due_in_3/dismissal", htmx=True, upto=queries.newest_id())
    db.session.execute(update(Client).where(Client.id == three[0].id).values(due_on=TODAY + timedelta(days=33)))
    db.session.commit()
    answer = web.post(way_back(dismissed.text), htmx=True)
    assert "2 avisos voltaram; 1 já tinha mudado e ficou como estava." in answer.text


def test_the_next_night_settles_what_was_dismissed_and_there_is_no_way_back(due_in, web) -> None:
    due_in(4)
    night()
    path = way_back(web.post(f"/notices/{notices()[0].id}/dismissal", htmx=True).text)
    night(TODAY + timedelta(days=1))
    assert "nada foi alterado" in web.post(path, htmx=True).text
    assert notices(dismissed_at=None) == []


def test_what_was_put_off_comes_back_to_the_day_before(three, web, partner) -> None:
    [notice] = notices(three[0])
    first = way_back(web.post(f"/notices/{notice.id}/postponement", htmx=True, to="2025-07-12").text)
    second = way_back(web.post(f"/notices/{notice.id}/postponement", htmx=True, to="2025-07-20").text)
    assert "nada foi alterado" in web.post(first, htmx=True).text
    web.post(second)
    assert str(notices(three[0])[0].postponed_to) == "2025-07-12"
    assert "nada foi alterado" in web.post(first, htmx=True).text, "that decision is not the last one any more"
    grouped = web.post("/notices/groups/due_in_3/postponement", htmx=True, upto=queries.newest_id(), to="2025-07-30")
    assert shown(partner) == 0
    assert "2 avisos voltaram." in web.post(way_back(grouped.text), htmx=True).text
    assert shown(partner) == 2


def test_what_was_put_off_and_then_dismissed_is_dismissed(three, web, partner) -> None:
    [notice] = notices(three[0])
    path = way_back(web.post(f"/notices/{notice.id}/postponement", htmx=True, to="2025-07-12").text)
    web.post(f"/notices/{notice.id}/dismissal")
    assert "nada foi alterado" in web.post(path, htmx=True).text
    assert shown(partner) == 2


def test_silence_offers_no_other_way_back_than_the_one_below(three, web) -> None:
    answer = web.post(f"/notices/{notices(three[0])[0].id}/mute", htmx=True).text
    assert not PATH.search(answer)
    assert "Voltar a avisar" in answer
    assert web.post(f"/notices/events/{events()[0].id}/undoing").status_code == 404


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.SUPPORT, Role.READER])
def test_who_decides_takes_back(three, web, web_of, partner, role) -> None:
    path = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    status = web_of(role).post(path).status_code
    assert (status, shown(partner)) == ((403, 2) if role is Role.READER else (303, 3))


def test_another_partners_decision_is_not_found(three, web, stranger, partner) -> None:
    path = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    assert stranger.post(path).status_code == 404
    assert shown(partner) == 2


def test_a_kind_that_is_no_more_has_no_way_back(three, web) -> None:
    path = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    with unfixed(db.session):
        db.session.execute(update(AuditEvent).values(after={"kind": "due_in_90"}))
    db.session.commit()
    assert web.post(path).status_code == 404


def test_users_of_a_suspended_partner_take_nothing_back(three, web, partner) -> None:
    path = way_back(web.post(f"/notices/{notices(three[0])[0].id}/dismissal", htmx=True).text)
    partner.suspended_at = NOW
    db.session.commit()
    assert web.post(path).status_code == 403
    assert shown(partner) == 2


# where the hand was


def test_after_one_decision_the_next_line_has_the_focus(three, web) -> None:
    ids = [notice.id for notice in notices()]
    order = [notice for number in (0, 1, 2) for notice in notices(three[number])]
    assert len(order) == len(ids) == 3
    answer = web.post(f"/notices/{order[0].id}/dismissal", htmx=True).text
    assert f'<a href="/clients/{order[1].client_id}" autofocus>' in answer
    answer = web.post(f"/notices/{order[2].id}/dismissal", htmx=True).text
    assert "autofocus" not in answer, "nothing follows the last one"


def test_deciding_on_the_second_page_stays_there_until_it_is_empty(due_in, web) -> None:
    for number in range(27):
        due_in(1, name=f"Loja {number}")
    night()
    after = str(notices()[24].id)
    [first, last] = notices()[25:]
    answer = web.post(f"/notices/{first.id}/dismissal", htmx=True, after=after).text
    assert answer.count("<li><div>") == 1
    assert f'name="after" value="{after}"' in answer
    answer = web.post(f"/notices/{last.id}/dismissal", htmx=True, after=after).text
    assert answer.count("<li><div>") == 25
    answer = web.post(f"/notices/{notices()[0].id}/dismissal", after=after)
    assert answer.headers["Location"] == f"/notices?open=due_in_3&after={after}#a-due_in_3"
