"""Changing many clients with one order, and taking a change back: which actions, which is the way back of which."""

from __future__ import annotations

from portal.domain.actions import Action
from portal.domain.labels import LabelEnum

BULK_ACTIONS = (Action.SUSPEND, Action.RESUME, Action.HIDE, Action.UNHIDE)
"""What can be done to many rows at once; the rule for each row is the one of a single row (DOMAIN §2)."""

INVERSE: dict[Action, Action] = {Action.SUSPEND: Action.RESUME, Action.HIDE: Action.UNHIDE}
"""What "Desfazer" does: changes that may be taken back while nobody has touched the client since."""


class LineResult(LabelEnum):
    """What became of one client of an order; a line without a result is still to be carried out."""

    DONE = "done", "Feito"
    REFUSED = "refused", "Não permitido"
    STALE = "stale", "Alterado por outra pessoa"


def inverse_of(action: str) -> Action | None:
    """Return the action that takes a recorded one back, or None where there is no such way."""
    known = Action.parse(action)
    return INVERSE.get(known) if known else None
