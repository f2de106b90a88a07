"""The page "Nova fatura": from what was ticked to the values, from there to the invoice."""

from __future__ import annotations

from flask import Response, request, url_for

from portal import clock, database, errors, htmx, saying
from portal.access import asks, current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients.bulk import Selection
from portal.domain.errors import CreditShort, NothingSelected, QuoteAged, RenewalBlocked
from portal.domain.roles import Permission
from portal.extensions import db
from portal.invoices import confirming, queries, rows, subjects
from portal.invoices.forms import InvoiceForm
from portal.invoices.making import Asked
from portal.invoices.routes import bp
from portal.invoices.subjects import Subject
from portal.invoices.view import LINES_SHOWN


@bp.post("/selection")
@requires(Permission.PAY)
@asks("clients.index")
def selection_create() -> Response:
    """Lead from the ticked rows of the clients' list, or all of its filter, to the values."""
    selection = Selection.from_form(request.form)
    if selection.client_ids is not None and not selection.client_ids:
        raise NothingSelected
    return htmx.leave_for(url_for(".invoice_new") + Subject.of(selection).query_string())


@bp.get("/new")
@requires(Permission.PAY)
def invoice_new() -> Response:
    """The values, line by line, with the credit that can be used; "Confirmar" makes the invoice."""
    typed = typed_before() or request.args
    subject, partner_id = Subject.from_args(typed), current_partner_id()
    subjects.ensure_possible(partner_id, subject, clock.today())
    return _values(subject, InvoiceForm(typed))


@bp.post("")
@requires(Permission.PAY)
def invoice_create() -> Response:
    """Make the invoice that was shown; sent again, lead to the one that was made."""
    subject, form = Subject.from_args(request.form), InvoiceForm()
    if not form.validate():
        return _values(subject, form, 422)
    asked = Asked(current_partner_id(), str(form.key.data), form.credit_cents, str(form.seen.data))
    try:
        outcome = subjects.bill(asked, subject, now=clock.now(), today=clock.today(), actor=viewer())
    except (QuoteAged, NothingSelected, RenewalBlocked, CreditShort) as refusal:
        db.session.rollback()
        return _shown_again(subject, form, refusal)
    database.is_reading.set(True)  # it is committed; saying so must not hold the write lock
    saying.keep(confirming.in_words(outcome))
    return htmx.leave_for(url_for(".show", invoice_id=outcome.invoice.id))


def _shown_again(subject: Subject, form: InvoiceForm, refusal: Exception) -> Response:
    """Answer the values as they are now, saying what is different from those that were shown."""
    if isinstance(refusal, CreditShort):
        form.credit.errors = [errors.in_words(refusal).text]
    with database.reading():
        return _values(subject, form, 409, is_aged=not isinstance(refusal, CreditShort))


def _values(subject: Subject, form: InvoiceForm, status: int = 200, *, is_aged: bool = False) -> Response:
    partner_id, today = current_partner_id(), clock.today()
    found = subjects.prepared(partner_id, subject, today)
    context = confirming.values(partner_id, found.drafts, form, most=LINES_SHOWN, is_aged=is_aged) | {
        "subject": subject,
        "kind": subject.kind,
        "fields": subject.to_args(),
        "blocker": found.blocker,
        "owed_cents": found.owed_cents,
        "asking": _asking(partner_id, subject) if not found.drafts else [],
    }
    response = htmx.page_or_fragment("invoices/invoice_new.html", "invoices/_invoice_new.html", **context)
    response.status_code = status
    return response


def _asking(partner_id: int, subject: Subject) -> list[rows.InvoiceRow]:
    """Return the open invoices in which what was asked for may be already."""
    found = queries.asking_for(partner_id, subject.kind, subject.client_ids or None)
    return [rows.InvoiceRow.build(row) for row in found]
