"""One charge to an end client, as the partner sees it; what a client's page says of its charges."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for

from portal import clock, htmx, saying, security
from portal.access import current_partner_id, requires, viewer
from portal.billing import bills, queries, rows, settling, texts, view
from portal.billing.routes import bp
from portal.domain import retail
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import RetailClosed
from portal.domain.retail import RetailState
from portal.domain.roles import Permission
from portal.extensions import db
from portal.models import Client


@bp.get("/billing/charges/<int:retail_charge_id>")
@requires(Permission.VIEW_INVOICES)
def charge(retail_charge_id: int) -> str:
    """A charge: lines with cost and margin, the link to hand on, what arrived."""
    found, client = queries.get_charge(current_partner_id(), retail_charge_id)
    security.shows_secret()
    context = view.shown(found, client, viewer().partner_name or "")
    return render_template("billing/charge.html", colour=rows.COLOURS[context["state"]], **context)


@bp.get("/billing/charges/<int:retail_charge_id>/cancellation/new")
@requires(Permission.MANAGE_BILLING)
def cancellation_new(retail_charge_id: int) -> Response:
    """Asks before a charge is cancelled."""
    found, client = queries.get_charge(current_partner_id(), retail_charge_id)
    if retail.state_of(found) is not RetailState.OPEN:
        return htmx.leave_for(url_for(".charge", retail_charge_id=found.id))
    return htmx.page_or_fragment(
        "billing/cancellation_new.html", "billing/_cancellation_new.html", charge=found, client=client
    )


@bp.post("/billing/charges/<int:retail_charge_id>/cancellation")
@requires(Permission.MANAGE_BILLING)
def cancellation_create(retail_charge_id: int) -> Response:
    """Cancel it; what had arrived becomes credit.

    Raises:
        RetailClosed: it is paid.
    """
    found, _client = queries.get_charge(current_partner_id(), retail_charge_id)
    is_done = settling.cancel(found.id, now=clock.now(), actor=viewer())
    db.session.commit()
    db.session.refresh(found)
    if not is_done and retail.state_of(found) is RetailState.PAID:
        raise RetailClosed
    saying.keep(texts.CANCELLED if is_done else texts.CANCELLED_BEFORE)
    return htmx.leave_for(url_for(".charge", retail_charge_id=found.id))


@bp.app_template_global("client_billing")
def _client_billing(client: Client) -> dict[str, Any] | None:
    """Return what the page of a client that the viewer may see says of billing it; None where there is nothing to say."""
    if not viewer().may(Permission.VIEW_INVOICES) or client.due_on is None:
        return None
    if client.renewal_method is not RenewalMethod.BILLING:
        return {"is_billed": False} if client.paused_at else None
    today = clock.today()
    [bill] = bills.of([client], today)
    charges = queries.charges_of(client.id)
    shown = queries.charges_in_view([client.id], None, today).get(client.id)
    may_issue = retail.hindrance(bill.case, today, by_hand=True) is None
    row = rows.BillRow.build(bill, shown)
    made = [(charge, retail.state_of(charge)) for charge in charges]
    return {"is_billed": True, "row": row, "charges": made, "colours": rows.COLOURS, "may_issue": may_issue}
