"""A partner's clients as the vendor's staff see them: after a reason, for half an hour, without a way to change anything."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from portal import clock, formatting, htmx, saying, security
from portal.access import requires, viewer
from portal.clients import details, tallies
from portal.clients import queries as clients
from portal.clients.filters import ClientFilter
from portal.clients.history import HistoryRow
from portal.domain.roles import Permission
from portal.domain.statuses import outlook
from portal.licenses.queries import holding_of
from portal.partners import queries, visits
from portal.partners.forms import VisitForm
from portal.partners.routes import UNPROCESSABLE, bp
from portal.partners.rows import VisitedRow, VisitRow
from portal.partners.texts import Text


@bp.get("/<int:partner_id>/visit/new")
@requires(Permission.VISIT_PARTNERS)
def visit_new(partner_id: int) -> Response:
    """Ask why a partner's clients have to be seen."""
    partner = queries.get_partner(partner_id)
    return make_response(render_template("partners/visit_new.html", partner=partner, form=VisitForm(formdata=None)))


@bp.post("/<int:partner_id>/visit")
@requires(Permission.VISIT_PARTNERS)
def visit_create(partner_id: int) -> Response:
    """Record why, and open the clients for a while."""
    partner, form = queries.get_partner(partner_id), VisitForm()
    if not form.validate():
        return make_response(render_template("partners/visit_new.html", partner=partner, form=form), UNPROCESSABLE)
    visit = visits.begin(partner, str(form.reason.data), now=clock.now(), actor=viewer())
    saying.keep(Text.VISITING.label.format(hour=formatting.hour(visit.ends_at)))
    return htmx.leave_for(url_for(".clients_index", partner_id=partner_id))


@bp.get("/<int:partner_id>/clients")
@requires(Permission.VISIT_PARTNERS)
def clients_index(partner_id: int) -> str:
    """The clients of a partner that is visited."""
    visit = visits.ensure_visiting(partner_id, viewer().user_id, clock.now())
    criteria, today = ClientFilter.from_args(request.args), clock.today()
    security.shows_secret()
    page = clients.clients_page(partner_id, criteria, today, tallies.read(partner_id, today))
    return render_template(
        "partners/clients_index.html",
        partner=queries.get_partner(partner_id),
        visit=visit,
        criteria=criteria,
        page=page,
        rows=[VisitedRow.build(row, today) for row in page.rows],
    )


@bp.get("/<int:partner_id>/clients/<int:visited_id>")
@requires(Permission.VISIT_PARTNERS)
def client(partner_id: int, visited_id: int) -> str:
    """One client of a partner that is visited: data, license, history; neither codes nor keys."""
    visit = visits.ensure_visiting(partner_id, viewer().user_id, clock.now())
    found, today = clients.get_client(partner_id, visited_id), clock.today()
    security.shows_secret()
    return render_template(
        "partners/client.html",
        partner=queries.get_partner(partner_id),
        visit=visit,
        client=found,
        row=VisitedRow.build(found, today),
        view=outlook(found, today),
        held=holding_of(found.id, today).on(today),
        today=today,
        history=[HistoryRow.build(*event) for event in details.history(found)[: details.HISTORY_SIZE]],
    )


@bp.app_template_global("vendor_visits")
def _vendor_visits() -> list[VisitRow]:
    """Return the vendor's visits to the viewer's own partner."""
    partner_id = viewer().partner_id
    return [VisitRow.build(visit) for visit in visits.recent(partner_id)] if partner_id else []
