"""The list's criteria: one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from werkzeug.datastructures import MultiDict

from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.ids import parse_id
from portal.domain.installations import SILENT_DAYS
from portal.domain.labels import LabelEnum
from portal.domain.notices import NoticeKind
from portal.domain.search import typed
from portal.domain.statuses import DEFAULT_STATUSES, Status
from portal.listing import Criteria
from portal.municipalities import UFS

PAGE_SIZES = (25, 50)
SOON_DAYS = 7
DUE_WITHIN_DAYS = (3, 7, 15, 30, 60)
RENEWAL: Literal["renewal"] = "renewal"
DUE_CHOICES: tuple[int | Literal["renewal"], ...] = (RENEWAL, *DUE_WITHIN_DAYS)
"""What "Vencimento" offers: in the renewal window today, or due within some days."""

Choice = TypeVar("Choice")


class Sort(LabelEnum):
    """A column that the list can be sorted by, with its heading."""

    ID = "id", "ID"
    NAME = "name", "Nome"
    DOCUMENT = "document", "CPF/CNPJ"
    REGISTERED = "registered", "Data de cadastro"
    PRODUCT = "product", "Produto"
    DUE = "due", "Vencimento"
    STATUS = "status", "Status"


@dataclass(frozen=True)
class ClientFilter(Criteria):
    """What the list shows, in which order, from where; equal criteria have equal addresses.

    ``silent_days`` asks for the clients whose programs were not heard of for so long, ``notice`` for those that a group of
    open notices is about.
    ``after`` and ``before`` are ids of the client that the page begins behind or ends in front of; ``opened`` is the
    client whose row is expanded.
    """

    PLACE = ("after", "before", "opened")

    search: str = ""
    statuses: frozenset[Status] = DEFAULT_STATUSES
    product: Product | None = None
    due_within: int | Literal["renewal"] | None = None
    method: RenewalMethod | None = None
    uf: str = ""
    is_code_unused: bool = False
    has_open_charge: bool = False
    silent_days: int | None = None
    notice: NoticeKind | None = None
    sort: Sort = Sort.NAME
    is_descending: bool = False
    size: int = PAGE_SIZES[0]
    after: int | None = None
    before: int | None = None
    opened: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> ClientFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        sort = args.get("sort", "")
        statuses = frozenset(filter(None, (Status.parse(value) for value in args.getlist("status"))))
        return cls(
            search=typed(args.get("q", "")),
            statuses=statuses or DEFAULT_STATUSES,
            product=Product.parse(args.get("product", "")),
            due_within=_one_of(args.get("due", ""), DUE_CHOICES),
            method=RenewalMethod.parse(args.get("method", "")),
            uf=args.get("uf", "") if args.get("uf", "") in UFS else "",
            is_code_unused=args.get("code", "") == "unused",
            has_open_charge=args.get("charge", "") == "open",
            silent_days=_one_of(args.get("silent", ""), SILENT_DAYS),
            notice=NoticeKind.parse(args.get("notice", "")),
            sort=Sort.parse(sort.removeprefix("-")) or Sort.NAME,
            is_descending=sort.startswith("-") and Sort.parse(sort[1:]) is not None,
            size=_one_of(args.get("size", ""), PAGE_SIZES) or PAGE_SIZES[0],
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
            opened=parse_id(args.get("open", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        statuses = [] if self.statuses == DEFAULT_STATUSES else [s.value for s in Status if s in self.statuses]
        return [
            ("q", self.search),
            *(("status", value) for value in statuses),
            ("product", self.product),
            ("due", self.due_within),
            ("method", self.method),
            ("uf", self.uf),
            ("code", "unused" if self.is_code_unused else ""),
            ("charge", "open" if self.has_open_charge else ""),
            ("silent", self.silent_days),
            ("notice", self.notice),
            ("sort", self.sort_arg),
            ("size", self.size if self.size != PAGE_SIZES[0] else ""),
            ("after", self.after),
            ("before", self.before),
            ("open", self.opened),
        ]

    @property
    def sort_arg(self) -> str:
        """The sorting as the URL spells it: "-due", or nothing for the default."""
        if self.sort is Sort.NAME and not self.is_descending:
            return ""
        return f"-{self.sort.value}" if self.is_descending else self.sort.value

    def is_only(self, status: Status) -> bool:
        """Say whether this status alone is asked for."""
        return self.statuses == {status}

    @property
    def is_filtered(self) -> bool:
        """Whether anything beside the search narrows the list."""
        return replace(self, search="").is_narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether anything beyond the default is asked for, sorting and paging apart."""
        return bool(
            self.to_args(sort=Sort.NAME, is_descending=False, size=PAGE_SIZES[0], after=None, before=None, opened=None)
        )


def _one_of(text: str, choices: Iterable[Choice]) -> Choice | None:
    return next((choice for choice in choices if str(choice) == text), None)
