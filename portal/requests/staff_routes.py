"""The queue: what the vendor's staff do with the requests that partners sent them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request, url_for

from portal import clock, errors
from portal.access import requires, viewer
from portal.domain.errors import Invalid, Refusal
from portal.domain.requests import Move, Side
from portal.domain.roles import Permission
from portal.extensions import limiter
from portal.forms import VersionForm
from portal.models import ServiceRequest
from portal.requests import approving, files, money, queries, service, view
from portal.requests.filters import RequestFilter
from portal.requests.forms import ReasonForm, ValueForm
from portal.requests.queries import Whose
from portal.requests.routes import bp, downloaded, listed, moved, wrote
from portal.requests.service import Done, Order


@bp.get("/queue")
@requires(Permission.HANDLE_REQUESTS)
def queue() -> Response:
    """All partners' requests: a page, or the list as a fragment."""
    criteria, whose = RequestFilter.from_args(request.args), Whose(None, None, viewer().user_id)
    return listed(whose, criteria, "requests/queue.html", "/queue")


@bp.get("/queue/<int:queued_id>")
@requires(Permission.HANDLE_REQUESTS)
def queued(queued_id: int) -> Response:
    """One request, with what staff may do with it."""
    return view.page(queries.get_queued(queued_id), Side.VENDOR)


@bp.post("/queue/<int:queued_id>/messages")
@requires(Permission.HANDLE_REQUESTS)
def queued_message_create(queued_id: int) -> Response:
    """Write to the partner."""
    return wrote(queries.get_queued(queued_id), Side.VENDOR, url_for(".queued", queued_id=queued_id))


@bp.post("/queue/<int:queued_id>/file-readings")
@requires(Permission.HANDLE_REQUESTS)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def file_reading_create(queued_id: int) -> Response:
    """Hand out the file that a partner sent along, which is recorded and seen by the partner."""
    found = queries.get_queued(queued_id)
    try:
        kept = files.opened(found, now=clock.now(), actor=viewer())
    except Refusal as refusal:
        answer = errors.in_words(refusal)
        return view.page(view.rolled_back(found), Side.VENDOR, status=answer.status, refused=answer.text)
    return downloaded(found, kept)


@bp.post("/queue/<int:queued_id>/analysis")
@requires(Permission.HANDLE_REQUESTS)
def analysis_create(queued_id: int) -> Response:
    """Take a request into analysis."""
    return _simple(queued_id, Move.TAKE, "Análise assumida")


@bp.post("/queue/<int:queued_id>/handling")
@requires(Permission.HANDLE_REQUESTS)
def handling_create(queued_id: int) -> Response:
    """Look after a request in place of a colleague."""
    return _simple(queued_id, Move.TAKE_OVER, "Atendimento assumido")


@bp.post("/queue/<int:queued_id>/execution")
@requires(Permission.HANDLE_REQUESTS)
def execution_create(queued_id: int) -> Response:
    """Begin an import that is paid."""
    return _simple(queued_id, Move.BEGIN, "Execução iniciada")


@bp.post("/queue/<int:queued_id>/conclusion")
@requires(Permission.HANDLE_REQUESTS)
def conclusion_create(queued_id: int) -> Response:
    """Say that the work is done."""
    return _simple(queued_id, Move.CONCLUDE, "Solicitação concluída")


@bp.post("/queue/<int:queued_id>/reconsideration")
@requires(Permission.HANDLE_REQUESTS)
def reconsideration_create(queued_id: int) -> Response:
    """Take the value of an import back, to name another."""
    return _with(queued_id, Move.RECONSIDER, "Valor retirado", money.leave)


@bp.post("/queue/<int:queued_id>/approval")
@requires(Permission.HANDLE_REQUESTS)
def approval_create(queued_id: int) -> Response:
    """Put the terminals of a TEF on the license, with the charge that was shown."""
    seen = request.form.get("seen", "")
    return _with(queued_id, Move.APPROVE, "TEF aprovado", lambda found, order: approving.approve(found, order, seen))


@bp.post("/queue/<int:queued_id>/refusal")
@requires(Permission.HANDLE_REQUESTS)
def refusal_create(queued_id: int) -> Response:
    """Refuse a request, with the reason."""
    found, form = queries.get_queued(queued_id), ReasonForm()
    if not form.validate():
        return view.page(found, Side.VENDOR, status=422, reason=form)
    order = _order(Move.REFUSE, form.base_version, str(form.reason.data))
    return moved(found, order, _page_of(found), "Solicitação recusada", lambda: money.leave(found, order))


@bp.post("/queue/<int:queued_id>/pricing")
@requires(Permission.HANDLE_REQUESTS)
def pricing_create(queued_id: int) -> Response:
    """Name the value of an import, and ask for its payment."""
    found, form = queries.get_queued(queued_id), ValueForm()
    if not form.validate():
        return view.page(found, Side.VENDOR, status=422, value=form)
    cents = form.cents
    order = Order(
        Move.ASK_PAYMENT, form.base_version, Side.VENDOR, viewer(), clock.now(), content={"cents": cents}
    )  # fmt: skip
    return moved(found, order, _page_of(found), "Pagamento pedido", lambda: money.ask(found, order, cents))


def _simple(queued_id: int, move: Move, what: str) -> Response:
    return _with(queued_id, move, what, service.move)


def _with(queued_id: int, move: Move, what: str, make: Callable[[ServiceRequest, Order], Done]) -> Response:
    """Make a move that needs no more than the version."""
    found, form = queries.get_queued(queued_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    order = _order(move, form.base_version)
    return moved(found, order, _page_of(found), what, lambda: make(found, order))


def _order(move: Move, version: int, text: str = "") -> Order:
    return Order(move, version, Side.VENDOR, viewer(), clock.now(), text)


def _page_of(found: ServiceRequest) -> str:
    return url_for(".queued", queued_id=found.id)
