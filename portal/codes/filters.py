"""The funnel's criteria: parsed from the URL and turned back into it; unknown values fall back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from portal import addresses
from portal.domain.codes import Age
from portal.domain.ids import parse_id
from portal.domain.labels import LabelEnum
from portal.domain.search import typed


class Sent(LabelEnum):
    """Whether a code was handed on in any way."""

    YES = "yes", "Já enviados"
    NO = "no", "Ainda não enviados"


@dataclass(frozen=True)
class CodeFilter:
    """Which waiting codes are shown; ``after`` is the id of the code that the page begins behind."""

    search: str = ""
    age: Age | None = None
    sent: Sent | None = None
    after: int | None = None

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> CodeFilter:
        """Read a query string; what is unknown or makes no sense is as if it were not there."""
        return cls(
            search=typed(args.get("q", "")),
            age=Age.parse(args.get("age", "")),
            sent=Sent.parse(args.get("sent", "")),
            after=parse_id(args.get("after", "")),
        )

    def query_string(self, **changes: Any) -> str:
        """Return "?..." for the changed criteria, defaults left out, or nothing where all is default."""
        this = replace(self, **changes)
        pairs = [("q", this.search), ("age", this.age), ("sent", this.sent), ("after", this.after)]
        return addresses.query_string([(name, str(value)) for name, value in pairs if value])

    def without_search(self, **changes: Any) -> str:
        """Return the query string from the first page, for an answer that must not repeat what was typed."""
        return self.query_string(**({"search": "", "after": None} | changes))
