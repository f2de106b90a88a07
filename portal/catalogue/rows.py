"""What the pages of the catalogue show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from portal import formatting
from portal.catalogue.forms import PriceForm, field_of
from portal.catalogue.queries import Version
from portal.domain import prices
from portal.domain.catalogue import Item, Product
from portal.domain.labels import LabelEnum
from portal.domain.prices import PRICED, PriceKey


class Standing(LabelEnum):
    """How a version stands."""

    COMING = "suspended", "Agendada"
    CURRENT = "active", "Em vigor"
    PAST = "inactive", "Encerrada"
    WITHDRAWN = "hidden", "Retirada"


@dataclass(frozen=True)
class VersionRow:
    """A version in the list; the standing's value is the class of a colour."""

    id: int
    valid_from: str
    note: str
    made: str
    standing: Standing

    @classmethod
    def build_all(cls, versions: Iterable[Version], current: int, today: date) -> list[VersionRow]:
        """Prepare them."""
        return [
            cls(one.id, formatting.day(one.valid_from), one.note, _made(one), standing_of(one, current, today))
            for one in versions
        ]


def _made(version: Version) -> str:
    who = f", {version.created_by}" if version.created_by else ""
    return f"{formatting.moment(version.created_at)}{who}"


def standing_of(version: Version, current: int, today: date) -> Standing:
    """Say how a version stands; ``current`` is the one that holds today."""
    if version.withdrawn_at is not None:
        return Standing.WITHDRAWN
    if not prices.has_begun(version.valid_from, today):
        return Standing.COMING
    return Standing.CURRENT if version.id == current else Standing.PAST


@dataclass(frozen=True)
class PriceLine:
    """A row of the table: what it costs, what it cost before, how many units move."""

    product: Product
    item: Item
    field: str
    price: str
    typed: str
    error: str
    before: str
    moved: str
    units: str
    is_withheld: bool

    @property
    def name(self) -> str:
        """What the row is called; the base license by its program."""
        return self.product.full_label if self.item is Item.BASE else f"{self.product.label}: {self.item.label}"


def lines(
    cents: Mapping[PriceKey, int],
    *,
    form: PriceForm | None = None,
    before: Mapping[PriceKey, int] | None = None,
    units: Mapping[PriceKey, int] | None = None,
    withheld: Iterable[PriceKey] = (),
) -> list[PriceLine]:
    """Prepare the rows of a table."""
    moved = prices.moves(before, cents) if before is not None else {}
    closed, held = set(withheld), units or {}
    return [
        PriceLine(
            product=key[0],
            item=key[1],
            field=field_of(key),
            price=formatting.money(cents[key]) if key in cents else "—",
            typed=form.typed.get(field_of(key), "") if form else "",
            error=form.errors.get(field_of(key), "") if form else "",
            before=formatting.money(before[key]) if before and key in before else "—",
            moved=signed(moved[key]) if key in moved else "",
            units=formatting.number(held.get(key, 0)),
            is_withheld=key in closed,
        )
        for key in PRICED
    ]


def signed(cents: int) -> str:
    """Return a difference with its sign."""
    return f"{'+' if cents > 0 else '−'} {formatting.money(abs(cents))}"
