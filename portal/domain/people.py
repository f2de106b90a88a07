"""A partner's people, and the vendor's: who can be what, and who has to stay (DOMAIN §11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from portal.domain.labels import LabelEnum
from portal.domain.roles import Role

INVITATION_LIFE = timedelta(days=7)
PARTNER_ROLES = (Role.ADMIN, Role.FINANCE, Role.SUPPORT, Role.READER)


class PersonProblem(LabelEnum):
    """Why something cannot be done to a person, as it is said."""

    LAST_ADMIN = "last_admin", "é o único Administrador ativo da revenda; antes, dê este perfil a outra pessoa"
    LAST_OPERATOR = "last_operator", "é o único Operador ativo; antes, convide outra pessoa"
    ONESELF = "oneself", "a verificação do próprio acesso se desativa em Perfil, com senha e código"
    NOT_ACTIVE = "not_active", "o acesso está desativado"


class InvitationState(LabelEnum):
    """What has become of an invitation."""

    OPEN = "open", "Aguardando"
    EXPIRED = "expired", "Vencido"
    ACCEPTED = "accepted", "Aceito"
    WITHDRAWN = "withdrawn", "Cancelado"


class Invited(Protocol):
    """What an invitation tells about its state."""

    @property
    def expires_at(self) -> datetime: ...  # noqa: D102
    @property
    def accepted_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def withdrawn_at(self) -> datetime | None: ...  # noqa: D102


def state_of(invitation: Invited, now: datetime) -> InvitationState:
    """Return what has become of an invitation; one that expired can be sent again."""
    if invitation.accepted_at is not None:
        return InvitationState.ACCEPTED
    if invitation.withdrawn_at is not None:
        return InvitationState.WITHDRAWN
    return InvitationState.OPEN if now < invitation.expires_at else InvitationState.EXPIRED


def roles_of(partner_id: int | None) -> tuple[Role, ...]:
    """Return the roles that a partner's people can have, or (no partner) the vendor's."""
    return (Role.OPERATOR,) if partner_id is None else PARTNER_ROLES


def keeper_of(partner_id: int | None) -> Role:
    """Return the role of which at least one active user remains, or nobody could let others in."""
    return Role.OPERATOR if partner_id is None else Role.ADMIN


def last_keeper(partner_id: int | None) -> PersonProblem:
    """Return why the last one stays."""
    return PersonProblem.LAST_OPERATOR if partner_id is None else PersonProblem.LAST_ADMIN
