"""The Clientes screen as a person sees it: the same words with JavaScript, without it, on a desktop, on a phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page, expect

from portal.models import Client
from tests.factories import PASSWORD

FOCUS = "document.activeElement && (document.activeElement.id || document.activeElement.tagName)"


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill in the login that the page shows."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Senha").fill(password)
    page.get_by_role("button", name="Entrar").click()


def said(page: Page, text: str | re.Pattern[str]) -> None:
    """Check what the announcing region says."""
    expect(page.locator("#said[role=status]")).to_contain_text(text)


def focused(page: Page) -> str:
    """Return the id of the element that has the focus (its tag where it has none)."""
    return str(page.evaluate(FOCUS))


def wait_for_focus(page: Page, *ids: str) -> None:
    """Wait until one of these elements has the focus."""
    page.wait_for_function(f"ids => ids.includes({FOCUS})", arg=list(ids))


def ready(page: Page) -> None:
    """Wait until the scripts of the page that is seen have run; before, it works as it does without."""
    page.wait_for_load_state()


def stands_at(page: Page, **criteria: str) -> None:
    """Check that the address bar has exactly these criteria of the list."""
    page.wait_for_url(lambda url: _criteria_of(url) == criteria)


def _criteria_of(url: str) -> dict[str, str]:
    shown = dict(parse_qsl(urlsplit(url).query))
    return {name: value for name, value in shown.items() if (name, value) != ("size", "25")}  # a plain form says all


class Clients:
    """The list, with what one does on it."""

    def __init__(self, page: Page, *, js: bool = True) -> None:
        self.page, self.js = page, js

    def open(self, query: str = "") -> Clients:
        self.page.goto(f"/clients{query}")
        return self

    def row(self, client: Client) -> Locator:
        return self.page.locator(f"#client-{client.id}")

    def status(self, client: Client) -> Locator:
        """Return the badge: in the row or, after an action without JavaScript, on the client's page."""
        return self.page.locator(f"#client-{client.id} .s, h1 + .s").first

    def names(self) -> list[str]:
        return self.page.locator("#client-table tbody th").all_inner_texts()

    def shows(self, *clients: Client) -> None:
        """Check that the list holds exactly these, in this order."""
        expect(self.page.locator("#client-table tbody th")).to_have_text([client.name for client in clients])

    def tab(self, label: str) -> None:
        """Press a status above the list."""
        tabs = self.page.get_by_role("list", name="Clientes por status")
        tabs.get_by_role("link", name=re.compile(rf"^{label} \d")).click()

    def open_filters(self) -> Locator:
        """Unfold "Filtros", if it is not, and return it."""
        panel = self.page.locator("#more-filters")
        if panel.get_attribute("open") is None:
            panel.locator("summary").click()
        return panel

    def tick(self, *labels: str) -> None:
        """Leave exactly these statuses ticked."""
        panel = self.open_filters()
        for box in panel.get_by_role("checkbox").all():
            wanted = (box.evaluate("box => box.closest('label').innerText") or "").strip() in labels
            box.set_checked(wanted)

    def filter(self) -> None:
        """Press "Filtrar" inside "Filtros"."""
        self.page.locator("#more-filters").get_by_role("button", name="Filtrar").click()

    def sort(self, column: str) -> None:
        """Sort by a column: by its heading or, on a phone, which has none, by "Ordenar por"."""
        heading = self.page.get_by_role("columnheader", name=column).get_by_role("link")
        if heading.is_visible():
            heading.click()
            return
        self.open_filters().get_by_role("combobox", name="Ordenar por").select_option(label=column)
        self.filter()

    def search(self, text: str) -> None:
        self.page.get_by_role("searchbox").fill(text)
        self.page.get_by_role("button", name="Filtrar").first.click()

    def unfold(self, client: Client) -> Locator:
        """Press the arrow of a Link row and return what it shows."""
        self.page.get_by_label(f"Detalhes do cliente {client.id}", exact=True).click()
        return self.page.locator(f"#x{client.id}")

    def open_menu(self, client: Client) -> Locator:
        """Press ⋮ and return the actions: a menu in the row or, without JavaScript, those of the client's page."""
        dots = self.page.get_by_label(f"Ações do cliente {client.id}", exact=True)
        dots.click()
        actions = self.page.locator(f"#menu-{client.id}.menu, #acoes")
        actions.wait_for()
        if self.js:
            expect(dots).to_have_attribute("aria-expanded", "true")
        return actions

    def act(self, client: Client, label: str) -> None:
        """Choose an action of a row's menu."""
        actions = self.open_menu(client)
        actions.get_by_role("link", name=label, exact=True).or_(
            actions.get_by_role("button", name=label, exact=True)
        ).click()

    def suspend(self, client: Client, reason: str = "") -> None:
        self.act(client, "Suspender")
        form = self.page.locator("form").filter(has=self.page.get_by_label("Motivo (opcional)"))
        form.get_by_label("Motivo (opcional)").fill(reason)
        form.get_by_role("button", name="Suspender").click()

    def back(self) -> None:
        """Return to the list, where an action led to the client's page."""
        if not self.js:
            self.page.get_by_role("link", name="Clientes").first.click()
