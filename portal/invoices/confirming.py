"""What a page that confirms a new invoice is given: the lines to be, the credit that can be used, what is left to pay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal import formatting
from portal.credit.queries import balance
from portal.domain import invoices
from portal.forms import new_key
from portal.invoices import drafting, line_rows, queries
from portal.invoices.drafting import Draft
from portal.invoices.forms import InvoiceForm
from portal.invoices.line_rows import DraftRow
from portal.invoices.making import Outcome


def values(
    partner_id: int, drafts: Sequence[Draft], form: InvoiceForm, *, most: int, is_aged: bool = False
) -> dict[str, Any]:
    """Return the values of an invoice to be; ``most`` lines of it are shown; all credit that fits is used, until something is typed."""
    total_cents, credit_cents = sum(draft.amount_cents for draft in drafts), balance(partner_id)
    usable = invoices.usable_credit(credit_cents, total_cents)
    if not form.credit.raw_data:
        form.credit.data = formatting.decimal(usable) if usable else ""
    shown = drafts[:most]
    items = line_rows.by_line(queries.charge_items([draft.charge_id for draft in shown if draft.charge_id]))
    return {
        "form": form,
        "key": form.key.data if form.key.data and not form.key.errors else new_key(),
        "seen": drafting.seen_as(drafts),
        "lines": [DraftRow.build(draft, items) for draft in shown],
        "more": len(drafts) - len(shown),
        "count": len({draft.client.id for draft in drafts}),
        "total_cents": total_cents,
        "credit_cents": credit_cents,
        "pay_cents": total_cents - invoices.usable_credit(form.credit_cents, total_cents),
        "is_aged": is_aged,
        "was_cents": form.seen_cents if is_aged else None,
    }


def in_words(outcome: Outcome) -> str:
    """Return what the form did, with the hour and the protocol."""
    event, invoice = outcome.event, outcome.invoice
    protocol = f"gravado às {formatting.hour(event.at)}, protocolo {event.id}"
    if outcome.is_repeat:
        return f"Já estava feito (fatura {invoice.number}): {protocol}."
    done = "quitada com crédito" if invoice.settled_at else "emitida"
    return f"Fatura {invoice.number} {done}. {protocol.capitalize()}."
