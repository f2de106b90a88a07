"""The prices of DOMAIN's worked examples."""

from __future__ import annotations

from datetime import date

from portal.domain.catalogue import Item, Product
from portal.domain.prices import PriceTable

LINK, NAVI = Product.LINK, Product.NAVI

DEMO = PriceTable(
    1,
    date(2020, 1, 1),
    {
        (LINK, Item.BASE): 9990, (NAVI, Item.BASE): 4990,
        (LINK, Item.CLOUD): 2990, (NAVI, Item.CLOUD): 2990,
        (LINK, Item.WAITER): 1990, (LINK, Item.MOBILE): 2490,
        (LINK, Item.PAYMENT_ORDER): 1490, (NAVI, Item.PAYMENT_ORDER): 1490,
        (LINK, Item.INTEGRATED_PAYMENT): 3490, (NAVI, Item.INTEGRATED_PAYMENT): 3490,
        (LINK, Item.SELF_SERVICE): 5990, (LINK, Item.TEF): 3990,
    },
)  # fmt: skip
"""Link 99,90, Navi 49,90, Cloud 29,90, Garçom 19,90, Móvel 24,90 (DOMAIN §5); the others as the demo has them."""
