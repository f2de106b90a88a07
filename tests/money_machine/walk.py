"""A random walk: which steps are taken, what was said about each, and how few of them show a difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from tests.money_machine import seen
from tests.money_machine.license import Refused
from tests.money_machine.money import Money
from tests.money_machine.portal import Portal
from tests.money_machine.steps import Step, choose, is_possible

BEGINNINGS = [
    date(2023, 11, 25),
    date(2024, 1, 28),
    date(2024, 5, 20),
    date(2024, 11, 5),
    date(2025, 1, 2),
    date(2025, 6, 14),
]
MakePortal = Callable[[date], Portal]


class Differs(AssertionError):  # noqa: N818 - it is told, not caught by name
    """Model and portal disagree; the message says after which steps."""


@dataclass
class Walk:
    """The steps of one run, and a partner in the model and in the portal."""

    model: Money
    portal: Portal
    said: list[str] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Do one step in both and compare what they say and what they are.

        Raises:
            Differs: they are not the same.
        """
        name, arguments = step
        expected = None
        self.said.append(f"{self.model.today:%d/%m/%Y} {name} {arguments}")
        try:
            getattr(self.model, name)(**arguments)
        except Refused as refusal:
            expected = str(refusal)
        heard = self.portal.carry_out(name, arguments)
        self.said[-1] += f" -> {heard}" if heard else ""
        if expected != heard:
            raise Differs(f"model says {expected}, portal says {heard}")
        for client in self.model.clients:
            client.note_peak()
        places = {client_id: number for number, client_id in enumerate(self.portal.clients)}
        found = seen.by_portal(self.portal.partner_id, places, self.model.today)
        if wrong := seen.differences(seen.by_model(self.model), found):
            raise Differs("\n    ".join(wrong))
        if self.model.accounted != self.model.arrived:
            raise Differs(
                f"the model has lost money: {self.model.arrived} arrived, {self.model.accounted} accounted for"
            )

    def finish(self) -> None:
        """Hold the database against what must be true of it at any time."""
        if wrong := seen.faults(self.portal.partner_id, self.model):
            raise Differs("\n    ".join(wrong))


def run(seed: int, steps: int, make_portal: MakePortal) -> Walk:
    """Take a random walk; a difference is told with the shortest list of steps found that shows it.

    Raises:
        Differs: model and portal disagree.
    """
    chance = Random(seed)
    begins = chance.choice(BEGINNINGS)
    walk, taken = Walk(Money(begins), make_portal(begins)), list[Step]()
    try:
        for _ in range(steps):
            taken.append(choose(chance, walk.model))
            walk.take(taken[-1])
        walk.finish()
    except Differs:
        raise Differs(shortest(seed, begins, taken, make_portal)) from None
    return walk


def replay(begins: date, steps: Sequence[Step], make_portal: MakePortal) -> tuple[Walk, str]:
    """Take given steps, and return the walk with what differs in the end; steps about what is not there are left out."""
    walk = Walk(Money(begins), make_portal(begins))
    try:
        for step in steps:
            if is_about_something(walk.model, step):
                walk.take(step)
        walk.finish()
    except Differs as difference:
        return walk, str(difference)
    return walk, ""


def is_about_something(model: Money, step: Step) -> bool:
    """Say whether a step is about what is there, once other steps before it were left out."""
    name, arguments = step
    places = {"client": model.clients, "invoice": model.invoices, "charge": model.retail, "payment": model.payments}
    is_there = all(arguments[what] < len(rows) for what, rows in places.items() if what in arguments)
    return is_there and (name != "wait" or arguments["day"] > model.today) and is_possible(model, step)


def shortest(seed: int, begins: date, steps: list[Step], make_portal: MakePortal) -> str:
    """Leave steps out as long as something still differs, and tell what is left."""
    part = max(len(steps) // 2, 1)
    while part:
        for start in range(0, len(steps), part):
            fewer = steps[:start] + steps[start + part :]
            if replay(begins, fewer, make_portal)[1]:
                steps = fewer
                break
        else:
            part //= 2
    walk, why = replay(begins, steps, make_portal)
    lines = "\n".join(f"  {number:2} {said}" for number, said in enumerate(walk.said, 1))
    return f"seed {seed}, from {begins}, due day 10:\n{lines}\n    {why}\n  steps: {steps!r}"
