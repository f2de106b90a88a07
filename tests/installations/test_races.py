"""Several at once: one code makes one key, the last seat one lease, and nobody waits for one another in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.codes import document, reissue
from portal.codes.queries import UNUSED, living
from portal.domain.catalogue import Item
from portal.domain.errors import ProgramRefused, Refusal
from portal.domain.installations import Program, Reason
from portal.extensions import db
from portal.installations.activation import Asking, Device, activate
from portal.licenses import applying
from portal.models import Client, Partner, PendingChange, RegistrationCode, Seat
from tests.conftest import NOW
from tests.factories import Factory
from tests.installations.conftest import MAIN, SETTINGS, Shop
from tests.registrations.conftest import viewer_of

HANDS, ROUNDS = 8, 3
DEVICES = [Device(f"maquina-{number}", f"PC {number}") for number in range(HANDS)]

Deed = Callable[[], object]
AtOnce = Callable[[Sequence[Deed]], list[object]]


@pytest.fixture
def at_once(app: Flask) -> AtOnce:
    """Return what does things at the same moment, a thread each, and returns what each came to: a refusal by its name."""

    def do(deed: Deed, together: Barrier) -> object:
        with app.app_context(), clock.frozen(NOW):
            together.wait(20)
            try:
                return deed()
            except ProgramRefused as refused:
                return refused.reason
            except Refusal as refused:
                return type(refused).__name__
            finally:
                db.session.remove()

    def do_all(deeds: Sequence[Deed]) -> list[object]:
        db.session.rollback()
        together = Barrier(len(deeds))
        with ThreadPoolExecutor(len(deeds)) as hands:
            return list(hands.map(partial(do, together=together), deeds))

    return do_all


def activation(asking: Asking) -> Deed:
    """Return what activates, and tells the key or the number that a Navi waits under."""

    def deed() -> str:
        done = activate(asking, now=NOW, settings=SETTINGS)
        return getattr(done, "key", "") or getattr(done, "number", "")

    return deed


def refusals(came_to: list[object]) -> Counter[object]:
    """Count the refusals by their reason; what was done counts as "done"."""
    return Counter(one if isinstance(one, Reason) else "done" for one in came_to)


def test_one_code_makes_one_key_however_many_ask_at_once(shop: Shop, at_once: AtOnce) -> None:
    for _ in range(ROUNDS):
        code = shop.make.code(shop.client).code
        came_to = at_once([activation(shop.asking(code, device)) for device in DEVICES])
        assert refusals(came_to) == {"done": 1, Reason.ACTIVATION_REFUSED: HANDS - 1}
    assert len(living(shop.client.id)) == 1


def test_the_same_request_at_once_is_one_activation_and_answers_all(shop: Shop, at_once: AtOnce) -> None:
    for _ in range(ROUNDS):
        asking = shop.asking(shop.make.code(shop.client))
        [key] = set(at_once([activation(asking)] * HANDS))
        assert [one.key for one in living(shop.client.id)] == [key]


def test_a_request_key_at_two_shops_at_once_serves_one(shop: Shop, partner: Partner, at_once: AtOnce) -> None:
    other = Shop(shop.make.client(partner), shop.make)
    askings = [one.asking(one.make.code(one.client), request_key="x" * 32) for one in (shop, other)]
    assert refusals(at_once([activation(one) for one in askings * 2])) == {"done": 2, Reason.ACTIVATION_REFUSED: 2}


@pytest.mark.parametrize("is_registered", [True, False])
def test_a_navi_that_asks_many_times_at_once_waits_once(
    make: Factory, partner: Partner, at_once: AtOnce, is_registered: bool
) -> None:
    client = make.client(partner, product="navi")
    asking = replace(Shop(client, make).asking("", MAIN), program=Program.NAVI)
    asking = asking if is_registered else replace(asking, document=make.document())
    assert len(set(at_once([activation(asking)] * HANDS))) == 1


def test_the_last_seat_goes_to_one(shop: Shop, at_once: AtOnce) -> None:
    key = shop.activate().key
    for name in ("G1", "G2"):
        shop.take(key, Item.WAITER, name)
    came_to = at_once([partial(shop.take, key, Item.WAITER, f"X{number}") for number in range(HANDS)])
    assert refusals(came_to) == {"done": 1, Reason.TOO_MANY_SEATS: HANDS - 1}


def test_a_device_that_asks_many_times_at_once_has_one_seat(shop: Shop, at_once: AtOnce) -> None:
    key = shop.activate().key
    assert refusals(at_once([partial(shop.take, key, Item.WAITER, "G1")] * HANDS)) == {"done": HANDS}
    assert db.session.scalar(select(func.count()).select_from(Seat)) == 1


def test_a_key_without_a_device_is_bound_to_one(shop: Shop, at_once: AtOnce) -> None:
    for _ in range(ROUNDS):
        key = shop.make.installation(shop.client).key
        came_to = at_once([partial(shop.check_in, key, device) for device in DEVICES])
        assert refusals(came_to) == {"done": 1, Reason.OTHER_DEVICE: HANDS - 1}


def check_in(shop: Shop, key: str) -> Deed:
    """Return the check-in of the computer that an activation replaces."""
    return partial(shop.check_in, key)


def reissuing(shop: Shop, _key: str) -> Deed:
    """Return "Reemitir código", of the client as it stands."""
    client_id, actor = shop.client.id, viewer_of(shop.make.user(None))

    def deed() -> None:
        client = db.session.get_one(Client, client_id)
        code_id, installation_id = reissue.target(client).ids
        named = {"code_id": code_id, "installation_id": installation_id}
        reissue.reissue(client, version=client.version, **named, now=NOW, actor=actor)

    return deed


def changing(shop: Shop, _key: str) -> Deed:
    """Return "Alterar CPF/CNPJ"."""
    client_id, actor = shop.client.id, viewer_of(shop.make.user(None))

    def deed() -> None:
        client = db.session.get_one(Client, client_id)
        document.change(client, version=client.version, document=shop.make.document(), now=NOW, actor=actor)

    return deed


def folding(shop: Shop, _key: str) -> Deed:
    """Return the nightly job, with a change of this client to fold."""
    day = NOW.date() - timedelta(days=1)
    db.session.add(PendingChange(client_id=shop.client.id, item=Item.WAITER, effective_on=day, quantity=2))
    db.session.commit()
    return partial(applying.apply_due, NOW)


@pytest.mark.parametrize("meeting", [check_in, reissuing, changing, folding])
def test_an_activation_waits_in_line_with_other_work_on_its_client(
    shop: Shop, at_once: AtOnce, meeting: Callable[[Shop, str], Deed]
) -> None:
    key = shop.activate().key
    for _ in range(ROUNDS):
        asking = shop.asking(shop.make.code(shop.client))
        [said, *_others] = at_once([activation(asking), *[meeting(shop, key)] * (HANDS - 1)])  # none fails
        assert said is Reason.ACTIVATION_REFUSED or isinstance(said, str)
        keys = [one.key for one in living(shop.client.id, Item.BASE)]
        key = key if isinstance(said, Reason) else said
        assert keys == [key] or (not keys and _has_unused_code(shop))


def _has_unused_code(shop: Shop) -> bool:
    which = select(RegistrationCode.id).where(RegistrationCode.client_id == shop.client.id, *UNUSED)
    return db.session.scalars(which).first() is not None
