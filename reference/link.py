"""Link, Link Móvel or Navi as a command: ``python -m reference.link --home FOLDER COMMAND`` (docs/reference.md).

Ends with 0 (it runs, it is done), 1 (refused), 2 (not activated here), 3 (no line where one was needed), 4 (a dialogue
whose user went away), 64 (a wrong command). What a user would see is printed in Portuguese.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from reference.command import Parser, carry_out
from reference.home import Home
from reference.installation import Installation
from reference.license import OWN_ITEM, License, screen_moment
from reference.opening import Opening
from reference.screen import LEFT, Interrupted, Screen
from reference.seats import ITEMS, Action, Counter

NAMES = {
    "base": "Computadores",
    "cloud": "Cloud",
    "payment_order": "Ordem de Pagamento",
    "integrated_payment": "Pagamento Integrado",
    "self_service": "Autoatendimento",
    "waiter": "Garçom",
    "mobile": "Móvel",
    "tef": "TEF",
}
"""What the screen calls the items; one that this version does not know is shown by its word."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return how it ended."""
    asked = _parser().parse_args(arguments)

    def command() -> None:
        asked.command(Installation(Home(asked.home), asked.now or datetime.now(UTC), asked.portal), asked)

    return carry_out(command)


def activate(installation: Installation, asked: argparse.Namespace) -> None:
    """CNPJ and code become a key and a license."""
    installation.state.name = asked.name
    installation.activate(asked.program, asked.document, asked.code)
    print(f"Ativado. Chave: {installation.state.key}")
    _say(installation, installation.running())


def open_(installation: Installation, asked: argparse.Namespace) -> None:
    """The program's first hours as a dialogue: "Ativação", a Navi backup, the partner's credentials, the shop's users."""
    if installation.state.key is None:
        installation.state.name = asked.name
    with installation.home.alone():
        try:
            Opening(installation, Screen()).run()
        except (KeyboardInterrupt, EOFError) as why:
            raise Interrupted(LEFT) from why
    _say(installation, installation.running())


def start(installation: Installation, _asked: argparse.Namespace) -> None:
    """The program is opened: a check-in where there is a line, and what the license lets it do."""
    license_, remark = installation.start()
    _say(installation, license_, remark)


def run(installation: Installation, _asked: argparse.Namespace) -> None:
    """A moment in the life of a program that is open: a check-in only when it is due."""
    license_, remark = installation.start(is_due=installation.is_check_in_due)
    _say(installation, license_, remark)


def check_in(installation: Installation, asked: argparse.Namespace) -> None:
    """A check-in now, whether or not it is due."""
    backups = installation.check_in(asked.cloud_error)
    _say(installation, installation.running())
    for backup in backups:
        print(f"Backup {backup} feito a pedido do parceiro.")


def seat(installation: Installation, asked: argparse.Namespace) -> None:
    """A device of the shop takes, keeps or gives back a seat, through the main computer."""
    use = Counter(installation, asked.item).do(asked.action, asked.device)
    alone = " (sem conexão)" if use.is_offline else ""
    print(f"{asked.device}: {NAMES.get(asked.item, asked.item)} em uso: {use.in_use} de {use.bought}{alone}.")


def license_(installation: Installation, _asked: argparse.Namespace) -> None:
    """The license that is kept, verified, as it was signed."""
    print(json.dumps(installation.licensed().claims, indent=2, ensure_ascii=False))
    installation.running()


def status(installation: Installation, _asked: argparse.Namespace) -> None:
    """What the program remembers, and what it would say without a line."""
    state = installation.state
    print(f"Portal {state.portal}; programa {state.program}; aparelho {state.name} ({state.device})")
    print(f"Chave {state.key or '–'}; próximo contato {state.check_in_at}; último momento visto {state.seen}")
    for item, peak in state.peaks.items():
        print(f"{NAMES.get(item, item)}: até {peak} em uso desde o último contato")
    _say(installation, installation.running())


def _say(installation: Installation, running: License, remark: str = "") -> None:
    """Print what a user sees when the program runs."""
    items = running.items_on(installation.today).items()
    held = ", ".join(_counted(item, count) for item, count in items if (item, count) != ("base", 1))
    print(f"Licença de {running.client} válida até {screen_moment(running.ends_at)}{held and '; '}{held}")
    if remark:
        print(remark)


def _counted(item: str, count: int) -> str:
    name = NAMES.get(item, item)
    return name if count == 1 else f"{name} {count}"


def _parser() -> Parser:
    parser = Parser(prog="link", description=__doc__)
    parser.add_machine()
    command = parser.add_commands()
    activating = command("activate", activate)
    activating.add_argument("document", metavar="CNPJ")
    activating.add_argument("code", metavar="CODE", nargs="?", default="", help="a Navi has none")
    activating.add_argument("--program", choices=OWN_ITEM, default="link")
    for naming in (activating, command("open", open_)):
        naming.add_argument("--name", default=platform.node() or "Computador", help="what people call the machine")
    command("start", start)
    command("run", run)
    command("check-in", check_in).add_argument("--cloud-error", default="", help="what is wrong with the Cloud")
    sitting = command("seat", seat)
    sitting.add_argument("action", type=Action, choices=list(Action))
    sitting.add_argument("item", choices=ITEMS)
    sitting.add_argument("--device", required=True, metavar="NAME")
    command("license", license_)
    command("status", status)
    return parser


if __name__ == "__main__":
    sys.exit(main())
