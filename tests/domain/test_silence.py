"""What has nothing left to decide is not told of (DOMAIN §5, §10)."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from portal.domain.catalogue import Product
from portal.domain.forecast import steps
from portal.domain.notices import NoticeKind as K
from portal.domain.renewals import Decision
from portal.domain.silence import Answers, told_of

DUE = date(2025, 7, 10)
DAYS = [date(2025, 7, 1) + timedelta(days=number) for number in range(40)]


def facts(due_on: date = DUE, **marks: Any) -> Any:
    return SimpleNamespace(**({"due_on": due_on, "pending_at": None, "hidden_at": None, "suspended_at": None} | marks))


def told(answers: Answers | None) -> list[K]:
    kinds = [told_of(facts(), day, answers) for day in DAYS]
    return [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind and kind is not before]


ALL = [K.DUE_IN_7, K.DUE_IN_3, K.DUE_TODAY, K.EXPIRED, K.LAST_DAY, K.INACTIVE]


@pytest.mark.parametrize(
    ("answers", "kinds"),
    [
        (None, ALL),
        (Answers(Product.LINK), ALL),
        (Answers(Product.LINK, Decision.SKIP), []),
        (Answers(Product.LINK, Decision.RENEW), ALL),
        (Answers(Product.LINK, Decision.LATER), ALL),
        (Answers(Product.LINK, is_charged=True), ALL[2:]),
        (Answers(Product.NAVI), ALL),
        (Answers(Product.NAVI, twin=facts(date(2025, 8, 20))), []),
        (Answers(Product.NAVI, twin=facts(date(2025, 8, 20), suspended_at=1)), []),
        (Answers(Product.NAVI, twin=facts(date(2025, 8, 20)), uses_both=True), ALL),
        (Answers(Product.NAVI, Decision.RENEW, twin=facts(date(2025, 8, 20))), ALL),
        (Answers(Product.NAVI, twin=facts(date(2025, 7, 20))), ALL[3:]),  # that Link expires, too
        (Answers(Product.NAVI, twin=facts(date(2025, 5, 20))), ALL),
        (Answers(Product.NAVI, twin=facts(date(2025, 8, 20), pending_at=1)), ALL),
        (Answers(Product.LINK, twin=facts(date(2025, 8, 20))), ALL),
    ],
)
def test_only_what_is_left_to_decide_is_told(answers, kinds) -> None:
    assert told(answers) == kinds


@pytest.mark.parametrize(
    "answers", [None, Answers(Product.LINK, Decision.SKIP), Answers(Product.LINK, is_charged=True)]
)
def test_the_forecast_says_the_same(answers) -> None:
    foretold = steps(facts(), DAYS[0] - timedelta(days=3), (), answers)
    assert [step.notice for step in foretold if step.notice] == told(answers)
    assert len([step for step in foretold if step.status or step.is_last_to_renew]) == 3, "the days go on all the same"
