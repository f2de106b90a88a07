"""What a browser says when something is wrong: collected while a test runs, judged at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

BROWSERS_OWN = "net::ERR_ABORTED"  # a request that a navigation, a download or the page itself gave up
PATIENCE = 10


class Watch:
    """Complaints of every page of a test: errors, breaches of the content policy, refused requests, other hosts."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
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
        context.on("weberror", lambda error: self.complaints.append(f"script error: {error.error}"))

    def unexpected(self) -> list[str]:
        """Return what no test said that it would provoke."""
        return [text for text in self.complaints if not any(re.search(pattern, text) for pattern in self.expected)]

    def wait_for(self, page: Page, pattern: str) -> None:
        """Let the page go on until it has complained about this."""
        deadline = monotonic() + PATIENCE
        while not any(re.search(pattern, text) for text in self.complaints):
            assert monotonic() < deadline, f"no complaint like {pattern} among {self.complaints}"
            page.evaluate("new Promise(requestAnimationFrame)")

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

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"refused: {response.request.method} {response.url} {response.status}")


@contextmanager
def sent_by(page: Page) -> Iterator[list[Request]]:
    """Yield a list that grows with every request that the page sends within the block."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        sent.append(request)

    page.on("request", note)
    yield sent
    page.remove_listener("request", note)
