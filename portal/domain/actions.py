"""What may be done with a client, by status: the one table behind menu, guards, help and tests (DOMAIN §2)."""

from __future__ import annotations

from typing import Protocol

from portal.domain.catalogue import Product
from portal.domain.errors import ActionRefused
from portal.domain.labels import LabelEnum
from portal.domain.roles import Permission
from portal.domain.statuses import Status


class Action(LabelEnum):
    """An entry of the row menu, in the order in which the menu shows them."""

    EDIT = "edit", "Editar"
    RENEW = "renew", "Renovar"
    REACTIVATE = "reactivate", "Reativar"
    RELEASE_ON_TRUST = "release_on_trust", "Liberar em confiança"
    PAY_ADDITIONALS = "pay_additionals", "Pagar adicionais"
    CERTIFICATE = "certificate", "Certificado digital"
    REISSUE_CODE = "reissue_code", "Reemitir código"
    CHANGE_DOCUMENT = "change_document", "Alterar CPF/CNPJ"
    MIGRATE = "migrate", "Migrar para o Link"
    SUSPEND = "suspend", "Suspender"
    RESUME = "resume", "Cancelar suspensão"
    HIDE = "hide", "Ocultar"
    UNHIDE = "unhide", "Reexibir"
    EVALUATE = "evaluate", "Avaliar"
    CORRECT = "correct", "Corrigir e reenviar"
    WITHDRAW = "withdraw", "Desistir do cadastro"


_A = Action

ALLOWED: dict[Status, tuple[Action, ...]] = {
    Status.ACTIVE: (
        _A.EDIT, _A.RENEW, _A.PAY_ADDITIONALS, _A.CERTIFICATE, _A.REISSUE_CODE, _A.CHANGE_DOCUMENT, _A.MIGRATE,
        _A.SUSPEND,
    ),
    Status.SUSPENDED: (
        _A.EDIT, _A.RENEW, _A.PAY_ADDITIONALS, _A.CERTIFICATE, _A.REISSUE_CODE, _A.CHANGE_DOCUMENT, _A.MIGRATE,
        _A.RESUME,
    ),
    Status.EXPIRED: (_A.RENEW, _A.RELEASE_ON_TRUST, _A.PAY_ADDITIONALS, _A.MIGRATE),
    Status.INACTIVE: (_A.REACTIVATE, _A.PAY_ADDITIONALS, _A.MIGRATE, _A.HIDE),
    Status.HIDDEN: (_A.PAY_ADDITIONALS, _A.UNHIDE),
    Status.PENDING: (_A.EVALUATE, _A.CORRECT, _A.WITHDRAW),
}  # fmt: skip

PRODUCT_OF: dict[Action, Product] = {
    Action.CERTIFICATE: Product.NAVI,
    Action.MIGRATE: Product.NAVI,
    Action.REISSUE_CODE: Product.LINK,
}
"""Actions that one product alone knows."""

PERMISSION_OF: dict[Action, Permission] = {
    Action.EDIT: Permission.EDIT_CLIENTS,
    Action.RENEW: Permission.PAY,
    Action.REACTIVATE: Permission.MANAGE_CLIENTS,
    Action.PAY_ADDITIONALS: Permission.PAY,
    Action.RELEASE_ON_TRUST: Permission.RELEASE_ON_TRUST,
    Action.SUSPEND: Permission.MANAGE_CLIENTS,
    Action.RESUME: Permission.MANAGE_CLIENTS,
    Action.HIDE: Permission.MANAGE_CLIENTS,
    Action.UNHIDE: Permission.MANAGE_CLIENTS,
    Action.CERTIFICATE: Permission.MANAGE_CLIENTS,
    Action.REISSUE_CODE: Permission.MANAGE_CLIENTS,
    Action.CHANGE_DOCUMENT: Permission.MANAGE_CLIENTS,
    Action.CORRECT: Permission.MANAGE_CLIENTS,
    Action.WITHDRAW: Permission.MANAGE_CLIENTS,
    Action.MIGRATE: Permission.MANAGE_CLIENTS,
}
"""Actions whose flow exists, with the permission each asks for; the menu offers no others."""


class Subject(Protocol):
    """What an action's conditions look at beside the status."""

    @property
    def product(self) -> Product: ...  # noqa: D102


def allowed_actions(status: Status, subject: Subject) -> tuple[Action, ...]:
    """Return the actions that DOMAIN §2 allows for this status and product, in the menu's order."""
    return tuple(action for action in ALLOWED[status] if PRODUCT_OF.get(action, subject.product) == subject.product)


def ensure_allowed(action: Action, status: Status, subject: Subject) -> None:
    """Refuse an action that the table does not allow.

    Raises:
        ActionRefused: with the action and the status, so that the refusal names its reason.
    """
    if action not in allowed_actions(status, subject):
        raise ActionRefused(action, status)
