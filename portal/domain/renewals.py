"""Renewing: what a cycle more costs, what stands in its way, what is chosen where nobody chose (DOMAIN §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain import charges, cycle
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, Quote
from portal.domain.labels import LabelEnum
from portal.domain.licenses import Holding, Quantities
from portal.domain.prices import PriceTable
from portal.domain.statuses import LIVE_STATUSES, Status


class Decision(LabelEnum):
    """What a partner decides about one due date of a client."""

    RENEW = "renew", "Renovar"
    SKIP = "skip", "Não renovar"
    LATER = "later", "Decidir depois"


class Blocker(LabelEnum):
    """Why a client cannot be put on a renewal invoice now; the first that holds is told."""

    STATUS = "status", "Só clientes Ativos, Suspensos ou Expirados são renovados"
    INVOICED = "invoiced", "Já está em uma fatura em aberto"
    RETAIL_CHARGE = "retail_charge", "Tem cobrança em aberto para o cliente"
    OPEN_CHARGES = "open_charges", "Tem adicionais em aberto"
    NOT_YET = "not_yet", "A renovação ainda não abriu"
    PRICE_MISSING = "price_missing", "Falta um preço na tabela"


class Place(LabelEnum):
    """Where the desk lists a client; every client of a month stands in exactly one place."""

    READY = "ready", "A renovar"
    WAITING = "waiting", "Abrem depois"
    BLOCKED = "blocked", "Com impedimento"
    LATER = "later", "Decidir depois"
    SKIP = "skip", "Não renovar"
    INVOICED = "invoiced", "Em fatura"


class Guard(LabelEnum):
    """What the Link registration on a Navi client's document means for renewing Navi (DOMAIN §5, double-pay guard, R17)."""

    NONE = "none", ""
    LINK = "link", "Já usa o Link"
    LINK_UNUSED = "link_unused", "Já tem Link, mas o código não foi usado"


@dataclass(frozen=True)
class Case:
    """One client and its due date, as the desk sees them.

    ``open_cents`` are its unpaid charges; ``is_invoiced`` and ``has_retail_charge`` say that the coming cycle is billed
    already, to the partner or to the end client; ``is_priced`` that the price table knows everything it holds;
    ``decision`` is what was stored for this due date.
    """

    status: Status
    due_on: date
    open_cents: int = 0
    is_invoiced: bool = False
    has_retail_charge: bool = False
    is_priced: bool = True
    guard: Guard = Guard.NONE
    decision: Decision | None = None


def blocker(case: Case, today: date) -> Blocker | None:
    """Return what keeps a client from being invoiced for its coming cycle today, or None (DOMAIN §5, R11)."""
    opens_on, _last_on = cycle.renewal_window(case.due_on)
    reasons = {
        Blocker.STATUS: case.status not in LIVE_STATUSES,
        Blocker.INVOICED: case.is_invoiced,
        Blocker.RETAIL_CHARGE: case.has_retail_charge,
        Blocker.OPEN_CHARGES: case.open_cents > 0,
        Blocker.NOT_YET: today < opens_on,
        Blocker.PRICE_MISSING: not case.is_priced,
    }
    return next((why for why, holds in reasons.items() if holds), None)


def decision_of(case: Case) -> Decision:
    """Return what was decided or, where nothing was: renew, Suspenso later, a guarded Navi not (DOMAIN §5, R17)."""
    if case.decision is not None:
        return case.decision
    if case.guard is not Guard.NONE:
        return Decision.SKIP
    return Decision.LATER if case.status is Status.SUSPENDED else Decision.RENEW


def place_of(case: Case, today: date) -> Place:
    """Return where a client stands: what an invoice made now holds is READY, and nothing else is."""
    why, decision = blocker(case, today), decision_of(case)
    if why is Blocker.INVOICED:
        return Place.INVOICED
    if decision is not Decision.RENEW:
        return Place.SKIP if decision is Decision.SKIP else Place.LATER
    if why is None:
        return Place.READY
    return Place.WAITING if why is Blocker.NOT_YET else Place.BLOCKED


def guard_of(product: Product, twin: Status | None, *, is_code_unused: bool = False, uses_both: bool = False) -> Guard:
    """Return the guard of a client; ``twin`` is the status of the partner's Link registration on the same document.

    Only a Navi whose Link is Ativo or Suspenso is guarded; "Usa os dois" ends it.
    """
    if product is not Product.NAVI or uses_both or twin not in {Status.ACTIVE, Status.SUSPENDED}:
        return Guard.NONE
    return Guard.LINK_UNUSED if is_code_unused else Guard.LINK


def renewed_quantities(holding: Holding, due_on: date, charged: Quantities) -> dict[Item, int]:
    """Return how many units a renewal bills: what the coming cycle holds, without what is charged for it already.

    ``charged`` are the units of charges that pay through the coming cycle's end, made while it was invoiced (DOMAIN R21).
    """
    coming = holding.on(due_on + timedelta(days=1))
    left = {item: units - charged.get(item, 0) for item, units in coming.items()}
    return {item: units for item, units in left.items() if units > 0}


def quote(
    product: Product,
    holding: Holding,
    *,
    due_on: date,
    due_day: int,
    prices: PriceTable,
    charged: Quantities | None = None,
) -> Quote:
    """Return what renewing a due date costs: the whole coming cycle of what it holds, at these prices (DOMAIN R2, R8, R12).

    ``holding`` is as of today; its pending changes up to the cycle's first day count.

    Raises:
        PriceMissing: an item has no price.
    """
    next_on = cycle.next_due(due_on, due_day)
    coming = cycle.Cycle(due_on + timedelta(days=1), next_on)
    units = renewed_quantities(holding, due_on, charged or {})
    lines = charges.lines_of(product, units, cycle=coming, today=coming.first_on, prices=prices)
    return Quote(ChargeKind.RENEWAL, lines, next_on, prices.version)


def is_renewable(status: Status, due_on: date | None, cycle_due_on: date) -> bool:
    """Say whether money for a cycle still renews its client: it runs or expired, and nobody renewed it (DOMAIN §5)."""
    return status in LIVE_STATUSES and due_on == cycle_due_on
