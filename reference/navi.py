"""Navi as a command: ``python -m reference.navi --home FOLDER COMMAND`` (docs/reference.md).

It keeps a small shop and makes backups of it. It ends as ``reference.link`` does.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import segno

from reference import navi_backup, navi_counter, navi_sample
from reference.command import Impossible, Parser, carry_out, moment
from reference.home import Home
from reference.installation import Installation
from reference.license import SAO_PAULO, screen_moment
from reference.navi_shop import Owner, Shop
from reference.screen import ENTITIES, Screen, bare, document, money

SAMPLED_AT = datetime(2025, 7, 1, 8, tzinfo=SAO_PAULO)
"""When samples are of, so that the same seed makes the same bytes on any day."""


METHODS = ("cash", "debit", "credit_card", "pix", "other")


class Navi:
    """The program on a machine: its installation, its shop, its screen."""

    def __init__(self, asked: argparse.Namespace) -> None:
        """Open the machine's folder."""
        self.main = Installation(Home(asked.home), asked.now or datetime.now(UTC), asked.portal)
        self.shop, self.screen = Shop(asked.home / "navi.db"), Screen()

    # the shop

    def fill(self, asked: argparse.Namespace) -> None:
        """Fill an empty shop with customers, products and sales that are made up; the same seed makes the same ones."""
        if not self.shop.setting("document"):
            self.shop.belong_to(Owner(bare(asked.document), asked.name))
        navi_sample.fill(self.shop, asked.seed, asked.sales, self.main.now.astimezone(SAO_PAULO))
        self.status(asked)

    def sell(self, asked: argparse.Namespace) -> None:
        """Sell products: their numbers and quantities, as in 1=0,804 2=1."""
        sale = navi_counter.Sale(
            asked.items, asked.paid, asked.customer, asked.discount, asked.instalments, asked.method
        )  # fmt: skip
        row = navi_counter.sell(self.shop, sale, self.main.now)
        self.screen.say(f"Venda {row['id']}: {money(row['total_cents'])}")

    def receive(self, asked: argparse.Namespace) -> None:
        """Take money for a credit, the oldest instalments first."""
        left = navi_counter.receive(self.shop, asked.credit, asked.cents)
        self.screen.say(f"Recebido: {money(asked.cents)}. Falta: {money(left)}.")

    def status(self, _asked: argparse.Namespace) -> None:
        """Show whose shop it is and what it holds."""
        shop, screen = self.shop, self.screen
        screen.say(f"{shop.setting('name')} – {document(shop.setting('document'))}")
        screen.table({entity: shop.count(entity) for entity in ENTITIES})
        credits_, cents = shop.receivable()
        screen.say(f"Vendido: {money(shop.sold_cents())}")
        screen.say(f"A receber em crediários abertos ({credits_}): {money(cents)}")

    # the license

    def activate(self, asked: argparse.Namespace) -> None:
        """Ask for a license; a Navi needs no code, but its partner's word."""
        self.main.state.name = asked.name
        self.main.activate("navi", asked.document, "")
        license_ = self.main.running()
        self.shop.belong_to(Owner(str(license_.claims["client"]["document"]), license_.client))
        self.screen.say(f"Ativado: {license_.client}")

    def start(self, _asked: argparse.Namespace) -> None:
        """The program is opened: a check-in where there is a line, and whether the license lets it run."""
        license_, remark = self.main.start()
        self.screen.say(f"Licença de {license_.client} válida até {screen_moment(license_.ends_at)}")
        if remark:
            self.screen.say(remark)

    # the backup

    def menu(self, _asked: argparse.Namespace) -> None:
        """The dialogue "Configurações" › "Backup" › "Fazer backup"."""
        ways: dict[str, Callable[[], None]] = {
            "Compartilhar": lambda: self._share(Path(self.screen.ask("Salvar em"))),
            "Link de Download": self._link,
        }
        for title, only in (("Navi Vendas", "Configurações"), ("Configurações", "Backup"), ("Backup", "Fazer backup")):
            if self.screen.choose(title, (only, "Sair")):
                return
        chosen = self.screen.choose("Fazer backup", (*ways, "Sair"))
        for way in [*ways.values()][chosen : chosen + 1]:
            way()

    def share(self, asked: argparse.Namespace) -> None:
        """Make a backup and keep it as a file: "Compartilhar"."""
        self._share(asked.path)

    def link(self, _asked: argparse.Namespace) -> None:
        """Make a backup and send it to the portal: "Link de Download"."""
        self._link()

    def _share(self, path: Path) -> None:
        with _writing(path):
            navi_backup.make(self.shop, path, self.main.now)
        self.screen.say(f"Backup salvo em {path}.")

    def _link(self) -> None:
        def tell(done: int, total: int) -> None:
            self.screen.progress("Enviando (KB)", -(-done // 1024), -(-total // 1024))

        with self.main.home.alone():
            found = navi_backup.upload(self.main, self.shop, tell)
        self.screen.say(f"Link de Download: {found.url}")
        self.screen.say(f"Vale até {found.expires_at.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}.")
        segno.make_qr(found.url, error="m").terminal(sys.stdout, compact=True)


def samples(asked: argparse.Namespace) -> None:
    """Make a backup of a shop that is made up; the same seed makes the same file."""
    with closing(Shop()) as shop:
        shop.belong_to(Owner(bare(asked.document), asked.name))
        navi_sample.fill(shop, asked.seed, asked.sales, asked.now)
        with _writing(asked.path):
            navi_backup.make(shop, asked.path, asked.now)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say in words that a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise Impossible(f"Não foi possível gravar {path}: {error.strerror}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return how it ended."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    if "samples" in words[:1]:
        asked = _samples_parser().parse_args(words[1:])
        return carry_out(lambda: samples(asked))
    asked = _parser().parse_args(words)
    return carry_out(lambda: asked.command(Navi(asked), asked))


def _parser() -> Parser:
    parser = Parser(prog="navi", description=__doc__)
    parser.add_machine()
    command = parser.add_commands()
    _add_size(_add_owner(command("fill", Navi.fill)))
    selling = command("sell", Navi.sell)
    selling.add_argument("items", type=_sold, nargs="+", metavar="PRODUCT=QUANTITY")
    selling.add_argument("--paid", type=_paid, action="append", default=[], metavar="METHOD=AMOUNT")
    selling.add_argument("--method", choices=METHODS, default="cash", help="how the rest is paid")
    selling.add_argument("--instalments", type=int, choices=range(1, 121), default=0, metavar="N")
    selling.add_argument("--customer", type=int)
    selling.add_argument("--discount", type=_cents, default=0, metavar="AMOUNT")
    receiving = command("receive", Navi.receive)
    receiving.add_argument("credit", type=int)
    receiving.add_argument("cents", type=_cents, metavar="AMOUNT")
    command("status", Navi.status)
    activating = command("activate", Navi.activate)
    activating.add_argument("document", metavar="CNPJ")
    activating.add_argument("--name", default=platform.node() or "Computador", help="what people call the machine")
    command("start", Navi.start)
    command("menu", Navi.menu)
    command("share", Navi.share).add_argument("path", type=Path)
    command("link", Navi.link)
    return parser


def _samples_parser() -> Parser:
    parser = Parser(prog="navi samples", description=samples.__doc__)
    parser.add_argument("path", type=Path, metavar="OUT.zip")
    parser.add_argument("--now", type=moment, default=SAMPLED_AT, help="when the backup is of")
    _add_size(_add_owner(parser))
    return parser


def _add_owner(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--document", metavar="CNPJ", default=navi_sample.OWNER.document, help="whose shop it is")
    parser.add_argument("--name", default=navi_sample.OWNER.name)
    return parser


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sales", type=int, default=1000)


def _sold(text: str) -> tuple[int, int]:
    product, _, quantity = text.partition("=")
    return int(product), _number(quantity or "1", 1000)


def _paid(text: str) -> tuple[str, int]:
    method, _, amount = text.partition("=")
    if method not in METHODS:
        raise argparse.ArgumentTypeError(", ".join(METHODS))
    return method, _cents(amount)


def _cents(text: str) -> int:
    return _number(text, 100)


def _number(text: str, parts: int) -> int:
    """Return hundredths or thousandths of a number as people write it."""
    try:
        found = Decimal(text.replace(",", ".")) * parts
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"não é um número: {text}") from None
    if found != found.to_integral_value() or found <= 0:
        raise argparse.ArgumentTypeError(f"não é um número positivo com as casas decimais certas: {text}")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
