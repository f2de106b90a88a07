"""What keeps a notice of a due date from being told: nothing is left to decide about it (DOMAIN §5, §10).

The rule is read here for the client's page and, as SQL, by the night (``portal.notifications.silence``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain import renewals
from portal.domain.catalogue import Product
from portal.domain.notices import NoticeKind, notice_kind
from portal.domain.renewals import Decision, Guard
from portal.domain.statuses import Facts, derive_status

AWAITING = frozenset({NoticeKind.DUE_IN_7, NoticeKind.DUE_IN_3})
"""Kinds that ask for nothing while the end client has its charge and time to pay it; from the due date on they do again."""


@dataclass(frozen=True)
class Answers:
    """What is known about the coming due date of a client: what was decided, and who is asked for its money.

    ``twin`` is the partner's Link registration on a Navi client's document.
    """

    product: Product
    decision: Decision | None = None
    is_charged: bool = False
    twin: Facts | None = None
    uses_both: bool = False

    def cover(self, kind: NoticeKind, day: date) -> bool:
        """Say whether a notice of a kind has nothing to ask on a day: "Não renovar", a guarded Navi, a charge on its way."""
        if self.decision is None and self._guard(day) is not Guard.NONE:
            return True
        return self.decision is Decision.SKIP or (self.is_charged and kind in AWAITING)

    def _guard(self, day: date) -> Guard:
        status = derive_status(self.twin, day) if self.twin else None
        return renewals.guard_of(self.product, status, uses_both=self.uses_both)


def told_of(facts: Facts, day: date, answers: Answers | None = None) -> NoticeKind | None:
    """Return what a client's partner is told about its due date on a day, or None; without answers, as if there were none."""
    kind = notice_kind(facts, day)
    return None if kind is None or (answers and answers.cover(kind, day)) else kind
