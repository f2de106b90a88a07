"""Makers of valid rows: a test states only the fact that it is about."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import select
from stdnum.br import cnpj

from portal import clock
from portal.domain import codes, cycle
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind, OrderKind
from portal.domain.prices import PriceTable
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.extensions import db
from portal.models import (
    AuditEvent,
    Certificate,
    Charge,
    ChargeLine,
    Client,
    Contact,
    Installation,
    LicenseItem,
    LicenseOrder,
    Pairing,
    Partner,
    Price,
    PriceVersion,
    RegistrationCode,
    RetailCharge,
    Seat,
    User,
)
from tests.domain.prices import DEMO

PASSWORD = "portal-demo-2026"


@cache
def password_hash() -> str:
    """Return a hash of PASSWORD, made once a run."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1).hash(PASSWORD)


class Factory:
    """Makes rows and commits them."""

    def __init__(self, first: int = 1) -> None:
        """Start the numbering of names and documents."""
        self._numbers = count(first)

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

    def seat(self, client: Client, **facts: Any) -> Seat:
        """Put a device on a Garçom seat of a client."""
        values = {
            "client_id": client.id,
            "item": Item.WAITER,
            "device": "Tablet 1",
            "device_id": f"tablet-{next(self._numbers)}",
            "leased_at": clock.now(),
            "heard_at": clock.now(),
        } | facts
        return _saved(Seat(**values))

    def contact(self, client: Client, **facts: Any) -> Contact:
        """Have a client's program heard of."""
        values = {"client_id": client.id, "partner_id": client.partner_id, "last_seen_at": clock.now()} | facts
        return _saved(Contact(**values))

    def pairing(self, client: Client, **facts: Any) -> Pairing:
        """Have a Navi wait for its partner's word."""
        values = {
            "client_id": client.id,
            "request_hash": f"{next(self._numbers):064d}",
            "number": "482-913",
            "device": "CAIXA-01",
            "device_id": "caixa-01",
            "version": "1.4.0",
            "asked_at": clock.now(),
        } | facts
        return _saved(Pairing(**values))

    def certificate(self, client: Client, **facts: Any) -> Certificate:
        """Give a client a certificate of its own that ends in 90 days; nothing of it is sealed."""
        values = {
            "partner_id": client.partner_id,
            "client_id": client.id,
            "holder": f"EMPRESA LTDA:{client.document}",
            "document": client.document,
            "issuer": "AC Umbuzeiro v5",
            "serial": "1f2e",
            "fingerprint": "ab" * 32,
            "not_before": clock.now() - timedelta(days=275),
            "not_after": clock.now() + timedelta(days=90),
            "uploaded_at": clock.now(),
        } | facts
        if "uploaded_by_id" not in values:
            values["uploaded_by_id"] = db.session.scalar(select(User.id).limit(1)) or self.user(None).id
        return _saved(Certificate(**values))

    def price_version(self, prices: PriceTable = DEMO) -> PriceVersion:
        """Store a price table, by default the one of DOMAIN's worked examples."""
        version = _saved(PriceVersion(valid_from=prices.valid_from, created_at=clock.now()))
        rows = [
            Price(version_id=version.id, product=key[0], item=key[1], cents=cents)
            for key, cents in prices.cents.items()
        ]
        db.session.add_all(rows)
        db.session.commit()
        return version

    def charge(self, client: Client, amount_cents: int = 3338, **facts: Any) -> Charge:
        """Charge a client for two Garçom seats of R4, with the order and the event that made it."""
        now = clock.now()
        event = AuditEvent(partner_id=client.partner_id, client_id=client.id, actor_name="Teste", action="edit", at=now)
        version = db.session.scalar(select(PriceVersion)) or self.price_version()
        event = _saved(event)
        order = _saved(
            LicenseOrder(
                partner_id=client.partner_id,
                client_id=client.id,
                kind=OrderKind.CHANGE,
                event_id=event.id,
                ordered_on=clock.today(),
                before={},
                after={},
            )
        )
        values = {
            "partner_id": client.partner_id,
            "client_id": client.id,
            "order_id": order.id,
            "kind": ChargeKind.ADDITION,
            "charged_at": now,
            "charged_on": clock.today(),
            "through_on": client.due_on or clock.today(),
            "amount_cents": amount_cents,
            "price_version_id": version.id,
        } | facts
        charge = _saved(Charge(**values))
        line = ChargeLine(
            charge_id=charge.id, item=Item.WAITER, quantity=2, unit_cents=1990, days=26, divisor=31,
            amount_cents=amount_cents,
        )  # fmt: skip
        _saved(line)
        return charge

    def retail_charge(self, client: Client, **facts: Any) -> RetailCharge:
        """Ask an end client for the cycle after its due date, with a margin of R$ 30,00."""
        number = self.document()
        due_on = client.due_on or clock.today()
        values = {
            "partner_id": client.partner_id,
            "client_id": client.id,
            "token": f"t{number}",
            "txid": f"x{number}",
            "due_on": due_on,
            "next_due_on": cycle.next_due(due_on, client.due_day),
            "issued_at": clock.now(),
            "issued_on": clock.today(),
            "cost_cents": 9990,
            "amount_cents": 12990,
        }
        charge: RetailCharge = _saved(RetailCharge(**values | facts))
        return charge


def _saved(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row
