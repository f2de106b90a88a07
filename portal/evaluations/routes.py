"""The vendor's queue of registrations: list, evidence, "Aprovar" and "Recusar"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal import clock, errors, formatting, htmx, saying
from portal.access import requires, viewer
from portal.clients.service import Outcome
from portal.domain.errors import ActionRefused, Invalid, PriceMissing, QuoteAged, RepeatMismatch, SetRefused, StaleState
from portal.domain.roles import Permission
from portal.evaluations import queries, rows
from portal.evaluations.filters import PAGE_SIZE, EvaluationFilter
from portal.evaluations.forms import ApprovalForm, RejectionForm
from portal.evaluations.rows import EvaluationRow, OtherRow, StepRow
from portal.evaluations.texts import Text
from portal.extensions import db
from portal.models import Client
from portal.registrations import contract, evaluation, picker

UNPROCESSABLE, CONFLICT = 422, 409

bp = Blueprint("evaluations", __name__, url_prefix="/evaluations")


@bp.get("")
@requires(Permission.EVALUATE_REGISTRATIONS)
def index() -> Response:
    """The queue: a page, or the whole table as a fragment."""
    criteria, today = EvaluationFilter.from_args(request.args), clock.today()
    page = queries.evaluations_page(criteria, PAGE_SIZE)
    return htmx.page_or_fragment(
        "evaluations/index.html",
        "evaluations/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[EvaluationRow.build(row, today) for row in page.rows],
        tabs=rows.tab_list(criteria, queries.waiting()),
    )


@bp.get("/<int:registration_id>")
@requires(Permission.EVALUATE_REGISTRATIONS)
def show(registration_id: int) -> Response:
    """One registration with the evidence, and the two answers to it."""
    return _page(queries.get_client(registration_id))


@bp.post("/<int:registration_id>/approval")
@requires(Permission.EVALUATE_REGISTRATIONS)
def approval_create(registration_id: int) -> Response:
    """Let a registration begin today, for the values that were shown."""
    client, form = queries.get_client(registration_id), ApprovalForm()
    if not form.validate():
        raise Invalid(form.errors)
    seen, version = str(form.quote.data or ""), form.base_version
    return _decided(
        client,
        lambda: evaluation.approve(client, version=version, quote_seen=seen, now=clock.now(), actor=viewer()),
        Text.APPROVED,
    )


@bp.post("/<int:registration_id>/rejection")
@requires(Permission.EVALUATE_REGISTRATIONS)
def rejection_create(registration_id: int) -> Response:
    """Refuse a registration, with the reason that its partner reads."""
    client, form = queries.get_client(registration_id), RejectionForm()
    if not form.validate():
        return _page(client, UNPROCESSABLE, form=form)
    reason, version = str(form.reason.data), form.base_version
    return _decided(
        client,
        lambda: evaluation.reject(client, version=version, reason=reason, now=clock.now(), actor=viewer()),
        Text.REJECTED,
    )


def _decided(client: Client, decide: Callable[[], Outcome], text: Text) -> Response:
    """Lead back to the queue and say what was done; where it was not, show the registration as it stands with the reason."""
    registration_id = client.id
    try:
        outcome = decide()
    except (StaleState, RepeatMismatch, ActionRefused):
        db.session.rollback()
        return _page(queries.get_client(registration_id), CONFLICT, refused=Text.BEHIND.label)
    except QuoteAged:
        db.session.rollback()
        return _page(queries.get_client(registration_id), CONFLICT, refused=Text.AGED.label)
    said = Text.REPEATED if outcome.is_repeat else text
    if event := outcome.event:
        saying.keep(said.label.format(name=client.name, hour=formatting.hour(event.at), id=event.id))
    return htmx.leave_for(url_for(".index"))


def _page(client: Client, status: int = 200, *, form: RejectionForm | None = None, refused: str = "") -> Response:
    found = queries.evidence(client)
    form = form or RejectionForm(formdata=None, version=client.version)
    context = {"found": found, "client": client, "form": form, "refused": refused, "label": picker.label}
    context |= {"others": OtherRow.build_all(found, clock.today())}
    context |= {"steps": [StepRow.build(event) for event in found.events]}
    context |= _offer(client) if found.is_pending else {}
    return make_response(render_template("evaluations/show.html", **context), status)


def _offer(client: Client) -> dict[str, Any]:
    """Return what approving means now: the quote and how it is confirmed, or why there is none."""
    wanted = evaluation.wish_of(client, clock.now())
    shown: dict[str, Any] = {"wanted": wanted, "product": client.product, "quote": None, "missing": ""}
    try:
        quote = evaluation.quote(client, wanted, clock.now())
    except (PriceMissing, SetRefused) as refusal:
        return shown | {"missing": errors.in_words(refusal).text}
    return shown | {"quote": quote, "seen_as": contract.seen_as(quote, wanted)}
