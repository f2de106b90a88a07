"""What the record is asked for, as it stands in the URL; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.search import typed
from portal.listing import Criteria
from portal.months import YEARS
from portal.trail.words import LABELS

PAGE_SIZE = 25
ITSELF = "portal"
"""How the URL calls what nobody did but the portal itself."""


@dataclass(frozen=True)
class TrailFilter(Criteria):
    """Which events are shown, and from where.

    ``who`` is an e-mail, or ITSELF; ``partner`` an id, a document or a name, for the vendor's staff alone. ``after`` and
    ``before`` are ids of the event that the page begins behind or ends in front of.
    """

    protocol: int | None = None
    partner: str = ""
    client: int | None = None
    who: str = ""
    action: str = ""
    from_on: date | None = None
    to_on: date | None = None
    after: int | None = None
    before: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> TrailFilter:
        """Read a query string."""
        action = args.get("action", "")
        return cls(
            protocol=parse_id(args.get("protocol", "").strip()),
            partner=typed(args.get("partner", "")),
            client=parse_id(args.get("client", "").strip()),
            who=typed(args.get("who", "")).casefold(),
            action=action if action in LABELS else "",
            from_on=_day(args.get("from", "")),
            to_on=_day(args.get("to", "")),
            after=parse_id(args.get("after", "")),
            before=parse_id(args.get("before", "")),
        )

    def pairs(self) -> list[tuple[str, object]]:
        """Return name and value of every criterion."""
        return [
            ("protocol", self.protocol),
            ("partner", self.partner),
            ("client", self.client),
            ("who", self.who),
            ("action", self.action),
            ("from", self.from_on and self.from_on.isoformat()),
            ("to", self.to_on and self.to_on.isoformat()),
            ("after", self.after),
            ("before", self.before),
        ]

    @property
    def is_narrowed(self) -> bool:
        """Whether not every event is asked for."""
        return bool(self.from_start())


def _day(text: str) -> date | None:
    """Return the day that 2025-07-10 names, or None."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2025-07-10") else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None
