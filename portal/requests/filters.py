"""The criteria of the lists of requests: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.requests import RequestKind, RequestState
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 25


class Sort(LabelEnum):
    """The sortable columns."""

    NUMBER = "number", "Número"
    CLIENT = "client", "Cliente"
    CHANGED = "changed", "Última mudança"
    STATE = "state", "Situação"


class Waiting(LabelEnum):
    """What a request in the queue waits for."""

    ANSWER = "answer", "Mensagem sem resposta"
    START = "start", "Pagas, a iniciar"
    MINE = "mine", "Atendidas por mim"


@dataclass(frozen=True)
class RequestFilter(Criteria):
    """What a list shows, in which order, and from where; ``kind`` and ``waiting`` are criteria of the queue alone.

    ``after`` and ``before`` are ids of the request that the page begins behind or ends in front of.
    """

    search: str = ""
    state: RequestState | None = None
    kind: RequestKind | None = None
    waiting: Waiting | None = None
    sort: Sort = Sort.NUMBER
    is_descending: bool = True
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> RequestFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        sort = Sort.parse(args.get("sort", "").removeprefix("-"))
        return cls(
            search=typed(args.get("q", "")),
            state=RequestState.parse(args.get("state", "")),
            kind=RequestKind.parse(args.get("kind", "")),
            waiting=Waiting.parse(args.get("waiting", "")),
            sort=sort or Sort.NUMBER,
            is_descending=sort is None or args.get("sort", "").startswith("-"),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("q", self.search),
            ("state", self.state),
            ("kind", self.kind),
            ("waiting", self.waiting),
            ("sort", self._order),
            ("after", self.after),
            ("before", self.before),
        ]

    @property
    def _order(self) -> str:
        if self.sort is Sort.NUMBER and self.is_descending:
            return ""
        return ("-" if self.is_descending else "") + self.sort.value

    @property
    def is_narrowed(self) -> bool:
        """Whether not everything is asked for."""
        return bool(self.search or self.state or self.kind or self.waiting)
