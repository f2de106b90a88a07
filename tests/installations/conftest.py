"""A shop that may be activated, and short ways to speak for its programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.installations import Program
from portal.extensions import db
from portal.installations import activation, check_in, seats
from portal.installations.activation import Asking, Device, Waiting
from portal.installations.check_in import CheckedIn, Report
from portal.installations.seats import Lease
from portal.installations.standing import License, Settings
from portal.models import Client, Partner, RegistrationCode
from tests.factories import Factory

MAIN = Device("caixa-01-aaaa", "CAIXA-01")
SETTINGS = Settings()


@dataclass
class Shop:
    """A client with its programs' side of things."""

    client: Client
    make: Factory

    def asking(self, code: RegistrationCode | str, device: Device = MAIN, **changes: object) -> Asking:
        """Return what a program sends to use a code."""
        text = code if isinstance(code, str) else code.code
        request_key = f"request-{text}-{device.id}".ljust(32, "x")
        asking = Asking(Program.LINK, self.client.document, text, device, "5.2.1", request_key)
        return replace(asking, **changes)  # type: ignore[arg-type]

    def activate(
        self, code: RegistrationCode | None = None, *, now: datetime | None = None, **changes: object
    ) -> License:
        """Activate the main computer, or what else the changes say."""
        asking = self.asking(code or self.make.code(self.client), **changes)  # type: ignore[arg-type]
        done = activation.activate(asking, now=now or clock.now(), settings=SETTINGS)
        assert not isinstance(done, Waiting)
        return done

    def check_in(
        self,
        key: str,
        device: Device = MAIN,
        *,
        now: datetime | None = None,
        settings: Settings = SETTINGS,
        **told: object,
    ) -> CheckedIn:
        """Check in."""
        report = Report(device, "5.3.0", **told)  # type: ignore[arg-type]
        return check_in.check_in(key, report, now=now or clock.now(), settings=settings)

    def take(self, key: str, item: Item, name: str, *, now: datetime | None = None) -> Lease:
        """Take a seat for a device of a name."""
        return seats.take(key, item, Device(f"id-{name}", name), now=now or clock.now(), settings=SETTINGS)

    def renew(self, key: str, item: Item, name: str, *, now: datetime | None = None) -> Lease:
        """Keep it."""
        return seats.renew(key, item, Device(f"id-{name}", name), now=now or clock.now(), settings=SETTINGS)

    def give_back(self, key: str, item: Item, name: str, *, now: datetime | None = None) -> seats.Use:
        """Give it back."""
        return seats.give_back(key, item, Device(f"id-{name}", name), now=now or clock.now())


@pytest.fixture
def partner(make: Factory) -> Partner:
    """Return the partner."""
    return make.partner()


@pytest.fixture
def shop(make: Factory, partner: Partner) -> Shop:
    """Return an Ativo Link client, due 10/08/2025, with three Garçom and two Móvel seats."""
    client = make.client(partner)
    for item, quantity in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 2)):
        make.item(client, item, quantity)
    yield Shop(client, make)
    db.session.rollback()
