"""The texts that carry a code to the shop, ready to send, and the words of what was done (pt-BR)."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from portal import formatting
from portal.codes.service import Sending
from portal.domain.catalogue import Item
from portal.domain.codes import SendingWay

STEPS: dict[Item, tuple[str, ...]] = {
    Item.BASE: (
        "Abra o Link no computador principal da loja. A tela “Ativação” aparece na primeira vez.",
        "Informe o CPF/CNPJ e este código de registro.",
        "Toque em “Continuar”. O código serve uma única vez.",
    ),
    Item.MOBILE: (
        "Abra o Link Móvel no aparelho. A tela “Ativação” aparece na primeira vez.",
        "Informe o CPF/CNPJ e este código de registro.",
        "Toque em “Continuar”. O código serve uma única vez, para este aparelho.",
    ),
}
"""What the shop does with a code."""

DONE = {
    SendingWay.WHATSAPP: "Envio por WhatsApp registrado às {hour}. Agora abra o WhatsApp.",
    SendingWay.EMAIL: "Envio por e-mail registrado às {hour}. Agora abra o e-mail.",
    SendingWay.SLIP: "Impressão registrada às {hour}.",
    SendingWay.PHONE: "Código informado por telefone: registrado às {hour}.",
}

UNKNOWN = "Nenhum código da sua revenda é este. Confira com o cliente; se ele estiver certo, fale com o fornecedor."


class Ready(NamedTuple):
    """A link that opens another program with a text ready to send."""

    label: str
    href: str


def program_of(item: Item) -> str:
    """Return the program that a code of an item activates."""
    return "Link" if item is Item.BASE else item.label


def ready(row: Any, way: SendingWay | None) -> Ready | None:
    """Return the link for a way of sending a row of the queries; printing and telling need none."""
    text = quote(message(row))
    if way is SendingWay.WHATSAPP:
        return Ready("Abrir o WhatsApp", f"https://wa.me/{'55' + row.phone if row.phone else ''}?text={text}")
    if way is SendingWay.EMAIL:
        subject = quote(f"Código de registro do {program_of(row.item)}")
        return Ready("Abrir o e-mail", f"mailto:{quote(row.email, safe='@')}?subject={subject}&body={text}")
    return None


def message(row: Any) -> str:
    """Return the text that tells a client its code."""
    program = program_of(row.item)
    return (
        f"Olá! O código de registro do {program} para {row.name} "
        f"(CPF/CNPJ {formatting.document(row.document)}) é {formatting.code(row.code)}. "
        f"Na tela “Ativação” do {program}, informe o CPF/CNPJ e este código e toque em “Continuar”."
    )


def said(sending: Sending) -> str:
    """Return what was done, in words."""
    words = DONE[sending.way].format(hour=formatting.hour(sending.sent_at))
    return f"Já estava feito. {words}" if sending.is_repeat else words
