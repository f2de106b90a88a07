"""The Renovação manual screen: a month's dues, decisions one by one or for all, the question about Navi beside Link."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from portal import clock, etag, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.catalogue.queries import price_table
from portal.clients.queries import get_client
from portal.domain.actions import Action, ensure_allowed
from portal.domain.catalogue import RenewalMethod
from portal.domain.errors import Invalid
from portal.domain.renewals import Decision, Guard
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.renewals import answers, batches, decisions, queries
from portal.renewals.answers import month_of
from portal.renewals.filters import RenewalFilter, asked_month, offered
from portal.renewals.forms import GuardForm, decisions_of
from portal.renewals.rows import DeskRow

bp = Blueprint("renewals", __name__, url_prefix="/renewals")


@bp.get("")
@requires(Permission.VIEW_INVOICES)
def index() -> Response:
    """The desk: a page, or the whole table as a fragment."""
    today = clock.today()
    month = asked_month(request.args, today) or queries.open_month(current_partner_id(), today)
    criteria, prices = RenewalFilter.from_args(request.args, month), price_table(today)
    tag = etag.of_facts(viewer(), criteria.to_args(), prices.version)
    if answer := etag.unchanged(tag):
        return answer
    has_said = saying.is_kept()
    response = answers.table(criteria, prices)
    return response if has_said else etag.stamped(response, tag)


@bp.get("/<int:client_id>")
@requires(Permission.VIEW_INVOICES)
def show(client_id: int) -> Response:
    """Where a client is renewed: at its row of the desk, by an invoice of its own, or not yet."""
    client, today = get_client(current_partner_id(), client_id), clock.today()
    ensure_allowed(Action.RENEW, derive_status(client, today), client)
    if client.renewal_method is RenewalMethod.BILLING:
        return htmx.leave_for(f"/invoices/new?kind=renewal&client={client.id}")
    if client.due_on and (month := client.due_on.replace(day=1)) in offered(today):
        criteria = RenewalFilter(month, search=str(client.id))
        return htmx.leave_for(f"{url_for('.index')}{criteria.query_string()}#client-{client.id}")
    saying.keep(f"{client.name} já está pago até {formatting.day(client.due_on)}: a renovação ainda não abriu.")
    return htmx.leave_for(url_for("clients.show", client_id=client.id))


@bp.get("/<int:client_id>/row")
@requires(Permission.VIEW_INVOICES)
def row(client_id: int) -> Response:
    """The row alone: what "Voltar" in its question brings back."""
    return answers.row(queries.offer_of(current_partner_id(), client_id, month_of(request.args), clock.today()))


@bp.post("/decisions")
@requires(Permission.PAY)
def decision_create() -> Response:
    """Store what was decided: about one client where htmx sends its choice, about all of a page from a plain form."""
    month, wanted = month_of(request.form), decisions_of(request.form)
    done = decisions.decide(current_partner_id(), month, wanted, now=clock.now(), actor=viewer())
    if htmx.wants_fragment():
        return answers.decided(done, month)
    if done.asked:
        return answers.ask_one_by_one(done, month)
    return answers.back_to_desk(month, answers.in_words(done))


@bp.post("/batches")
@requires(Permission.PAY)
def batch_create() -> Response:
    """Decide the same about everybody of the filter that the address holds."""
    month, wanted = month_of(request.args), Decision.parse(request.form.get("decision", ""))
    if wanted is None:
        raise Invalid({"decision": ["Escolha uma decisão da lista."]})
    criteria = RenewalFilter.from_args(request.args, month)
    batch = batches.decide_all(current_partner_id(), criteria, wanted, now=clock.now(), actor=viewer())
    undo = url_for(".batch_undoing_create", event_id=batch.event.id, month=criteria.month_arg) if batch.event else ""
    return answers.many_decided(month, answers.batch_in_words(batch, wanted), undo)


@bp.post("/batches/<int:event_id>/undoing")
@requires(Permission.PAY)
def batch_undoing_create(event_id: int) -> Response:
    """Take a decision for everybody of a filter back."""
    count = batches.undo_all(current_partner_id(), event_id, now=clock.now(), actor=viewer())
    month = asked_month(request.args, clock.today()) or offered(clock.today())[0]
    return answers.many_decided(month, answers.undone_in_words(count))


@bp.get("/<int:client_id>/guard/new")
@requires(Permission.PAY)
def guard_new(client_id: int) -> Response:
    """Asks whether a Navi client that has the Link is renewed all the same; or takes an earlier answer back."""
    month = month_of(request.args)
    offer = queries.offer_of(current_partner_id(), client_id, month, clock.today())
    if offer.case.guard is Guard.NONE and offer.client.uses_both_at is None:
        return answers.row(offer)
    more = GuardForm(request.args).others
    if htmx.wants_fragment():
        return answers.row(offer, client=offer.client, more="")
    context = {"row": DeskRow.build(offer, {}), "client": offer.client, "month": request.args["month"]}
    page = render_template("renewals/guard_new.html", more=",".join(map(str, more)), in_row=False, **context)
    return htmx.vary(Response(page))


@bp.post("/<int:client_id>/guard")
@requires(Permission.PAY)
def guard_create(client_id: int) -> Response:
    """The answer: renew this once, or note that the client uses both."""
    month, form = month_of(request.form), _checked()
    offer = queries.offer_of(current_partner_id(), client_id, month, clock.today())
    if form.is_both:
        client = get_client(current_partner_id(), client_id)
        outcome = decisions.use_both(client, version=form.base_version, now=clock.now(), actor=viewer())
        said = f"{client.name} usa Navi e Link: o Navi é renovado."
        return answers.answered(client_id, month, answers.with_protocol(said, outcome), form.others)
    wanted = {offer.client.id: Decision.RENEW}
    done = decisions.decide(current_partner_id(), month, wanted, now=clock.now(), actor=viewer(), is_sure=True)
    return answers.answered(client_id, month, answers.in_words(done), form.others)


@bp.post("/<int:client_id>/guard/restoration")
@requires(Permission.PAY)
def guard_restoration_create(client_id: int) -> Response:
    """Take "Usa os dois" back."""
    month, form = month_of(request.form), _checked()
    client = get_client(current_partner_id(), client_id)
    outcome = decisions.ask_again(client, version=form.base_version, now=clock.now(), actor=viewer())
    said = f"{client.name} não usa mais os dois."
    return answers.answered(client_id, month, answers.with_protocol(said, outcome), form.others)


def _checked() -> GuardForm:
    form = GuardForm()
    if not form.validate():
        raise Invalid(form.errors)
    return form
