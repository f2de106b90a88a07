"""What may be done in which status: DOMAIN §2's table, transcribed by hand and compared cell by cell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from portal.domain.actions import ALLOWED, PERMISSION_OF, Action, allowed_actions, ensure_allowed
from portal.domain.catalogue import Product
from portal.domain.errors import ActionRefused, Refusal
from portal.domain.statuses import Status

STATUSES = ("Ativo", "Suspenso", "Expirado", "Inativo", "Oculto", "Pendente")

# One line per row of the table that is an action of the menu; the columns are STATUSES.
# "yes" is for both products, "Link" and "Navi" for one of them, "–" for none.
TABLE = """
    Editar                 yes    yes    –      –      –      –
    Certificado digital    Navi   Navi   –      –      –      –
    Suspender              yes    –      –      –      –      –
    Cancelar suspensão     –      yes    –      –      –      –
    Reativar               –      –      –      yes    –      –
    Ocultar                –      –      –      yes    –      –
    Reexibir               –      –      –      –      yes    –
    Renovar                yes    yes    yes    –      –      –
    Migrar para o Link     Navi   Navi   Navi   Navi   –      –
    Liberar em confiança   –      –      yes    –      –      –
    Alterar CPF/CNPJ       yes    yes    –      –      –      –
    Reemitir código        Link   Link   –      –      –      –
    Pagar adicionais       yes    yes    yes    yes    yes    –
    Avaliar                –      –      –      –      –      yes
    Corrigir e reenviar    –      –      –      –      –      yes
    Desistir do cadastro   –      –      –      –      –      yes
"""


def rows() -> dict[str, tuple[str, ...]]:
    """Return the table's cells by the action's label."""
    lines = [line.split() for line in TABLE.strip().splitlines()]
    return {" ".join(cells[:-6]): tuple(cells[-6:]) for cells in lines}


CELLS = [
    (action, status, product, cell in {"yes", product})
    for action, cells in rows().items()
    for status, cell in zip(STATUSES, cells, strict=True)
    for product in ("Link", "Navi")
]


def member(enum, label):
    """Return the member with a label on screen."""
    return next(entry for entry in enum if entry.label == label)


def test_the_table_names_every_action_and_every_status_once() -> None:
    assert sorted(rows()) == sorted(action.label for action in Action)
    assert sorted(STATUSES) == sorted(status.label for status in Status)
    assert len(CELLS) == 16 * 6 * 2


@pytest.mark.parametrize(("action", "status", "product", "is_allowed"), CELLS)
def test_every_cell_of_the_table_holds(action, status, product, is_allowed) -> None:
    entry, state = member(Action, action), member(Status, status)
    subject = SimpleNamespace(product=member(Product, product))
    assert (entry in allowed_actions(state, subject)) is is_allowed
    if is_allowed:
        ensure_allowed(entry, state, subject)
    else:
        with pytest.raises(ActionRefused):
            ensure_allowed(entry, state, subject)


def test_a_refusal_carries_the_action_and_the_status() -> None:
    with pytest.raises(ActionRefused) as refused:
        ensure_allowed(Action.SUSPEND, Status.INACTIVE, SimpleNamespace(product=Product.LINK))
    assert (refused.value.action, refused.value.status) == (Action.SUSPEND, Status.INACTIVE)
    assert refused.value.args == ("suspend", "inactive")
    assert isinstance(refused.value, Refusal)


@pytest.mark.parametrize("status", Status)
def test_the_menu_keeps_one_order_in_every_status(status) -> None:
    assert list(ALLOWED[status]) == sorted(ALLOWED[status], key=list(Action).index)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("product", Product)
def test_what_is_allowed_keeps_the_menus_order(status, product) -> None:
    allowed = allowed_actions(status, SimpleNamespace(product=product))
    assert list(allowed) == [action for action in Action if action in allowed]


def test_the_flows_that_exist_name_their_permission() -> None:
    assert {action.label: permission.value for action, permission in PERMISSION_OF.items()} == {
        "Editar": "edit_clients",
        "Renovar": "pay",
        "Reativar": "manage_clients",
        "Pagar adicionais": "pay",
        "Liberar em confiança": "release_on_trust",
        "Suspender": "manage_clients",
        "Cancelar suspensão": "manage_clients",
        "Ocultar": "manage_clients",
        "Reexibir": "manage_clients",
        "Certificado digital": "manage_clients",
        "Reemitir código": "manage_clients",
        "Alterar CPF/CNPJ": "manage_clients",
        "Corrigir e reenviar": "manage_clients",
        "Desistir do cadastro": "manage_clients",
        "Migrar para o Link": "manage_clients",
    }
