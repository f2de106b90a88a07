"""Many rows at once: the selection, the order with its preview and its results, carrying it out, taking it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for

from portal import clock, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.clients import answers, bulk, bulk_execution, bulk_queries, queries, undo
from portal.clients.bulk_forms import ExecutionForm, selection_from
from portal.clients.bulk_rows import LineRow
from portal.clients.routes import bp
from portal.domain.bulk import INVERSE, LineResult
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.domain.roles import Permission
from portal.errors import REASONS
from portal.extensions import limiter
from portal.models import BulkOrder

SECONDS = 3.0
"""How long one request works on an order; what is left then waits for the next."""

PAUSE = 0.1
"""Between two chunks: a writer who waits for SQLite's lock looks again every tenth of a second at the latest."""

_pausing = Event()  # never set


@bp.post("/selection")
@requires(Permission.MANAGE_CLIENTS)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def selection_create() -> Response:
    """Draw up an order for the ticked rows, or all of the filter, and lead to its preview."""
    action, selection = selection_from(request.form)
    order = bulk.draw_up(action, selection, partner_id=current_partner_id(), now=clock.now(), actor=viewer())
    return htmx.leave_for(url_for(".bulk_order", key=order.key))


@bp.get("/orders/<key>")
@requires(Permission.VIEW_CLIENTS)
def bulk_order(key: str) -> Response:
    """The order as it stands: what it would do, how far it is, what it did."""
    order = bulk_queries.get_order(current_partner_id(), key)
    return htmx.page_or_fragment("clients/bulk_order.html", "clients/_bulk_order.html", **_shown(order))


@bp.post("/orders/<key>/execution")
@requires(Permission.MANAGE_CLIENTS)
def execution_create(key: str) -> Response:
    """Carry out as much of an order as there is time for; sent again, it goes on where it stood."""
    order, form = bulk_queries.get_order(current_partner_id(), key), ExecutionForm()
    if not form.validate():
        raise Invalid(form.errors)
    now, actor, is_repeat = clock.now(), viewer(), order.finished_at is not None
    bulk_execution.confirm(order, reason=form.given_reason, now=now, actor=actor)
    bulk_execution.carry_out(order, now=now, actor=actor, has_time=_until(time.monotonic() + SECONDS))
    return _carried_out(order, is_repeat=is_repeat)


@bp.post("/orders/<key>/undoing")
@requires(Permission.MANAGE_CLIENTS)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def order_undoing_create(key: str) -> Response:
    """Draw up the order that takes another one back, and lead to its preview."""
    order = bulk_queries.get_order(current_partner_id(), key)
    undoing = bulk.draw_up_undoing(order, now=clock.now(), actor=viewer())
    return htmx.leave_for(url_for(".bulk_order", key=undoing.key))


@bp.post("/<int:client_id>/events/<int:event_id>/undoing")
@requires(Permission.MANAGE_CLIENTS)
def undoing_create(client_id: int, event_id: int) -> Response:
    """Take a client's last change back."""
    client = queries.get_client(current_partner_id(), client_id)
    event = undo.get_event(client, event_id)
    return answers.done_or_refused(client, lambda: undo.undo(client, event, now=clock.now(), actor=viewer()))


def _until(end: float) -> Callable[[], bool]:
    """Return what says whether there is time for another chunk, after letting other writers have their turn."""

    def has_time() -> bool:
        is_early = time.monotonic() + PAUSE < end
        if is_early:
            _pausing.wait(PAUSE)
        return is_early

    return has_time


def _carried_out(order: BulkOrder, *, is_repeat: bool) -> Response:
    """Answer the order as it stands after a request's work, saying the result once there is one."""
    said = _in_words(order, is_repeat=is_repeat) if order.finished_at else ""
    if not htmx.wants_fragment():
        if said:
            saying.keep(said)
        return htmx.vary(make_response(redirect(url_for(".bulk_order", key=order.key), 303)))
    body = render_template("clients/_bulk_order.html", is_going_on=True, **_shown(order))
    return htmx.vary(make_response(body + saying.out_of_band(said)))


def _in_words(order: BulkOrder, *, is_repeat: bool) -> str:
    results = bulk_queries.results_of(order)
    done = results[LineResult.DONE]
    left = order.lines - done
    counts = f"{formatting.number(done)} {'feito' if done == 1 else 'feitos'}, {formatting.number(left)} sem alteração"
    if is_repeat and order.finished_at:
        return f"Já estava feito às {formatting.hour(order.finished_at)}: lote {order.id}, {counts}."
    return f"Lote {order.id} concluído: {counts}."


def _shown(order: BulkOrder) -> dict[str, Any]:
    """Return what the order's template shows in the order's state."""
    today, result = clock.today(), LineResult.parse(request.args.get("result"))
    lines = bulk_queries.lines_of(order, result=result, after=parse_id(request.args.get("after", "")))
    shown = lines[: bulk_queries.SHOWN]
    context: dict[str, Any] = {
        "order": order,
        "is_own": order.user_id == viewer().user_id and viewer().may(Permission.MANAGE_CLIENTS),
        "is_undoable": order.action in INVERSE and viewer().may(Permission.MANAGE_CLIENTS),
        "rows": [LineRow.build(line, today) for line in shown],
        "next_after": shown[-1].id if len(lines) > len(shown) else None,
        "result": result,
        "reasons": REASONS,
    }
    if order.confirmed_at:
        return context | {"results": bulk_queries.results_of(order)}
    refusing = bulk_queries.refusing(order, bulk_queries.statuses_of(order, today))
    return context | {"refusing": refusing, "able": order.lines - sum(refusing.values())}
