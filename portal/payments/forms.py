"""What staff type about money: a payment from the bank's statement, how much of one was taken back."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

from wtforms import DateField, HiddenField, StringField, TimeField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from portal import clock, formatting
from portal.domain import pix
from portal.domain.ids import LARGEST_ID
from portal.forms import BareForm, KeyForm, cents_from, stripped

NOTE_LENGTH = 200
BANK_ID = re.compile(r"[A-Za-z0-9]{32}")
WRONG_AMOUNT = "Informe um valor em reais. Exemplo: 1.234,56"


def amount_in(text: str | None) -> int:
    """Return the cents that were typed: at least one, and no more than the tables hold.

    Raises:
        ValidationError: in the user's words.
    """
    cents = cents_from(text or "")
    if not cents or cents > LARGEST_ID:
        raise ValidationError(WRONG_AMOUNT)
    return cents


class DayField(DateField):
    """A day; what is none counts as not typed, and is said in the form's own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        with suppress(ValueError):
            super().process_formdata(valuelist)


class HourField(TimeField):
    """An hour; what is none counts as not typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the hour."""
        with suppress(ValueError):
            super().process_formdata(valuelist)


class PaymentForm(KeyForm):
    """Money that arrived, for what has the txid."""

    txid = HiddenField()
    amount = StringField("Valor (R$)", filters=[stripped], validators=[InputRequired(WRONG_AMOUNT)])
    paid_on = DayField("Data", validators=[DataRequired("Informe a data do extrato.")])
    paid_at = HourField("Hora", validators=[DataRequired("Informe a hora; 12:00 se o extrato não mostra.")])
    end_to_end_id = StringField("Identificador do Pix no extrato (recomendado)", filters=[stripped])
    note = StringField(
        "Observação (opcional)",
        filters=[stripped],
        validators=[Length(max=NOTE_LENGTH, message=f"No máximo {NOTE_LENGTH} caracteres.")],
    )

    def validate_amount(self, field: Any) -> None:
        """Accept an amount."""
        amount_in(field.data)

    def validate_paid_at(self, field: Any) -> None:
        """Refuse what is still to come, and what is older than Pix."""
        day, hour = self.paid_on.data, field.data
        if day is None or hour is None:
            return
        if day > clock.today() or clock.moment_of(day, hour) > clock.now():
            raise ValidationError("Este momento ainda não chegou.")
        if day.year < pix.FIRST_YEAR:
            raise ValidationError("Confira a data: o Pix é mais novo.")

    def validate_end_to_end_id(self, field: Any) -> None:
        """Accept the bank's id, or none."""
        if field.data and not BANK_ID.fullmatch(field.data):
            raise ValidationError("São 32 letras e números, como no extrato. Exemplo: E12345678202507101500abcdefghijk")

    @property
    def cents(self) -> int:
        """The amount of a valid form."""
        return amount_in(self.amount.data)

    @property
    def moment(self) -> datetime:
        """When the money moved, of a valid form."""
        return clock.moment_of(self.paid_on.data or date.min, self.paid_at.data or time())

    @property
    def name(self) -> str:
        """What tells this payment from all others: the bank's id or, without it, the form's own key."""
        return self.end_to_end_id.data or f"STAFF-{self.key.data}"


class DestinationForm(BareForm):
    """Names what money without a destination was for."""

    txid = StringField(validators=[DataRequired("Escolha o destino.")])


class ReturnForm(BareForm):
    """How much of a payment was taken back."""

    amount = StringField("Valor devolvido (R$)", filters=[stripped], validators=[InputRequired(WRONG_AMOUNT)])

    def __init__(self, most_cents: int, **values: Any) -> None:
        """Remember how much there is to take back."""
        self.most_cents = most_cents
        super().__init__(**values)

    def validate_amount(self, field: Any) -> None:
        """Accept an amount, up to the payment's."""
        if amount_in(field.data) > self.most_cents:
            raise ValidationError(f"O pagamento foi de {formatting.money(self.most_cents)}.")

    @property
    def cents(self) -> int:
        """The amount of a valid form."""
        return amount_in(self.amount.data)
