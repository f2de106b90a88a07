"""The partners and users of the small demo, and the one password that all demo users have."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.roles import Role

PASSWORD = "portal-demo-2026"  # noqa: S105 - the demo's own, printed at every start


@dataclass(frozen=True)
class Person:
    """A user of the demo."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Firm:
    """A partner of the demo with its users, the administrator first."""

    name: str
    document: str
    due_day: int
    people: tuple[Person, ...]


ALFA = Firm(
    "Alfa Automação",
    "11222333000181",
    10,
    (
        Person("admin@alfa.example", "Ana Beatriz Monteiro", Role.ADMIN),
        Person("financeiro@alfa.example", "Fernando José D'Ávila", Role.FINANCE),
        Person("suporte@alfa.example", "Sônia Guimarães", Role.SUPPORT),
        Person("leitura@alfa.example", "Lúcio Antônio Brandão", Role.READER),
    ),
)
BETA = Firm(
    "Beta Sistemas", "11444777000161", 20, (Person("admin@beta.example", "Bárbara Conceição Reis", Role.ADMIN),)
)
OPERATOR = Person("operador@vendor.example", "Otávio Nogueira", Role.OPERATOR)
EVERYBODY = (*ALFA.people, *BETA.people, OPERATOR)
