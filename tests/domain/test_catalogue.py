"""What is sold: DOMAIN §4, line by line."""

from __future__ import annotations

import pytest

from portal.domain.catalogue import OFFERS, Item, Product

# label: offered for Link, for Navi; counted; seats; needs
TABLE = {
    "Licença": (True, True, True, False, None),
    "Cloud": (True, True, False, False, None),
    "Ordem de Pagamento": (True, True, False, False, None),
    "Pagamento Integrado": (True, True, False, False, None),
    "Link Autoatendimento": (True, False, True, True, None),
    "Link Garçom": (True, False, True, True, None),
    "Link Móvel": (True, False, True, True, "Cloud"),
    "TEF": (True, False, True, False, None),
}


def test_the_catalogue_offers_exactly_the_items_of_the_table() -> None:
    assert [item.label for item in OFFERS] == list(TABLE)
    assert set(OFFERS) == set(Item)


@pytest.mark.parametrize("label", TABLE)
def test_every_item_is_offered_counted_and_used_as_the_table_says(label) -> None:
    offer = next(offer for item, offer in OFFERS.items() if item.label == label)
    for_link, for_navi, is_counted, has_seats, needs = TABLE[label]
    assert (Product.LINK in offer.products) is for_link
    assert (Product.NAVI in offer.products) is for_navi
    assert offer.is_counted is is_counted
    assert offer.has_seats is has_seats
    assert (offer.needs.label if offer.needs else None) == needs


def test_seats_are_counted_and_what_an_item_needs_is_offered_wherever_it_is() -> None:
    for offer in OFFERS.values():
        assert offer.is_counted or not offer.has_seats
        if offer.needs:
            assert offer.products <= OFFERS[offer.needs].products
