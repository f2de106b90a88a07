"""Pictures of the demo's Clientes screen for the documentation; run by scripts/screenshots."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from portal.config import ROOT
from portal.demo.people import ALFA, PASSWORD
from tests.browser.chromium import executable
from tests.browser.screen import Clients, sign_in
from tests.browser.server import Server, running_server

FOLDER = ROOT / "docs" / "screenshots"
SHOTS = {"clientes-desktop.png": (1280, 800), "clientes-celular.png": (360, 740)}
NOW = datetime.fromisoformat("2025-07-17T10:00:00-03:00")
"""A day in the middle of a month: the demo has clients of every status then."""
MOST_BYTES = 150_000


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        running_server(Path(folder), NOW.isoformat()) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable())
        for name in SHOTS:
            _shoot(browser, server, name)
        browser.close()


def _shoot(browser: Browser, server: Server, name: str) -> None:
    width, height = SHOTS[name]
    page = browser.new_page(
        base_url=server.url,
        viewport={"width": width, "height": height},
        is_mobile=width < 600,
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
    )
    clients = Clients(page).open()
    sign_in(page, ALFA.people[0].email, PASSWORD)
    page.locator("#client-table tbody").first.wait_for()
    clients.open()
    page.mouse.move(0, 0)
    picture = page.screenshot(path=FOLDER / name)
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"{name}: {len(picture)} bytes, more than {MOST_BYTES}")
    page.context.close()


if __name__ == "__main__":
    main()
