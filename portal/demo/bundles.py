"""Sets of items that clients hold, with how often each is met; all of them as the catalogue's OFFERS allow."""

from __future__ import annotations

from portal.domain.catalogue import Item, Product

Bundle = tuple[tuple[Item, int], ...]


def bundle(base: int = 1, **quantities: int) -> Bundle:
    """Return a set of items: the base license and, by the names of Item in lower case, the others."""
    return (Item.BASE, base), *((Item[name.upper()], quantity) for name, quantity in quantities.items())


LINK_BUNDLES = {
    bundle(): 45,
    bundle(base=2): 10,
    bundle(base=3, cloud=1): 5,
    bundle(cloud=1): 15,
    bundle(cloud=1, payment_order=1): 5,
    bundle(integrated_payment=1): 5,
    bundle(base=2, waiter=3): 5,
    bundle(base=2, cloud=1, waiter=4, mobile=2): 4,
    bundle(cloud=1, mobile=1): 3,
    bundle(base=4, cloud=1, self_service=2, integrated_payment=1, tef=2): 3,
}
NAVI_BUNDLES = {
    bundle(): 60,
    bundle(cloud=1): 25,
    bundle(cloud=1, payment_order=1): 8,
    bundle(integrated_payment=1): 7,
}
BUNDLES = {Product.LINK: LINK_BUNDLES, Product.NAVI: NAVI_BUNDLES}
