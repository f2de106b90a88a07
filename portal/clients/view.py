"""What the list's template is given: choices, chips, the address of everything. No query, no rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from portal.clients.filters import DUE_CHOICES, PAGE_SIZES, RENEWAL, SOON_DAYS, ClientFilter, Sort
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.installations import SILENT_DAYS
from portal.domain.statuses import DEFAULT_STATUSES, Status
from portal.municipalities import UFS

STATUS_ORDER = (
    Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED, Status.INACTIVE, Status.PENDING, Status.HIDDEN,
)  # fmt: skip


def _due_text(choice: int | str) -> str:
    return "A renovar" if choice == RENEWAL else f"Vence em até {choice} dias"


def _sort_choices() -> list[tuple[str, str]]:
    """Every column both ways, for screens without a table head."""
    rising = [("" if column is Sort.NAME else column.value, column.label) for column in Sort]
    falling = [(f"-{column.value}", f"{column.label}, decrescente") for column in Sort]
    return rising + falling


CHOICES: dict[str, list[tuple[Any, str]]] = {
    "product": [("", "Todos"), *((product.value, product.full_label) for product in Product)],
    "due": [("", "Qualquer data"), *((choice, _due_text(choice)) for choice in DUE_CHOICES)],
    "method": [("", "Todas"), *((method.value, method.label) for method in RenewalMethod)],
    "uf": [("", "Todas"), *((uf, uf) for uf in UFS)],
    "code": [("", "Todos"), ("unused", "Não utilizado")],
    "charge": [("", "Todas"), ("open", "Em aberto")],
    "silent": [("", "Todos"), *((days, f"{days} dias") for days in SILENT_DAYS)],
    "sort": _sort_choices(),
    "size": [(size, str(size)) for size in PAGE_SIZES],
}


@lru_cache(maxsize=512)
def options(name: str, chosen: object) -> Markup:
    """Return a choice of the filter form as HTML; there are few of them, and a hundred options on every page.

    The first one is chosen where no other is: HTML need not say so.
    """
    return Markup("").join(
        _option(str(key), text, is_chosen=key == chosen and place > 0)
        for place, (key, text) in enumerate(CHOICES[name])
    )


def _option(value: str, text: str, *, is_chosen: bool) -> Markup:
    """Return an option without what HTML lets one leave out: its end, and a value that is its text."""
    named = Markup("") if value == text else Markup(' value="{}"').format(value)
    return Markup("<option{}{}>{}").format(named, Markup(" selected") if is_chosen else "", text)


LIST_CONSTANTS = {
    "options": options,
    "status_order": STATUS_ORDER,
    "default_statuses": DEFAULT_STATUSES,
    "all_statuses": frozenset(Status),
    "hidden": Status.HIDDEN,
    "soon_days": SOON_DAYS,
    "columns": tuple(Sort),
}


def chips(criteria: ClientFilter) -> list[tuple[str, str]]:
    """Return the filters in use, each with the query string that removes it."""
    return list(_chips(criteria))


def _chips(criteria: ClientFilter) -> Iterator[tuple[str, str]]:
    if criteria.search:
        yield f"“{criteria.search}”", criteria.from_start(search="")
    yield from _status_chips(criteria)
    if criteria.product:
        yield criteria.product.full_label, criteria.from_start(product=None)
    if criteria.due_within:
        yield _due_text(criteria.due_within), criteria.from_start(due_within=None)
    if criteria.method:
        yield criteria.method.label, criteria.from_start(method=None)
    if criteria.uf:
        yield f"UF {criteria.uf}", criteria.from_start(uf="")
    if criteria.is_code_unused:
        yield "Código não utilizado", criteria.from_start(is_code_unused=False)
    if criteria.has_open_charge:
        yield "Cobrança em aberto", criteria.from_start(has_open_charge=False)
    if criteria.silent_days:
        yield f"Sem contato há {criteria.silent_days} dias", criteria.from_start(silent_days=None)
    if criteria.notice:
        yield f"Aviso: {criteria.notice.label}", criteria.from_start(notice=None)


def _status_chips(criteria: ClientFilter) -> Iterator[tuple[str, str]]:
    if criteria.statuses == DEFAULT_STATUSES:
        return
    for status in STATUS_ORDER:
        if status in criteria.statuses:
            yield status.label, criteria.from_start(statuses=(criteria.statuses - {status}) or DEFAULT_STATUSES)
