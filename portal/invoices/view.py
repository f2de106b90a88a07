"""What the pages of one invoice are given: its lines, what is left to pay, the Pix code that asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal import formatting
from portal.config import Pix
from portal.domain import invoices, pix
from portal.domain.invoices import InvoiceState
from portal.invoices import line_rows, queries, rows
from portal.invoices.line_rows import LineRow
from portal.invoices.rows import PaymentRow
from portal.models import Invoice

LINES_SHOWN = 50
"""Lines on one page of an invoice; the page to print has all of them."""


@dataclass(frozen=True)
class PixBlock:
    """What a payer needs: the code to scan or to copy, how much, and whom it pays."""

    code: str
    amount: str
    receiver: str


def shown(invoice: Invoice, *, after: int | None = None, size: int | None = LINES_SHOWN) -> dict[str, Any]:
    """Return what the pages of an invoice show; ``size`` None is for paper, with every line."""
    state = invoices.state_of(invoice)
    found = queries.shown_lines(invoice.id, after=after, size=size)
    lines = found if size is None else found[:size]
    items = line_rows.by_line(queries.items_of([line.id for line in lines]))
    return {
        "invoice": invoice,
        "state": state,
        "colour": rows.COLOURS[state],
        "subject": rows.subject(invoice.kind, invoice.month_on),
        "summary": queries.summary(invoice.id),
        "lines": [LineRow.build(line, items) for line in lines],
        "next_after": lines[-1].id if len(found) > len(lines) else None,
        "is_first": after is None,
        "rest_cents": rest_of(invoice),
        "payments": [PaymentRow.build(payment) for payment in queries.payments_of(invoice.id)],
    }


def rest_of(invoice: Invoice) -> int:
    """Return what is left to pay, in cents; nothing once it is paid or cancelled."""
    is_open = invoices.state_of(invoice) is InvoiceState.OPEN
    return invoice.total_cents - invoice.received_cents if is_open else 0


def pix_block(invoice: Invoice, configured: Pix | None) -> PixBlock | None:
    """Return the code that asks for what is left of an invoice; None where nothing is, or nobody is set to receive it."""
    rest_cents = rest_of(invoice)
    if configured is None or not rest_cents:
        return None
    code = pix.br_code(configured.receiver, txid=invoice.txid, amount_cents=rest_cents)
    return PixBlock(code, formatting.money(rest_cents), configured.receiver.name)
