"""Who can be what, who has to stay, and what has become of an invitation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from portal.domain.people import InvitationState, PersonProblem, keeper_of, last_keeper, roles_of, state_of
from portal.domain.roles import Role

NOW = datetime(2025, 7, 10, 15, tzinfo=UTC)


def test_a_partner_has_the_four_roles_and_the_vendor_its_own() -> None:
    assert {role.label for role in roles_of(1)} == {"Administrador", "Financeiro", "Suporte", "Leitura"}
    assert roles_of(None) == (Role.OPERATOR,)
    assert {*roles_of(1), *roles_of(None)} == set(Role)


def test_somebody_who_can_let_others_in_always_stays() -> None:
    assert (keeper_of(1), last_keeper(1)) == (Role.ADMIN, PersonProblem.LAST_ADMIN)
    assert (keeper_of(None), last_keeper(None)) == (Role.OPERATOR, PersonProblem.LAST_OPERATOR)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, InvitationState.OPEN),
        ({"expires_at": NOW}, InvitationState.EXPIRED),
        ({"withdrawn_at": NOW}, InvitationState.WITHDRAWN),
        ({"accepted_at": NOW, "expires_at": NOW}, InvitationState.ACCEPTED),
    ],
)
def test_an_invitation_says_what_has_become_of_it(facts, state) -> None:
    values = {"expires_at": NOW + timedelta(seconds=1), "accepted_at": None, "withdrawn_at": None} | facts
    assert state_of(SimpleNamespace(**values), NOW) is state
