"""Roles and what they may do (DOMAIN §11). A route declares a permission, never a role."""

from __future__ import annotations

from enum import StrEnum

from portal.domain.labels import LabelEnum


class Role(LabelEnum):
    """What a user is: four roles at a partner, one at the vendor."""

    ADMIN = "admin", "Administrador"
    FINANCE = "finance", "Financeiro"
    SUPPORT = "support", "Suporte"
    READER = "reader", "Leitura"
    OPERATOR = "operator", "Operador"


class Permission(StrEnum):
    """What a route asks for."""

    SIGNED_IN = "signed_in"
    VIEW_CLIENTS = "view_clients"
    VIEW_CODES = "view_codes"
    VIEW_CHARGES = "view_charges"
    VIEW_LEDGER = "view_ledger"
    EDIT_CLIENTS = "edit_clients"
    MANAGE_CLIENTS = "manage_clients"
    MANAGE_NOTICES = "manage_notices"
    IMPORT_CLIENTS = "import_clients"
    MANAGE_USERS = "manage_users"
    RUN_JOBS = "run_jobs"


READING = frozenset(
    {
        Permission.SIGNED_IN,
        Permission.VIEW_CLIENTS,
        Permission.VIEW_CODES,
        Permission.VIEW_CHARGES,
        Permission.VIEW_LEDGER,
    }
)
"""What the users of a suspended partner keep: they sign in and read (and, later, pay); DOMAIN §2."""

VENDOR_ONLY = frozenset({Permission.RUN_JOBS})
"""What no partner may do, because it concerns all of them."""

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - VENDOR_ONLY,
    Role.FINANCE: READING | {Permission.EDIT_CLIENTS, Permission.MANAGE_NOTICES},
    Role.SUPPORT: (READING - {Permission.VIEW_LEDGER})
    | {Permission.EDIT_CLIENTS, Permission.MANAGE_CLIENTS, Permission.MANAGE_NOTICES, Permission.IMPORT_CLIENTS},
    Role.READER: frozenset({Permission.SIGNED_IN, Permission.VIEW_CLIENTS}),
    Role.OPERATOR: VENDOR_ONLY | {Permission.SIGNED_IN, Permission.MANAGE_USERS, Permission.IMPORT_CLIENTS},
}


def may(role: Role, permission: Permission, *, is_partner_suspended: bool = False) -> bool:
    """Say whether a role grants a permission; a suspended partner's users only read."""
    return permission in GRANTS[role] and (not is_partner_suspended or permission in READING)
