"""From the desk to one invoice for everybody of a month who is to be renewed: the values, then "Confirmar"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Response, request, url_for

from portal import clock, database, errors, htmx, months, saying
from portal.access import current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.domain.errors import CreditShort, NotFound, NothingSelected, QuoteAged
from portal.domain.renewals import Place
from portal.domain.roles import Permission
from portal.extensions import db
from portal.invoices import confirming, drafting, making
from portal.invoices.forms import InvoiceForm
from portal.invoices.making import Asked
from portal.invoices.routes import bp
from portal.renewals.offers import Offer
from portal.renewals.queries import month_offers

MOST_LINES = 300
"""Clients shown with their arithmetic: a page of the desk."""


@bp.get("/month/new")
@requires(Permission.PAY)
def month_new() -> Response:
    """The values of a month's renewals, client by client, with the credit that can be used, and who is left out and why."""
    typed = typed_before() or request.args
    return _values(_month_of(typed), InvoiceForm(typed))


@bp.post("/month")
@requires(Permission.PAY)
def month_create() -> Response:
    """Make the invoice that was shown; sent again, lead to the one that was made."""
    month, form = _month_of(request.form), InvoiceForm()
    if not form.validate():
        return _values(month, form, 422)
    asked = Asked(current_partner_id(), str(form.key.data), form.credit_cents, str(form.seen.data))
    try:
        outcome = making.bill_month(asked, month, now=clock.now(), actor=viewer())
    except (QuoteAged, NothingSelected, CreditShort) as refusal:
        db.session.rollback()
        return _shown_again(month, form, refusal)
    database.is_reading.set(True)  # it is committed; saying so must not hold the write lock
    saying.keep(f"{confirming.in_words(outcome)} {_result(outcome.invoice.partner_id, month)}")
    return htmx.leave_for(url_for(".show", invoice_id=outcome.invoice.id))


def _month_of(args: Any) -> date:
    """Return the month that a form or an address names: an earlier one too, because its form may be sent again.

    Raises:
        NotFound: it names none.
    """
    month = months.parse(args.get("month", ""))
    if month is None:
        raise NotFound
    return month


def _shown_again(month: date, form: InvoiceForm, refusal: Exception) -> Response:
    """Answer the values as they are now, saying what is different from those that were shown."""
    if isinstance(refusal, CreditShort):
        form.credit.errors = [errors.in_words(refusal).text]
    with database.reading():
        return _values(month, form, 409, is_aged=not isinstance(refusal, CreditShort))


def _values(month: date, form: InvoiceForm, status: int = 200, *, is_aged: bool = False) -> Response:
    partner_id, today = current_partner_id(), clock.today()
    offers = month_offers(partner_id, month, today)
    drafts = drafting.renewal_drafts([offer for offer in offers if offer.is_chosen])
    context = confirming.values(partner_id, drafts, form, most=MOST_LINES, is_aged=is_aged) | {
        "month": month,
        "month_arg": months.spell(month),
        "left_out": _left_out(offers),
    }
    response = htmx.page_or_fragment("invoices/month_new.html", "invoices/_month_new.html", **context)
    response.status_code = status
    return response


def _left_out(offers: Iterable[Offer]) -> dict[Place, int]:
    """Return how many are not on the invoice, by the place of the desk that says why."""
    found = Counter(offer.place for offer in offers)
    return {place: found[place] for place in Place if place is not Place.READY and found[place]}


def _result(partner_id: int, month: date) -> str:
    """Say who is not on the invoice; each one's reason stands in its row of the desk."""
    left = _left_out(month_offers(partner_id, month, clock.today()))
    left.pop(Place.INVOICED, None)
    told = ", ".join(f"{place.label.lower()}: {count}" for place, count in left.items())
    return f"Ficaram de fora, com o motivo em Renovação manual: {told}." if told else "Ninguém ficou de fora."
