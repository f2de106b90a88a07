"""The screen and the keyboard of a dialogue: lines out, lines in, so that a script can answer as well as a person."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping, Sequence

ENTITIES = {
    "customers": "Clientes",
    "products": "Produtos",
    "stock": "Estoque",
    "sales": "Vendas",
    "credits": "Crediários",
    "fiscal_notes": "Notas fiscais",
}


LEFT = "Interrompido. Abra de novo para continuar de onde parou."


class Interrupted(Exception):  # noqa: N818 - an answer, not a fault
    """Nobody answers any more."""


class Screen:
    """Says things and asks for answers."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._shown = ""

    def say(self, text: str = "") -> None:
        """Show a line."""
        print(text, flush=True)

    def ask(self, prompt: str) -> str:
        """Return what is typed, without the blanks around it.

        Raises:
            Interrupted: the input has ended.
        """
        print(f"{prompt}: ", end="", flush=True)
        typed = sys.stdin.readline()
        if not typed:
            raise Interrupted(LEFT)
        if not sys.stdin.isatty():
            print(flush=True)
        return typed.strip()

    def ask_secret(self, prompt: str) -> str:
        """Return what is typed, which is shown nowhere."""
        return getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else self.ask(prompt)

    def press(self, button: str) -> None:
        """Wait for the one button that there is."""
        self.ask(f"[{button}]")

    def confirm(self, question: str) -> bool:
        """Return whether the answer is "Sim"."""
        return self.choose(question, ("Sim", "Não")) == 0

    def choose(self, question: str, options: Sequence[str]) -> int:
        """Return the place of the option whose number or word is typed; anything else is asked again."""
        words = [option.casefold() for option in options]
        self.say(question)
        for number, option in enumerate(options, 1):
            self.say(f"  {number}  {option}")
        while True:
            typed = self.ask("Opção").casefold()
            if typed in words:
                return words.index(typed)
            if typed.isdecimal() and 1 <= int(typed) <= len(options):
                return int(typed) - 1

    def progress(self, what: str, done: int, total: int) -> None:
        """Show how far something is; no more often than by the tenth, where nobody watches a line change."""
        share = done * 100 // total if total else 100
        line = f"{what}: {thousands(done)} de {thousands(total)} ({share} %)"
        if sys.stdout.isatty():
            print(f"\r\x1b[K{line}", end="\n" if done >= total else "", flush=True)
        elif (step := f"{what} {share // 10}") != self._shown:
            self._shown = step
            self.say(line)

    def table(self, counts: Mapping[str, int]) -> None:
        """Show counts by entity."""
        for entity, count in counts.items():
            self.say(f"  {ENTITIES[entity]:<14}{thousands(count):>12}")


def thousands(number: int) -> str:
    """Return a number as pt-BR writes it."""
    return f"{number:,}".replace(",", ".")


def money(cents: int) -> str:
    """Return cents as pt-BR writes money."""
    return f"R$ {thousands(cents // 100)},{cents % 100:02d}"


def document(text: str) -> str:
    """Return a CPF or CNPJ with its mask."""
    if len(text) == 14:  # noqa: PLR2004 - a CNPJ
        return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def bare(text: str) -> str:
    """Return a document or a code without its mask, in capitals."""
    return "".join(filter(str.isalnum, text)).upper()
