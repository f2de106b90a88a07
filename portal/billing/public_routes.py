"""The page of an end client, by an unguessable link: what it is asked for and how to pay, never what that costs the partner."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from portal import clock, formatting, security
from portal.access import public
from portal.accounts import throttle
from portal.billing import queries, view
from portal.billing.routes import bp
from portal.billing.rows import AmountRow
from portal.domain import retail
from portal.domain.retail import RetailState
from portal.extensions import limiter


@bp.get("/c/<token>")
@public
@limiter.limit("120 per minute", key_func=lambda: throttle.of_address(request.remote_addr or ""))
def bill(token: str) -> Response:
    """The charge: who bills, for whom, what, until when; Pix while it can be paid."""
    security.shows_secret()
    charge, client, partner = queries.by_token(token)
    today, state = clock.today(), retail.state_of(charge)
    has_lapsed = state is RetailState.OPEN and retail.has_lapsed(charge.due_on, client.due_on, today)
    rest = charge.amount_cents - charge.received_cents
    is_payable = state is RetailState.OPEN and not has_lapsed
    page = render_template(
        "billing/bill.html",
        charge=charge,
        client=client,
        partner=partner,
        document=masked(client.document),
        state=state,
        has_lapsed=has_lapsed,
        is_payable=is_payable,
        lines=AmountRow.build_all(queries.lines_of(charge.id)),
        rest_cents=rest,
        pix=view.pix_block(charge, rest) if is_payable else None,
        today=today,
    )
    response = make_response(page)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


SHOWN = 4
"""How many characters of a document the page shows: enough to know one's own."""


def masked(document: str) -> str:
    """Return a document of which strangers learn little: 11.***.***/****-81."""
    text = formatting.document(document)
    ends = [index for index, sign in enumerate(text) if sign.isalnum()]
    kept = {*ends[: SHOWN // 2], *ends[-SHOWN // 2 :]}
    return "".join(sign if index in kept or not sign.isalnum() else "*" for index, sign in enumerate(text))
