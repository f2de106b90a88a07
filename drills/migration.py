"""The product document of DOMAIN §8, played from its first line to its last against a portal that was just set up.

The partner works in a browser without scripts, the programs are the installed ones, the bank pays by Pix, and one clock moves
for all of them: from the day on which Navi was ordered to the day on which it is reactivated. Dates and values are R17's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from drills.cast import ENTITIES, NOT_ACTIVATED, REFUSED, RUNS, Cast, Wrong, ensure, found, money, number, qr_of
from drills.pix import ENVIRON
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from tests.factories import PASSWORD
from tests.postgres import tools_folder

SALES = (20_000, 300)
LONGEST_LOOK = 120.0
NAME, PLACE = "Padaria Pão Quente", {"uf": "SP", "city": "Campinas"}


def run(*, is_quick: bool) -> Iterator[Row]:
    """Play it on both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            yield _played(stage, SALES[is_quick])


def _played(stage: Stage, sales: int) -> Row:
    play = Play(stage, sales=sales)
    path = f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"  # the first night is caught up at the start
    ours = {"PORTAL_DEMO": "1", "PORTAL_NOW": f"@{play.hands}", "PORTAL_SCHEDULER": "1", "PATH": path}
    stage.environ |= ENVIRON | ours
    row = Row("migration", stage.name, 1)
    with Server(stage) as server:
        play.begin(server.port)
        for step in play.steps:
            try:
                step()
            except (Wrong, LookupError) as why:
                row.faults.append(f"{step.__name__}: {why}")
                break
        row.faults += [f"log: {line}" for line in server.complaints()]
    row.counted = "; ".join(play.told)
    return row


@dataclass
class Play(Cast):
    """The document, step by step; ``told`` is what there is to say of it."""

    sales: int = 0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Say where the file of "Compartilhar" goes."""
        super().__post_init__()
        self.backup = self.folder / "navi-backup.zip"

    @property
    def steps(self) -> Sequence[Callable[[], None]]:
        """The document, in its order."""
        return (
            self.navi_is_ordered,
            self.link_is_ordered,
            self.navi_makes_backups,
            self.portal_looks_it_through,
            self.link_restores_the_file,
            self.link_restores_by_the_link,
            self.link_is_activated,
            self.partner_and_users,
            self.both_ends_are_equal,
            self.checklist_knows,
            self.only_link_is_renewed,
            self.navi_expires,
            self.navi_is_inactive,
            self.navi_is_reactivated,
        )

    # the partner's desk

    def navi_is_ordered(self) -> None:
        """A shop begins with Navi; its program is authorised, and its first charge paid."""
        page = self.browser.send(self.browser.open("/clients/new"), "Mostrar produtos", {"product": "navi"})
        typed = {"document": self.known["document"], "name": NAME, **PLACE}
        page = self.browser.send(self.browser.send(page, "Salvar", typed), "Confirmar")
        self.known["navi"] = found(r"/clients/(\d+)/registration", page.path)
        self.navi("activate", self.known["document"], ends=NOT_ACTIVATED)
        page = self.browser.open(f"/clients/{self.known['navi']}")
        self.browser.send(page, "Autorizar")
        self.navi("activate", self.known["document"])
        self.pay_additionals("navi", "49,90")

    def link_is_ordered(self) -> None:
        """One click from the Navi row: the data are there, the quote is R17's, and the code is shown."""
        self.move_clock("2025-06-16T10:00:00")
        page = self.browser.open(f"/clients/{self.known['navi']}/link-order/new")
        ensure(NAME in page.html, f"the Navi's data are not in the form: {page.text[:300]}")
        page = self.browser.send(page, "Salvar")
        ensure("83,25" in page.text, f"R17's 83,25 is not asked for: {page.text[:600]}")
        page = self.browser.send(page, "Confirmar")
        self.known["link"] = found(r"/clients/(\d+)/registration", page.path)
        self.known["code"] = found(r"<code>([^<]+)</code>", page.html)
        self.pay_additionals("link", "83,25")

    # Navi

    def navi_makes_backups(self) -> None:
        """ "Compartilhar" makes a file, "Link de Download" a link and its QR code, which holds the link and nothing else."""
        self.navi("fill", "--sales", str(self.sales))
        self.navi("share", str(self.backup))
        screen = self.navi("link")
        self.known["url"] = found(r"Link de Download: (\S+)", screen)
        page = self.browser.open(self.known["url"].removeprefix(self.url))
        ensure(page.status == 200 and NAME in page.text, f"the link's page says {page.text[:300]}")
        ensure(qr_of(self.known["url"]) in screen, "the QR code on Navi's screen is not that of the link")

    def portal_looks_it_through(self) -> None:
        """Before the visit the file is sent in: what will migrate, to the cent, what will not, and that nothing is wrong."""
        page = self.browser.open(f"/clients/{self.known['navi']}/navi-backups")
        page = self.browser.send(page, "Enviar e conferir", file=("backup", self.backup.read_bytes()))
        deadline = monotonic() + LONGEST_LOOK
        while "Atualizar" in page.text and monotonic() < deadline:
            sleep(0.5)
            page = self.browser.open(page.path)
        said = ("Nenhum problema: o Link pode restaurar este backup.", "Notas fiscais", money(self.receivable()))
        for text in (*said, *[number(len(rows)) for rows in self.rows("navi", "navi.db").values()][:4]):
            ensure(text in page.text, f"{text} is not in the pre-flight: {page.text}")

    # Link

    def link_restores_the_file(self) -> None:
        """ "Ou restaure um backup" › "Navi Vendas" › the file › "Sim" › "Ok"."""
        screen = self.open_link("Ou restaure um backup", "Navi Vendas", str(self.backup), "Sim", "")
        ensure("Backup restaurado" in screen, screen)
        self.known["by file"] = repr(self.rows("link", "staged.db"))

    def link_restores_by_the_link(self) -> None:
        """Another CNPJ is typed, the data wait; then they are replaced by what the link brings: the same."""
        screen = self.open_link(
            "00.000.000/0000-00", "Restaurar outro backup", "Navi Vendas", self.known["url"], "Sim", ""
        )
        ensure("Backup restaurado" in screen, screen)
        ensure(
            repr(self.rows("link", "staged.db")) == self.known["by file"], "the link brought other rows than the file"
        )

    def link_is_activated(self) -> None:
        """CNPJ and "Código de registro" › "Continuar": the data are the shop's, and the link leads nowhere any more."""
        self.open_link(self.known["document"], self.known["code"], "")
        page = self.browser.open(self.known["url"].removeprefix(self.url))
        ensure(page.status == 404, f"the link that was used is answered {page.status}")

    def partner_and_users(self) -> None:
        """The partner's credentials, wrong and right; "Confira os dados restaurados"; two users."""
        partner = (self.known["email"], "errada", self.known["email"], PASSWORD, "")
        screen = self.open_link(*partner, "Sim", "Ana", "Administrador", "Bia", "Caixa", "", ends=RUNS)
        for text in ("não conferem", "Confira os dados restaurados", "Link está pronto"):
            ensure(text in screen, f"{text!r} is not on the screen: {screen}")

    def both_ends_are_equal(self) -> None:
        """Every count, every row, and every open receivable's cent."""
        navi, link = self.rows("navi", "navi.db"), self.rows("link", "shop.db")
        for name, rows in navi.items():
            ensure(rows == link[name], f"{name}: {len(rows)} rows in Navi, {len(link[name])} in Link, or other ones")
        counts = ", ".join(f"{len(navi[name])} {name}" for name in ENTITIES)
        self.told.append(
            f"{counts} and {len(navi['receivables'])} open instalments, {self.receivable()} cents, at both ends"
        )

    def checklist_knows(self) -> None:
        """The portal's checklist shows what happened, with the counts and the cents that Link told."""
        page = self.browser.open(f"/clients/{self.known['link']}/migration")
        for text in (number(self.sales), money(self.receivable())):
            ensure(text in page.text, f"{text} is not on the checklist: {page.text}")
        ensure(page.text.count("Feito") == 5, f"five steps are done, not so here: {page.text}")

    # next month

    def only_link_is_renewed(self) -> None:
        """In "Renovação manual" only Link is preselected; its invoice is paid."""
        self.move_clock("2025-07-01T10:00:00")
        desk = self.browser.open("/renewals?month=2025-07")
        chosen = {
            form: desk.form_with("Salvar decisões")[0].fields[f"d{self.known[form]}"] for form in ("navi", "link")
        }
        ensure(chosen == {"navi": "skip", "link": "renew"}, f"preselected is {chosen}")
        page = self.browser.open("/invoices/month/new?month=2025-07")
        ensure("99,90" in page.text and "1 cliente" in page.text, f"not Link alone: {page.text[:600]}")
        self.pay(self.browser.send(page, "Confirmar"))
        self.link("start")

    def navi_expires(self) -> None:
        """The day after its due date Navi is Expirado and does not run; Link does."""
        self.move_clock("2025-07-11T10:00:00")
        self.navi("start", ends=REFUSED)
        self.link("start")
        self.expect_status("Expirado")

    def navi_is_inactive(self) -> None:
        """On the first of the next month it is Inativo, and the migration is over."""
        self.move_clock("2025-08-01T10:00:00")
        self.navi("start", ends=REFUSED)
        self.link("start")
        self.expect_status("Inativo")
        page = self.browser.open(f"/clients/{self.known['link']}/migration")
        ensure("Migração concluída" in page.text, f"the checklist does not end: {page.text}")

    def navi_is_reactivated(self) -> None:
        """ "Reativar" › "Confirmar": Ativo, and after a check-in it runs, beside Link."""
        page = self.browser.open(f"/clients/{self.known['navi']}/reactivation/new")
        self.browser.send(self.browser.send(page, "Reativar cliente"), "Confirmar")
        self.expect_status("Ativo")
        self.navi("start")
        self.link("start")
        self.told.append("Navi Expirado 11/07, Inativo 01/08, reactivated; Link renewed alone")

    def expect_status(self, status: str) -> None:
        """See what the Navi's page says."""
        page = self.browser.open(f"/clients/{self.known['navi']}")
        ensure(f">{status}</b>" in page.html, f"Navi is not {status}: {page.text[:600]}")
