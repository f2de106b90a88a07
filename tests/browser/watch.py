"""What a browser says when something is wrong: collected while a test runs, judged at its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response

BROWSERS_OWN = "net::ERR_ABORTED"  # a request that a navigation, a download or the page itself gave up
PATIENCE = 30


class Watch:
    """Complaints of every page of a test: errors, breaches of the content policy, refused requests, other hosts."""

    def __init__(self, origin: str, told: Callable[[str], None] | None = None) -> None:
        self.host, self.told = urlsplit(origin).netloc, told
        self.complaints: list[str] = []
        self.expected: list[str] = []

    def expect(self, *patterns: str) -> None:
        """Say what this test provokes on purpose: regular expressions that complaints may match."""
        self.expected += patterns

    def over(self, context: BrowserContext) -> None:
        """Listen to a context and to every page in it, those that it opens by itself included."""
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        if self.told:
            context.on("requestfinished", self._on_answer)
        context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))

    def unexpected(self) -> list[str]:
        """Return what no test said that it would provoke."""
        return [text for text in self.complaints if not any(re.search(pattern, text) for pattern in self.expected)]

    def wait_for(self, page: Page, pattern: str) -> None:
        """Let the page go on until it has complained about this."""
        until(page, lambda: any(re.search(pattern, text) for text in self.complaints))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc != self.host:
            self.complaints.append(f"another host: {request.url}")

    def _on_failure(self, request: Request) -> None:
        if request.failure and BROWSERS_OWN not in request.failure:
            self.complaints.append(f"failed: {request.method} {request.url} {request.failure}")

    def _on_answer(self, request: Request) -> None:
        """Tell on what was answered; what the browser has let go of meanwhile, nobody read."""
        if self.told and request.resource_type in {"document", "fetch", "xhr"}:
            with suppress(Error):
                if response := request.response():
                    self.told(response.body().decode(errors="replace"))

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"refused: {response.request.method} {response.url} {response.status}")


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Let the page go on, and hear what it does, until something is so."""
    deadline = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < deadline, "it never came to be so"
        page.evaluate("new Promise(requestAnimationFrame)")


@contextmanager
def sent_by(page: Page) -> Iterator[list[Request]]:
    """Yield a list that grows with every request that the page sends within the block."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        sent.append(request)

    page.on("request", note)
    yield sent
    page.remove_listener("request", note)
