"""What the commands of programs have in common: words that they are called with, ways in which they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from reference.backup_format import BadBackup
from reference.home import Unreadable
from reference.installation import NotActivated
from reference.license import NotAccepted
from reference.screen import Interrupted
from reference.wire import Refused, Unreachable

RUNS, REFUSED, NOT_ACTIVATED, UNREACHABLE, INTERRUPTED, USAGE = 0, 1, 2, 3, 4, 64


class Impossible(Exception):  # noqa: N818 - an answer, not a fault
    """What the program cannot do as things are; the text is for the screen."""


def carry_out(command: Callable[[], None]) -> int:
    """Carry out a command and return how it ended; what there is to say of that is said."""
    try:
        command()
    except NotActivated as why:
        return _ended(NOT_ACTIVATED, why)
    except Unreachable as why:
        return _ended(UNREACHABLE, why)
    except Interrupted as why:
        return _ended(INTERRUPTED, why)
    except (Refused, NotAccepted, Unreadable, BadBackup, Impossible) as why:
        return _ended(REFUSED, why)
    return RUNS


def _ended(status: int, why: Exception) -> int:
    print(why, file=sys.stderr)
    return status


class Parser(argparse.ArgumentParser):
    """Leaves 2, argparse's status for a wrong command, to what is not activated."""

    def error(self, message: str) -> NoReturn:
        """Say how it is used, and end."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")

    def add_machine(self) -> None:
        """Ask for the machine, the portal and the moment."""
        self.add_argument("--home", type=Path, required=True, help="the machine's own folder")
        self.add_argument("--portal", type=address, help="the portal's address, remembered from then on")
        self.add_argument("--now", type=moment, help="the machine's clock, as in 2025-07-10T12:00:00-03:00")

    def add_commands(self) -> Callable[[str, Callable[..., Any]], argparse.ArgumentParser]:
        """Return what adds a command: a function, described by its docstring."""
        commands = self.add_subparsers(required=True, metavar="COMMAND")

        def add(name: str, what: Callable[..., Any]) -> argparse.ArgumentParser:
            added = commands.add_parser(name, help=what.__doc__, description=what.__doc__)
            added.set_defaults(command=what)
            return added

        return add


def moment(text: str) -> datetime:
    """Return a moment that was typed, with its time zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("sem fuso horário")
    return found


def address(text: str) -> str:
    """Return a portal's address that was typed."""
    if not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError("o endereço do portal começa com https://")
    return text
