"""Where demo clients live: municipalities of the vendored list, the large ones more often, with the state's area code."""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from portal.config import ROOT

AREA_CODES = {
    "AC": 68, "AL": 82, "AM": 92, "AP": 96, "BA": 71, "CE": 85, "DF": 61, "ES": 27, "GO": 62, "MA": 98, "MG": 31,
    "MS": 67, "MT": 65, "PA": 91, "PB": 83, "PE": 81, "PI": 86, "PR": 41, "RJ": 21, "RN": 84, "RO": 69, "RR": 95,
    "RS": 51, "SC": 48, "SE": 79, "SP": 11, "TO": 63,
}  # fmt: skip
LARGE = frozenset(
    """3550308 3304557 5300108 2304400 2927408 3106200 1302603 4106902 2611606 5208707 1501402 4314902 3518800 3509502
    2111300 2704302 5002704 2211001 2408102 2507507 3549904 3543402 3170206 3205309 4205407 5103403 2800308 1100205
    1721000 1600303 1400100 1200401 4209102 4113700 3136702 2910800 3301702 4305108""".split()
)
"""IBGE codes of the capitals and of some other large cities."""
LARGE_SHARE = 150


class Place(NamedTuple):
    """A municipality."""

    uf: str
    city: str
    code: str
    area_code: int


@cache
def places() -> list[Place]:
    """Return every municipality, by state and name."""
    data = json.loads((ROOT / "portal" / "data" / "municipalities.json").read_text(encoding="utf-8"))
    return [Place(uf, city, code, AREA_CODES[uf]) for uf, cities in data.items() for city, code in cities.items()]


@cache
def weighted_places() -> list[Place]:
    """Return every municipality, the large ones many times, so that an even choice finds about half its clients there."""
    return [place for place in places() for _ in range(LARGE_SHARE if place.code in LARGE else 1)]


def large_places() -> list[Place]:
    """Return the large cities."""
    return [place for place in places() if place.code in LARGE]


def phone(place: Place, number: int) -> str:
    """Return the digits of a mobile number of a place; ``number`` has up to eight."""
    return f"{place.area_code}9{number % 10**8:08d}"
