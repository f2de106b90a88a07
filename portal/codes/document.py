"""Changing a client's document ("Alterar CPF/CNPJ"): what was bound to the old one ends, in the same transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, true

from portal.audit import Actor
from portal.certificates import service as certificates
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.codes.queries import CLIENT, living
from portal.codes.reissue import revoke_unused
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.errors import AlreadyRegistered, DocumentTaken, StaleState
from portal.domain.search import search_key
from portal.extensions import db
from portal.licenses import service as licenses
from portal.models import AuditEvent, Client


def change(client: Client, *, version: int, document: str, now: datetime, actor: Actor) -> Outcome:
    """Give a client another document, already checked; its search key follows, codes and keys are bound to it anew.

    Raises:
        AlreadyRegistered: the partner has the document with this product.
        DocumentTaken: somebody else has.
        StaleState, RepeatMismatch, ActionRefused: as every change.
    """
    order = Order(Action.CHANGE_DOCUMENT, version, actor, now, {"document": document})
    clients.take_turns(document)
    if client.version == version:
        clients.ensure_possible(order, client)
        ensure_free(client, document)
    changes = {"document": document, "search_key": search_key(client.name, document)}
    try:
        return clients.apply(order, client, changes, lambda event: _bind_anew(client, event, now))
    except StaleState:
        db.session.rollback()
        ensure_free(client, document)  # two forms took the document at once: the index let one through
        raise


def ensure_free(client: Client, document: str) -> None:
    """Refuse a document that is registered with this product already.

    Raises:
        AlreadyRegistered: at this partner; it names the client.
        DocumentTaken: elsewhere; it names nobody.
    """
    same = CLIENT.document == document, CLIENT.product == client.product, CLIENT.archived_at.is_(None)
    rows = db.session.execute(select(CLIENT.id, CLIENT.partner_id).where(*same, CLIENT.id != client.id)).all()
    for client_id, partner_id in rows:
        if partner_id == client.partner_id:
            raise AlreadyRegistered(client_id)
    if rows:
        raise DocumentTaken


def _bind_anew(client: Client, event: AuditEvent, now: datetime) -> None:
    if client.product is Product.LINK:
        event.after = (event.after or {}) | _reissue_all(client, now)
    elif certificates.invalidate(client, now):
        event.after = (event.after or {}) | {"certificate_ended": True}


def _reissue_all(client: Client, now: datetime) -> dict[str, int]:
    """Revoke every code and key of the old document; issue the main computer's code and one for each Móvel seat in use or waiting."""
    installed = living(client.id)
    devices = {one.id for one in installed if one.item is Item.MOBILE}
    unused = [code for code in licenses.unused_codes(client.id, Item.MOBILE) if code.supersedes_id not in devices]
    revoked = revoke_unused(client.id, true(), now=now)
    for one in installed:
        one.revoked_at = now
    issued = licenses.issue_codes(client, Item.BASE, 1, now=now)
    issued += licenses.issue_codes(client, Item.MOBILE, len(devices) + len(unused), now=now)
    return {"keys_ended": len(installed), "codes_revoked": revoked, "codes_issued": len(issued)}
