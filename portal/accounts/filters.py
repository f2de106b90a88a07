"""What the list of users is asked for, as it stands in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_SEARCH = 80
MAX_PAGE = 10_000


@dataclass(frozen=True)
class UserFilter:
    """A search text (name, e-mail, partner) and a page number; what makes no sense is the default."""

    search: str = ""
    page: int = 1

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> UserFilter:
        """Read a query string."""
        search = args.get("search", "").replace("\x00", "").strip()[:MAX_SEARCH]
        page = args.get("page", "1")
        is_number = page.isascii() and page.isdigit() and len(page) <= len(str(MAX_PAGE))
        return cls(search, max(1, min(int(page), MAX_PAGE)) if is_number else 1)

    def to_args(self, *, page: int) -> dict[str, str | int]:
        """Return the query string of another page, defaults left out."""
        values: dict[str, str | int] = {"search": self.search, "page": page if page > 1 else ""}
        return {name: value for name, value in values.items() if value}
