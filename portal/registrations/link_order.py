"""Ordering Link for a Navi client: a registration like any other, on a document that is given (DOMAIN §8.1)."""

from __future__ import annotations

from datetime import date

from portal.domain.actions import Action, ensure_allowed
from portal.domain.catalogue import Product
from portal.domain.errors import AlreadyRegistered, StaleState
from portal.domain.statuses import derive_status
from portal.models import Client
from portal.registrations import queries


def ensure_open(navi: Client, today: date) -> None:
    """Refuse where the row menu would not offer it.

    Raises:
        ActionRefused: the client is no Navi, or its status does not allow it.
        AlreadyRegistered: the partner has a Link registration on this document.
    """
    ensure_allowed(Action.MIGRATE, derive_status(navi, today), navi)
    if link := queries.held_here(navi.partner_id, navi.document).get(Product.LINK):
        raise AlreadyRegistered(link.id)


def ensure_orderable(navi: Client, document: str, today: date) -> None:
    """Refuse a form that asks for what is not open, or was.

    Raises:
        ActionRefused, AlreadyRegistered: as ``ensure_open``.
        StaleState: the Navi client has another document by now.
    """
    ensure_open(navi, today)
    if document != navi.document:
        raise StaleState(navi.version)
