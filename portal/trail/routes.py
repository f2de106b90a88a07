"""The page "Auditoria": what was done, by whom and when; a partner's own to its Administrador, all to the vendor's staff."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from portal import clock, database, htmx, sheets
from portal.access import requires, viewer
from portal.domain.roles import Permission
from portal.extensions import limiter
from portal.trail import queries, rows, words
from portal.trail.filters import PAGE_SIZE, TrailFilter
from portal.trail.queries import Scope
from portal.trail.rows import EventDetail, EventRow

bp = Blueprint("trail", __name__, url_prefix="/trail")


@bp.get("")
@requires(Permission.VIEW_TRAIL)
def index() -> Response:
    """The record: a page, or the whole table as a fragment."""
    scope, criteria = _scope(), TrailFilter.from_args(request.args)
    page = queries.events_page(scope, criteria, PAGE_SIZE)
    return htmx.page_or_fragment(
        "trail/index.html",
        "trail/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[EventRow.build(event, is_staff=_is_staff(scope)) for event in page.rows],
        chips=list(rows.chips(criteria)),
        actions=words.choices(is_staff=_is_staff(scope)),
        partners=queries.partners_named(criteria.partner) if _is_staff(scope) and not page.rows else (),
        most_partners=queries.MOST_PARTNERS,
        is_staff=_is_staff(scope),
    )


@bp.get("/export")
@requires(Permission.VIEW_TRAIL)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def export_csv() -> Response:
    """The record as shown, all its pages, as CSV."""
    scope = _scope()
    events = queries.all_rows(scope, TrailFilter.from_args(request.args))
    cells = (EventRow.build(event, is_staff=_is_staff(scope)).cells for event in events)
    lines = sheets.csv_lines(rows.SHEET_HEAD, cells)
    response = Response(stream_with_context(database.streamed(lines)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="auditoria-{clock.today():%Y-%m-%d}.csv"'
    return response


@bp.get("/<int:event_id>")
@requires(Permission.VIEW_TRAIL)
def show(event_id: int) -> str:
    """One event with what it changed."""
    scope = _scope()
    detail = EventDetail.build(queries.get_event(scope, event_id), is_staff=_is_staff(scope))
    return render_template("trail/show.html", detail=detail, is_staff=_is_staff(scope))


def _scope() -> Scope:
    """Return what the viewer may read: who belongs to no partner is the vendor's."""
    return Scope(viewer().partner_id)


def _is_staff(scope: Scope) -> bool:
    return scope.partner_id is None
