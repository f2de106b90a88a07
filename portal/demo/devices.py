"""The devices of demo clients: Navi programs, one that waits for a word, and when each client was last heard of."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select, update

from portal.demo import identifiers, names
from portal.demo.facts import Scene
from portal.domain.catalogue import Item, Product
from portal.domain.installations import SILENT_DAYS
from portal.domain.statuses import LIVE_STATUSES, Status, derive_status
from portal.extensions import db
from portal.models import Client, Contact, Installation, LicenseItem, Pairing, Seat

NAVI_VERSIONS = ("3.8.2", "3.8.0", "3.7.4")
DAY_MORE = 1
"""By how many days somebody is silent beyond what the filter asks for."""


def install(scene: Scene) -> None:
    """Give every Navi whose license runs its program, but one, which asks for it just now."""
    clients = _navis(scene)
    with_cloud = set(db.session.scalars(select(LicenseItem.client_id).where(LicenseItem.item == Item.CLOUD)))
    able = [one for one in clients if one.id not in with_cloud and derive_status(one, scene.today) is Status.ACTIVE]
    new = max(able, key=lambda client: client.search_key)
    db.session.add(_pairing(new, scene.now))
    db.session.add_all(_navi(client, scene) for client in clients if client is not new)
    db.session.flush()


def tell(scene: Scene) -> None:
    """Have every client heard of whose program tells nothing of Cloud: some have been silent for as long as one may ask."""
    told = select(Contact.client_id)
    last = func.max(Installation.last_seen_at)
    works = Installation.revoked_at.is_(None), Installation.client_id.not_in(told)
    query = select(Client, last).join(Installation, Installation.client_id == Client.id)
    mine = Client.partner_id == scene.partner.id, *works
    silent = list(reversed(SILENT_DAYS))
    for client, seen_at in db.session.execute(query.where(*mine).group_by(Client.id).order_by(Client.id)).all():
        is_quiet = silent and derive_status(client, scene.today) is Status.ACTIVE and not _in_use(client)
        moment = _silence(client, scene.now - timedelta(days=silent.pop() + DAY_MORE)) if is_quiet else seen_at
        db.session.add(_contact(client, moment))
    db.session.flush()


def _navis(scene: Scene) -> list[Client]:
    mine = Client.partner_id == scene.partner.id, Client.product == Product.NAVI
    found = db.session.scalars(select(Client).where(*mine).order_by(Client.id)).all()
    return [client for client in found if derive_status(client, scene.today) in LIVE_STATUSES]


def _pairing(client: Client, now: datetime) -> Pairing:
    return Pairing(
        client_id=client.id,
        request_hash=f"{client.id:064d}",
        number="482-913",
        device="CAIXA-01",
        device_id="demo-navi",
        version=NAVI_VERSIONS[0],
        asked_at=now - timedelta(minutes=4),
    )


def _navi(client: Client, scene: Scene) -> Installation:
    rng = Random(client.document)  # noqa: S311 - made to be repeated
    activated_at = scene.at(client.registered_on, 16)
    ends = [day for day in (client.due_on, scene.days_ago(1)) if day]
    seen_at = client.suspended_at or scene.at(min(ends), 19)
    return Installation(
        client_id=client.id,
        item=Item.BASE,
        key=identifiers.license_key(rng),
        device=rng.choice(names.DEVICES),
        version=rng.choice(NAVI_VERSIONS),
        activated_at=activated_at,
        last_seen_at=max(activated_at, seen_at),
    )


def _in_use(client: Client) -> bool:
    """Say whether somebody sits on one of the client's seats right now."""
    return db.session.scalar(select(Seat.id).where(Seat.client_id == client.id).limit(1)) is not None


def _silence(client: Client, moment: datetime) -> datetime:
    """Have a client's programs last heard of at a moment."""
    works = Installation.client_id == client.id, Installation.revoked_at.is_(None)
    db.session.execute(update(Installation).where(*works).values(last_seen_at=moment))
    return moment


def _contact(client: Client, moment: datetime | None) -> Contact:
    return Contact(client_id=client.id, partner_id=client.partner_id, last_seen_at=moment)
