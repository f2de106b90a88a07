"""Brazil's states and municipalities (IBGE), vendored once: data/municipalities.json, state → city → code."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache

from portal.config import ROOT
from portal.domain.search import fold

UFS = tuple("AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split())


@cache
def _by_state() -> dict[str, dict[str, tuple[str, str]]]:
    """Return state → folded name → (name, code)."""
    data = json.loads((ROOT / "portal" / "data" / "municipalities.json").read_text(encoding="utf-8"))
    return {uf: {fold(name): (name, code) for name, code in cities.items()} for uf, cities in data.items()}


def find(uf: str, city: str) -> tuple[str, str] | None:
    """Return the official name and IBGE code of a city of a state, whatever accents and case it was typed with."""
    return _by_state().get(uf, {}).get(fold(city))


def suggest(uf: str, typed: str, limit: int = 8) -> list[str]:
    """Return names of a state that the typed text may mean: those that begin with it, hold it, or look like it."""
    cities, wanted = _by_state().get(uf, {}), fold(typed)
    if not wanted:
        return []
    begin = [key for key in cities if key.startswith(wanted)]
    hold = [key for key in cities if wanted in key and key not in begin]
    close = [key for key in get_close_matches(wanted, cities, limit, 0.7) if key not in begin and key not in hold]
    return [cities[key][0] for key in [*begin, *hold, *close][:limit]]
