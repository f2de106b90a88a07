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
    SECURE_ACCESS = "secure_access"
    EDIT_PROFILE = "edit_profile"
    VIEW_CLIENTS = "view_clients"
    VIEW_CODES = "view_codes"
    VIEW_CHARGES = "view_charges"
    VIEW_LEDGER = "view_ledger"
    VIEW_INVOICES = "view_invoices"
    VIEW_REQUEST_FILES = "view_request_files"
    EDIT_CLIENTS = "edit_clients"
    MANAGE_CLIENTS = "manage_clients"
    PAY = "pay"
    MANAGE_BILLING = "manage_billing"
    RELEASE_ON_TRUST = "release_on_trust"
    MANAGE_NOTICES = "manage_notices"
    IMPORT_CLIENTS = "import_clients"
    MAKE_REQUESTS = "make_requests"
    MANAGE_USERS = "manage_users"
    RUN_JOBS = "run_jobs"
    CONFIRM_PAYMENTS = "confirm_payments"
    EVALUATE_REGISTRATIONS = "evaluate_registrations"
    MANAGE_PARTNERS = "manage_partners"
    MANAGE_CATALOGUE = "manage_catalogue"
    VISIT_PARTNERS = "visit_partners"
    HANDLE_REQUESTS = "handle_requests"
    VIEW_TRAIL = "view_trail"


READING = frozenset(
    {
        Permission.SIGNED_IN,
        Permission.VIEW_CLIENTS,
        Permission.VIEW_CODES,
        Permission.VIEW_CHARGES,
        Permission.VIEW_LEDGER,
        Permission.VIEW_INVOICES,
        Permission.VIEW_REQUEST_FILES,
    }
)
"""What changes nothing."""

OWN = frozenset({Permission.SIGNED_IN, Permission.SECURE_ACCESS, Permission.EDIT_PROFILE})
"""What everybody has, about oneself: what keeps others out (password, second step, sessions), and the name."""

KEPT = READING | {Permission.PAY, Permission.SECURE_ACCESS, Permission.VIEW_TRAIL}
"""What the users of a suspended partner keep: they sign in, read and pay; its clients' programs go on (DOMAIN §2)."""

VENDOR_ONLY = frozenset(
    {
        Permission.RUN_JOBS,
        Permission.CONFIRM_PAYMENTS,
        Permission.EVALUATE_REGISTRATIONS,
        Permission.MANAGE_PARTNERS,
        Permission.MANAGE_CATALOGUE,
        Permission.VISIT_PARTNERS,
        Permission.HANDLE_REQUESTS,
    }
)
"""What no partner may do, because it concerns all of them."""

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - VENDOR_ONLY,
    Role.FINANCE: READING
    | OWN
    | {
        Permission.PAY,
        Permission.EDIT_CLIENTS,
        Permission.MANAGE_BILLING,
        Permission.RELEASE_ON_TRUST,
        Permission.MANAGE_NOTICES,
    },
    Role.SUPPORT: (READING - {Permission.VIEW_LEDGER, Permission.VIEW_INVOICES})
    | OWN
    | {
        Permission.EDIT_CLIENTS,
        Permission.MANAGE_CLIENTS,
        Permission.MANAGE_NOTICES,
        Permission.IMPORT_CLIENTS,
        Permission.MAKE_REQUESTS,
    },
    Role.READER: OWN | {Permission.VIEW_CLIENTS},
    Role.OPERATOR: VENDOR_ONLY | OWN | {Permission.MANAGE_USERS, Permission.IMPORT_CLIENTS, Permission.VIEW_TRAIL},
}


def may(role: Role, permission: Permission, *, is_partner_suspended: bool = False) -> bool:
    """Say whether a role grants a permission; a suspended partner's users only read and pay."""
    return permission in GRANTS[role] and (not is_partner_suspended or permission in KEPT)
