"""The bank's side of Pix, played: a payer pays a code, and the bank tells the portal so over real HTTP.

It reads codes by itself, not by the portal's rules: what both understand alike is understood.
"""

from __future__ import annotations

import json
import secrets
import string
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

ISPB = "12345678"
"""The bank's number in the Central Bank's list; this one is nobody's."""

PATIENCE = 30
_SIGNS = string.ascii_letters + string.digits


class UnpayableError(Exception):
    """A payer's bank makes nothing of this code."""


@dataclass(frozen=True)
class Payment:
    """Money that arrived; ``valor`` and ``horario`` are written as the message will have them."""

    end_to_end_id: str
    txid: str
    valor: str
    horario: str

    def message(self) -> dict[str, str]:
        """Return its part of a message."""
        return {
            "endToEndId": self.end_to_end_id,
            "txid": self.txid,
            "valor": self.valor,
            "horario": self.horario,
        }


@dataclass(frozen=True)
class Answer:
    """What the portal said to a message."""

    status: int
    text: str


class Psp:
    """A bank that holds the receiver's account and knows where it wants to be told."""

    def __init__(self, webhook: str, headers: Mapping[str, str] | None = None) -> None:
        """Remember the address of the webhook, and what each message to it carries beside."""
        self.webhook, self.headers = webhook, dict(headers or {})
        self.received: defaultdict[str, list[Payment]] = defaultdict(list)

    def pay(self, code: str, at: datetime, valor: str | None = None) -> Payment:
        """Have a payer pay a code, at its amount or at another one; the portal is not told yet.

        Raises:
            UnpayableError: not a Pix code, one that lost a character, or one without an amount where none is given.
        """
        fields = _fields_of(code)
        txid = _cut(fields.get("62", "")).get("05", "***")
        return self.receive(txid, valor or fields.get("54", ""), at)

    def receive(self, txid: str, valor: str, at: datetime) -> Payment:
        """Take a payment with whatever id and amount: one that no code asked for, too."""
        if not valor:
            raise UnpayableError("how much?")
        utc = at.astimezone(UTC)
        horario = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        payment = Payment(end_to_end_id(utc), txid, valor, horario)
        self.received[txid].append(payment)
        return payment

    def tell(self, *payments: Payment) -> Answer:
        """Tell of payments in one message, in this order; of those told before, again."""
        return self.send({"pix": [payment.message() for payment in payments]})

    def tell_at_once(self, messages: Sequence[Sequence[Payment]]) -> list[Answer]:
        """Send messages side by side, all let go at one moment; the answers come in the order of the messages."""
        together = Barrier(len(messages))

        def send(payments: Sequence[Payment]) -> Answer:
            together.wait(PATIENCE)
            return self.tell(*payments)

        with ThreadPoolExecutor(len(messages)) as pool:
            return list(pool.map(send, messages))

    def send(self, body: Any) -> Answer:
        """Send anything: bytes as they are, all else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(self.webhook, data, {"Content-Type": "application/json"} | self.headers, method="POST")
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode())


def end_to_end_id(at: datetime) -> str:
    """Return a new payment's id: E, the bank, the minute in UTC, eleven signs of the bank's choice."""
    return f"E{ISPB}{at:%Y%m%d%H%M}{''.join(secrets.choice(_SIGNS) for _ in range(11))}"


def crc_by_bits(text: str) -> int:
    """Divide by the polynomial bit by bit, as the standard draws it."""
    crc = 0xFFFF
    for byte in text.encode("ascii"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
            crc &= 0xFFFF
    return crc


def _fields_of(code: str) -> dict[str, str]:
    if not code.isascii() or f"{crc_by_bits(code[:-4]):04X}" != code[-4:]:
        raise UnpayableError("a character is wrong")
    fields = _cut(code)
    if _cut(fields.get("26", "")).get("00", "").lower() != "br.gov.bcb.pix":
        raise UnpayableError("not Pix")
    return fields


def _cut(text: str) -> dict[str, str]:
    fields = {}
    while text:
        end = 4 + int(text[2:4])
        fields[text[:2]], text = text[4:end], text[end:]
    return fields
