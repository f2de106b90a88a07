"""Lines as partners have them, emulated by Chromium, and what travels over them as Chromium counts it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.browser.watch import until

SLOW = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
"""50 kbit/s and 800 ms."""


def emulate(page: Page, line: dict[str, Any]) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", line)


@dataclass
class Transfer:
    """One answer: bytes include the headers."""

    url: str
    method: str
    is_page: bool
    status: int = 0
    bytes: int = 0
    is_told: bool = False  # the status is the one that travelled
    is_done: bool = False

    @property
    def is_whole(self) -> bool:
        """Say whether all is known of it; only pages come again unchanged, and of them the status that travelled counts."""
        return self.is_done and (self.is_told or not self.is_page)


@dataclass
class Scale:
    """Weighs everything that a page receives from now on."""

    page: Page
    transfers: dict[str, Transfer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.responseReceived", self._received)
        self.session.on("Network.responseReceivedExtraInfo", self._received_in_fact)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.on("Network.loadingFailed", self._failed)
        self.session.send("Network.enable")

    def empty_the_cache(self) -> None:
        self.session.send("Network.clearBrowserCache")

    def weigh(self) -> list[Transfer]:
        """Return what came since the last call, the page fetched ahead apart."""
        self.page.wait_for_load_state("networkidle")
        until(self.page, lambda: all(one.is_whole for one in self._asked_for()))
        came = [one for one in self._asked_for() if one.bytes]
        self.transfers.clear()
        return came

    def _asked_for(self) -> list[Transfer]:
        return [one for one in self.transfers.values() if "after=" not in one.url]

    def _sent(self, event: dict[str, Any]) -> None:
        request = event["request"]
        if request["url"].startswith("http"):
            is_page = event.get("type") == "Document"
            self.transfers[event["requestId"]] = Transfer(request["url"], request["method"], is_page)

    def _received(self, event: dict[str, Any]) -> None:
        if transfer := self.transfers.get(event["requestId"]):
            transfer.status = transfer.status or event["response"]["status"]
            transfer.is_told |= not event["hasExtraInfo"]

    def _received_in_fact(self, event: dict[str, Any]) -> None:
        if transfer := self.transfers.get(event["requestId"]):
            transfer.status = event["statusCode"]  # a 304 that the page sees as the 200 of its cache
            transfer.is_told = True

    def _finished(self, event: dict[str, Any]) -> None:
        if transfer := self.transfers.get(event["requestId"]):
            transfer.bytes, transfer.is_done = int(event["encodedDataLength"]), True

    def _failed(self, event: dict[str, Any]) -> None:
        self.transfers.pop(event["requestId"], None)  # given up by the page


def measured(text: str) -> None:
    """Show a number that was measured (pytest -s)."""
    sys.stdout.write(f"\n{text}\n")


def table_of(transfers: list[Transfer]) -> str:
    lines = [f"  {one.bytes:>7} B  {one.status}  {one.method} {one.url}" for one in transfers]
    return "\n".join([*lines, f"  {sum(one.bytes for one in transfers):>7} B  in {len(transfers)} requests"])
