"""Pix as the Central Bank writes it: the code that a payer copies or scans, and the fields that tell of a payment.

Sources: Manual do BR Code; Manual de Padrões para Iniciação do Pix (static codes); API Pix (bacen/pix-api).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from string import ascii_uppercase, digits

from portal.domain import documents, emv
from portal.domain.emv import Malformed

GUI = "br.gov.bcb.pix"
REAIS = "986"
NO_TXID = "***"
KEY_LENGTH = 77
"""What the account of a code has room for, beside GUI; the Central Bank's register keeps no longer key."""

NAME_LENGTH = 25
CITY_LENGTH = 15
TXID_LENGTH = 25
MOST_CENTS = 999_999_999_999
"""9999999999.99: what fills a code's amount, and a webhook's."""

TXID_SIGNS = ascii_uppercase + digits
"""The standard allows small letters too; without them an id survives a bank that changes capitals."""

FIRST_YEAR = 2020
"""Pix began in November 2020; no payment is older."""

_ACCOUNTS = [f"{tag:02}" for tag in range(26, 52)]
_TXID = re.compile(rf"[A-Za-z0-9]{{1,{TXID_LENGTH}}}")
_AMOUNT = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_KEYS = (
    re.compile(r"\+55[1-9][0-9]{9,10}"),
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
)


@dataclass(frozen=True)
class Receiver:
    """Who is paid: a Pix key, and the name and the city that stand in the code.

    Name and city may have accents, which the code leaves out.

    Raises:
        Malformed: no Pix key, or a name or city that a code has no room or no letters for; ``part`` is the field's name.
    """

    key: str
    name: str
    city: str

    def __post_init__(self) -> None:
        if not _is_key(self.key):
            raise Malformed(
                "key", "must be a CPF or CNPJ without mask, +55 and a phone, an e-mail or a random key in small letters"
            )
        for part, text, most in ("name", self.name, NAME_LENGTH), ("city", self.city, CITY_LENGTH):
            if not _fits(unaccented(text), most):
                raise Malformed(part, f"must have 1 to {most} letters, digits or ASCII signs")


def _is_key(text: str) -> bool:
    return len(text) <= KEY_LENGTH and (documents.is_valid(text) or any(kind.fullmatch(text) for kind in _KEYS))


def _fits(text: str, most: int) -> bool:
    return 1 <= len(text) <= most and text.isascii() and text.isprintable()


def unaccented(text: str) -> str:
    """Return a name as a code writes it: São  Paulo is Sao Paulo."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join(bare.split())


def new_txid(choose: Callable[[int], int]) -> str:
    """Make an id; ``choose(n)`` returns a number from 0 to n-1 (``secrets.randbelow`` outside of tests)."""
    return "".join(TXID_SIGNS[choose(len(TXID_SIGNS))] for _ in range(TXID_LENGTH))


def br_code(receiver: Receiver, *, txid: str, amount_cents: int) -> str:
    """Return the text of a code ("copia e cola") that asks for an amount; a payment of it comes with the txid.

    Raises:
        Malformed: a txid or an amount that no code holds.
    """
    if not _TXID.fullmatch(txid):
        raise Malformed("txid", f"must have 1 to {TXID_LENGTH} letters and digits, without accents")
    if not 1 <= amount_cents <= MOST_CENTS:
        raise Malformed("amount_cents", f"must be from 1 to {MOST_CENTS}")
    return emv.seal({
        emv.FORMAT: "01",
        "26": emv.write({"00": GUI, "01": receiver.key}),
        "52": "0000",
        "53": REAIS,
        "54": f"{amount_cents // 100}.{amount_cents % 100:02}",
        "58": "BR",
        "59": unaccented(receiver.name),
        "60": unaccented(receiver.city),
        "62": emv.write({"05": txid}),
    })  # fmt: skip


@dataclass(frozen=True)
class Parsed:
    """What a code asks for; without an amount the payer chooses it, without a txid the payment comes with none."""

    key: str
    name: str
    city: str
    txid: str | None
    amount_cents: int | None


def parse(text: str) -> Parsed:
    """Read a code that names a Pix key; fields that are not Pix's are passed over.

    Raises:
        Malformed: not a code, not a Pix code, one that points to an address instead of a key, or a changed character.
    """
    fields = emv.unseal(text)
    for tag, only in ("53", REAIS), ("58", "BR"):
        if fields.get(tag) != only:
            raise Malformed(tag, f"must be {only}")
    txid = emv.read(_field(fields, "62")).get("05", NO_TXID)
    return Parsed(
        key=_key_in(fields),
        name=_field(fields, "59", NAME_LENGTH),
        city=_field(fields, "60", CITY_LENGTH),
        txid=None if txid == NO_TXID else txid,
        amount_cents=amount_from(fields["54"], "54") if "54" in fields else None,
    )


def _key_in(fields: dict[str, str]) -> str:
    for tag in _ACCOUNTS:
        account = emv.read(fields.get(tag, ""))
        if account.get("00", "").lower() == GUI:
            return _field(account, "01")
    raise Malformed("26", "must be the account of a Pix key")


def _field(fields: dict[str, str], tag: str, most: int = emv.LONGEST_VALUE) -> str:
    value = fields.get(tag, "")
    if not 1 <= len(value) <= most:
        raise Malformed(tag, f"must be there, with at most {most} characters")
    return value


def amount_from(value: object, part: str = "valor") -> int:
    """Return the cents of a webhook's ``valor``, a text such as 110.00; a payment has at least one.

    Raises:
        Malformed: anything else, JSON's numbers included: they may have lost cents on their way.
    """
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if not cents:
        raise Malformed(part, "must be an amount such as 110.00, at least 0.01")
    return cents


def moment_from(value: object) -> datetime:
    """Return the moment, aware and in UTC, of a webhook's ``horario``, a text such as 2025-07-10T15:00:00.358Z.

    Raises:
        Malformed: anything else, a moment without its offset, or one before there was Pix.
    """
    with suppress(ValueError, OverflowError):  # no such day or hour; an hour after the calendar's end
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value).astimezone(UTC)
            if moment.year >= FIRST_YEAR:
                return moment
    raise Malformed("horario", "must be a moment such as 2025-07-10T15:00:00.358Z")
