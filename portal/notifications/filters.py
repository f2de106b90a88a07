"""What the inbox shows opened, and from where; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from portal.domain.ids import parse_id
from portal.domain.notices import NoticeKind

PAGE_SIZE = 25

Key = tuple[date, int]
"""What a group's notices are sorted by: effective date and id."""


@dataclass(frozen=True)
class InboxFilter:
    """The group that is opened, if any; ``after`` is the notice that its page begins behind."""

    opened: NoticeKind | None = None
    after: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> InboxFilter:
        """Read a query string."""
        return cls(NoticeKind.parse(args.get("open", "")), parse_id(args.get("after", "")))


@dataclass(frozen=True)
class Place:
    """Where in the inbox a form stood: its group, the page of it, and the notice that was decided about, if one was."""

    kind: NoticeKind
    after: int | None = None
    key: Key | None = None
