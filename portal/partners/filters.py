"""What the list of partners is asked for, as it stands in the URL; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


class State(LabelEnum):
    """How a partner stands."""

    ACTIVE = "active", "Ativas"
    SUSPENDED = "suspended", "Suspensas"


class Sort(LabelEnum):
    """A column that the list can be sorted by, with its heading."""

    NAME = "name", "Nome"
    DOCUMENT = "document", "CNPJ"
    REGISTERED = "registered", "Desde"
    DUE_DAY = "due_day", "Dia de vencimento"


@dataclass(frozen=True)
class PartnerFilter(Criteria):
    """Which partners are shown, in which order; ``after`` and ``before`` are ids of the one that a page begins at."""

    search: str = ""
    state: State | None = None
    sort: Sort = Sort.NAME
    is_descending: bool = False
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> PartnerFilter:
        """Read a query string."""
        sort = args.get("sort", "")
        return cls(
            search=typed(args.get("q", "")),
            state=State.parse(args.get("state", "")),
            sort=Sort.parse(sort.removeprefix("-")) or Sort.NAME,
            is_descending=sort.startswith("-") and Sort.parse(sort[1:]) is not None,
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    @property
    def sort_arg(self) -> str:
        """The sorting as the URL spells it: "-name", or nothing for the default."""
        if self.sort is Sort.NAME and not self.is_descending:
            return ""
        return f"-{self.sort.value}" if self.is_descending else self.sort.value

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        place = [("after", self.after), ("before", self.before)]
        return [("q", self.search), ("state", self.state), ("sort", self.sort_arg), *place]
