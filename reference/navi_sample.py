"""Shops that never were: the same seed makes the same shop, from a few sales to some hundred thousand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from reference.backup_format import Row
from reference.backup_rules import line_total_cents
from reference.command import Impossible
from reference.navi_credits import credit_of
from reference.navi_shop import Owner, Shop
from reference.navi_words import BRANDS, FIRST, LAST, PRODUCTS, STREETS

OWNER = Owner("11222333000181", "Padaria e Mercearia Pão Quente")
_BATCH = 2000
_MOST_DAYS, _SALES_A_DAY = 360, 8
_OPENS_AT, _OPEN_SECONDS = 7 * 3600, 13 * 3600
_METHODS = ("cash",) * 30 + ("pix",) * 32 + ("debit",) * 18 + ("credit_card",) * 13 + ("other",)
_ONE_IN = 16
"""Sales to one that is paid by instalments: by turns, so that a small sample has one too."""

_KILOGRAM = "KG"


def fill(shop: Shop, seed: int, sales: int, now: datetime) -> None:
    """Fill an empty shop with the business of up to a year before a day.

    Raises:
        Impossible: there is something in it.
    """
    if shop.count("products"):
        raise Impossible("Esta loja já tem dados.")
    sample = Sample(seed, sales, shop.owner, now.date())
    with shop.transaction():
        shop.add("customers", sample.customers)
        shop.add("products", sample.products)
        for batch in sample.batches():
            for entity, rows in batch.items():
                shop.add(entity, rows)
        shop.add("stock", sample.stock())


class Sample:
    """A shop that is being made up."""

    def __init__(self, seed: int, sales: int, owner: Owner, today: date) -> None:
        """Make up customers and products; the sales end the day before."""
        self._random = Random(seed)
        self._sales, self._owner, self._today = sales, owner, today
        self._days = max(1, min(_MOST_DAYS, sales // _SALES_A_DAY))
        self._dawn = today - timedelta(days=self._days)
        self._credits = 0
        self.customers = [self._customer(number) for number in range(1, 7 + min(8000, sales // 20))]
        most = len(PRODUCTS) * (1 + len(BRANDS))
        self.products = [self._product(number) for number in range(min(most, 24 + sales // 25))]

    # who and what

    def _customer(self, number: int) -> Row:
        pick, chance = self._random.choice, self._random.random
        name = f"{pick(FIRST)} {pick(LAST)} {pick(LAST)}"
        row: Row = {"id": number, "name": name}
        if chance() < 0.7:
            row["document"] = _cpf(f"{self._random.randrange(10**9):09d}")
        if chance() < 0.3:
            row["email"] = f"{_plain(name)}{number}@example.com"
        if chance() < 0.6:
            row["phone"] = f"(11) 9{self._random.randrange(10**4):04d}-{self._random.randrange(10**4):04d}"
        if chance() < 0.5:
            row["address"] = f"{pick(STREETS)}, {self._random.randrange(1, 2000)}"
        return row

    def _product(self, place: int) -> Row:
        brand, which = divmod(place, len(PRODUCTS))
        name, unit, cents = PRODUCTS[which]
        named = f"{name} {BRANDS[brand - 1]}" if brand else name
        price = cents * self._random.randrange(90, 116) // 100 if brand else cents
        code = f"2{place + 1:06d}" if unit == _KILOGRAM else _ean(f"789{self._random.randrange(10**5):05d}{place:04d}")
        return {"id": place + 1, "name": named, "barcode": code, "unit": unit, "price_cents": price}

    def stock(self) -> Iterator[Row]:
        """Yield what there is now of every product: mostly something, sometimes less than nothing."""
        for product in self.products:
            most = 60_000 if product["unit"] == _KILOGRAM else 200_000
            step = 5 if product["unit"] == _KILOGRAM else 1000
            yield {"product_id": product["id"], "quantity_milli": self._random.randrange(-4000, most, step)}

    # what was sold

    def batches(self) -> Iterator[dict[str, list[Row]]]:
        """Yield sales with the credits and fiscal notes that come from them, some thousand at a time."""
        for first in range(1, self._sales + 1, _BATCH):
            batch = dict[str, list[Row]](sales=[], credits=[], fiscal_notes=[])
            for number in range(first, min(first + _BATCH, self._sales + 1)):
                sale = self._sale(number)
                batch["sales"].append(sale)
                batch["credits"] += self._credit(sale)
                if self._random.random() < 0.6:
                    batch["fiscal_notes"].append(self._note(sale))
            yield batch

    def _sale(self, number: int) -> Row:
        chance = self._random.random
        method = "instalments" if number % _ONE_IN == 3 else self._random.choice(_METHODS)
        items = [self._item() for _ in range(1 + int(chance() * chance() * 7))]
        cents = sum(item["total_cents"] for item in items)
        discount = cents // 20 if chance() < 0.06 else 0
        sale: Row = {"id": number, "sold_at": self._moment(number)}
        if method == "instalments" or chance() < 0.15:
            sale["customer_id"] = self._random.randrange(len(self.customers)) + 1
        total = cents - discount
        sale |= {"discount_cents": discount, "total_cents": total, "items": items}
        return sale | {"payments": self._payments(method, total)}

    def _item(self) -> Row:
        product = self.products[int(len(self.products) * self._random.random() ** 1.5)]
        if product["unit"] == _KILOGRAM:
            quantity = self._random.randrange(60, 2500, 2)
        else:
            quantity = 1000 * (1 + int(self._random.random() ** 3 * 8))
        price = product["price_cents"]
        if self._random.random() < 0.2:  # it cost less then
            price = max(1, price * 95 // 100)
        total = line_total_cents(quantity, price)
        return {
            "product_id": product["id"],
            "quantity_milli": quantity,
            "unit_price_cents": price,
            "total_cents": total,
        }

    def _payments(self, method: str, total: int) -> list[Row]:
        """Return one payment, or two: some of it in cash or by Pix, the rest in another way."""
        first = total * self._random.randrange(10, 60) // 100 if self._random.random() < 0.12 else 0
        if not first or method == "cash":
            return [{"method": method, "amount_cents": total}]
        down = self._random.choice(("cash", "pix") if method != "pix" else ("cash",))
        return [{"method": down, "amount_cents": first}, {"method": method, "amount_cents": total - first}]

    def _credit(self, sale: Row) -> list[Row]:
        cents = sum(payment["amount_cents"] for payment in sale["payments"] if payment["method"] == "instalments")
        if not cents:
            return []
        self._credits += 1
        granted = date.fromisoformat(sale["sold_at"][:10])
        credit = credit_of(sale, self._credits, granted, cents, self._random.randrange(1, 7))
        for part in credit["instalments"]:
            self._pay(part)
        return [credit]

    def _pay(self, part: Row) -> None:
        """Let most of what was due be paid, a little of it only in part."""
        late = (self._today - date.fromisoformat(part["due_on"])).days
        lot = self._random.random()
        if late > 0 and lot < 0.86 + late / 2000:
            part["paid_cents"] = part["amount_cents"]
        elif late > 0 and lot < 0.96:
            part["paid_cents"] = part["amount_cents"] * self._random.randrange(10, 90) // 100

    def _note(self, sale: Row) -> Row:
        """Return the NFC-e of a sale; the number of the sale is its own, too."""
        number, moment = sale["id"], sale["sold_at"]
        bare = f"35{moment[2:4]}{moment[5:7]}{self._owner.document:0>14}65001{number:09d}1{number * 7919 % 10**8:08d}"
        note = {"id": number, "sale_id": number, "model": "65", "series": 1, "number": number}
        return note | {"access_key": _with_digit(bare), "issued_at": moment, "total_cents": sale["total_cents"]}

    def _moment(self, number: int) -> str:
        """Return when a sale was made: one after the other, in opening hours."""
        day, part = divmod((number - 1 + self._random.random()) / self._sales * self._days, 1)
        seconds = _OPENS_AT + int(part * _OPEN_SECONDS)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{self._dawn + timedelta(days=day)}T{clock}-03:00"


def _plain(name: str) -> str:
    """Return a name as an address has it."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "." for letter in bare)


def _cpf(digits: str) -> str:
    """Return nine digits with their two check digits."""
    for _ in range(2):
        weighed = sum(int(digit) * weight for digit, weight in zip(reversed(digits), range(2, 12), strict=False))
        digits += str(-weighed % 11 % 10) if weighed % 11 > 1 else "0"
    return digits


def _ean(digits: str) -> str:
    """Return twelve digits with the check digit of an EAN-13."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def _with_digit(bare: str) -> str:
    """Return 43 characters of an access key with their check digit; letters count as in a CNPJ."""
    weighed = sum((ord(letter) - 48) * (2 + place % 8) for place, letter in enumerate(reversed(bare)))
    return f"{bare}{11 - weighed % 11 if weighed % 11 > 1 else 0}"
