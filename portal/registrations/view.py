"""What the templates of "+ Novo cliente" are given: the picker, the running total, the note about a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import errors, formatting
from portal.catalogue.queries import price_table
from portal.domain.catalogue import Product
from portal.domain.charges import Quote
from portal.domain.documents import CPF_LENGTH
from portal.domain.errors import PriceMissing, SetRefused
from portal.domain.statuses import derive_status
from portal.models import Client
from portal.registrations import contract, picker, queries, service
from portal.registrations.forms import RegistrationForm, document_flaw
from portal.registrations.selection import Selection

SEEN_TOTAL = re.compile(r"(\d{1,12})-[0-9a-f]{64}", re.ASCII)

line_label = picker.label


def form_context(partner_id: int, form: RegistrationForm, chosen: Selection, today: date) -> dict[str, Any]:
    """Return what the whole form shows; its products alone need no more."""
    lines = picker.lines(chosen, price_table(today))
    return {
        "form": form,
        "lines": lines,
        "strangers": picker.strangers(chosen, lines),
        "note": document_note(partner_id, form, today),
        **quoted(partner_id, chosen, today),
    }


def quoted(partner_id: int, chosen: Selection, today: date) -> dict[str, Any]:
    """Return the running total, or the sentence that stands in its place."""
    context: dict[str, Any] = {"product": chosen.product, "label": line_label, "quote": None, "missing": ""}
    if not chosen.is_sound:
        return context | {"missing": " ".join(chosen.errors.values())}
    try:
        return context | {"quote": service.quote(partner_id, chosen.product, chosen.wanted, today)}
    except (PriceMissing, SetRefused) as refusal:
        return context | {"missing": errors.in_words(refusal).text}


@dataclass(frozen=True)
class Holder:
    """A client of the partner that has the document already."""

    client_id: int
    name: str
    status: str
    is_same_product: bool
    product: str

    @classmethod
    def build(cls, client: Client, chosen: Product, today: date) -> Holder:
        """Prepare a client; its status tells why a list may not have shown it."""
        status = derive_status(client, today).label
        return cls(client.id, client.name, status, client.product is chosen, client.product.label)


@dataclass(frozen=True)
class DocumentNote:
    """What there is to say about a typed document: what is wrong with it, or who has it."""

    kind: str
    chosen: str
    flaw: str
    holders: list[Holder]

    @property
    def is_here(self) -> bool:
        """Whether the document is registered with the chosen product already."""
        return any(holder.is_same_product for holder in self.holders)


def document_note(partner_id: int, form: RegistrationForm, today: date) -> DocumentNote | None:
    """Return what there is to say about the document of a form; None while it is empty."""
    document, chosen = form.normal_document, form.chosen_product
    if not document:
        return None
    if flaw := document_flaw(document):
        return DocumentNote(kind_of(document), chosen.label, flaw, [])
    held: Mapping[Product, Client] = queries.held_here(partner_id, document)
    holders = [Holder.build(client, chosen, today) for _product, client in sorted(held.items())]
    return DocumentNote(kind_of(document), chosen.label, "", holders)


def kind_of(document: str) -> str:
    """Return what a document is called."""
    return "CPF" if len(document) == CPF_LENGTH else "CNPJ"


def already_here(document: str, product: Product) -> str:
    """Return why a document cannot be registered with a product: it is."""
    return f"Este {kind_of(document)} já está cadastrado com o {product.label}."


def confirmation(
    form: RegistrationForm, chosen: Selection, offer: Quote, seen: str, navi: Client | None = None
) -> dict[str, Any]:
    """Return what the window shows, and the fields that it sends to have just that confirmed.

    ``navi`` is the partner's Navi client that a Link client is going to follow.
    """
    fields = {name: str(form[name].data or "") for name in _SENT}
    fields |= {item.value: str(quantity) for item, quantity in chosen.wanted.items()}
    match = SEEN_TOTAL.fullmatch(seen)
    return {
        "form": form,
        "values": form.values(),
        "document": formatting.document(form.normal_document),
        "method": form.chosen_method.label,
        "product": chosen.product,
        "quote": offer,
        "label": line_label,
        "fields": fields | {"quote": contract.seen_as(offer, chosen.wanted)},
        "navi": navi,
        "is_aged": bool(seen),
        "seen_cents": int(match[1]) if match else None,
    }


_SENT = ("key", "document", "name", "email", "phone", "uf", "city", "renewal_method", "product")
