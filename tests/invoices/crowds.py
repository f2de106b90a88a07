"""Many clients of one partner, made in a few statements, and many threads that want the same of them at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from portal.domain.catalogue import Item, Product
from portal.domain.errors import Refusal
from portal.domain.search import search_key
from portal.extensions import db
from portal.models import Client, LicenseItem, Partner
from tests.factories import Factory

PATIENCE = 60
DEADLOCK = "40P01"


def crowd(make: Factory, partner: Partner, count: int, dues: Sequence[date]) -> list[int]:
    """Make Link clients with Cloud and Garçom, due on the dates in turn, and return their ids."""
    facts = {"partner_id": partner.id, "product": Product.LINK, "registered_on": date(2024, 1, 15), "uf": "SP"}
    facts |= {"city": "São Paulo", "city_code": "3550308", "name": "Loja"}
    rows = []
    for number in range(count):
        document, due_on = make.document(), dues[number % len(dues)]
        mine = {
            "document": document,
            "search_key": search_key("Loja", document),
            "due_on": due_on,
            "due_day": due_on.day,
        }
        rows.append(facts | mine)
    db.session.execute(insert(Client), rows)
    ids = list(db.session.scalars(select(Client.id).where(Client.partner_id == partner.id).order_by(Client.id)))
    held = {Item.BASE: 1, Item.CLOUD: 1, Item.WAITER: 3}
    since = {"since_on": date(2024, 1, 15)}
    items = [since | {"client_id": one, "item": item, "quantity": units} for one in ids for item, units in held.items()]
    db.session.execute(insert(LicenseItem), items)
    db.session.commit()
    return ids


def at_once(app: Flask, *deeds: Callable[[], Any]) -> list[Any]:
    """Do every deed in a thread of its own, all beginning together; a refusal is an answer.

    Who waited too long for a lock on a busy machine tries again, as a person would; a deadlock is a fault.
    """
    barrier = Barrier(len(deeds))
    db.session.rollback()

    def carry_out(deed: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait(PATIENCE)
            try:
                return _patiently(deed)
            except Refusal as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(carry_out, deeds))


def _patiently(deed: Callable[[], Any]) -> Any:
    for _ in range(20):
        try:
            return deed()
        except OperationalError as busy:
            db.session.rollback()
            if getattr(busy.orig, "sqlstate", None) == DEADLOCK:
                raise
    raise TimeoutError("nobody got a turn")
