"""The client's page says what will happen, and that is what then happens."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.forecast import steps
from portal.domain.notices import NoticeKind
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.models import Client, NoticeMute
from tests.clients.conftest import FACTS
from tests.conftest import NOW
from tests.notifications.conftest import TODAY, night, notices


@pytest.mark.parametrize("due_on", [date(2025, 7, 13), date(2025, 7, 31), date(2025, 8, 20)], ids=str)
def test_what_is_foretold_is_what_the_nights_do(make, partner, due_on) -> None:
    client = make.client(partner, due_on=due_on)
    night()
    foretold = steps(client, TODAY)
    told, shown = [], derive_status(client, TODAY)
    before = {one.id for one in notices(client)}
    for days in range(1, 80):
        today = TODAY + timedelta(days=days)
        night(today)
        made = [one for one in notices(client) if one.id not in before]
        before |= {one.id for one in made}
        told += [("notice", today, one.kind) for one in made]
        status = derive_status(client, today)
        if status is not shown:
            told.append(("status", today, status))
            shown = status
    expected = [("notice", step.on, step.notice) for step in foretold if step.notice]
    expected += [("status", step.on, step.status) for step in foretold if step.status]
    assert sorted(told) == sorted(expected)


def test_the_page_says_it(make, partner, web) -> None:
    client = make.client(partner, due_on=date(2025, 7, 13))
    db.session.add(NoticeMute(client_id=client.id, kind=NoticeKind.EXPIRED, partner_id=partner.id, muted_at=NOW))
    db.session.commit()
    page = web.get(f"/clients/{client.id}").text
    told = page[page.index('id="timeline"') :]
    for text in (
        "Linha do tempo",
        'Hoje: <span class="s active">Ativo</span>',
        "Vence em 13/07; sem renovação fica Inativo em 01/08.",
        "<b>13/07/2025</b> aviso: “Vence hoje”",
        '<b>14/07/2025</b> fica <b class="s expired">Expirado</b> se não for renovado',
        "aviso silenciado: “Expirado”",
        "<b>31/07/2025</b> último dia para renovar",
        '<b>01/08/2025</b> fica <b class="s inactive">Inativo</b>',
    ):
        assert text in told, text


@pytest.mark.parametrize("status", [Status.INACTIVE, Status.HIDDEN, Status.PENDING])
def test_where_nothing_happens_by_itself_the_page_says_so(make, partner, web, status) -> None:
    client: Client = make.client(partner, **FACTS[status])
    assert "Nada acontece sozinho com este cliente." in web.get(f"/clients/{client.id}").text
