"""The Clientes screen: the list, the row, the page, the actions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from portal import clock, database, etag, htmx, saying, security
from portal.access import current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients import (
    answers,
    conditions,
    details,
    export,
    queries,
    service,
    skeletons,
    succession,
    tallies,
    timeline,
    undo,
    view,
)
from portal.clients.filters import ClientFilter
from portal.clients.forms import SuspensionForm
from portal.clients.history import HistoryRow
from portal.clients.rows import ClientRow, CodeRow, menu_actions
from portal.domain import forecast
from portal.domain.actions import Action
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.domain.roles import Permission
from portal.extensions import limiter
from portal.forms import VersionForm
from portal.models import Client

bp = Blueprint("clients", __name__, url_prefix="/clients")


@bp.get("")
@requires(Permission.VIEW_CLIENTS)
def index() -> Response:
    """The list: a page, or the whole table as a fragment."""
    criteria, today, partner_id = ClientFilter.from_args(request.args), clock.today(), current_partner_id()
    tag = etag.of_facts(viewer(), criteria.to_args())
    is_fixed = criteria.opened is None and not criteria.silent_days  # what programs tell moves no revision
    if is_fixed and (answer := etag.unchanged(tag)):
        return answer
    has_said = saying.is_kept()
    counters = tallies.read(partner_id, today)
    page = queries.clients_page(partner_id, criteria, today, counters)
    response = htmx.page_or_fragment(
        "clients/index.html",
        "clients/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        counters=counters,
        count=counters.exact(criteria, conditions.due_range(criteria, today)),
        page=page,
        rows=ClientRow.build_all(page.rows, today),
        rows_html=skeletons.html_of,
        chips=view.chips(criteria),
        opened=answers.opened(partner_id, criteria),
        may_see_codes=viewer().may(Permission.VIEW_CODES),
        today=today,
        **view.LIST_CONSTANTS,
    )
    return etag.stamped(response, tag) if is_fixed and not has_said else response


@bp.get("/export")
@requires(Permission.VIEW_CLIENTS)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The list as shown, all its pages, as CSV."""
    criteria, today, partner_id = ClientFilter.from_args(request.args), clock.today(), current_partner_id()
    counters = tallies.read(partner_id, today)
    lines = export.csv_lines(queries.all_rows(partner_id, criteria, today, counters), today)
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="clientes-{today:%Y-%m-%d}.csv"'
    return response


@bp.get("/codes")
@requires(Permission.VIEW_CODES)
def unused_codes() -> Response:
    """The unused registration codes: a page, or the window that "Visualizar" opens."""
    security.shows_secret()
    today = clock.today()
    found = details.unused_codes(current_partner_id(), today, parse_id(request.args.get("after", "")))
    shown = found[: details.CODES_SIZE]
    return htmx.page_or_fragment(
        "clients/unused_codes.html",
        "clients/_unused_codes.html",
        codes=[CodeRow.build(pair[0], pair[1], today) for pair in shown],
        next_after=shown[-1][0].id if len(found) > len(shown) else None,
        is_window=htmx.wants_fragment(),
    )


@bp.get("/<int:client_id>")
@requires(Permission.VIEW_CLIENTS)
def show(client_id: int) -> str:
    """The client's page: all data, what may be done, its line of time."""
    client, today = queries.get_client(current_partner_id(), client_id), clock.today()
    row, detail = ClientRow.build(client, today), details.get_detail(client, clock.now())
    before = parse_id(request.args.get("before", ""))
    found, followed = details.history(client, before), succession.of(client)
    shown = found[: details.HISTORY_SIZE]
    security.shows_secret()
    return render_template(
        "clients/show.html",
        client=client,
        row=row,
        today=today,
        actions=menu_actions(row, viewer().may, without=succession.unmet(client, followed)),
        succession=followed,
        version=client.version,
        detail=detail,
        may_see_codes=viewer().may(Permission.VIEW_CODES),
        ahead=timeline.ahead(
            detail.holding,
            [*forecast.steps(client, today, detail.muted, detail.answers), *_told_of_certificate(client, detail)],
            row.outlook.released_through_on,
        ),
        is_latest=before is None,
        history=[HistoryRow.build(*events) for events in shown],
        ordered=next(((order, charge) for _event, order, charge in shown if order and not order.reversed_at), None),
        undoable=next((event.id for event, *_order in shown if undo.is_possible(client, event, today)), None),
        next_before=shown[-1][0].id if len(found) > len(shown) else None,
    )


def _told_of_certificate(client: Client, detail: details.Detail) -> list[forecast.Step]:
    """Return the notices to come about a client's certificate."""
    if detail.certificate_ends_at is None:
        return []
    through_on = clock.local_date(detail.certificate_ends_at)
    return forecast.certificate_steps(client, through_on, clock.today(), detail.muted)


@bp.get("/<int:client_id>/row")
@requires(Permission.VIEW_CLIENTS)
def row(client_id: int) -> Response:
    """The row alone: what "Voltar" in a row's form brings back."""
    return answers.row(queries.get_client(current_partner_id(), client_id))


@bp.get("/<int:client_id>/detail")
@requires(Permission.VIEW_CLIENTS)
def detail(client_id: int) -> Response:
    """The row with what it expands to."""
    client = queries.get_client(current_partner_id(), client_id)
    security.shows_secret()
    may_see_codes = viewer().may(Permission.VIEW_CODES)
    return answers.row(client, "detail", detail=details.get_detail(client, clock.now()), may_see_codes=may_see_codes)


@bp.get("/<int:client_id>/menu")
@requires(Permission.VIEW_CLIENTS)
def menu(client_id: int) -> Response:
    """The row menu: what status, product and role allow; with "away" for a list whose rows no action can replace."""
    client = queries.get_client(current_partner_id(), client_id)
    context = answers.menu_of(client) | {"in_row": "away" not in request.args}
    return answers.fragment_only(client, "clients/_menu.html", **context)


@bp.get("/<int:client_id>/suspension/new")
@requires(Permission.MANAGE_CLIENTS)
def suspension_new(client_id: int) -> Response:
    """Asks whether, and why, to take the access away."""
    client = answers.client_for(Action.SUSPEND, client_id)
    return answers.form(client, "suspension_new", SuspensionForm(typed_before(), version=client.version))


@bp.post("/<int:client_id>/suspension")
@requires(Permission.MANAGE_CLIENTS)
def suspension_create(client_id: int) -> Response:
    """Suspend."""
    client, form = queries.get_client(current_partner_id(), client_id), SuspensionForm()
    if not form.validate():
        return answers.form(client, "suspension_new", form, 422)
    version, reason = form.base_version, str(form.reason.data or "")
    return answers.done_or_refused(
        client, lambda: service.suspend(client, version=version, reason=reason, now=clock.now(), actor=viewer())
    )


@bp.post("/<int:client_id>/resumption")
@requires(Permission.MANAGE_CLIENTS)
def resumption_create(client_id: int) -> Response:
    """Cancel the suspension."""
    return _simple(client_id, service.resume)


@bp.post("/<int:client_id>/hiding")
@requires(Permission.MANAGE_CLIENTS)
def hiding_create(client_id: int) -> Response:
    """Hide."""
    return _simple(client_id, service.hide)


@bp.post("/<int:client_id>/unhiding")
@requires(Permission.MANAGE_CLIENTS)
def unhiding_create(client_id: int) -> Response:
    """Bring back into the list."""
    return _simple(client_id, service.unhide)


bp.add_app_template_global(succession.of, "succession_of")


@bp.app_template_global("ticks_rows")
def _ticks_rows() -> bool:
    """Say whether the viewer can do something with many rows at once."""
    return viewer().may(Permission.MANAGE_CLIENTS) or viewer().may(Permission.PAY)


def _simple(client_id: int, change: Any) -> Response:
    """Carry out a change that needs nothing but the version."""
    client, form = queries.get_client(current_partner_id(), client_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    version = form.base_version
    return answers.done_or_refused(client, lambda: change(client, version=version, now=clock.now(), actor=viewer()))
