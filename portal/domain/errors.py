"""Refusals: a rule or a service says no, and says why. portal/errors.py puts them into words and status codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.domain.actions import Action
    from portal.domain.statuses import Status


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """Base of everything the portal refuses with a reason."""


class NotFound(Refusal):
    """No such thing, or another partner's: the answer is the same."""


class NotPermitted(Refusal):
    """The user's role does not grant this."""


class PartnerSuspended(Refusal):
    """The partner is suspended by the vendor: reading only (DOMAIN §2)."""


class ActionRefused(Refusal):
    """The status does not allow the action (DOMAIN §2)."""

    def __init__(self, action: Action, status: Status) -> None:
        """Remember which action and which status."""
        super().__init__(action.value, status.value)
        self.action, self.status = action, status


class StaleState(Refusal):
    """Somebody else changed the row since the form was rendered; nothing was written."""

    def __init__(self, current_version: int) -> None:
        """Remember the version that a new attempt has to carry."""
        super().__init__(current_version)
        self.current_version = current_version


class RepeatMismatch(Refusal):
    """The same form was sent before with another content; the first one stands."""


class NothingSelected(Refusal):
    """An order for many clients names none."""


class TooManySelected(Refusal):
    """An order names more clients than one order may."""

    def __init__(self, most: int) -> None:
        """Remember how many there may be."""
        super().__init__(most)
        self.most = most


class Invalid(Refusal):
    """A form's content was refused; ``errors`` maps a field's name to its messages."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        """Remember the messages by field."""
        super().__init__(dict(errors))
        self.errors = dict(errors)


class TooManyAttempts(Refusal):
    """A limit of attempts was reached; ``retry_after`` says how long to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        """Remember how long the caller has to wait."""
        super().__init__(retry_after)
        self.retry_after = retry_after
