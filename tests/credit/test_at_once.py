"""Several at once: credit is never used twice, never below nothing, and the ledger adds up to the balance."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from portal.credit import queries, service
from portal.credit.service import Origin
from portal.domain.errors import CreditShort
from portal.domain.invoices import CreditKind
from portal.extensions import db
from portal.models import CreditEntry
from tests.conftest import NOW
from tests.factories import Factory

HANDS = 8


def at_once(app: Flask, partner_id: int, cents: int) -> list[bool]:
    """Move credit with many hands at the same moment; say which of them could."""
    together = Barrier(HANDS)

    def hand(_number: int) -> bool:
        with app.app_context():
            together.wait(20)
            try:
                service.move(partner_id, CreditKind.REDEMPTION, cents, now=NOW, origin=Origin())
                db.session.commit()
            except CreditShort:
                db.session.rollback()
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(hand, range(HANDS)))


@pytest.mark.parametrize(("there", "winners"), [(100, 1), (350, 3), (0, 0)])
def test_redemptions_at_once_never_go_below_nothing(app: Flask, make: Factory, there: int, winners: int) -> None:
    partner_id = make.partner().id
    if there:
        service.move(partner_id, CreditKind.EXCESS, there, now=NOW, origin=Origin())
    db.session.commit()

    assert sum(at_once(app, partner_id, -100)) == winners

    db.session.rollback()
    entries = db.session.scalars(
        db.select(CreditEntry).where(CreditEntry.partner_id == partner_id).order_by(CreditEntry.id)
    ).all()
    assert queries.balance(partner_id) == there - 100 * winners == sum(entry.amount_cents for entry in entries)
    assert [entry.balance_cents for entry in entries] == [
        sum(one.amount_cents for one in entries[: number + 1]) for number in range(len(entries))
    ]


def test_a_first_credit_that_arrives_many_times_over_makes_one_account(app: Flask, make: Factory) -> None:
    partner_id = make.partner().id
    db.session.commit()
    assert all(at_once(app, partner_id, 100))
    db.session.rollback()
    assert queries.balance(partner_id) == 100 * HANDS
