"""Who followed whom: the Navi client that a Link client was registered after, and the other way round (DOMAIN §5, §8)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select, union

from portal.domain.actions import Action
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Client, NaviMigration


class Other(NamedTuple):
    """The client on the other end of a migration."""

    id: int
    name: str
    product: Product


class Succession(NamedTuple):
    """How a client stands: ``link_id`` is the partner's Link registration on a Navi's document, ``other`` whom it migrates to or from."""

    link_id: int | None = None
    other: Other | None = None

    @property
    def is_on_its_way(self) -> bool:
        """Whether a Navi client migrates to the Link registration that has its document."""
        return self.other is not None and self.other.id == self.link_id


def of(client: Client) -> Succession:
    """Return how a client stands, by one query."""
    return _of_navi(client) if client.product is Product.NAVI else _of_link(client)


def _of_navi(client: Client) -> Succession:
    followed = select(NaviMigration.link_id).where(NaviMigration.navi_id == client.id)
    same = Client.partner_id == client.partner_id, Client.document == client.document, Client.product == Product.LINK
    ids = union(followed, select(Client.id).where(*same))
    mine = Client.partner_id == client.partner_id, Client.archived_at.is_(None), Client.id.in_(ids)
    query = (
        select(Client.id, Client.name, Client.product, Client.document, NaviMigration.id.is_not(None))
        .outerjoin(NaviMigration, (NaviMigration.link_id == Client.id) & (NaviMigration.navi_id == client.id))
        .where(*mine)
    )
    rows = db.session.execute(query.order_by(Client.id.desc())).all()
    link_id = next((row[0] for row in rows if row[3] == client.document), None)
    return Succession(link_id, next((Other(*row[:3]) for row in rows if row[4]), None))


def _of_link(client: Client) -> Succession:
    query = select(Client.id, Client.name, Client.product).join(NaviMigration, NaviMigration.navi_id == Client.id)
    row = db.session.execute(query.where(NaviMigration.link_id == client.id, Client.archived_at.is_(None))).first()
    return Succession(None, Other(*row) if row else None)


def unmet(client: Client, found: Succession) -> Collection[Action]:
    """Return the actions whose condition beside the table of DOMAIN §2 does not hold."""
    conditions = {Action.PAY_ADDITIONALS: client.open_charges > 0, Action.MIGRATE: found.link_id is None}
    return {action for action, holds in conditions.items() if not holds}
