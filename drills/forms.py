"""A browser without scripts: it reads a page's forms, fills them in, sends them and follows where the answer leads."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode, urljoin, urlsplit

from drills.browser import HOST

MOST_REDIRECTS = 5
TYPED = {"text", "email", "password", "search", "tel", "hidden", "number", "date", "month"}
TICKED = {"checkbox", "radio"}


@dataclass
class Button:
    """What sends a form: what stands on it, what it adds, where it sends the form instead."""

    label: str
    name: str
    value: str
    action: str


@dataclass
class Form:
    """A form with what it holds as the page was sent."""

    action: str
    method: str
    is_file: bool
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass
class Page:
    """A page that a browser shows; ``path`` is where the redirects led."""

    status: int
    path: str
    html: str
    forms: list[Form]

    @property
    def text(self) -> str:
        """What is to be read on it."""
        shown = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())

    def form_with(self, label: str) -> tuple[Form, Button]:
        """Return the first form with a button on which a text stands, and the button.

        Raises:
            LookupError: there is none; with what can be read instead.
        """
        for form in self.forms:
            for button in form.buttons:
                if button.label == label:
                    return form, button
        raise LookupError(f"no button {label!r} at {self.path} ({self.status}): {self.text[:600]}")


class Reader(HTMLParser):
    """Reads the forms of a page; a control may belong to a form elsewhere by its id."""

    def __init__(self) -> None:
        """Begin outside of every form."""
        super().__init__()
        self.forms, self._by_id, self._here = list[Form](), dict[str, Form](), Form("", "get", is_file=False)
        self._outside = self._here
        self._others = list[tuple[str, str, str]]()
        self._select = self._area = ""
        self._owner: str | None = None
        self._button: Button | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a control, a button."""
        of = {name: value or "" for name, value in attrs}
        names = {name for name, _ in attrs}
        if tag == "form":
            self._here = Form(
                of.get("action", ""), of.get("method", "get").lower(), "multipart" in of.get("enctype", "")
            )
            self.forms.append(self._here)
            self._by_id[of.get("id", "")] = self._here
        elif tag == "input" and "disabled" not in names:
            self._input(of, is_on="checked" in names)
        elif tag == "select":
            self._select, self._owner = of.get("name", ""), of.get("form")
        elif tag == "option" and self._select:
            is_first = self._select not in self._here.fields and self._owner is None
            if is_first or "selected" in names:
                self._set(self._select, of.get("value", ""), self._owner)
        elif tag == "textarea":
            self._area = of.get("name", "")
        elif tag == "button" and of.get("type", "submit") == "submit":
            self._button = Button("", of.get("name", ""), of.get("value", ""), of.get("formaction", ""))
            self._here.buttons.append(self._button)

    def handle_data(self, data: str) -> None:
        """Note what stands on a button or in a text area."""
        if self._button:
            self._button.label += data
        elif self._area:
            self._set(self._area, data.removeprefix("\n"), None)

    def handle_endtag(self, tag: str) -> None:
        """Leave a form, a control, a button."""
        if tag == "form":
            self._here = self._outside
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "button" and self._button:
            self._button.label, self._button = self._button.label.strip(), None

    def close(self) -> None:
        """Give the controls that stand elsewhere to their forms."""
        super().close()
        for name, value, owner in self._others:
            if owner in self._by_id:
                self._by_id[owner].fields[name] = value

    def _input(self, of: Mapping[str, str], *, is_on: bool) -> None:
        kind, name = of.get("type", "text"), of.get("name", "")
        if name and (kind in TYPED or (kind in TICKED and is_on)):
            self._set(name, of.get("value", "on" if kind in TICKED else ""), of.get("form"))

    def _set(self, name: str, value: str, owner: str | None) -> None:
        if owner is None:
            self._here.fields[name] = value
        else:
            self._others.append((name, value, owner))


class Browser:
    """Somebody at a browser of which scripts are switched off; it keeps its cookies."""

    def __init__(self, port: int) -> None:
        """Open it."""
        self._port, self._cookies = port, dict[str, str]()

    def open(self, path: str) -> Page:
        """Follow a link."""
        return self._ask("GET", path, b"", {})

    def send(
        self, page: Page, label: str, typed: Mapping[str, str] | None = None, file: tuple[str, bytes] | None = None
    ) -> Page:
        """Fill in a form, press a button of it, and follow the answer; ``file`` is a field's name and what is chosen there.

        Raises:
            LookupError: the page has no such button, or the form none of the fields.
        """
        form, button = page.form_with(label)
        typed = typed or {}
        if strangers := typed.keys() - form.fields.keys():
            raise LookupError(f"no field {sorted(strangers)} at {page.path}: {sorted(form.fields)}")
        fields = form.fields | dict(typed) | ({button.name: button.value} if button.name else {})
        path = urljoin(page.path, button.action or form.action or page.path)
        if form.method == "get":
            return self.open(f"{path.partition('?')[0]}?{urlencode(fields)}")
        kind, body = _multipart(fields, file) if form.is_file else ("application/x-www-form-urlencoded", _plain(fields))
        return self._ask("POST", path, body, {"Content-Type": kind})

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        for _ in range(MOST_REDIRECTS):
            cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            status, leads_to, content = self._exchange(method, path, body, headers | {"Cookie": cookies})
            if not leads_to:
                reader = Reader()
                reader.feed(content)
                reader.close()
                return Page(status, path, content, reader.forms)
            to = urlsplit(urljoin(path, leads_to))
            method, path, body, headers = "GET", f"{to.path}{'?' if to.query else ''}{to.query}", b"", {}
        raise LookupError(f"{path} leads in a circle")

    def _exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        connection = HTTPConnection(HOST, self._port, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            return answer.status, answer.getheader("Location") or "", answer.read().decode()
        finally:
            connection.close()


def _plain(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def _multipart(fields: Mapping[str, str], file: tuple[str, bytes] | None) -> tuple[str, bytes]:
    boundary = secrets.token_hex(16)
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    if file:
        head = f'Content-Disposition: form-data; name="{file[0]}"; filename="backup.zip"\r\n'
        parts.append(f"{head}Content-Type: application/zip\r\n\r\n".encode() + file[1])
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + b"--%s--\r\n" % boundary.encode()
