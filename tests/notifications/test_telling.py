"""What is told as it happens: once, in the caller's transaction, closed by whoever mends it, shown to whom it concerns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from portal.domain.invoices import CreditKind
from portal.domain.notices import TOLD_AT_ONCE, NoticeKind
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, Client, CreditEntry, NoticeMute
from portal.notifications.telling import settle, tell
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, kinds, night, notices
from tests.notifications.test_settling import kept, recounted

K = NoticeKind


def told(kind: NoticeKind, client: Client, subject: int | None = None, day: date = TODAY) -> bool:
    who = {"partner_id": client.partner_id, "client_id": client.id, "subject_id": subject or client.id}
    done = tell(kind, **who, effective_on=day, now=NOW)
    db.session.commit()
    return done


@pytest.fixture
def entry(partner):
    """Return what adds a line to the partner's credit ledger."""

    def add(client: Client | None = None, cents: int = 4990, kind: CreditKind = CreditKind.NOT_RENEWED) -> CreditEntry:
        line = CreditEntry(partner_id=partner.id, kind=kind, amount_cents=cents, balance_cents=cents, at=NOW,
                           booked_on=TODAY, client_id=client.id if client else None)  # fmt: skip
        db.session.add(line)
        db.session.commit()
        return line

    return add


def test_what_is_told_twice_is_there_once(due_in) -> None:
    client = due_in(8)
    for kind in TOLD_AT_ONCE:
        assert told(kind, client)
        assert not told(kind, client)
        assert told(kind, client, day=TODAY + timedelta(days=31)), "another cycle is another case"
    assert len(notices(client)) == 2 * len(TOLD_AT_ONCE)
    assert kept() == recounted()


def test_telling_stands_or_falls_with_what_it_is_about(due_in) -> None:
    client = due_in(8)
    tell(K.CREDITED, partner_id=client.partner_id, client_id=client.id, subject_id=1, effective_on=TODAY, now=NOW)
    db.session.rollback()
    assert notices(client) == []
    assert kept() == {}


def test_a_case_that_is_mended_closes_and_opens_again_where_it_comes_back(due_in) -> None:
    client, other = due_in(8), due_in(8)
    for one in (client, other):
        told(K.RETAIL_BELOW_COST, one)
        told(K.CHARGE_BLOCKED, one)
    assert settle(K.RETAIL_BELOW_COST, [client.id]) == 1
    assert settle(K.RETAIL_BELOW_COST, [client.id]) == 0
    db.session.commit()
    assert kinds(client, is_settled=False) == [K.CHARGE_BLOCKED]
    assert kinds(other, is_settled=False) == [K.RETAIL_BELOW_COST, K.CHARGE_BLOCKED]
    assert told(K.RETAIL_BELOW_COST, client)
    assert len(notices(client)) == 2
    assert kept() == recounted()


def test_what_was_dismissed_stays_dismissed_when_it_is_told_again(due_in, web) -> None:
    client = due_in(8)
    told(K.CHARGE_BLOCKED, client)
    web.post(f"/notices/{notices(client)[0].id}/dismissal")
    assert not told(K.CHARGE_BLOCKED, client)
    settle(K.CHARGE_BLOCKED, [client.id])
    told(K.CHARGE_BLOCKED, client)
    [notice] = notices(client)
    assert notice.dismissed_at is not None
    assert kept() == recounted()


def test_a_muted_client_is_not_told_of(due_in) -> None:
    client, other = due_in(8), due_in(8)
    db.session.add(NoticeMute(client_id=client.id, kind=K.CHARGE_BLOCKED, partner_id=client.partner_id, muted_at=NOW))
    db.session.commit()
    assert not told(K.CHARGE_BLOCKED, client)
    assert told(K.RETAIL_BELOW_COST, client)
    assert told(K.CHARGE_BLOCKED, other)


def test_neither_a_new_due_date_nor_a_night_closes_what_was_told_at_once(due_in) -> None:
    client = due_in(2)
    for kind in TOLD_AT_ONCE:
        told(kind, client)
    night()
    db.session.execute(update(Client).values(due_on=TODAY + timedelta(days=33)))
    db.session.commit()
    night(TODAY + timedelta(days=1))
    assert set(kinds(client, is_settled=False)) == TOLD_AT_ONCE


def test_what_nobody_decided_is_forgotten_with_its_month(due_in) -> None:
    client = due_in(2)
    for kind in TOLD_AT_ONCE:
        told(kind, client)
    night(date(2025, 8, 31))
    assert set(kinds(client, is_settled=False)) >= TOLD_AT_ONCE
    night(date(2025, 9, 1))
    assert not TOLD_AT_ONCE & set(kinds(client))
    assert kept() == recounted()


def test_what_was_put_off_waits_for_its_day(due_in, web) -> None:
    client = due_in(2)
    told(K.CREDITED, client)
    web.post(f"/notices/{notices(client)[0].id}/postponement", to="2025-09-05")
    night(date(2025, 9, 1))
    assert kinds(client, kind=K.CREDITED, is_settled=False) == [K.CREDITED]


# the inbox


def test_credit_is_told_with_its_amount_and_leads_to_the_ledger(due_in, entry, web) -> None:
    client = due_in(8, name="Padaria Aurora")
    told(K.CREDITED, client, entry(client).id)
    told(K.CREDITED, client, entry(None, 20430, CreditKind.LATE).id)
    page = web.get("/notices?open=credited").text
    assert "2 pagamentos viraram crédito" in page
    assert 'href="/credit">Ver o crédito</a>' in page
    assert f'href="/clients/{client.id}">Padaria Aurora</a>' in page
    assert "R$\xa049,90 · Pagamento de cliente que não pôde ser renovado, em 10/07/2025" in page
    assert 'href="/credit">R$\xa0204,30</a>' in page
    assert "Pagamento de fatura já encerrada, em 10/07/2025" in page
    assert "Não avisar mais deste cliente" not in page
    assert web.post(f"/notices/{notices(client)[0].id}/mute").status_code == 404
    assert 'href="/credit">Ver</a>' in web.get("/clients").text, "the banner leads there, too"


@pytest.mark.parametrize(
    ("kind", "one", "several", "href"),
    [
        (
            K.CHARGE_BLOCKED,
            "1 cobrança não foi emitida: o cliente tem adicional em aberto",
            "2 cobranças não foram emitidas: os clientes têm adicional em aberto",
            "/clients?notice=charge_blocked",
        ),
        (
            K.RETAIL_BELOW_COST,
            "1 cliente tem preço de venda abaixo do custo e não será cobrado até você corrigir",
            "2 clientes têm preço de venda abaixo do custo e não serão cobrados até você corrigir",
            "/billing",
        ),
        (K.CREDITED, "1 pagamento virou crédito", "2 pagamentos viraram crédito", "/credit"),
    ],
)
def test_each_group_says_what_happened_and_leads_where_it_is_decided(due_in, web, kind, one, several, href) -> None:
    told(kind, due_in(8))
    assert f"<span>{one}.</span>" in web.get("/notices").text
    told(kind, due_in(9))
    page = web.get("/notices").text
    assert f"<h2>{several}</h2>" in page
    assert page.count(f'href="{href}">Ver') == 2, "banner and group"


def test_the_blocked_charges_link_shows_their_clients(due_in, web) -> None:
    blocked, other = due_in(8, name="Loja Bloqueada"), due_in(8, name="Outra Loja")
    told(K.CHARGE_BLOCKED, blocked)
    page = web.get("/clients?notice=charge_blocked").text
    assert "Loja Bloqueada" in page
    assert f'id="client-{other.id}"' not in page
    assert "Aviso: Cobrança não emitida: adicional em aberto" in page


def test_who_sees_no_credit_is_not_told_of_it(due_in, entry, web_of) -> None:
    client = due_in(8)
    told(K.CREDITED, client, entry(client).id)
    told(K.RETAIL_BELOW_COST, client)
    [credited, below] = notices(client)
    support = web_of(Role.SUPPORT)
    assert "Nada a decidir" in support.get("/notices?open=credited").text
    assert support.get("/notices?open=credited").text.count("R$") == 0
    assert support.fragment("/notices/groups/credited").status_code == 404
    for notice in (credited, below):
        assert support.post(f"/notices/{notice.id}/dismissal").status_code == 404
        assert support.post(f"/notices/groups/{notice.kind.value}/dismissal", upto=99).status_code == 404
    assert "viraram crédito" not in support.get("/clients").text
    finance = web_of(Role.FINANCE)
    finance.post(f"/notices/{credited.id}/dismissal")
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "notice_dismissed")).one()
    assert support.post(f"/notices/events/{event.id}/undoing").status_code == 404
    assert finance.post(f"/notices/events/{event.id}/undoing", htmx=True).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 2
