"""Link's first hours: "Ativação", a Navi backup, the partner's word, the shop's users.

Where it stands is what is there: a restored database that waits, the shop's own, a key, users. Killed or without a line at
any step, the next run goes on with the first thing that is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference import people, restore, taking
from reference.installation import GONE, STOPS, Installation
from reference.people import SETUP
from reference.place import Place
from reference.screen import Screen, bare
from reference.shop import Restored
from reference.wire import Refused

RESTORE, RECEIPT = "restore", "receipt"
"""What else the portal is owed: what was restored, and that a link's backup need not be kept."""


class Opening:
    """The dialogue on one machine."""

    def __init__(self, main: Installation, screen: Screen) -> None:
        """Remember who talks, and where."""
        self.main, self.screen, self.place = main, screen, Place(main, screen)

    def run(self) -> None:
        """Go through everything that is left to do.

        Raises:
            Interrupted, Refused, Unreachable, NotAccepted, NotActivated, Unreadable: it goes on with the next run.
        """
        if self.main.state.program != "link":
            raise Refused("not_licensed", "Só o computador principal da loja guarda os dados dela.")
        self.place.clear()
        if self.main.state.key and not self.main.state.license:
            self.main.check_in()  # activated by a clock that stood wrong: whose shop this is, only a license says
        if self.main.state.taking and not self.screen.confirm("Continuar com o backup que foi escolhido?"):
            taking.drop(self.place)
        while step := self._next():
            step()
        self.screen.say("Link está pronto.")

    def _next(self) -> Callable[[], None] | None:
        """Return the first step that is missing."""
        state, place = self.main.state, self.place
        if state.taking:
            return lambda: taking.take(place)
        if place.staged.exists():
            return self._adopt if state.key else self._activate
        if not place.shop.exists():
            return self._choose
        if set(state.owed) - {SETUP}:
            return self._report
        if SETUP in state.owed:
            return lambda: (people.set_up if state.grant else people.ask_partner)(place)
        return None

    def _choose(self) -> None:
        chosen = self.screen.choose("Ativação", ("CNPJ e Código de registro", "Ou restaure um backup"))
        if chosen == 1:
            taking.ask(self.place)
        elif not self.main.state.key:
            self._activate()
        if chosen == 0 and self.main.state.key:
            self.place.save(owed=[SETUP])
            restore.begin_empty(self.place.shop)

    def _activate(self) -> None:
        """CNPJ and code become a key. Restored data of another CNPJ leave the code unused."""
        screen = self.screen
        screen.say("Ativação")
        typed, found = bare(screen.ask("CNPJ")), self._staged()
        if found and found.document != typed:
            self._offer_others(taking.other_shop(found.document, typed), "Corrigir o CNPJ")
            return
        code = screen.ask("Código de registro")
        screen.press("Continuar")
        try:
            self.main.activate("link", typed, code)
        except Refused as why:
            if why.reason != "activation_refused":
                raise
            screen.say(str(why))

    def _adopt(self) -> None:
        """Make the restored data the shop's own, if they are this shop's."""
        place, found = self.place, self._staged()
        own = place.own_document()
        if not found or found.document != own:
            self._offer_others(taking.other_shop(found.document if found else "", own))
            return
        place.save(owed=[RESTORE, *([RECEIPT] if self.main.state.link else []), SETUP])
        place.staged.replace(place.shop)

    def _offer_others(self, why: str, *more: str) -> None:
        """Leave the restored data where they are until somebody says what is to become of them."""
        options = ("Restaurar outro backup", "Descartar os dados restaurados", *more)
        match self.screen.choose(why, options):
            case 0:
                taking.ask(self.place)
            case 1:
                self.place.staged.unlink()

    def _report(self) -> None:
        """Tell what was restored; and, where it came by a link, that nobody else has to fetch it."""
        state, found = self.main.state, self.place.restored(self.place.shop)
        if found and RESTORE in state.owed:
            told: dict[str, Any] = {"sha256": found.sha256, "restored_at": found.restored_at}
            self._tell(told | {"counts": found.counts, "receivable_cents": found.receivable_cents})
        self.place.paid(RESTORE)
        if found and RECEIPT in state.owed:
            self.main.portal.open(f"/b/{state.link}/receipt", body={"sha256": found.sha256}).close()
            self.place.save(link="")
        self.place.paid(RECEIPT)

    def _tell(self, restored: dict[str, Any]) -> None:
        """Report to the portal, which may have no use for it: then Link goes on all the same."""
        try:
            self.main.call("/restores", restored)
        except Refused as why:
            if why.reason in STOPS | GONE:
                raise

    def _staged(self) -> Restored | None:
        return self.place.restored(self.place.staged) if self.place.staged.exists() else None
