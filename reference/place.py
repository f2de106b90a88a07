"""Where Link's first hours take place: a machine's folder, its installation, a screen."""

from __future__ import annotations

from pathlib import Path

from reference import restore, shop
from reference.installation import Installation
from reference.screen import Screen, money, thousands
from reference.shop import Restored

LINK, FILE = "link", "file"
"""How a backup comes: kinds of ``State.taking``."""


class Place:
    """What every step of the dialogue needs."""

    def __init__(self, main: Installation, screen: Screen) -> None:
        """Name the files: restored data that wait for their shop, and the shop's own."""
        self.main, self.screen, self.folder = main, screen, main.home.folder
        self.staged, self.shop = self.folder / "staged.db", self.folder / "shop.db"

    def clear(self) -> None:
        """Throw away what a killed run was building."""
        for file in (self.staged, self.shop):
            restore.draft_of(file).unlink(missing_ok=True)

    def save(self, **changes: object) -> None:
        """Remember something."""
        for name, value in changes.items():
            setattr(self.main.state, name, value)
        self.main.save()

    def paid(self, what: str) -> None:
        """Remember that the portal was told."""
        self.save(owed=[one for one in self.main.state.owed if one != what])

    def own_document(self) -> str:
        """Return the CNPJ of the license.

        Raises:
            NotAccepted, NotActivated: see there.
        """
        return str(self.main.licensed().claims["client"]["document"])

    def restored(self, file: Path) -> Restored | None:
        """Return what was restored into a database; None where a shop began with nothing."""
        with shop.opened(file) as there:
            return there.restored

    def show(self, found: Restored) -> None:
        """Show what was restored, by count and by cent."""
        self.screen.table(found.counts)
        self.screen.say(f"A receber em crediários abertos: {money(found.receivable_cents)}")
        notes = next(file["rows"] for file in found.manifest["files"] if file["name"] == "fiscal_notes.jsonl")
        self.screen.say(f"Notas fiscais no Navi: {thousands(notes)}; não são migradas.")
