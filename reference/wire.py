"""The line to the portal: JSON over HTTP. Three things come back: an answer, a refusal with its reason, or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

API = "/api/v1"
TIMEOUT_SECONDS = 10
SENDING_SECONDS = 120
"""For bytes that are many on a weak line: 256 KB at 50 kbit/s are 42 seconds."""

MOST_BYTES = 256 * 1024
MOST_WAIT_SECONDS = 3600
"""Whatever stands between program and portal may ask for more; it is asked again after an hour."""

Answer = dict[str, Any]


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The portal's no: a reason that the program acts on, and a sentence that it shows."""

    def __init__(self, reason: str, detail: str) -> None:
        """Remember both."""
        super().__init__(detail)
        self.reason, self.detail = reason, detail


class Unreachable(Exception):  # noqa: N818 - an answer, not a fault
    """No answer, none that is the portal's, or the portal is busy: no refusal, whatever the cause."""

    def __init__(self, retry_after: int = 0) -> None:
        """Remember how many seconds the portal asks to wait."""
        super().__init__("Sem conexão com o portal.")
        self.retry_after = retry_after


class _StayHere(HTTPRedirectHandler):
    """Follows no redirect: it would carry the key to wherever an answer points."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = build_opener(_StayHere)


class Portal:
    """The portal at an address."""

    def __init__(self, url: str) -> None:
        """Remember the address.

        Raises:
            ValueError: it is none of HTTP.
        """
        if not url.startswith(("https://", "http://")):
            raise ValueError("o endereço do portal começa com https://")
        self._root = url.rstrip("/")
        self._url = self._root + API

    def get(self, path: str, expects: Sequence[str]) -> Answer:
        """Ask for something public."""
        return _exchange(Request(self._url + path), expects)  # noqa: S310 - HTTP, see above

    def post(self, path: str, body: Answer, key: str | None = None, *, expects: Sequence[str]) -> Answer:
        """Tell the portal something and return what it answers: an object with the members that are expected.

        Raises:
            Refused: with the reason.
            Unreachable: nothing is known of what became of it.
        """
        headers = {"Content-Type": "application/json"} | _bearer(key)
        return _exchange(Request(self._url + path, json.dumps(body).encode(), headers), expects)  # noqa: S310

    def send(self, path: str, content: bytes, key: str) -> None:
        """Send bytes with the key; what comes back is a refusal or nothing to read.

        Raises:
            Refused, Unreachable: see ``post``.
        """
        headers = {"Content-Type": "application/octet-stream"} | _bearer(key)
        _exchange(Request(self._url + path, content, headers), (), SENDING_SECONDS)  # noqa: S310

    def open(
        self, path: str, headers: Mapping[str, str] | None = None, body: Answer | None = None
    ) -> HTTPResponse | HTTPError:
        """Ask for something beside the interface, a file say, and return the open answer, whatever its status.

        Raises:
            Unreachable: there is none, or the portal is busy.
        """
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        request = Request(self._root + path, data, kind | dict(headers or {}))  # noqa: S310 - HTTP, see above
        try:
            answer = _OPENER.open(request, timeout=TIMEOUT_SECONDS)
        except HTTPError as error:
            answer = error
        except (OSError, HTTPException) as error:
            raise Unreachable from error
        if answer.status >= 500 or answer.status == HTTPStatus.TOO_MANY_REQUESTS:  # noqa: PLR2004 - the portal's own trouble
            with answer:
                raise Unreachable(_wait(answer))
        return cast("HTTPResponse | HTTPError", answer)


def _bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _exchange(request: Request, expects: Sequence[str], seconds: float = TIMEOUT_SECONDS) -> Answer:
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            if answer.status == HTTPStatus.NO_CONTENT and not expects:
                return {}
            return _object(answer, expects)
    except HTTPError as error:
        with error:
            raise _no(error) from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable from error


def _no(error: HTTPError) -> Refused | Unreachable:
    """Return what an HTTP error means: a problem document is a refusal, unless it says "later"; all else is nobody's."""
    seconds = _wait(error)
    try:
        problem = _object(error, ("reason", "detail"))
    except (OSError, HTTPException, ValueError):
        return Unreachable(seconds)
    if error.code >= 500 or problem["reason"] == "too_many_requests":  # noqa: PLR2004 - the portal's own trouble
        return Unreachable(seconds)
    return Refused(str(problem["reason"]), str(problem["detail"]))


def _wait(answer: HTTPResponse | HTTPError) -> int:
    wait = answer.headers.get("Retry-After") or ""
    return min(int(wait), MOST_WAIT_SECONDS) if re.fullmatch(r"[0-9]{1,9}", wait) else 0


def _object(answer: HTTPResponse | HTTPError, expects: Sequence[str]) -> Answer:
    found = json.loads(answer.read(MOST_BYTES))
    if not isinstance(found, dict) or not found.keys() >= set(expects):
        raise ValueError("not what the portal answers")
    return found
