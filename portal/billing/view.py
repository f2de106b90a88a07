"""What several pages of billing are given: the prices form as it stands, what it comes to, a charge, its address and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, request, url_for

from portal import formatting
from portal.billing import bills, queries
from portal.billing.forms import PricesForm
from portal.billing.rows import AmountRow, PaymentRow, signed
from portal.billing.texts import Debt, Message, sharing
from portal.domain import pix, retail
from portal.domain.catalogue import Item
from portal.domain.retail import RetailState
from portal.licenses.queries import holding_of
from portal.models import Client, RetailCharge


def form_of(client: Client, items: Sequence[Item]) -> PricesForm:
    """Return the form as the stored prices fill it."""
    prices = bills.prices_of([client.id])[client.id]
    typed = {item: formatting.decimal(prices[item]) if item in prices else "" for item in items}
    return PricesForm(client.version, typed)


def quantities(client: Client, today: date) -> Mapping[Item, int]:
    """Return how many units of each item the client holds, or is about to hold."""
    holding = holding_of(client.id, today)
    return holding.on(today) | holding.final


def margin(client: Client, form: PricesForm, today: date) -> dict[str, Any]:
    """Return what typed prices come to for the client's coming cycle; nothing where that has no price."""
    quote = None
    if client.due_on is not None:
        cost = bills.of([client], today)[0].offer.quote
        typed = {item: cents for item, cents in form.cents.items() if cents is not None}
        quote = retail.quote(cost, typed) if cost else None
    if quote is None:
        return {"quote": None, "lines": [], "margin": ""}
    return {"quote": quote, "lines": AmountRow.build_all(quote.lines), "margin": signed(quote.margin_cents)}


def address_of(token: str) -> str:
    """Return the whole address of an end client's page, as it is handed on."""
    config = current_app.extensions["portal_config"]
    return f"{(config.base_url or request.url_root).rstrip('/')}{url_for('billing.bill', token=token)}"


@dataclass(frozen=True)
class PixBlock:
    """What a payer needs: the code to scan or to copy, and whom it pays."""

    code: str
    receiver: str


def pix_block(charge: RetailCharge, rest_cents: int) -> PixBlock | None:
    """Return the code that asks for what is left of a charge; None where nobody is set to receive it."""
    configured = current_app.extensions["portal_config"].pix
    if configured is None or rest_cents <= 0:
        return None
    code = pix.br_code(configured.receiver, txid=charge.txid, amount_cents=rest_cents)
    return PixBlock(code, configured.receiver.name)


def shown(charge: RetailCharge, client: Client, partner_name: str) -> dict[str, Any]:
    """Return what the partner's page of a charge shows."""
    state, address = retail.state_of(charge), address_of(charge.token)
    rest = charge.amount_cents - charge.received_cents
    debt = Debt(client.name, client.product, charge.due_on, rest, address, partner_name)
    is_renewed = client.due_on is not None and client.due_on > charge.due_on
    return {
        "charge": charge,
        "client": client,
        "state": state,
        "is_open": state is RetailState.OPEN,
        "is_renewed": is_renewed,
        "address": address,
        "message": Message.to(client.phone, sharing(debt)),
        "rest_cents": rest,
        "lines": AmountRow.build_all(queries.lines_of(charge.id)),
        "margin": signed(charge.amount_cents - charge.cost_cents),
        "payments": [PaymentRow.build(payment) for payment in queries.payments_of(charge.id)],
    }
