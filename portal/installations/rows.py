"""What the templates of installations show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal import formatting
from portal.domain.catalogue import Item, Product
from portal.domain.installations import program_of
from portal.domain.licenses import Quantities
from portal.domain.seats import is_taken
from portal.models import Installation, Pairing, Seat

UNNAMED = "aparelho sem nome"


@dataclass(frozen=True)
class InstallationRow:
    """A program whose key works: on the main computer, a Link Móvel's device, a Navi's."""

    id: int
    title: str
    device: str
    is_mobile: bool
    key: str
    facts: str

    @classmethod
    def build(cls, one: Installation, product: Product, today: date) -> InstallationRow:
        """Prepare an installation."""
        is_mobile = one.item is Item.MOBILE
        title = "Computador principal" if product is Product.LINK and not is_mobile else _program(one, product)
        device = one.device or UNNAMED
        return cls(one.id, title, device, is_mobile, one.key, " · ".join(_facts(one, today)))


def _program(one: Installation, product: Product) -> str:
    return program_of(product, one.item).label


def _facts(one: Installation, today: date) -> list[str]:
    facts = [f"versão {one.version}"] if one.version else []
    facts.append(f"ativado em {formatting.moment(one.activated_at)}")
    if one.last_seen_at:
        facts.append(f"visto em {formatting.moment(one.last_seen_at)}")
    if one.leaves_on:
        verb = "sai em" if one.leaves_on > today else "sem licença desde"
        facts.append(f"{verb} {formatting.short_day(one.leaves_on, today)}")
    return facts


@dataclass(frozen=True)
class SeatRow:
    """A device that sits on a seat."""

    id: int
    title: str
    device: str
    facts: str

    @classmethod
    def build_all(cls, seats: Sequence[Seat], now: datetime) -> list[SeatRow]:
        """Prepare the seats that somebody sits on, item by item, who came first first."""
        living = sorted((seat for seat in seats if is_taken(seat, now)), key=lambda seat: list(Item).index(seat.item))
        return [cls(seat.id, _seat_title(seat), seat.device or UNNAMED, _seat_facts(seat)) for seat in living]


def _seat_title(seat: Seat) -> str:
    return "Link em outro computador" if seat.item is Item.BASE else seat.item.label


def _seat_facts(seat: Seat) -> str:
    return f"desde {formatting.moment(seat.leased_at)} · visto às {formatting.hour(seat.heard_at)}"


@dataclass(frozen=True)
class PairingRow:
    """A Navi that waits for a word."""

    id: int
    device: str
    number: str
    facts: str

    @classmethod
    def build(cls, one: Pairing) -> PairingRow:
        """Prepare a program that waits."""
        facts = f"versão {one.version}, pediu às {formatting.hour(one.asked_at)} de {formatting.day_of(one.asked_at)}"
        return cls(one.id, one.device or UNNAMED, one.number, facts)


def peaks_in_words(peaks: Mapping[str, Any] | None, held: Quantities) -> str:
    """Return Link Garçom 3 de 3: what a program told of seats that are held."""
    told = {item: peaks.get(item.value) for item in Item} if peaks else {}
    return " · ".join(
        f"{item.label} {peak} de {held[item]}"
        for item, peak in told.items()
        if isinstance(peak, int) and held.get(item)
    )
