"""The contract of a client: what it may hold, what a change of it costs and from when each part counts (DOMAIN §4, §5).

Quantities are wanted for good; what is added counts at once, what is removed from the next cycle that is not billed yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from portal.domain import charges, cycle
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.charges import ChargeKind, Quote
from portal.domain.errors import SetRefused
from portal.domain.labels import LabelEnum
from portal.domain.prices import PriceKey, PriceTable

MOST = 999
"""Units of one item at one client; more is a slip of the hand, and bounds every amount (decided here)."""

Quantities = Mapping[Item, int]
"""How many units of each item; an item that is not there is not held."""


class Flaw(LabelEnum):
    """Why a set of items is no set that can be held."""

    NOT_OFFERED = "not_offered", "não existe para este produto"
    OUT_OF_RANGE = "out_of_range", "quantidade fora do permitido"
    NEEDS = "needs", "depende de outro produto"
    OWN_MENU = "own_menu", "só se contrata pelo menu TEF"
    WITHHELD = "withheld", "não está sendo oferecido"


class Problem(NamedTuple):
    """One flaw of a set, with the item and, for NEEDS, what it depends on."""

    flaw: Flaw
    item: Item
    needed: Item | None = None


def least(item: Item) -> int:
    """Return the smallest quantity that a client may hold: one base license, none of anything else (DOMAIN §4)."""
    return 1 if item is Item.BASE else 0


def most(product: Product, item: Item) -> int:
    """Return the largest quantity: one of what is on or off, one base license for Navi (DOMAIN §4)."""
    is_single = not OFFERS[item].is_counted or (item is Item.BASE and product is Product.NAVI)
    return 1 if is_single else MOST


def offered(product: Product) -> tuple[Item, ...]:
    """Return what a product offers beside its base license, in the catalogue's order."""
    return tuple(item for item in Item if item is not Item.BASE and product in OFFERS[item].products)


def problems(
    product: Product,
    wanted: Quantities,
    held: Quantities | None = None,
    withheld: Collection[PriceKey] = (),
    *,
    terminals: int = 0,
) -> list[Problem]:
    """Return what is wrong with a set; ``held`` is what the client has already (TEF may stay or shrink, DOMAIN §4).

    ``terminals`` are those of an approved request for TEF. Of what is ``withheld`` by the vendor nobody gets more than is held.
    """
    granted = {**(held or {}), Item.TEF: (held or {}).get(Item.TEF, 0) + terminals}
    found = [problem for item in Item if (problem := _problem(product, item, wanted, granted))]
    more = _more(wanted, held or {})
    return found + [Problem(Flaw.WITHHELD, item) for item in Item if item in more and (product, item) in withheld]


def _problem(product: Product, item: Item, wanted: Quantities, held: Quantities) -> Problem | None:
    quantity, offer = wanted.get(item, 0), OFFERS[item]
    if quantity and product not in offer.products:
        return Problem(Flaw.NOT_OFFERED, item)
    if product in offer.products and not least(item) <= quantity <= most(product, item):
        return Problem(Flaw.OUT_OF_RANGE, item)
    if item is Item.TEF and quantity > held.get(item, 0):
        return Problem(Flaw.OWN_MENU, item)
    if quantity and offer.needs and not wanted.get(offer.needs, 0):
        return Problem(Flaw.NEEDS, item, offer.needs)
    return None


def ensure_set(
    product: Product,
    wanted: Quantities,
    held: Quantities | None = None,
    withheld: Collection[PriceKey] = (),
    *,
    terminals: int = 0,
) -> None:
    """Refuse a set that cannot be held (DOMAIN R10).

    Raises:
        SetRefused: with every problem, so that all are said at once.
    """
    if found := problems(product, wanted, held, withheld, terminals=terminals):
        raise SetRefused(found)


class Pending(NamedTuple):
    """A quantity that counts from a later day on."""

    item: Item
    effective_on: date
    quantity: int


@dataclass(frozen=True)
class Holding:
    """What a client holds: the quantities of today, and those that later days bring (ascending, all after today)."""

    now: Quantities
    pending: tuple[Pending, ...] = ()

    def on(self, day: date) -> dict[Item, int]:
        """Return the quantities that count on a day, today or later."""
        quantities = {item: quantity for item, quantity in self.now.items() if quantity}
        for change in sorted(self.pending, key=lambda change: change.effective_on):
            if change.effective_on <= day:
                quantities[change.item] = change.quantity
        return {item: quantity for item, quantity in quantities.items() if quantity}

    @property
    def final(self) -> dict[Item, int]:
        """The quantities after every pending change: what a form that changes nothing asks for."""
        return self.on(date.max)


@dataclass(frozen=True)
class Plan:
    """What saving a wanted set does: units added (charged by ``quote``), removed later, taken back; and what is held then.

    ``is_unbilled`` says that the additions enter the coming renewal at full price instead of a charge (DOMAIN §5).
    """

    added: Quantities
    removed: Quantities
    restored: Quantities
    removed_from_on: date
    quote: Quote
    after: Holding
    is_unbilled: bool

    @property
    def has_additions(self) -> bool:
        """Whether "Salvar" has to open the window of values (DOMAIN §3, Edit)."""
        return bool(self.added)

    @property
    def is_nothing(self) -> bool:
        """Whether the wanted set is what will be held anyhow."""
        return not (self.added or self.removed or self.restored)


def contract(
    kind: ChargeKind,
    product: Product,
    wanted: Quantities,
    *,
    due_day: int,
    today: date,
    prices: PriceTable,
    held: Quantities | None = None,
) -> Quote:
    """Return the quote of a license that begins today: a new client or a reactivation (DOMAIN R6, R7, R15).

    ``held`` is what the client held when it became Inativo.

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: an item has no price.
    """
    ensure_set(product, wanted, held, prices.withheld)
    due_on = cycle.first_due(today, due_day)
    lines = charges.lines_of(product, wanted, cycle=cycle.cycle_of(due_on), today=today, prices=prices)
    return Quote(kind, lines, due_on, prices.version)


def change(
    product: Product,
    holding: Holding,
    wanted: Quantities,
    *,
    due_on: date,
    today: date,
    prices: PriceTable,
    billed_through: date | None = None,
    terminals: int = 0,
) -> Plan:
    """Return what it means to want another set while the license runs (DOMAIN §5, R4, R8-R10, R20, R21).

    ``billed_through`` is the end of the last cycle that is paid or invoiced; by default the due date. Units beyond what
    that cycle holds are additions; anything less counts from the day after it. ``terminals`` are those that an approved
    request for TEF brings, which no other road does (DOMAIN §4).

    Raises:
        SetRefused: the set cannot be held.
        PriceMissing: an added item has no price.
    """
    ensure_set(product, wanted, holding.on(today), prices.withheld, terminals=terminals)
    last_on = billed_through or due_on
    billed, final = holding.on(last_on), holding.final
    next_on = last_on + timedelta(days=1)
    added = _more(wanted, billed)
    is_unbilled = last_on == due_on and cycle.renewal_window(due_on)[0] <= today
    lines = charges.lines_of(
        product, {} if is_unbilled else added, cycle=cycle.cycle_of(last_on), today=today, prices=prices
    )
    return Plan(
        added=added,
        removed=_more(final, wanted),
        restored=_more({item: min(wanted.get(item, 0), billed.get(item, 0)) for item in Item}, final),
        removed_from_on=next_on,
        quote=Quote(ChargeKind.ADDITION, lines, last_on, prices.version if lines else None),
        after=_after(holding, wanted, added, next_on),
        is_unbilled=is_unbilled and bool(added),
    )


def _more(one: Quantities, other: Quantities) -> dict[Item, int]:
    """Return by how many units one set exceeds another, item by item."""
    more = {item: one.get(item, 0) - other.get(item, 0) for item in Item}
    return {item: units for item, units in more.items() if units > 0}


def _after(holding: Holding, wanted: Quantities, added: Quantities, next_on: date) -> Holding:
    """Return what is held once the wanted set is saved: additions at once, everything else from ``next_on``.

    An item that is wanted as it will be anyhow keeps its pending change and its day, later than ``next_on`` as it may be.
    """
    now = dict(holding.now) | {item: max(holding.now.get(item, 0), wanted[item]) for item in added}
    kept = _untouched(holding.final, wanted, added)
    sooner = [_raised(one, wanted, added) for one in holding.pending if one.effective_on < next_on or one.item in kept]
    billed = Holding(now, tuple(sooner)).on(next_on - timedelta(days=1))
    others = [item for item in Item if item not in kept]
    later = [
        Pending(item, next_on, wanted.get(item, 0)) for item in others if wanted.get(item, 0) != billed.get(item, 0)
    ]
    return Holding(now, _telling(now, [*sooner, *later]))


def _untouched(final: Quantities, wanted: Quantities, added: Quantities) -> set[Item]:
    """Return the items that an order leaves alone; one that needs another does not stay behind when that one goes."""
    same = {item for item in Item if wanted.get(item, 0) == final.get(item, 0) and item not in added}
    return {item for item in same if (needed := OFFERS[item].needs) is None or needed in same or wanted.get(needed)}


def _raised(change: Pending, wanted: Quantities, added: Quantities) -> Pending:
    """Return a pending change that cuts no unit which was just added."""
    return change._replace(quantity=max(change.quantity, wanted[change.item])) if change.item in added else change


def _telling(now: Quantities, pending: Sequence[Pending]) -> tuple[Pending, ...]:
    """Return the changes by day without those that change nothing, which is what an addition makes of a removal."""
    quantities, telling, order = dict(now), list[Pending](), list(Item)
    for change in sorted(pending, key=lambda change: (change.effective_on, order.index(change.item))):
        if quantities.get(change.item, 0) != change.quantity:
            telling.append(change)
        quantities[change.item] = change.quantity
    return tuple(telling)
