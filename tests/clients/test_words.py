"""Whatever is recorded about a client has words on its page: an action without any fails here, not on the screen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from portal.clients.history import DONE_LABELS, HistoryRow
from portal.config import ROOT
from portal.domain.actions import PERMISSION_OF, Action
from tests.conftest import NOW

RECORDERS = {"record", "_record", "Order"}
"""What writes an event or asks for one; the action is the first thing that they are given."""

OF_NO_CLIENT = {
    "notices_dismissed", "notices_postponed", "notices_reopened",  # of a group
    "renewals_decided", "renewals_undecided",
    "invoice_made", "invoice_paid", "invoice_cancelled", "import_confirmed", "import_undone",
    "payment_registered", "payment_assigned", "add_prices", "request_run",
    "operator_created", "password_link_issued", "password_set", "signing_key_rotated",
    "role_changed", "user_deactivated", "user_reactivated", "invitation_sent", "invitation_withdrawn", "invitation_accepted",
    "second_step_enabled", "second_step_disabled", "second_step_reset", "second_step_demanded", "second_step_left_open",
    "admin_invited", "partner_registered", "staff_visit", "withdraw_prices",
    "recovery_codes_renewed", "name_changed", "password_changed", "contact_changed",
}  # fmt: skip
"""Recorded of a partner, a user, a file or the portal, and never shown on one client's page."""


def constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a module names, one by one or several in a line."""
    named: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = node.targets[0]
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        for name, value in pairs:
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                named[name.id] = value.value
    return named


def recorded(path: Path) -> Iterator[str]:
    """Yield the actions that a module records, as far as they are written down in it."""
    tree = ast.parse(path.read_text())
    named = constants(tree)
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given += [node.args[0]] if called in RECORDERS else []
        elif isinstance(node, ast.Dict):
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            given += [value for key, value in zip(keys, node.values, strict=True) if key == "action"]
    for one in given:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
        elif isinstance(one, ast.Name) and one.id in named:
            yield named[one.id]


INVOICING = {Action.RENEW, Action.PAY_ADDITIONALS}
"""Make an invoice, which is the partner's; the client's own event comes with the money."""

ACTIONS = sorted({action for path in (ROOT / "portal").rglob("*.py") for action in recorded(path)} - OF_NO_CLIENT)


def test_there_is_something_to_look_at() -> None:
    assert {"renewed", "retail_charge_paid", "order_reversed", "notice_muted"} <= set(ACTIONS)


@pytest.mark.parametrize("action", [*ACTIONS, *sorted(set(PERMISSION_OF) - INVOICING)])
def test_every_action_has_its_words(action) -> None:
    assert action in DONE_LABELS


def test_a_renewal_says_what_paid_for_it_and_which_method_began() -> None:
    event = SimpleNamespace(
        id=1, at=NOW, actor_name="Portal", action="renewed", reason="Fatura 12",
        before={"due_on": "2025-08-10", "renewal_method": "manual"},
        after={"due_on": "2025-09-10", "renewal_method": "billing"},
    )  # fmt: skip
    row = HistoryRow.build(event)
    assert (row.label, row.reason) == ("Renovação", "Fatura 12")
    assert row.changes == [
        ("Renovação de licença", "Renovação manual", "Gestão de cobranças"),
        ("Vencimento", "10/08/2025", "10/09/2025"),
    ]


def test_a_decision_says_about_which_due_date() -> None:
    event = SimpleNamespace(
        id=1, at=NOW, actor_name="Ana", action="renewal_decided", reason="",
        before={"decision": "renew"}, after={"decision": "skip", "cycle": "2025-08-10"},
    )  # fmt: skip
    changes = HistoryRow.build(event).changes
    assert ("Decisão", "Renovar", "Não renovar") in changes
    assert "10/08/2025" in str(changes)
