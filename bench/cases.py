"""What is measured: one case a line of the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.line import Line, Request
from bench.visit import Visit, unchanged
from portal.clients.filters import Sort
from portal.clients.view import STATUS_ORDER

WHOLE = "whole page, 50 rows"
FRAGMENT = "first 50 rows"
SEARCH = "search: "
COMMON, ABSENT = "ltda", "zzyzx"


@dataclass(frozen=True)
class Case:
    """A named question: the requests that are sent in turn, and the status each is answered with."""

    name: str
    requests: tuple[Request, ...]
    status: int = 200


def reading(visit: Visit, line: Line) -> list[Case]:
    """Return the cases that change nothing."""
    pages = [Case(WHOLE, (visit.request("/clients?size=50", htmx=False),)), _unchanged(visit, line)]
    lists = [Case(name, (visit.request(f"/clients?{query}"),)) for name, query in _lists(visit)]
    return pages + lists + _single_rows(visit)


def _unchanged(visit: Visit, line: Line) -> Case:
    page = visit.request("/clients?size=50", htmx=False)
    tag = line.ask(page.to_bytes()).header("ETag")
    return Case("whole page, unchanged (304)", (unchanged(page, tag),), 304)


def _lists(visit: Visit) -> Iterator[tuple[str, str]]:
    """Yield names and query strings of lists; 25 rows unless they say otherwise."""
    yield FRAGMENT, "size=50"
    yield "first 25 rows", ""
    middle = visit.known.middle_id
    yield "deep page (next)", f"after={middle}"
    yield "deep page (previous)", f"before={middle}"
    for status in STATUS_ORDER:
        yield f"status {status.label}", f"status={status}"
    yield "two statuses", "status=active&status=expired"
    yield from _searches(visit)
    for column in Sort:
        for sign in ("", "-"):
            yield f"sorted by {column.label}{', falling' if sign else ''}", f"sort={sign}{column}"
    yield "sorted by Status, deep", f"sort=status&after={middle}"
    yield "unused code", "code=unused"
    yield "UF, frequent", "uf=SP"
    yield "UF, rare", "uf=DF"
    yield "product", "product=navi"
    yield "due within 7 days", "due=7"
    yield "renewal by billing", "method=billing"
    yield "combined", f"status=active&product=link&uf=SP&q={COMMON}&sort=-due"


def _searches(visit: Visit) -> Iterator[tuple[str, str]]:
    known = visit.known
    found = {
        "common": {"q": COMMON},
        "rare": {"q": known.rare_name},
        "absent": {"q": ABSENT},
        "by document": {"q": known.document},
        "by part of a document": {"q": known.document[:7]},
        "by ID": {"q": str(known.middle_id)},
        "absent, by due date": {"q": ABSENT, "sort": "due"},
        "common, by due date": {"q": COMMON, "sort": "due"},
        "common, only Pendente": {"q": COMMON, "status": "pending"},
    }
    for name, arguments in found.items():
        yield f"{SEARCH}{name}", urlencode(arguments)


def _single_rows(visit: Visit) -> list[Case]:
    client = f"/clients/{visit.known.link_id}"
    return [
        Case("expand a row", (visit.request(f"{client}/detail"),)),
        Case("row menu", (visit.request(f"{client}/menu"),)),
    ]


def writing(visit: Visit, count: int) -> Case:
    """Return the case that suspends a client and gives it its access back, in turn."""
    client, first = f"/clients/{visit.known.active_id}", visit.known.version
    actions = ("suspension", "resumption")
    requests = [
        visit.request(f"{client}/{actions[number % 2]}", form={"version": str(first + number)})
        for number in range(count)
    ]
    return Case("suspend, resume (POST)", tuple(requests))
