"""Money that could renew nobody, or came too late, is told; and failing to tell takes none of it back."""

from __future__ import annotations

from datetime import date

import pytest

from portal import clock
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.invoices import settling
from portal.models import CreditEntry, Notice
from portal.notifications import telling
from tests.money import at, pay
from tests.payments.conftest import RENEWED, dues, entries, told

AUGUST = date(2025, 8, 2)


def notices() -> list[tuple[int, int]]:
    """Return whom each notice is about, and the ledger's line."""
    db.session.rollback()
    rows = db.session.scalars(db.select(Notice).where(Notice.kind == NoticeKind.CREDITED).order_by(Notice.subject_id))
    return [(row.client_id, row.subject_id) for row in rows]


def ledger_ids() -> list[int]:
    return list(db.session.scalars(db.select(CreditEntry.id).order_by(CreditEntry.id)))


def test_each_client_that_could_not_be_renewed_is_told_of(invoice, batch) -> None:
    pay(invoice, AUGUST)
    assert notices() == list(zip([client.id for client in batch], ledger_ids(), strict=True))


def test_money_for_a_closed_invoice_is_told_once_by_its_first_client(invoice, batch, purse) -> None:
    settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
    pay(invoice, date(2025, 7, 8), end_to_end_id="E1")
    pay(invoice, date(2025, 7, 8), end_to_end_id="E1")
    assert notices() == [(batch[0].id, *ledger_ids())]


def test_what_went_as_it_was_meant_is_not_told_nor_what_was_paid_too_much(invoice, batch) -> None:
    pay(invoice, date(2025, 7, 8), cents=20000)
    assert (dues(batch), entries()) == (RENEWED, [("excess", 5020)])
    assert notices() == []


def test_the_partner_reads_of_it_and_is_led_to_its_credit(invoice, batch, purse, web) -> None:
    settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
    pay(invoice, date(2025, 7, 8))
    assert 'href="/credit"' in web.get("/notices").text


@pytest.mark.parametrize("after", [False, True], ids=["before it is written", "after"])
def test_a_notice_that_fails_loses_no_money(tell, invoice, batch, monkeypatch, caplog, after) -> None:
    written = telling.tell

    def fail(*arguments: object, **facts: object) -> bool:
        if after:
            written(*arguments, **facts)  # type: ignore[arg-type]
        raise RuntimeError("aviso falhou")

    monkeypatch.setattr(telling, "tell", fail)
    with clock.frozen(at(AUGUST)):
        assert tell(told(invoice, when=at(AUGUST))).status_code == 200
    assert sum(cents for _kind, cents in entries()) == 14980
    assert notices() == []
    assert "nobody is told" in caplog.text
