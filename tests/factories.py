"""Makers of valid rows: a test states only the fact that it is about."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from stdnum.br import cnpj

from portal import clock
from portal.domain import codes
from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.extensions import db
from portal.models import Client, Installation, LicenseItem, Partner, RegistrationCode, User

PASSWORD = "portal-demo-2026"


@cache
def password_hash() -> str:
    """Return a hash of PASSWORD, made once a run."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)


class Factory:
    """Makes rows and commits them."""

    def __init__(self) -> None:
        """Start the numbering of names and documents."""
        self._numbers = count(1)

    def document(self) -> str:
        """Return a valid CNPJ that no other row has."""
        body = f"{next(self._numbers):08d}0001"
        return str(body + cnpj.calc_check_digits(body))

    def partner(self, **facts: Any) -> Partner:
        """Make a partner."""
        number = next(self._numbers)
        values = {"name": f"Parceiro {number}", "document": self.document(), "created_at": clock.now()} | facts
        return _saved(Partner(**values))

    def user(self, partner: Partner | None, role: Role = Role.ADMIN, **facts: Any) -> User:
        """Make a user with the password PASSWORD; no partner makes vendor staff."""
        number = next(self._numbers)
        values = {
            "partner_id": partner.id if partner else None,
            "email": f"user{number}@example.test",
            "name": f"Pessoa {number}",
            "role": role,
            "password_hash": password_hash(),
            "created_at": clock.now(),
        } | facts
        return _saved(User(**values))

    def client(self, partner: Partner, **facts: Any) -> Client:
        """Make an Ativo Link client due on 2025-08-10, with its base license."""
        number = next(self._numbers)
        values = {
            "partner_id": partner.id,
            "name": f"Cliente {number}",
            "document": self.document(),
            "product": Product.LINK,
            "registered_on": date(2024, 1, 15),
            "due_on": date(2025, 8, 10),
            "uf": "SP",
            "city": "São Paulo",
            "city_code": "3550308",
        } | facts
        values.setdefault("search_key", search_key(values["name"], values["document"]))
        client = _saved(Client(**values))
        self.item(client, Item.BASE)
        return client

    def item(self, client: Client, item: Item, quantity: int = 1) -> LicenseItem:
        """Give a client an item of the catalogue."""
        return _saved(LicenseItem(client_id=client.id, item=item, quantity=quantity, since_on=client.registered_on))

    def code(self, client: Client, **facts: Any) -> RegistrationCode:
        """Issue an unused registration code for a client."""
        number = next(self._numbers)
        digits = iter(number // 31**place % 31 for place in range(codes.LENGTH))
        values = {
            "partner_id": client.partner_id,
            "client_id": client.id,
            "item": Item.BASE,
            "code": codes.generate(lambda _n: next(digits)),
            "issued_at": clock.now(),
        } | facts
        return _saved(RegistrationCode(**values))

    def installation(self, client: Client, **facts: Any) -> Installation:
        """Activate a client's program."""
        number = next(self._numbers)
        values = {
            "client_id": client.id,
            "item": Item.BASE,
            "key": f"KEY{number:037d}",
            "device": "CAIXA-01",
            "version": "5.2.1",
            "activated_at": clock.now(),
            "last_seen_at": clock.now(),
        } | facts
        return _saved(Installation(**values))


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row
