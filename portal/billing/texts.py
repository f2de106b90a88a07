"""The texts that a partner hands on to its clients, ready to send, and the words of what was done (pt-BR)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from portal import formatting
from portal.domain.catalogue import Product
from portal.domain.retail import Reminder

SAID = {
    "retail_prices_set": "Preços de venda de {name} salvos.",
    "billing_paused": "Cobranças e lembretes de {name} pausados.",
    "billing_resumed": "Cobranças e lembretes de {name} retomados.",
}
SAME = "Nada foi alterado: os preços já eram estes."
ISSUED = "Cobrança de {name} emitida. Envie o link ao cliente."
ISSUED_BEFORE = "A cobrança de {name} já estava emitida."
CANCELLED = "Cobrança cancelada. O link dela não recebe mais pagamento."
CANCELLED_BEFORE = "Esta cobrança já estava cancelada."
SENT = "Lembrete de {name} marcado como enviado."
SENT_BEFORE = "O lembrete de {name} já estava marcado como enviado."
UNSENT = "O lembrete de {name} voltou para a lista."


@dataclass(frozen=True)
class Message:
    """A text to hand on, and the link that opens WhatsApp with it, where a phone is known."""

    text: str
    whatsapp: str

    @classmethod
    def to(cls, phone: str, text: str) -> Message:
        """Address a text to a phone of 10 or 11 digits, or to nobody yet."""
        return cls(text, f"https://wa.me/55{phone}?text={quote(text)}" if phone else "")


@dataclass(frozen=True)
class Debt:
    """What a text is about: whose license, when it is due, what is asked for it (if that is known) and where to pay."""

    name: str
    product: Product
    due_on: date
    cents: int | None
    address: str
    partner_name: str


def reminding(debt: Debt, reminder: Reminder, today: date) -> str:
    """Return the text of a reminder, by hand to be sent."""
    whose = f"A mensalidade do {debt.product.full_label} de {debt.name}"
    if reminder is Reminder.AFTER_1:
        return _signed(f"Olá! {whose} venceu em {formatting.day(debt.due_on)} e o pagamento ainda não consta.", debt)
    when = "hoje" if debt.due_on == today else f"em {formatting.day(debt.due_on)}"
    return _signed(f"Olá! {whose} vence {when}.", debt)


def sharing(debt: Debt) -> str:
    """Return the text that hands a charge's address on."""
    return _signed(
        f"Olá! Segue a cobrança da mensalidade do {debt.product.full_label} de {debt.name}, "
        f"com vencimento em {formatting.day(debt.due_on)}.",
        debt,
    )


def _signed(beginning: str, debt: Debt) -> str:
    amount = f" Valor: {formatting.money(debt.cents)}." if debt.cents else ""
    way = f" Para pagar por Pix, abra: {debt.address}" if debt.address else ""
    return f"{beginning}{amount}{way}\n{debt.partner_name}".replace("\xa0", " ")
