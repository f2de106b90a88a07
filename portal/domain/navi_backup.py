"""The open format of a Navi backup: what its files hold, line by line, as data (DOMAIN §8, docs/navi-backup-format.md).

A backup is a ZIP with a manifest and one JSON Lines file for each entity. The tables here read the lines, describe them as
JSON Schemas and write the documentation's tables.
"""

from __future__ import annotations

import re

from portal.domain.labels import LabelEnum
from portal.domain.shapes import DATE, MOMENT, Field, Many, Shape, text, whole

FORMAT = 1
"""The newest version of the format that is known here; a newer one is refused, an older one there is none of yet."""

MANIFEST = "manifest.json"
MOST_ROWS = 5_000_000
MOST_LINE_BYTES = 256 * 1024
MOST_FILE_BYTES = 1024 * 1024 * 1024
"""Of one file, unpacked. A year of a busy shop is some 100 MB."""

MOST_MANIFEST_BYTES = 64 * 1024
MOST_RATIO, FREE_BYTES = 100, 1024 * 1024
"""A file may be unpacked to so many times its packed length, and so many bytes more."""

MOST_BYTES = 50 * 1024 * 1024
"""Of the ZIP, wherever it goes through the portal."""

MOST_CENTS = 10**13
MOST_MILLIS = 10**12
SHA256 = text(r"[0-9a-f]{64}", 64, 64)
ID = whole(1, 2**53 - 1)
CENTS = whole(0, MOST_CENTS)
WORD = text(r".*\S.*", 120)
DOCUMENT = text("[0-9]{11}|[0-9A-Z]{12}[0-9]{2}", 14, 11)


class Entity(LabelEnum):
    """A file of a backup, in the order in which files refer back to each other."""

    CUSTOMERS = "customers", "Clientes"
    PRODUCTS = "products", "Produtos"
    STOCK = "stock", "Estoque"
    SALES = "sales", "Vendas"
    CREDITS = "credits", "Crediários"
    FISCAL_NOTES = "fiscal_notes", "Notas fiscais"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.value}.jsonl"


MIGRATED = tuple(entity for entity in Entity if entity is not Entity.FISCAL_NOTES)
"""What Link takes over; fiscal notes stay in Navi (DOMAIN §8)."""

NAMES = (MANIFEST, *(entity.file for entity in Entity))
"""Every file of a backup: all of them, and no others."""

CUSTOMER = Shape(
    "Customer",
    (
        Field("id", ID, "Its number in Navi."),
        Field("name", WORD, "Name."),
        Field("document", DOCUMENT, "CPF or CNPJ without mask.", is_required=False),
        Field("email", text(r"[^@\s]+@[^@\s]+", 254), "E-mail.", is_required=False),
        Field("phone", text(r"[0-9 ()+-]+", 20), "Telephone.", is_required=False),
        Field("address", text(r".*\S.*", 200), "Address, as it was typed.", is_required=False),
    ),
)
PRODUCT = Shape(
    "Product",
    (
        Field("id", ID, "Its number in Navi."),
        Field("name", WORD, "Name."),
        Field("barcode", text(r"[0-9A-Za-z.-]+", 20), "Barcode or the shop's own code.", is_required=False),
        Field("unit", text(r"[A-Z0-9]+", 6), "Unit of sale, such as UN or KG."),
        Field("price_cents", CENTS, "Price of one unit."),
    ),
)
STOCK = Shape(
    "Stock",
    (
        Field("product_id", ID, "Which product."),
        Field("quantity_milli", whole(-MOST_MILLIS, MOST_MILLIS), "How much there is, in thousandths of the unit."),
    ),
)
SALE_ITEM = Shape(
    "SaleItem",
    (
        Field("product_id", ID, "Which product."),
        Field("quantity_milli", whole(1, MOST_MILLIS), "How much, in thousandths of the unit."),
        Field("unit_price_cents", CENTS, "Price of one unit, as it was sold."),
        Field("total_cents", CENTS, "Quantity times price, rounded half up."),
    ),
)


class PaymentMethod(LabelEnum):
    """How a sale was paid."""

    CASH = "cash", "Dinheiro"
    DEBIT = "debit", "Cartão de débito"
    CREDIT_CARD = "credit_card", "Cartão de crédito"
    PIX = "pix", "Pix"
    INSTALMENTS = "instalments", "Crediário"
    OTHER = "other", "Outro"


PAYMENT = Shape(
    "Payment",
    (
        Field("method", text("|".join(method.value for method in PaymentMethod), 11), "How it was paid."),
        Field("amount_cents", CENTS, "How much."),
    ),
)
SALE = Shape(
    "Sale",
    (
        Field("id", ID, "Its number in Navi."),
        Field("sold_at", MOMENT, "When, with its offset."),
        Field("customer_id", ID, "Who bought, where that is known.", is_required=False),
        Field("discount_cents", CENTS, "Discount on the whole sale."),
        Field("total_cents", CENTS, "The items' totals less the discount."),
        Field("items", Many(SALE_ITEM, 1000), "What was sold."),
        Field("payments", Many(PAYMENT, 20), "How it was paid; the amounts add up to the total."),
    ),
)
INSTALMENT = Shape(
    "Instalment",
    (
        Field("number", whole(1, 120), "Which one; they are numbered from 1."),
        Field("due_on", DATE, "Due date."),
        Field("amount_cents", CENTS, "How much."),
        Field("paid_cents", CENTS, "How much of it was paid."),
    ),
)
CREDIT = Shape(
    "Credit",
    (
        Field("id", ID, "Its number in Navi."),
        Field("customer_id", ID, "Who owes."),
        Field("sale_id", ID, "The sale that it comes from, where that is known.", is_required=False),
        Field("created_on", DATE, "When it was granted."),
        Field("total_cents", CENTS, "The instalments' sum."),
        Field(
            "instalments", Many(INSTALMENT, 120), "The instalments. With one unpaid the credit is open, and migrates."
        ),
    ),
)
FISCAL_NOTE = Shape(
    "FiscalNote",
    (
        Field("id", ID, "Its number in Navi."),
        Field("sale_id", ID, "Which sale, where that is known.", is_required=False),
        Field("model", text("55|65", 2), "55 (NF-e) or 65 (NFC-e)."),
        Field("series", whole(0, 999), "Series."),
        Field("number", whole(1, 999_999_999), "Number."),
        Field("access_key", text(r"[0-9A-Z]{44}", 44, 44), "Access key."),
        Field("issued_at", MOMENT, "When it was issued."),
        Field("total_cents", CENTS, "Its total."),
    ),
)
SHAPES: dict[Entity, Shape] = {
    Entity.CUSTOMERS: CUSTOMER,
    Entity.PRODUCTS: PRODUCT,
    Entity.STOCK: STOCK,
    Entity.SALES: SALE,
    Entity.CREDITS: CREDIT,
    Entity.FISCAL_NOTES: FISCAL_NOTE,
}
FILE = Shape(
    "File",
    (
        Field("name", text("|".join(re.escape(entity.file) for entity in Entity), 20), "The file's name."),
        Field("rows", whole(0, MOST_ROWS), "How many lines it has."),
        Field("bytes", whole(0, MOST_FILE_BYTES), "How long it is, unpacked."),
        Field("sha256", SHA256, "SHA-256 of its content, unpacked, in hexadecimal."),
    ),
)
PROGRAM = Shape(
    "Program",
    (
        Field("name", WORD, "What wrote the backup."),
        Field("version", text(r"[0-9A-Za-z.+-]+", 20), "Its version."),
    ),
)
HEAD = Shape("Head", (Field("format", whole(1, 2**31), "Version of the format, a whole number."),))
"""What every version of a manifest says, whatever else it may say."""

MANIFEST_SHAPE = Shape(
    "Manifest",
    (
        Field("format", whole(FORMAT, FORMAT), "Version of the format."),
        Field("program", PROGRAM, "The program that wrote the backup."),
        Field("document", DOCUMENT, "The shop's CPF or CNPJ, without mask."),
        Field("name", WORD, "The shop's name."),
        Field("created_at", MOMENT, "When the backup was made, with its offset."),
        Field("files", Many(FILE, len(Entity)), "The other files, each once."),
    ),
)
