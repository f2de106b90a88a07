"""The pages of "Ajuda": which there are, and to which one each screen leads."""

from __future__ import annotations

from portal.domain.labels import LabelEnum
from portal.domain.roles import GRANTS, VENDOR_ONLY, Permission, Role


class Topic(LabelEnum):
    """A page about a screen, in the order of the contents; its text is templates/help/topics/_<value>.html."""

    HOME = "home", "Início"
    CLIENTS = "clients", "Clientes"
    REGISTRATION = "registration", "Novo cliente"
    EDITING = "editing", "Editar um cliente"
    BULK = "bulk", "Ações em lote"
    CODES = "codes", "Códigos de registro e chaves"
    CERTIFICATES = "certificates", "Certificados digitais"
    CLOUD = "cloud", "Status Cloud"
    RENEWALS = "renewals", "Renovação manual"
    BILLING = "billing", "Gestão de cobranças"
    INVOICES = "invoices", "Faturas"
    CHARGES = "charges", "Cobranças"
    CREDIT = "credit", "Crédito"
    CLOSING = "closing", "Fechamento do mês"
    NOTICES = "notices", "Avisos"
    REQUESTS = "requests", "TEF e Importação"
    MIGRATION = "migration", "Migração para o Link"
    IMPORTS = "imports", "Importar clientes"
    PROFILE = "profile", "Perfil"
    USERS = "users", "Usuários"
    TRAIL = "trail", "Auditoria"
    DESK = "desk", "Início do fornecedor"
    PENDING = "pending-registrations", "Cadastros pendentes"
    PARTNERS = "partners", "Revendas"
    CATALOGUE = "catalogue", "Preços"
    QUEUE = "queue", "Solicitações"
    PAYMENTS = "payments", "Pagamentos"
    OPERATIONS = "operations", "Rotinas"


BLUEPRINTS: dict[str, Topic] = {
    "home": Topic.HOME,
    "accounts": Topic.PROFILE,
    "clients": Topic.CLIENTS,
    "registrations": Topic.REGISTRATION,
    "installations": Topic.CODES,
    "codes": Topic.CODES,
    "certificates": Topic.CERTIFICATES,
    "cloud": Topic.CLOUD,
    "renewals": Topic.RENEWALS,
    "billing": Topic.BILLING,
    "invoices": Topic.INVOICES,
    "charges": Topic.CHARGES,
    "credit": Topic.CREDIT,
    "closing": Topic.CLOSING,
    "notifications": Topic.NOTICES,
    "requests": Topic.REQUESTS,
    "navi_migration": Topic.MIGRATION,
    "navi_backups": Topic.MIGRATION,
    "imports": Topic.IMPORTS,
    "trail": Topic.TRAIL,
    "backoffice": Topic.DESK,
    "evaluations": Topic.PENDING,
    "partners": Topic.PARTNERS,
    "catalogue": Topic.CATALOGUE,
    "payments": Topic.PAYMENTS,
    "operations": Topic.OPERATIONS,
}
"""The page of every screen of a feature."""

ENDPOINTS: dict[str, Topic] = {
    "registrations.revision_new": Topic.EDITING,
    "registrations.reactivation_new": Topic.EDITING,
    "registrations.cloud_removal_new": Topic.CLOUD,
    "clients.bulk_orders": Topic.BULK,
    "clients.bulk_order": Topic.BULK,
    "clients.unused_codes": Topic.CODES,
    "codes.document_new": Topic.EDITING,
    "accounts.users": Topic.USERS,
    "accounts.user": Topic.USERS,
    "accounts.invitation_new": Topic.USERS,
    "requests.queue": Topic.QUEUE,
    "requests.queued": Topic.QUEUE,
}
"""Screens that have another one than their feature's others."""

OPENED_BY: dict[Topic, Permission] = {
    Topic.HOME: Permission.SIGNED_IN,
    Topic.CLIENTS: Permission.VIEW_CLIENTS,
    Topic.REGISTRATION: Permission.MANAGE_CLIENTS,
    Topic.EDITING: Permission.EDIT_CLIENTS,
    Topic.BULK: Permission.VIEW_CLIENTS,
    Topic.CODES: Permission.VIEW_CODES,
    Topic.CERTIFICATES: Permission.VIEW_CLIENTS,
    Topic.CLOUD: Permission.VIEW_CLIENTS,
    Topic.RENEWALS: Permission.VIEW_INVOICES,
    Topic.BILLING: Permission.VIEW_INVOICES,
    Topic.INVOICES: Permission.VIEW_INVOICES,
    Topic.CHARGES: Permission.VIEW_LEDGER,
    Topic.CREDIT: Permission.VIEW_INVOICES,
    Topic.CLOSING: Permission.VIEW_INVOICES,
    Topic.NOTICES: Permission.VIEW_CLIENTS,
    Topic.REQUESTS: Permission.VIEW_CLIENTS,
    Topic.MIGRATION: Permission.VIEW_CLIENTS,
    Topic.IMPORTS: Permission.IMPORT_CLIENTS,
    Topic.PROFILE: Permission.SIGNED_IN,
    Topic.USERS: Permission.MANAGE_USERS,
    Topic.TRAIL: Permission.VIEW_TRAIL,
    Topic.DESK: Permission.MANAGE_PARTNERS,
    Topic.PENDING: Permission.EVALUATE_REGISTRATIONS,
    Topic.PARTNERS: Permission.MANAGE_PARTNERS,
    Topic.CATALOGUE: Permission.MANAGE_CATALOGUE,
    Topic.QUEUE: Permission.HANDLE_REQUESTS,
    Topic.PAYMENTS: Permission.CONFIRM_PAYMENTS,
    Topic.OPERATIONS: Permission.RUN_JOBS,
}
"""What a screen's first page asks for."""


def topics_for(role: Role) -> list[Topic]:
    """Return the contents: what a partner has, the screens of other roles included; to the vendor, what its own open."""
    if role is not Role.OPERATOR:
        return [topic for topic in Topic if OPENED_BY[topic] not in VENDOR_ONLY]
    return [topic for topic in Topic if OPENED_BY[topic] in GRANTS[role] and topic is not Topic.HOME]


def topic_of(endpoint: str | None) -> Topic | None:
    """Return the page about a screen."""
    name = endpoint or ""
    return ENDPOINTS.get(name) or BLUEPRINTS.get(name.split(".")[0])
