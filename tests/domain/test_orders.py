"""Whether an order can still be undone: DOMAIN §5, "Estornar pedido"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.domain.charges import OrderKind
from portal.domain.errors import OrderFixed
from portal.domain.orders import REVERSING, Fixed, Standing, ensure_reversible, why_fixed
from portal.domain.roles import GRANTS, Permission, Role

TODAY = date(2025, 7, 16)
FRESH = Standing(TODAY, is_reversed=False, is_paid=False, is_invoiced=False, is_code_used=False, is_last=True)


def test_the_last_order_of_today_unpaid_and_unused_can_be_undone() -> None:
    assert why_fixed(FRESH, TODAY) is None
    ensure_reversible(FRESH, TODAY)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ordered_on": TODAY - timedelta(1)}, Fixed.ANOTHER_DAY),
        ({"is_reversed": True}, Fixed.REVERSED),
        ({"is_paid": True}, Fixed.PAID),
        ({"is_invoiced": True}, Fixed.INVOICED),
        ({"is_code_used": True}, Fixed.CODE_USED),
        ({"is_last": False}, Fixed.CHANGED),
    ],
)
def test_each_reason_alone_fixes_it(changes, why) -> None:
    with pytest.raises(OrderFixed) as refused:
        ensure_reversible(replace(FRESH, **changes), TODAY)
    assert refused.value.why is why


def test_whoever_may_place_an_order_may_undo_it() -> None:
    debts = {OrderKind.RETURN, OrderKind.IMPORT}
    assert set(REVERSING) == set(OrderKind) - debts, "what the bank or the vendor made them owe is no order of theirs"
    assert REVERSING[OrderKind.CHANGE] in GRANTS[Role.FINANCE]
    assert REVERSING[OrderKind.REGISTRATION] is REVERSING[OrderKind.REACTIVATION] is Permission.MANAGE_CLIENTS
