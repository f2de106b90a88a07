"""Every page of the demo, as every role, at a phone's and a desktop's width: what would keep somebody out of it.

axe finds nothing, nothing scrolls sideways, fingers hit, one h1, a title, and the browser has nothing to complain about; lists
also with their rows, menus and windows opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from sqlalchemy import select

from drills import props
from drills.places import Map, Place
from drills.report import Row
from drills.servers import Server
from drills.stage import Stage, on_sqlite
from portal import clock
from portal.demo.people import ALFA, OPERATOR
from portal.demo.people import Person as Actor
from portal.extensions import db
from portal.models import Partner, User
from tests.browser.barriers import overflow, small_targets, violations
from tests.browser.chromium import executable
from tests.browser.watch import Watch

NOW = datetime.fromisoformat("2025-07-17T10:00:00-03:00")
"""A day in the middle of a month: the demo has clients of every status then."""

PROGRAM = ("-m", "tests.browser.portal", "--prepare")
"""The portal whose daily jobs never come: the demo stays what it is, and what users start is carried out."""

HEIGHTS = {360: 740, 1280: 800}
EVERYBODY = (*ALFA.people, OPERATOR, None)
ENOUGH, MORE = 2, {"clients.show": 12, "help.show": 99, "requests.show": 13, "requests.queued": 13, "trail.show": 6}
"""So many pages of a route are seen, where it has one page for each of many rows."""

HEADINGS = (
    "[...document.querySelectorAll('h1')].filter((one) => one.checkVisibility() && !one.closest('dialog')).length"
)
"""A window that lies over the page has its own: what is behind it is not there for anybody meanwhile."""
PAGELESS = {
    "accounts.authenticator_removal_new", "accounts.recovery_codes_new", "accounts.second_step",  # tests/browser/test_people.py
    "registrations.registered",  # what a registration has just come to: tests/browser/test_registration.py
    "imports.errors_csv", "navi_downloads.backup_file", "payments.assignment_new",  # two files; money without a destination
}  # fmt: skip
"""Routes that are no page, or that want what nobody of the demo has; those are looked at elsewhere."""

STATUSES = ("active", "suspended", "expired", "inactive", "pending")
EVERYWHERE = {"user's menu": "[popovertarget=me]", "Mais": "[popovertarget=more]"}
OPENED = {
    "row's details": ".i[id^=o]",
    "window": "main a[hx-target='#window']",
    **{f"menu of a client {status}": f"tbody:has(.s.{status}) .i[id^=m]" for status in STATUSES},
    "menu": ".list .i[id^=m]",
}
UNSTUCK = """for (const one of document.querySelectorAll("main form, main div"))
  if (getComputedStyle(one).position === "sticky") one.style.position = 'static';"""
"""What sticks to the window's edge lies over another row at each scroll: it is judged where it belongs."""

BUSY, PAUSE_MS = ".htmx-request", 60
FOLDED = "main details:not([open]) > summary"


def run(*, is_quick: bool) -> Iterator[Row]:
    """Walk through the demo on SQLite; quickly, as the Administrador with a phone."""
    with on_sqlite() as stage, clock.frozen(NOW):
        stage.environ |= {"PORTAL_DEMO": "1", "PORTAL_NOW": NOW.isoformat(), "PORTAL_SCHEDULER": "1"}
        with Server(stage, PROGRAM) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable())
            walk = Walk(stage, f"http://127.0.0.1:{server.port}", browser, is_quick=is_quick)
            walk.secrets = props.lay_out(stage, server.port)
            for actor in EVERYBODY[:1] if is_quick else EVERYBODY:
                for width in (360,) if is_quick else HEIGHTS:
                    walk.go(actor, width)
            browser.close()
            yield walk.row(server.complaints())


@dataclass
class Walk:
    """Who goes where, and what stood in the way: by page and width, so that what roles share is told once."""

    stage: Stage
    url: str
    browser: Browser
    is_quick: bool
    secrets: Any = None
    pages: int = 0
    states: int = 0
    walks: int = 0
    found: dict[tuple[str, str], str] = field(default_factory=dict)
    pageless: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def row(self, complaints: list[str]) -> Row:
        """Return what the drill came to."""
        without = sorted(self.pageless - self.seen - PAGELESS)
        told = f"{self.pages} pages of {len(self.seen)} routes and {self.states} opened states; violations: {len(self.found)}"
        faults = [f"{where}: {what}" for (_, what), where in self.found.items()]
        faults += [f"{endpoint} has no page in the demo" for endpoint in without if not self.is_quick]
        return Row(
            "barriers", self.stage.name, self.walks, told, faults=faults + [f"log: {line}" for line in complaints]
        )

    def go(self, actor: Actor | None, width: int) -> None:
        """Walk through all that somebody may open."""
        self.walks += 1
        context = self._context(width)
        watch = Watch(self.url)
        watch.over(context)
        if actor:
            context.add_cookies([self._cookie(actor)])
        with self.stage.reading():
            places = list(self._map(actor).places())
        page = context.new_page()
        look = Look(self, page, watch, f"{actor.role.label if actor else 'signed out'} {width}", width)
        pages, states, found = self.pages, self.states, len(self.found)
        for place in places:
            self._visit(place, look, is_first=self.pages == pages)
        context.close()
        print(f"    {look.who}: {self.pages - pages} pages, {self.states - states} states, "
              f"{len(self.found) - found} new violations", flush=True)  # fmt: skip

    def _context(self, width: int) -> BrowserContext:
        is_phone = width < 600
        size = ViewportSize(width=width, height=HEIGHTS[width])
        return self.browser.new_context(base_url=self.url, viewport=size, is_mobile=is_phone, has_touch=is_phone,
                                        locale="pt-BR", timezone_id="America/Sao_Paulo")  # fmt: skip

    def _cookie(self, actor: Actor) -> Any:
        with self.stage.reading() as connection:
            user_id = connection.scalar(select(User.id).where(User.email == actor.email))
        assert user_id
        name, _, value = self.stage.session(user_id).cookie.partition("=")
        return {"name": name, "value": value, "url": self.url}

    def _map(self, actor: Actor | None) -> Map:
        partner_id = db.session.scalars(select(Partner.id).where(Partner.document == ALFA.document)).one()
        return Map(self.stage.app, actor.role if actor else None, partner_id, self.secrets)

    def _visit(self, place: Place, look: Look, *, is_first: bool) -> None:
        enough = 1 if self.is_quick else MORE.get(place.endpoint, ENOUGH)
        shown, leads_elsewhere = 0, False
        for path in place.paths:
            kind = look.kind(path)
            leads_elsewhere |= kind == "elsewhere"
            if kind == "other":  # a file, a fragment, an answer for programs
                return
            if kind == "page":
                look.at(path, place, opens=place.is_list, opens_menus=is_first)
                shown += 1
            if shown == enough:
                break
        if shown or not leads_elsewhere:
            (self.seen if shown else self.pageless).add(place.endpoint)


@dataclass
class Look:
    """A browser's window, and who looks through it."""

    walk: Walk
    page: Page
    watch: Watch
    who: str
    width: int

    def kind(self, path: str) -> str:
        """Say what an address answers: a page, something else, or nothing ("none": refused)."""
        answer = self.page.request.get(path, max_redirects=0)
        if answer.status >= 400:
            return "none"
        if answer.status != 200:
            return "elsewhere"
        is_html = answer.headers.get("content-type", "").startswith("text/html")
        return "page" if is_html and answer.text().lstrip().lower().startswith("<!doctype") else "other"

    def at(self, path: str, place: Place, *, opens: bool, opens_menus: bool) -> None:
        """See a page and, where asked for, what can be opened on it."""
        self.walk.pages += 1
        self._open(path)
        self._check(path, place, "")
        self._unfold(path, place)
        for state, selector in ((EVERYWHERE if opens_menus else {}) | (OPENED if opens else {})).items():
            if self.page.locator(selector).count():
                self._open(path)
                self._press(selector)
                self.walk.states += 1
                self._check(path, place, f" ({state})")

    def _open(self, path: str) -> None:
        self.page.goto(path, wait_until="load")

    def _unfold(self, path: str, place: Place) -> None:
        folded = self.page.locator(FOLDED)
        if not folded.count():
            return
        self.page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
        self.walk.states += 1
        self._check(path, place, " (unfolded)")

    def _press(self, selector: str) -> None:
        first = self.page.locator(selector).locator("visible=true").first
        if first.count():
            first.click()
            self.page.wait_for_timeout(PAUSE_MS)
            self.page.locator(BUSY).first.wait_for(state="detached")

    def _check(self, path: str, place: Place, state: str) -> None:
        self.page.evaluate(UNSTUCK)
        for what in self._barriers(is_covered="menu" in state):
            if (place.endpoint, what) not in self.walk.found:
                self.walk.found[place.endpoint, what] = f"{self.who} {path}{state}"
                print(f"    {self.who} {path}{state}: {what}", flush=True)

    def _barriers(self, *, is_covered: bool = False) -> Iterator[str]:
        """Say what is wrong; what an open menu lies over for as long as it is open is no target meanwhile."""
        yield from (one for one in violations(self.page) if not (is_covered and one.startswith("target-size")))
        if (more := overflow(self.page)) > 0:
            yield f"scrolls sideways by {more} px"
        if self.width == min(HEIGHTS):
            yield from small_targets(self.page)
        if (count := self.page.evaluate(HEADINGS)) != 1:
            yield f"{count} headings h1"
        if not self.page.title().partition(" · ")[0].strip():
            yield f"no title: {self.page.title()!r}"
        yield from self.watch.complaints
        self.watch.complaints.clear()
