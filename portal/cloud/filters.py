"""The criteria of "Status Cloud": one object parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.domain.catalogue import Product
from portal.domain.cloud import CloudState
from portal.domain.ids import parse_id
from portal.domain.search import typed
from portal.listing import Criteria

PAGE_SIZE = 50


@dataclass(frozen=True)
class CloudFilter(Criteria):
    """What the list shows, and from where.

    ``after`` and ``before`` are ids of the client that the page begins behind or ends in front of.
    """

    search: str = ""
    state: CloudState | None = None
    product: Product | None = None
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> CloudFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        return cls(
            search=typed(args.get("q", "")),
            state=CloudState.parse(args.get("state", "")),
            product=Product.parse(args.get("product", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("q", self.search),
            ("state", self.state),
            ("product", self.product),
            ("after", self.after),
            ("before", self.before),
        ]

    @property
    def is_narrowed(self) -> bool:
        """Whether not every client with Cloud is asked for."""
        return bool(self.search or self.state or self.product)
