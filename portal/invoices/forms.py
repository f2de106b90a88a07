"""The form of a new invoice: its key, the values that were shown, how much credit to use."""

from __future__ import annotations

import re
from typing import Any

from wtforms import HiddenField, StringField, ValidationError

from portal.forms import KeyForm, cents_from, stripped

SEEN_TOTAL = re.compile(r"(\d{1,12})-[0-9a-f]{64}", re.ASCII)


class InvoiceForm(KeyForm):
    """Confirms an invoice; ``seen`` is what the page has shown."""

    seen = HiddenField()
    credit = StringField("Usar crédito (R$)", filters=[stripped])

    def validate_credit(self, field: Any) -> None:
        """Accept an amount in pt-BR, or nothing."""
        if field.data and cents_from(field.data) is None:
            raise ValidationError("Informe um valor em reais. Exemplo: 1.234,56")

    @property
    def credit_cents(self) -> int:
        """How much credit to use; none where nothing, or no amount, was typed."""
        return cents_from(str(self.credit.data or "")) or 0

    @property
    def seen_cents(self) -> int | None:
        """The total that was shown, or None where the form does not say."""
        match = SEEN_TOTAL.fullmatch(str(self.seen.data or ""))
        return int(match[1]) if match else None
