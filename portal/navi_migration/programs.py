"""Which program speaks: the installation of a key, as far as backups and migrations are its business."""

from __future__ import annotations

from portal.domain.catalogue import Item, Product
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason
from portal.installations import queries as installations
from portal.models import Client, Installation


def of(key: str, product: Product) -> tuple[Installation, Client]:
    """Return the main installation of a product that has a key, and its client, whatever the license's status.

    Raises:
        ProgramRefused: the key is unknown or replaced, or another program's.
    """
    found = installations.by_key(key)
    if found is None:
        raise ProgramRefused(Reason.KEY_UNKNOWN)
    installation, client = found
    if installation.revoked_at is not None:
        raise ProgramRefused(Reason.KEY_REPLACED)
    if client.product is not product or installation.item is not Item.BASE:
        raise ProgramRefused(Reason.NOT_LICENSED)
    return installation, client
