"""Refusals carry what the answer needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain import errors
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.cloud import NoBackup
from portal.domain.invoices import InvoiceState
from portal.domain.licenses import Flaw, Problem
from portal.domain.people import PersonProblem
from portal.domain.renewals import Blocker
from portal.domain.retail import Hindrance
from portal.domain.roles import Role
from portal.domain.statuses import Status

TOO_MANY = Problem(Flaw.OUT_OF_RANGE, Item.WAITER)


def test_every_refusal_is_a_refusal_so_that_one_handler_answers_them_all() -> None:
    names = {kind.__name__ for kind in errors.Refusal.__subclasses__() if kind.__module__ == "portal.domain.errors"}
    assert names == {
        "NotFound", "NotPermitted", "PartnerSuspended", "ActionRefused", "StaleState", "RepeatMismatch", "Invalid",
        "TooManyAttempts", "NothingSelected", "TooManySelected", "SetRefused", "PriceMissing", "QuoteAged", "OpenCharges", "OrderFixed",
        "AlreadyRegistered", "DocumentTaken", "CodeClosed", "CreditShort", "RenewalBlocked", "InvoiceClosed",
        "ReleaseRefused", "MethodBilled",
        "BelowCost", "ChargeHindered", "RetailClosed", "BackupRefused", "ProgramRefused",
        "PairingRefused", "DevicesToChoose", "PersonRefused", "RoleChanged",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refusal", "name", "carried"),
    [
        (errors.ActionRefused(Action.HIDE, Status.ACTIVE), "action", Action.HIDE),
        (errors.ActionRefused(Action.HIDE, Status.ACTIVE), "status", Status.ACTIVE),
        (errors.StaleState(7), "current_version", 7),
        (errors.Invalid({"name": ["Informe o nome."]}), "errors", {"name": ["Informe o nome."]}),
        (errors.TooManySelected(20_000), "most", 20_000),
        (errors.SetRefused([TOO_MANY]), "problems", (TOO_MANY,)),
        (errors.PriceMissing(Product.LINK, Item.TEF), "item", Item.TEF),
        (errors.OpenCharges(3338), "amount_cents", 3338),
        (errors.AlreadyRegistered(7), "client_id", 7),
        (errors.CreditShort(6000), "balance_cents", 6000),
        (errors.BelowCost({Item.WAITER: 1990}), "cost", {Item.WAITER: 1990}),
        (errors.ChargeHindered(Hindrance.PAUSED), "why", Hindrance.PAUSED),
        (errors.BackupRefused(NoBackup.NO_CLOUD), "why", NoBackup.NO_CLOUD),
        (errors.RenewalBlocked(Blocker.OPEN_CHARGES, 3338), "why", Blocker.OPEN_CHARGES),
        (errors.InvoiceClosed(InvoiceState.PAID), "state", InvoiceState.PAID),
        (errors.PersonRefused(PersonProblem.LAST_ADMIN), "why", PersonProblem.LAST_ADMIN),
        (errors.RoleChanged(Role.READER), "current", Role.READER),
        (errors.TooManyAttempts(timedelta(minutes=3)), "retry_after", timedelta(minutes=3)),
    ],
)
def test_a_refusal_carries_its_reason(refusal, name, carried) -> None:
    assert getattr(refusal, name) == carried
    assert refusal.args, "and says so in a log"


def test_the_messages_of_an_invalid_form_are_a_copy() -> None:
    messages = {"name": ["Informe o nome."]}
    refusal = errors.Invalid(messages)
    messages.clear()
    assert refusal.errors == {"name": ["Informe o nome."]}
