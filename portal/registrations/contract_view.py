"""What the screens "Editar" and "Reativar" are given: the picker with what is held, the summary, the window of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal import errors, formatting
from portal.catalogue.queries import price_table
from portal.clients.service import REVISED, Outcome
from portal.domain.actions import Action
from portal.domain.errors import PriceMissing
from portal.domain.licenses import Holding, Quantities
from portal.domain.prices import PriceTable
from portal.domain.roles import Permission
from portal.licenses.queries import holding_of
from portal.models import Client
from portal.registrations import contract, leaving, pending, picker, reactivation, selection
from portal.registrations.contract import Wish
from portal.registrations.forms import ContractForm
from portal.registrations.leaving import Question
from portal.registrations.methods import Ahead, bill_of
from portal.registrations.picker import PickerLine
from portal.registrations.selection import Selection
from portal.registrations.view import SEEN_TOTAL, line_label

SENT = ("version", "back", "name", "uf", "city", "email", "phone", "notes", "renewal_method", "method_when")
"""What the window sends again of the form, beside the quantities and the values that it has shown."""


@dataclass(frozen=True)
class Screen:
    """One of the two screens that share a form."""

    action: Action
    noun: str
    button: str
    permission: Permission
    save: Callable[..., Outcome]

    @property
    def is_new_contract(self) -> bool:
        """Whether everything that is chosen is ordered, not only what is more than before."""
        return self.action is Action.REACTIVATE


EDITING = Screen(Action.EDIT, "revision", "Salvar", Permission.EDIT_CLIENTS, contract.change)
REACTIVATING = Screen(
    Action.REACTIVATE, "reactivation", "Reativar cliente", Permission.MANAGE_CLIENTS, reactivation.reactivate
)


def begun(client: Client, holding: Holding, today: date) -> Selection:
    """Return the selection that a form begins with: what will be held if nobody changes anything."""
    return selection.of(holding.final, client.product, holding.on(today))


def read(form: Mapping[str, str], client: Client, holding: Holding, today: date) -> Selection:
    """Return the selection of a form that was sent."""
    return selection.read(form, client.product, holding.on(today))


def form_context(
    screen: Screen, client: Client, form: ContractForm, chosen: Selection, today: date, *, is_conflict: bool
) -> dict[str, Any]:
    """Return what the whole form shows; after a conflict with what is stored now beside what differs from it."""
    holding, prices = holding_of(client.id, today), price_table(today)
    lines = [_noted(line, holding, today) for line in picker.lines(chosen, prices)]
    if is_conflict:
        lines = [_compared(line, chosen, holding) for line in lines]
    return {
        "client": client,
        "form": form,
        "lines": lines,
        "strangers": picker.strangers(chosen, lines),
        "pending": pending.lines(client, holding),
        "current": _current(client, form) if is_conflict else {},
        "is_conflict": is_conflict,
        "leaving": leaving_of(screen, client, holding, chosen, form),
        **summary(screen, client, holding, chosen, today=today, prices=prices),
    }


def _noted(line: PickerLine, holding: Holding, today: date) -> PickerLine:
    """Return a line that says what is held today and from which day on it is another quantity."""
    held = holding.now.get(line.item, 0)
    later = [
        f"a partir de {formatting.short_day(one.effective_on, today)}: {pending.count(line.item, one.quantity)}"
        for one in holding.pending
        if one.item is line.item
    ]
    return replace(line, note=" · ".join([f"hoje {pending.count(line.item, held)}", *later])) if held or later else line


def _compared(line: PickerLine, chosen: Selection, holding: Holding) -> PickerLine:
    """Return a line that says what is stored now, where that is not what is chosen."""
    stored = holding.final.get(line.item, 0)
    if stored == chosen.wanted.get(line.item, 0):
        return line
    return replace(line, error=f"{line.error} Gravado agora: {pending.count(line.item, stored)}.".strip())


def leaving_of(
    screen: Screen, client: Client, holding: Holding, chosen: Selection, form: ContractForm
) -> Question | None:
    """Return the question, where one is asked: a form that was not sent yet begins with those that are to leave."""
    if screen.is_new_contract or not chosen.is_sound:
        return None
    devices = leaving.devices_of(client, holding.now)
    return Question.build(devices, chosen.wanted, None if form.leaves.data is None else form.leaving)


def _current(client: Client, form: ContractForm) -> dict[str, str]:
    """Return the stored data that differs from what a checked form holds."""
    data = form.values()
    current = {name: getattr(client, name) or "(vazio)" for name in REVISED if getattr(client, name) != data[name]}
    if client.renewal_method is not form.chosen_method:
        current["renewal_method"] = client.renewal_method.label
    return current


def summary(
    screen: Screen,
    client: Client,
    holding: Holding,
    chosen: Selection,
    *,
    today: date,
    prices: PriceTable,
    is_freed: bool = False,
) -> dict[str, Any]:
    """Return what saving a selection would do, or the sentence that stands in its place.

    ``is_freed`` says that what asks for the coming cycle is cancelled with it.
    """
    context = {
        "product": chosen.product,
        "label": line_label,
        "plan": None,
        "quote": None,
        "ahead": None,
        "missing": "",
    }
    if not chosen.is_sound:
        return context | {"missing": " ".join(chosen.errors.values())}
    try:
        context |= _offer(screen, client, holding, chosen.wanted, today=today, prices=prices, is_freed=is_freed)
    except PriceMissing as refusal:
        return context | {"missing": errors.in_words(refusal).text}
    return context | {"monthly_cents": _monthly_cents(chosen, prices)}


def _offer(
    screen: Screen,
    client: Client,
    holding: Holding,
    wanted: Quantities,
    *,
    today: date,
    prices: PriceTable,
    is_freed: bool,
) -> dict[str, Any]:
    """Return the quote of a selection; with the plan behind it where a license that runs is changed."""
    if screen.is_new_contract:
        offer = reactivation.quote(client, holding, wanted, today, prices)
        return {"quote": offer, "seen_as": contract.seen_as(offer, wanted)}
    plan = contract.plan(client, holding, wanted, today, prices, is_freed=is_freed)
    ahead = Ahead.build(client, plan.quote.due_on, today)
    return {"plan": plan, "quote": plan.quote, "seen_as": contract.seen_as(plan.quote, plan.added), "ahead": ahead}


def _monthly_cents(chosen: Selection, prices: PriceTable) -> int | None:
    """Return what the selection costs a month at today's prices; None where one is missing."""
    held = {item: units for item, units in chosen.wanted.items() if units}
    if any((chosen.product, item) not in prices.cents for item in held):
        return None
    return sum(prices.of(chosen.product, item) * units for item, units in held.items())


def window(screen: Screen, client: Client, form: ContractForm, chosen: Selection, today: date) -> dict[str, Any]:
    """Return what the window of values shows, and the fields that it sends to have just that confirmed."""
    holding = holding_of(client.id, today)
    is_freed = contract.is_freeing(client, _wish(form, chosen), bill_of(client)) and not screen.is_new_contract
    shown = summary(screen, client, holding, chosen, today=today, prices=price_table(today), is_freed=is_freed)
    seen = str(form.quote.data or "")
    fields = _fields(form, chosen)
    match = SEEN_TOTAL.fullmatch(seen)
    return shown | {
        "screen": screen,
        "client": client,
        "fields": fields | {"quote": shown.get("seen_as", "")},
        "is_aged": bool(seen),
        "seen_cents": int(match[1]) if match else None,
        "replaced": pending.lines(client, holding) if screen.is_new_contract else [],
    }


def _wish(form: ContractForm, chosen: Selection) -> Wish:
    return Wish({}, chosen.wanted, form.chosen_method, form.chosen_when, form.leaving)


def _fields(form: ContractForm, chosen: Selection) -> dict[str, str]:
    """Return what a window sends again of the form that it stands over."""
    fields = {name: str(form[name].data or "") for name in SENT}
    fields |= {item.value: str(units) for item, units in chosen.wanted.items()}
    return fields | ({"leaves": ",".join(map(str, sorted(form.leaving)))} if form.leaving else {})


def method_window(screen: Screen, client: Client, form: ContractForm, chosen: Selection) -> dict[str, Any]:
    """Return what the window of a method that cannot change at once shows, and the fields that it sends."""
    return {
        "screen": screen,
        "client": client,
        "method": form.chosen_method,
        "bill": bill_of(client),
        "fields": _fields(form, chosen) | {"method_when": ""},
    }
