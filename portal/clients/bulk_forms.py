"""The forms of an order for many clients: which rows and what to do with them; the reason."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from portal.clients.bulk import Selection
from portal.clients.forms import SuspensionForm
from portal.domain.actions import Action
from portal.domain.bulk import BULK_ACTIONS
from portal.domain.errors import Invalid
from portal.forms import BareForm


def selection_from(form: MultiDict[str, str]) -> tuple[Action, Selection]:
    """Read what the list's form asks for: an action, and the ticked rows or all of the criteria.

    Raises:
        Invalid: no such action.
    """
    action = Action.parse(form.get("action", ""))
    if action not in BULK_ACTIONS:
        raise Invalid({"action": ["O formulário está incompleto."]})
    return action, Selection.from_form(form)


class ExecutionForm(BareForm):
    """Releases an order; the reason of a suspension is the single row's."""

    reason: Any = SuspensionForm.reason

    @property
    def given_reason(self) -> str | None:
        """The reason that was sent; None where the form has no such field (it only goes on)."""
        return str(self.reason.data or "") if "reason" in request.form else None
