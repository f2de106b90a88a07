"""What is sold: the two products and the items of a license (DOMAIN §4). Prices are data, not here."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.labels import LabelEnum


class Product(LabelEnum):
    """The licensed program, as the "Produto" column says it."""

    LINK = "link", "Link"
    NAVI = "navi", "Navi"

    @property
    def full_label(self) -> str:
        """The product's whole name, for forms and pages."""
        return "Navi Vendas/PDV+" if self is Product.NAVI else self.label


class Item(LabelEnum):
    """A line of a license: the base license, or one of the auxiliary products."""

    BASE = "base", "Licença"
    CLOUD = "cloud", "Cloud"
    PAYMENT_ORDER = "payment_order", "Ordem de Pagamento"
    INTEGRATED_PAYMENT = "integrated_payment", "Pagamento Integrado"
    SELF_SERVICE = "self_service", "Link Autoatendimento"
    WAITER = "waiter", "Link Garçom"
    MOBILE = "mobile", "Link Móvel"
    TEF = "tef", "TEF"


@dataclass(frozen=True)
class Offer:
    """Which products offer an item, and how it is counted and used."""

    products: frozenset[Product]
    is_counted: bool = False
    has_seats: bool = False
    needs: Item | None = None


_BOTH = frozenset(Product)
_LINK = frozenset({Product.LINK})

OFFERS: dict[Item, Offer] = {
    Item.BASE: Offer(_BOTH, is_counted=True),
    Item.CLOUD: Offer(_BOTH),
    Item.PAYMENT_ORDER: Offer(_BOTH),
    Item.INTEGRATED_PAYMENT: Offer(_BOTH),
    Item.SELF_SERVICE: Offer(_LINK, is_counted=True, has_seats=True),
    Item.WAITER: Offer(_LINK, is_counted=True, has_seats=True),
    Item.MOBILE: Offer(_LINK, is_counted=True, has_seats=True, needs=Item.CLOUD),
    Item.TEF: Offer(_LINK, is_counted=True),
}


class RenewalMethod(LabelEnum):
    """Who bills the end client (DOMAIN §3, "Renovação de licença")."""

    MANUAL = "manual", "Renovação manual"
    BILLING = "billing", "Gestão de cobranças"
