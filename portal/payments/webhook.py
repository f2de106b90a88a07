"""What the bank tells of payments, in the Central Bank's shape: read strictly, booked one by one (API Pix, ``/pix``)."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.exc import OperationalError

from portal.domain import pix
from portal.domain.emv import Malformed
from portal.domain.ids import LARGEST_ID
from portal.domain.invoices import PaymentSource
from portal.extensions import db
from portal.models import Payment
from portal.payments import service
from portal.payments.service import Arrival

log = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024
MOST_CENTS = LARGEST_ID
"""What a column of cents holds on both databases: more than 21 million reais."""

TAKEN_BACK = "DEVOLVIDO"
"""The state of a return ("devolução") that is done; one under way, or refused, is nothing yet."""

_END_TO_END_ID = re.compile(r"[A-Za-z0-9]{32}")
_TXID = re.compile(r"[A-Za-z0-9]{1,35}")


class Fate(StrEnum):
    """What became of one payment of a message."""

    BOOKED = "booked"
    KNOWN = "known"
    MALFORMED = "malformed"
    FAILED = "failed"


def payments_in(body: bytes) -> list[Any] | None:
    """Return what a message tells of, unread, or None where it tells of no payments: banks try an address with such.

    Raises:
        Malformed: no JSON, not an object, or a "pix" that is no list.
    """
    message: Any = None
    with suppress(ValueError, RecursionError):
        message = json.loads(body)
    if not isinstance(message, dict):
        raise Malformed("body", "must be a JSON object")
    found = message.get("pix")
    if "pix" in message and not isinstance(found, list):
        raise Malformed("pix", "must be a list")
    return found


def arrival_from(entry: Any) -> Arrival:
    """Read one payment of a message; fields that are not ours are passed over.

    Raises:
        Malformed: it cannot be booked as it stands.
    """
    if not isinstance(entry, dict):
        raise Malformed("pix", "must hold objects")
    cents = pix.amount_from(entry.get("valor"))
    if cents > MOST_CENTS:
        raise Malformed("valor", f"must be at most {MOST_CENTS} cents")
    return Arrival(
        end_to_end_id=_matching(_END_TO_END_ID, entry.get("endToEndId"), "endToEndId", "must be 32 letters and digits"),
        txid=_txid(entry.get("txid")),
        amount_cents=cents,
        paid_at=pix.moment_from(entry.get("horario")),
        source=PaymentSource.WEBHOOK,
    )


def _txid(value: Any) -> str:
    """Return the id in the capitals that ours have; "" where the payment came with none, however that is said."""
    if value is None or value in ("", pix.NO_TXID):
        return ""
    return _matching(_TXID, value, "txid", "must be at most 35 letters and digits").upper()


def _matching(pattern: re.Pattern[str], value: Any, part: str, reason: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(part, reason)
    return value


def taken_back(entry: dict[str, Any]) -> int:
    """Return how many cents of a payment the bank says that it has given back.

    Raises:
        Malformed: it says so in a way that cannot be read.
    """
    returns = entry.get("devolucoes") or []
    if not isinstance(returns, list) or not all(isinstance(one, dict) for one in returns):
        raise Malformed("devolucoes", "must be a list of objects")
    return sum(pix.amount_from(one.get("valor")) for one in returns if one.get("status") == TAKEN_BACK)


def book(entries: Iterable[Any], *, now: datetime) -> Counter[Fate]:
    """Book the payments of a message, each in a transaction of its own; one that cannot be keeps no other back.

    Raises:
        OperationalError: the database is busy; what was booked before stands, and counts once when it is told again.
    """
    return Counter(_fate(number, entry, now) for number, entry in enumerate(entries, 1))


def _fate(number: int, entry: Any, now: datetime) -> Fate:
    try:
        outcome = service.receive(arrival_from(entry), now=now)
        _note_return(number, entry, outcome.payment)
    except Malformed as error:
        log.warning("payment %d of a message: %s", number, error)
        return Fate.MALFORMED
    except OperationalError:
        raise
    except Exception:
        log.exception("payment %d of a message", number)
        return Fate.FAILED
    finally:
        db.session.rollback()  # what was only read
    return Fate.KNOWN if outcome.is_repeat else Fate.BOOKED


def _note_return(number: int, entry: dict[str, Any], payment: Payment) -> None:
    """Write down for staff what the bank has taken back; what cannot be read of that refuses no payment."""
    try:
        cents = taken_back(entry)
    except Malformed as error:
        log.warning("return of payment %d of a message: %s", number, error)
        return
    if cents:
        service.note_return(payment, cents)
