"""A Link client that is registered on the document of a Navi client follows it: noted in the same transaction (DOMAIN §5, §8)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from portal import audit
from portal.audit import Actor
from portal.domain.actions import Action
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import AuditEvent, Client, NaviMigration
from portal.models.types import AnyRow

PREDECESSOR, SUCCESSOR = "predecessor", "successor"
"""What the record of either client calls the other."""

AT_ONCE = 500
"""Documents that one query asks for; both databases take a bounded number of values."""


def navis(partner_id: int, documents: Collection[str]) -> Iterator[AnyRow]:
    """Yield id, document and due date of the partner's Navi clients with some documents."""
    wanted = sorted(documents)
    mine = Client.partner_id == partner_id, Client.product == Product.NAVI, Client.archived_at.is_(None)
    query = select(Client.id, Client.document, Client.due_on).where(*mine)
    for start in range(0, len(wanted), AT_ONCE):
        yield from db.session.execute(query.where(Client.document.in_(wanted[start : start + AT_ONCE])))


def note(link: Client, document: str, event: AuditEvent, *, now: datetime, actor: Actor) -> None:
    """Note whom a newly registered client follows, in its record (a draft) and in the other's. Does not commit."""
    if link.product is not Product.LINK:
        return
    for navi in navis(link.partner_id, [document]):  # one at most
        db.session.add(NaviMigration(**columns_of(navi, partner_id=link.partner_id, link_id=link.id, now=now)))
        event.after = {**(event.after or {}), PREDECESSOR: navi.id}
        audit.record(
            Action.MIGRATE,
            actor=actor,
            now=now,
            partner_id=link.partner_id,
            client_id=navi.id,
            before={},
            after={SUCCESSOR: link.id},
        )


def note_anew(link: Client, document: str, event: AuditEvent, *, now: datetime, actor: Actor) -> None:
    """Note whom a Pendente client follows once its document was corrected. Does not commit."""
    db.session.execute(delete(NaviMigration).where(NaviMigration.link_id == link.id))
    note(link, document, event, now=now, actor=actor)


def columns_of(navi: AnyRow, *, partner_id: int, link_id: int, now: datetime) -> dict[str, Any]:
    """Return the row of a migration that begins."""
    return {
        "partner_id": partner_id,
        "navi_id": navi.id,
        "link_id": link_id,
        "ordered_at": now,
        "navi_due_on": navi.due_on,
    }
