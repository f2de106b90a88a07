"""The page "Pagamentos" of the vendor's staff: money of all partners, registered, given a destination, taken back."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request, url_for

from portal import clock, htmx, saying
from portal.access import asks, requires, viewer
from portal.domain.errors import NotFound, RepeatMismatch
from portal.domain.invoices import PaymentEffect, PaymentSource
from portal.domain.roles import Permission
from portal.domain.search import typed
from portal.forms import new_key
from portal.payments import queries, returns, rows, service
from portal.payments.filters import PAGE_SIZE, PaymentFilter
from portal.payments.forms import DestinationForm, PaymentForm, ReturnForm
from portal.payments.queries import Subject
from portal.payments.routes import bp
from portal.payments.rows import PaymentRow, SubjectRow
from portal.payments.service import Arrival, Outcome
from portal.payments.texts import EFFECTS, Text

UNPROCESSABLE = 422


@bp.get("/payments")
@requires(Permission.CONFIRM_PAYMENTS)
def index() -> Response:
    """The payments of all partners: a page, or the whole table as a fragment."""
    criteria = PaymentFilter.from_args(request.args)
    page = queries.payments_page(criteria, PAGE_SIZE)
    return htmx.page_or_fragment(
        "payments/index.html",
        "payments/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[PaymentRow.build(row) for row in page.rows],
        tabs=rows.tab_list(criteria, queries.waiting()),
    )


@bp.get("/payments/<int:payment_id>")
@requires(Permission.CONFIRM_PAYMENTS)
def show(payment_id: int) -> str:
    """One payment with all that is known of it, and what can be done about it."""
    return render_template("payments/show.html", **_shown(payment_id))


@bp.get("/payments/new")
@requires(Permission.CONFIRM_PAYMENTS)
def new() -> str:
    """Look for what a payment was for, then type what the bank's statement says."""
    if txid := request.args.get("txid", ""):
        subject = SubjectRow.build(queries.get_subject(txid))
        form = PaymentForm(formdata=None, key=new_key(), txid=txid)
        return render_template("payments/new.html", form=form, subject=subject)
    return render_template("payments/search.html", **_found())


@bp.post("/payments/values")
@requires(Permission.CONFIRM_PAYMENTS)
@asks("payments.new")
def values_create() -> Response:
    """Show what a payment will do, before it is confirmed."""
    form = PaymentForm()
    subject = queries.get_subject(form.txid.data or "")
    if "show" in request.form:
        return make_response(_form(form, subject))
    if not form.validate():
        return make_response(_form(form, subject), UNPROCESSABLE)
    shown = {"form": form, "subject": SubjectRow.build(subject), "outlook": rows.outlook(subject, form.cents)}
    return make_response(render_template("payments/values.html", **shown))


@bp.post("/payments")
@requires(Permission.CONFIRM_PAYMENTS)
def create() -> Response:
    """Book a payment that staff saw on the bank's statement; the same form again answers what it did."""
    form = PaymentForm()
    subject = queries.get_subject(form.txid.data or "")
    if not form.validate():
        return make_response(_form(form, subject), UNPROCESSABLE)
    arrival = Arrival(
        end_to_end_id=form.name,
        txid=subject.txid,
        amount_cents=form.cents,
        paid_at=form.moment,
        source=PaymentSource.STAFF,
        note=form.note.data or "",
    )
    outcome = service.receive(arrival, now=clock.now(), actor=viewer())
    payment = outcome.payment
    if (payment.txid, payment.amount_cents) != (arrival.txid, arrival.amount_cents):
        if not form.end_to_end_id.data:
            raise RepeatMismatch
        form.end_to_end_id.errors = [Text.KNOWN_ID.label.format(id=payment.id)]
        return make_response(_form(form, subject), UNPROCESSABLE)
    return _done(outcome, Text.REGISTERED)


@bp.get("/payments/<int:payment_id>/assignment/new")
@requires(Permission.CONFIRM_PAYMENTS)
def assignment_new(payment_id: int) -> str:
    """Look for what money without a destination was for, then show what it will do there."""
    row = queries.get_payment(payment_id)
    if row.effect is not PaymentEffect.UNMATCHED or row.returned_at is not None:
        raise NotFound
    payment = PaymentRow.build(row)
    if txid := request.args.get("txid", ""):
        subject = queries.get_subject(txid)
        shown = {"subject": SubjectRow.build(subject), "outlook": rows.outlook(subject, row.amount_cents)}
        return render_template("payments/assignment_new.html", payment=payment, **shown)
    return render_template("payments/search.html", payment=payment, **_found())


@bp.post("/payments/<int:payment_id>/assignment")
@requires(Permission.CONFIRM_PAYMENTS)
def assignment_create(payment_id: int) -> Response:
    """Let the money do what it would have done there."""
    form = DestinationForm()
    txid = form.txid.data if form.validate() else ""
    return _done(service.assign(payment_id, str(txid), now=clock.now(), actor=viewer()), Text.ASSIGNED)


@bp.get("/payments/<int:payment_id>/return/new")
@requires(Permission.CONFIRM_PAYMENTS)
def return_new(payment_id: int) -> str:
    """Ask how much was taken back, and say what booking it does."""
    row = queries.get_payment(payment_id)
    if row.returned_at is not None:
        raise NotFound
    cents = min(row.told_return_cents or row.amount_cents, row.amount_cents)
    form = ReturnForm(row.amount_cents, formdata=None, amount=rows.typed_amount(cents))
    return render_template("payments/return_new.html", form=form, payment=PaymentRow.build(row))


@bp.post("/payments/<int:payment_id>/return")
@requires(Permission.CONFIRM_PAYMENTS)
def return_create(payment_id: int) -> Response:
    """Book that the bank took a payment back: its lines owe it again."""
    row = queries.get_payment(payment_id)
    form = ReturnForm(row.amount_cents)
    if not form.validate():
        page = render_template("payments/return_new.html", form=form, payment=PaymentRow.build(row))
        return make_response(page, UNPROCESSABLE)
    return _done(returns.book(payment_id, form.cents, now=clock.now(), actor=viewer()), Text.RETURNED)


def _shown(payment_id: int) -> dict[str, Any]:
    row = queries.get_payment(payment_id)
    return {"payment": PaymentRow.build(row), "row": row}


def _found() -> dict[str, Any]:
    """Return what a search for a destination found; nothing is found where nothing was asked."""
    search = typed(request.args.get("q", ""))
    found = [SubjectRow.build(subject) for subject in queries.subjects(search)] if search else []
    return {"search": search, "found": found}


def _form(form: PaymentForm, subject: Subject) -> str:
    return render_template("payments/new.html", form=form, subject=SubjectRow.build(subject))


def _done(outcome: Outcome, text: Text) -> Response:
    """Lead to the payment, and say what was done, or that it had been."""
    payment, said = outcome.payment, Text.REPEATED if outcome.is_repeat else text
    saying.keep(said.label.format(id=payment.id, effect=EFFECTS[payment.effect]))
    return htmx.leave_for(url_for(".show", payment_id=payment.id))
