"""What the inbox shows opened, and from where; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portal.clients.filters import parse_id
from portal.domain.notices import NoticeKind

PAGE_SIZE = 25


@dataclass(frozen=True)
class InboxFilter:
    """The group that is opened, if any; ``after`` is the notice that its page begins behind."""

    opened: NoticeKind | None = None
    after: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> InboxFilter:
        """Read a query string."""
        return cls(NoticeKind.parse(args.get("open", "")), parse_id(args.get("after", "")))
