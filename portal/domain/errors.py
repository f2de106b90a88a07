"""Refusals: a rule or a service says no, and says why. portal/errors.py puts them into words and status codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.domain.actions import Action
    from portal.domain.catalogue import Item, Product
    from portal.domain.cloud import NoBackup
    from portal.domain.devices import PairingEnd
    from portal.domain.installations import Reason
    from portal.domain.invoices import InvoiceState
    from portal.domain.licenses import Problem
    from portal.domain.orders import Fixed
    from portal.domain.people import PersonProblem
    from portal.domain.renewals import Blocker
    from portal.domain.retail import Hindrance
    from portal.domain.roles import Role
    from portal.domain.statuses import Status
    from portal.domain.trust import NoRelease


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


class SetRefused(Refusal):
    """A set of items cannot be held (DOMAIN §4, R10)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Remember every problem."""
        super().__init__(list(problems))
        self.problems = tuple(problems)


class PriceMissing(Refusal):
    """The price table has no price for something that is asked for; ``product`` is None where there is no table at all."""

    def __init__(self, product: Product | None = None, item: Item | None = None) -> None:
        """Remember what has no price."""
        super().__init__(product, item)
        self.product, self.item = product, item


class QuoteAged(Refusal):
    """The price, the day or the license changed since the values were shown; they have to be seen again."""


class DevicesToChoose(Refusal):
    """Link Móvel seats are cut below the devices that use them: which ones leave was not said (DOMAIN §7)."""

    def __init__(self, count: int) -> None:
        """Remember how many leave."""
        super().__init__(count)
        self.count = count


class OpenCharges(Refusal):
    """Additional charges of the client are unpaid (DOMAIN §5, R11)."""

    def __init__(self, amount_cents: int) -> None:
        """Remember how much is open."""
        super().__init__(amount_cents)
        self.amount_cents = amount_cents


class OrderFixed(Refusal):
    """An order can no longer be undone: another day, paid, its code used, or the license changed since (DOMAIN §5)."""

    def __init__(self, why: Fixed) -> None:
        """Remember which of them."""
        super().__init__(why.value)
        self.why = why


class AlreadyRegistered(Refusal):
    """The partner has this document with this product already; ``client_id`` is that client."""

    def __init__(self, client_id: int) -> None:
        """Remember the client to point to."""
        super().__init__(client_id)
        self.client_id = client_id


class DocumentTaken(Refusal):
    """The document cannot be used here; whose it is stays unsaid."""


class CodeClosed(Refusal):
    """A registration code activates nothing any more: used, replaced, or its client's license ended (DOMAIN §7)."""


class CreditShort(Refusal):
    """More credit is asked for than there is (DOMAIN §5: the balance is never negative)."""

    def __init__(self, balance_cents: int) -> None:
        """Remember how much there is."""
        super().__init__(balance_cents)
        self.balance_cents = balance_cents


class RenewalBlocked(Refusal):
    """A client cannot be invoiced for its coming cycle now (DOMAIN §5, R11)."""

    def __init__(self, why: Blocker, amount_cents: int = 0) -> None:
        """Remember what stands in the way and, for open charges, how much they are."""
        super().__init__(why.value, amount_cents)
        self.why, self.amount_cents = why, amount_cents


class MethodBilled(Refusal):
    """The coming cycle is billed: another renewal method waits, or what bills it is cancelled first (DOMAIN §5)."""


class ReleaseRefused(Refusal):
    """An Expirado client is not released on trust (DOMAIN §5)."""

    def __init__(self, why: NoRelease, through: date | None = None) -> None:
        """Remember the reason and, where it was released before, the last day of that."""
        super().__init__(why.value)
        self.why, self.through = why, through


class InvoiceClosed(Refusal):
    """An invoice is paid or cancelled already."""

    def __init__(self, state: InvoiceState) -> None:
        """Remember what became of it."""
        super().__init__(state.value)
        self.state = state


class BelowCost(Refusal):
    """A retail price is below what the item costs the partner (DOMAIN §5, R13)."""

    def __init__(self, cost: Mapping[Item, int]) -> None:
        """Remember what each of the items costs, in cents."""
        super().__init__(dict(cost))
        self.cost = dict(cost)


class ChargeHindered(Refusal):
    """No charge can be issued to an end client now."""

    def __init__(self, why: Hindrance) -> None:
        """Remember what stands in the way."""
        super().__init__(why.value)
        self.why = why


class RetailClosed(Refusal):
    """A charge to an end client is paid already."""


class PairingRefused(Refusal):
    """A Navi that waits cannot be given the word any more, or not while its client has a status (DOMAIN §2, §7)."""

    def __init__(self, why: PairingEnd | Status) -> None:
        """Remember which of them."""
        super().__init__(why.value)
        self.why = why


class ProgramRefused(Refusal):
    """An installed program may not do what it asks for; ``facts`` are what it may show beside the reason (DOMAIN §7)."""

    def __init__(self, reason: Reason, **facts: int | str) -> None:
        """Remember the reason and the facts."""
        super().__init__(reason.value)
        self.reason, self.facts = reason, facts


class BackupRefused(Refusal):
    """A backup of the Cloud cannot be asked for, or not be taken back any more."""

    def __init__(self, why: NoBackup) -> None:
        """Remember the reason."""
        super().__init__(why.value)
        self.why = why


class PersonRefused(Refusal):
    """Something cannot be done to a user; nothing was written."""

    def __init__(self, why: PersonProblem) -> None:
        """Remember the reason."""
        super().__init__(why.value)
        self.why = why


class RoleChanged(Refusal):
    """Somebody else gave the user another role since the form was rendered; nothing was written."""

    def __init__(self, current: Role) -> None:
        """Remember the role that the user has now."""
        super().__init__(current.value)
        self.current = current
