"""What the desk's templates show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal import formatting, months
from portal.domain import cycle
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.renewals import Blocker, Decision, Guard, Place
from portal.domain.statuses import Status
from portal.renewals.filters import RenewalFilter
from portal.renewals.offers import Offer
from portal.renewals.queries import Page, Totals
from portal.tabs import Total


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A client on the desk. The fields after ``may_ask_again`` are text of this row alone; the others are few kinds."""

    status: Status
    product: Product
    decision: Decision
    place: Place
    blocker: Blocker | None
    guard: Guard
    may_ask_again: bool
    id: Any
    name: str
    document: str
    held: str
    due: str
    amount: str
    owed: str
    opens: str
    invoice_id: Any
    invoice: Any

    @property
    def kind(self) -> tuple[Any, ...]:
        """What the row's template branches on."""
        return (self.status, self.product, self.decision, self.place, self.blocker, self.guard, self.may_ask_again)

    @classmethod
    def build(cls, offer: Offer, invoices: Mapping[int, Any]) -> DeskRow:
        """Prepare one client; ``invoices`` has the invoice that it stands on, where it stands on one."""
        client, case, why = offer.client, offer.case, offer.blocker
        invoice = invoices.get(client.id)
        opens_on, _last_on = cycle.renewal_window(client.due_on)
        return cls(
            status=case.status,
            product=client.product,
            decision=offer.decision,
            place=offer.place,
            blocker=why,
            guard=case.guard,
            may_ask_again=client.uses_both_at is not None,
            id=client.id,
            name=client.name,
            document=formatting.document(client.document),
            held=held(offer),
            due=formatting.short_day(client.due_on, offer.today),
            amount=formatting.money(offer.quote.total_cents) if offer.quote else "—",
            owed=formatting.money(case.open_cents) if case.open_cents else "",
            opens=formatting.short_day(opens_on, offer.today),
            invoice_id=invoice.id if invoice else 0,
            invoice=invoice.number if invoice else 0,
        )

    @classmethod
    def build_all(cls, page: Page) -> list[DeskRow]:
        """Prepare the rows of a page."""
        return [cls.build(offer, page.invoices) for offer in page.offers]


def held(offer: Offer) -> str:
    """Return what is renewed, pending changes shown: "Licença, Cloud, Garçom 3 → 2"."""
    now, coming = offer.holding.now, offer.holding.on(offer.client.due_on + timedelta(days=1))
    return ", ".join(
        _held(item, now.get(item, 0), coming.get(item, 0)) for item in Item if item in now or item in coming
    )


def _held(item: Item, now: int, coming: int) -> str:
    label = item.label.removeprefix("Link ")
    if now != coming:
        return f"{label} {now} → {coming}"
    return f"{label} {now}" if OFFERS[item].is_counted and now > 1 else label


@dataclass(frozen=True)
class Tab:
    """A place to show alone, or all of them, with how many clients stand there and what they add up to."""

    name: str
    label: str
    amount: str
    query: str
    is_here: bool


def tabs(criteria: RenewalFilter, totals: Totals) -> list[Tab]:
    """Return the ways to show the desk by place; a place where nobody stands has none, unless it is shown."""
    every = Tab("all", "Todos", amount(all_of(totals)), criteria.from_start(place=None), criteria.place is None)
    return [every, *(_tab(criteria, place, total) for place, total in totals.items())]


def _tab(criteria: RenewalFilter, place: Place, total: Total) -> Tab:
    return Tab(place.value, place.label, amount(total), criteria.from_start(place=place), criteria.place is place)


def all_of(totals: Totals) -> Total:
    """Return everybody."""
    return Total(sum(one.count for one in totals.values()), sum(one.cents for one in totals.values()))


def amount(total: Total) -> str:
    """Return 12 · R$ 2.143,00, or just 0."""
    return f"{formatting.number(total.count)} · {formatting.money(total.cents)}" if total.count else "0"


def chips(criteria: RenewalFilter) -> Iterator[tuple[str, str]]:
    """Yield the filters in use, each with the query string that removes it; month and place have their own."""
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    if criteria.product:
        yield criteria.product.full_label, criteria.from_start(product=None)


def month_choices(offered: tuple[date, date]) -> list[tuple[str, str]]:
    """Return the months of the desk, as the URL and as a person spells them."""
    return [(months.spell(month), formatting.long_month(month)) for month in offered]
