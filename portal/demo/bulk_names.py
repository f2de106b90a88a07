"""Shop names by the million, each with its folded form: the parts are folded once, not the names."""

from __future__ import annotations

from random import Random

from portal.demo import names
from portal.domain.search import fold

LONG_SHARE = 0.002

Pair = tuple[str, str]


def _pair(text: str) -> Pair:
    return text, fold(text)


class NameMaker:
    """Makes names; a name's folded form is what ``portal.domain.search.fold`` makes of it."""

    def __init__(self, rng: Random) -> None:
        """Fold the parts."""
        self._rng = rng
        self._trades = [_pair(text) for text in names.TRADES]
        self._propers = [_pair(text) for text in names.PROPER]
        self._endings = [(f" {text}", f" {fold(text)}") if text else ("", "") for text in names.ENDINGS]
        self._long_ending = f" {names.LONG_ENDING}", f" {fold(names.LONG_ENDING)}"

    def make(self, count: int) -> list[Pair]:
        """Return names with their folded forms."""
        chosen = (self._rng.choices(parts, k=count) for parts in (self._trades, self._propers, self._endings))
        return [self._joined(*parts) for parts in zip(*chosen, strict=True)]

    def _joined(self, trade: Pair, proper: Pair, ending: Pair) -> Pair:
        if self._rng.random() < LONG_SHARE:
            ending = self._long_ending
        return f"{trade[0]} {proper[0]}{ending[0]}", f"{trade[1]} {proper[1]}{ending[1]}"
