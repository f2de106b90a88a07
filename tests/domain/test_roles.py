"""Who may do what: DOMAIN §11 as a table, and the suspended partner of DOMAIN §2."""

from __future__ import annotations

import pytest

from portal.domain.roles import GRANTS, Permission, Role, may

ROLES = ("Administrador", "Financeiro", "Suporte", "Leitura", "Operador")

# One line per permission, one column per role; "read" is left to the users of a suspended partner too.
MATRIX = """
    signed_in        read   read   read   read   read
    secure_access    read   read   read   read   read
    edit_profile     yes    yes    yes    yes    yes
    view_clients     read   read   read   read   –
    view_codes       read   read   read   –      –
    view_charges     read   read   read   –      –
    view_ledger      read   read   –      –      –
    view_invoices    read   read   –      –      –
    view_request_files read read   read   –      –
    pay              read   read   –      –      –
    manage_billing   yes    yes    –      –      –
    release_on_trust yes    yes    –      –      –
    edit_clients     yes    yes    yes    –      –
    manage_clients   yes    –      yes    –      –
    manage_notices   yes    yes    yes    –      –
    import_clients   yes    –      yes    –      yes
    make_requests    yes    –      yes    –      –
    manage_users     yes    –      –      –      yes
    run_jobs         –      –      –      –      yes
    confirm_payments –      –      –      –      yes
    evaluate_registrations –      –      –      –      yes
    manage_partners        –      –      –      –      yes
    manage_catalogue       –      –      –      –      yes
    visit_partners         –      –      –      –      yes
    handle_requests  –      –      –      –      yes
    view_trail       read   –      –      –      read
"""
CELLS = [
    (role, line.split()[0], cell)
    for line in MATRIX.strip().splitlines()
    for role, cell in zip(ROLES, line.split()[1:], strict=True)
]


def role_of(label: str) -> Role:
    """Return the role with a label on screen."""
    return next(role for role in Role if role.label == label)


def test_the_matrix_names_every_role_and_every_permission() -> None:
    assert set(GRANTS) == set(Role)
    assert {permission for _, permission, _ in CELLS} == {permission.value for permission in Permission}
    assert {role for role, _, _ in CELLS} == {role.label for role in Role}


@pytest.mark.parametrize(("role", "permission", "cell"), CELLS)
def test_every_cell_of_the_matrix_holds(role, permission, cell) -> None:
    assert may(role_of(role), Permission(permission)) is (cell != "–")


@pytest.mark.parametrize(("role", "permission", "cell"), CELLS)
def test_users_of_a_suspended_partner_read_and_pay_and_nothing_else(role, permission, cell) -> None:
    assert may(role_of(role), Permission(permission), is_partner_suspended=True) is (cell == "read")


def test_codes_are_not_shown_to_leitura() -> None:
    assert not may(role_of("Leitura"), Permission.VIEW_CODES)


def test_financeiro_may_editar_but_not_suspend() -> None:
    assert may(role_of("Financeiro"), Permission.EDIT_CLIENTS)
    assert not may(role_of("Financeiro"), Permission.MANAGE_CLIENTS)


def test_suporte_sees_what_a_client_owes_but_not_what_the_partner_owes() -> None:
    assert may(role_of("Suporte"), Permission.VIEW_CHARGES)
    assert not may(role_of("Suporte"), Permission.VIEW_LEDGER)
