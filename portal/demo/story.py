"""What belongs to a demo client: its license, codes, installations and seats."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from portal import clock
from portal.demo import identifiers, names, orders
from portal.demo.cast import Sketch
from portal.demo.facts import Scene
from portal.domain.catalogue import OFFERS, Item, Product
from portal.domain.statuses import Status
from portal.models import Client, Installation, LicenseItem, RegistrationCode, Seat

ACTIVATION_DAYS = 3


def belongings(client: Client, sketch: Sketch, scene: Scene) -> Iterator[Any]:
    """Yield the rows that belong to a client that has its id."""
    for item, quantity in sketch.bundle:
        since_on = orders.since(client, sketch, item, scene)
        yield LicenseItem(client_id=client.id, item=item, quantity=quantity, since_on=since_on)
    if client.product is Product.LINK and client.pending_at is None:
        yield from _codes(client, sketch, scene)
        if sketch.status is Status.ACTIVE and sketch.unused_for is None:
            yield from _seats(client, sketch, scene)


def _codes(client: Client, sketch: Sketch, scene: Scene) -> Iterator[Any]:
    """Yield the codes, and an installation for each one that was used."""
    wanted = [Item.BASE]
    for item, quantity in sketch.bundle:
        wanted += [item] * (quantity if item is Item.MOBILE else 0)
    used = 0 if sketch.unused_for is not None else len(wanted) - sketch.idle_mobiles
    for number, item in enumerate(wanted):
        code = _code(client, item, scene, client.registered_on)
        yield code
        if number < used:
            yield _installation(client, code, scene)
    if sketch.reissued_for is not None:
        yield _code(client, Item.BASE, scene, scene.days_ago(sketch.reissued_for))


def _code(client: Client, item: Item, scene: Scene, issued_on: date) -> RegistrationCode:
    return RegistrationCode(
        partner_id=client.partner_id,
        client_id=client.id,
        item=item,
        code=identifiers.code(scene.rng),
        issued_at=scene.at(issued_on, 10),
    )


def _installation(client: Client, code: RegistrationCode, scene: Scene) -> Installation:
    """Use a code: the program runs, and was heard of until the license ended or was suspended."""
    rng = scene.rng
    code.consumed_at = scene.at(client.registered_on + timedelta(days=rng.randint(0, ACTIVATION_DAYS)), 15)
    ends = [day for day in (client.due_on, client.suspended_at and clock.local_date(client.suspended_at)) if day]
    last_day = min(*ends, scene.days_ago(rng.randint(0, 2)))
    return Installation(
        client_id=client.id,
        item=code.item,
        key=identifiers.license_key(rng),
        device=rng.choice(names.PHONES if code.item is Item.MOBILE else names.DEVICES),
        version=rng.choice((*names.VERSIONS[:1] * 4, *names.VERSIONS)),
        activated_at=code.consumed_at,
        last_seen_at=scene.at(last_day, 18),
    )


def _seats(client: Client, sketch: Sketch, scene: Scene) -> Iterator[Seat]:
    """Yield seats in use, one fewer than there are where there are several, and one given back an hour ago."""
    for item, quantity in sketch.bundle:
        if not OFFERS[item].has_seats or item is Item.MOBILE:  # those are bound to a device by a code
            continue
        for number in range(quantity if sketch.is_full else max(quantity - 1, 1)):
            yield _seat(client, item, scene, number)
        returned = _seat(client, item, scene, quantity)
        returned.heard_at = returned.released_at = scene.now - timedelta(hours=1)
        yield returned


def _seat(client: Client, item: Item, scene: Scene, number: int) -> Seat:
    return Seat(
        client_id=client.id,
        item=item,
        device=f"{scene.rng.choice(names.PHONES)} · {number + 1}",
        device_id=f"demo-{item.value}-{number}",
        leased_at=scene.now - timedelta(hours=2 + number, minutes=scene.rng.randrange(50)),
        heard_at=scene.now - timedelta(seconds=scene.rng.randrange(20, 400)),
    )
