"""The menus "TEF" and "Importação": a partner's requests, one of them with its messages and its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from flask import Blueprint, Response, request, stream_with_context, url_for

from portal import clock, database, errors, etag, htmx, saying, security
from portal.access import current_partner_id, requires, viewer
from portal.domain.errors import Invalid, Refusal
from portal.domain.requests import (
    Move,
    Obstacle,
    RequestKind,
    RequestRefused,
    RequestState,
    Side,
    states_of,
)
from portal.domain.roles import Permission
from portal.extensions import limiter
from portal.forms import new_key
from portal.models import RequestFile, ServiceRequest
from portal.requests import files, money, queries, rows, sending, view
from portal.requests.filters import RequestFilter, Waiting
from portal.requests.forms import MessageForm, NoteForm
from portal.requests.queries import Whose
from portal.requests.rows import RequestRow
from portal.requests.service import Done, Order
from portal.sealing import SealError

bp = Blueprint("requests", __name__)

PATHS = {RequestKind.TEF: "/tef", RequestKind.IMPORT: "/import-requests"}


def per_session() -> str:
    """Return what requests are counted by that limits hold back."""
    return str(viewer().session_id)


@bp.get("/tef")
@requires(Permission.VIEW_CLIENTS)
def tef() -> Response:
    """The requests for TEF: a page, or the list as a fragment."""
    return _list(RequestKind.TEF, "requests/tef.html")


@bp.get("/import-requests")
@requires(Permission.VIEW_CLIENTS)
def imports() -> Response:
    """The requests for an import: a page, or the list as a fragment."""
    return _list(RequestKind.IMPORT, "requests/imports.html")


def _list(kind: RequestKind, page: str) -> Response:
    criteria = replace(RequestFilter.from_args(request.args), kind=None, waiting=None)
    tag = etag.of_facts(viewer(), kind, criteria.to_args())
    if answer := etag.unchanged(tag):
        return answer
    has_said, whose = saying.is_kept(), Whose(current_partner_id(), kind)
    response = listed(whose, criteria, page, PATHS[kind])
    return response if has_said else etag.stamped(response, tag)


def listed(whose: Whose, criteria: RequestFilter, page: str, path: str) -> Response:
    """Answer a list of requests, a partner's of one kind or the vendor's queue: a page, or the table as a fragment."""
    side = Side.VENDOR if whose.partner_id is None else Side.PARTNER
    states = states_of(whose.kind) if whose.kind else tuple(RequestState)
    found, counts = queries.requests_page(whose, criteria), queries.counts(whose, criteria)
    return htmx.page_or_fragment(
        page,
        "requests/_table.html",
        push=path + criteria.query_string(),
        path=path,
        is_staff=side is Side.VENDOR,
        criteria=criteria,
        page=found,
        rows=[RequestRow.build(row, side) for row in found.rows],
        count=counts[criteria.state] if criteria.state else sum(counts.values()),
        tabs=rows.tabs(criteria, counts, states),
        chips=list(rows.chips(criteria)),
        kinds=tuple(RequestKind),
        waitings=tuple(Waiting),
    )


@bp.get("/requests/<int:request_id>")
@requires(Permission.VIEW_CLIENTS)
def show(request_id: int) -> Response:
    """One request: what was asked, what comes next, its line of time."""
    return view.page(queries.get_request(current_partner_id(), request_id), Side.PARTNER)


@bp.get("/requests/<int:request_id>/file")
@requires(Permission.VIEW_REQUEST_FILES)
@limiter.limit("30 per minute", key_func=per_session)
def file(request_id: int) -> Response:
    """The file that was sent along, to who may see it."""
    found = queries.get_request(current_partner_id(), request_id)
    kept = queries.file_of(found)
    if kept is None:
        raise RequestRefused(Obstacle.NO_FILE)
    return downloaded(found, kept)


def downloaded(found: ServiceRequest, kept: RequestFile) -> Response:
    """Answer a file as something to save: never as something to show or to run.

    Raises:
        RequestRefused: the file was sealed with a key that is gone.
    """
    name, size, parts = kept.name, kept.size_bytes, files.unsealed(found)
    try:
        first = next(parts)
    except (SealError, StopIteration):
        raise RequestRefused(Obstacle.NO_FILE) from None
    security.shows_secret()
    content: Iterator[bytes] = database.streamed(chain([first], parts))
    response = Response(stream_with_context(content), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Length"] = str(size)
    return response


@bp.post("/requests/<int:request_id>/messages")
@requires(Permission.MAKE_REQUESTS)
@limiter.limit("30 per minute", key_func=per_session)
def message_create(request_id: int) -> Response:
    """Write to the vendor."""
    return wrote(
        queries.get_request(current_partner_id(), request_id), Side.PARTNER, url_for(".show", request_id=request_id)
    )


def wrote(found: ServiceRequest, side: Side, location: str) -> Response:
    """Add a message and answer the request as it is then; what was typed stays where it is refused."""
    form = MessageForm()
    if not form.validate():
        return view.page(found, side, status=422, message=form, key=form.key.data or new_key())
    try:
        done = sending.write(
            found, str(form.text.data), key=str(form.key.data), side=side, now=clock.now(), actor=viewer()
        )
    except Refusal as refusal:
        answer = errors.in_words(refusal)
        return view.page(view.rolled_back(found), side, status=answer.status, message=form, refused=answer.text)
    return view.answered(found, side, location, view.said_of("Mensagem enviada", done))


@bp.post("/requests/<int:request_id>/cancellation")
@requires(Permission.MAKE_REQUESTS)
def cancellation_create(request_id: int) -> Response:
    """Give a request up; what it costs is taken back while nobody has paid."""
    found, form = queries.get_request(current_partner_id(), request_id), NoteForm()
    if not form.validate():
        raise Invalid(form.errors)
    order = Order(Move.CANCEL, form.base_version, Side.PARTNER, viewer(), clock.now(), str(form.reason.data or ""))
    location = url_for(".show", request_id=request_id)
    return moved(found, order, location, "Solicitação cancelada", lambda: money.leave(found, order))


def moved(found: ServiceRequest, order: Order, location: str, what: str, move: Callable[[], Done]) -> Response:
    """Make a move and answer the request as it is then; refused, as it stands, with the reason and what was typed."""
    try:
        done = move()
    except Refusal as refusal:
        answer = errors.in_words(refusal)
        now = view.rolled_back(found)
        return view.page(now, order.side, status=answer.status, refused=answer.text, typed=order.text)
    return view.answered(found, order.side, location, view.said_of(what, done))
