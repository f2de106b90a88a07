"""Many rows at once: the selection, the order with its preview and its results, carrying it out, taking it back."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for

from portal import clock, database, formatting, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.clients import answers, bulk, bulk_execution, bulk_queries, queries, undo
from portal.clients.bulk_forms import ExecutionForm, selection_from
from portal.clients.bulk_rows import LineRow, OrderRow, in_counts
from portal.clients.routes import bp
from portal.domain import works
from portal.domain.bulk import INVERSE, LineResult
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.domain.jobs import RunState
from portal.domain.roles import Permission
from portal.domain.works import WorkKind
from portal.errors import REASONS
from portal.extensions import limiter
from portal.models import BulkOrder
from portal.works import queries as work_queries
from portal.works import waiting


@bp.post("/selection")
@requires(Permission.MANAGE_CLIENTS)
@limiter.limit("30 per minute", key_func=lambda: str(viewer().session_id))
def selection_create() -> Response:
    """Draw up an order for the ticked rows, or all of the filter, and lead to its preview."""
    action, selection = selection_from(request.form)
    order = bulk.draw_up(action, selection, partner_id=current_partner_id(), now=clock.now(), actor=viewer())
    return htmx.leave_for(url_for(".bulk_order", key=order.key))


@bp.get("/orders")
@requires(Permission.VIEW_CLIENTS)
def bulk_orders() -> str:
    """The partner's orders that were confirmed, the newest first."""
    orders = bulk_queries.orders_of(current_partner_id(), before=parse_id(request.args.get("before", "")))
    rows = [OrderRow.build(order) for order in orders[: bulk_queries.ORDERS_SHOWN]]
    next_before = rows[-1].id if len(orders) > len(rows) else None
    return render_template("clients/bulk_orders.html", rows=rows, next_before=next_before)


@bp.get("/orders/<key>")
@requires(Permission.VIEW_CLIENTS)
def bulk_order(key: str) -> Response:
    """The order as it stands: what it would do, how far it is, what it did. The fragment is what its page looks for."""
    order = bulk_queries.get_order(current_partner_id(), key)
    if htmx.wants_fragment():
        return _fragment(order, _in_words(order))
    return htmx.vary(make_response(render_template("clients/bulk_order.html", **_shown(order))))


@bp.post("/orders/<key>/execution")
@requires(Permission.MANAGE_CLIENTS)
def execution_create(key: str) -> Response:
    """Release an order to the runner; a small one is answered with its result. Sent again, it goes on if it stopped."""
    order, form = bulk_queries.get_order(current_partner_id(), key), ExecutionForm()
    if not form.validate():
        raise Invalid(form.errors)
    order_id, is_repeat = order.id, order.finished_at is not None
    bulk_execution.confirm(order, reason=form.given_reason, now=clock.now(), actor=viewer())
    if not is_repeat:
        waiting.wake_and_wait(WorkKind.BULK, order_id)
    with database.reading():
        return _released(order, is_repeat=is_repeat)


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


def _released(order: BulkOrder, *, is_repeat: bool) -> Response:
    """Answer the order as it stands after its form, saying the result once there is one."""
    said = _in_words(order, is_repeat=is_repeat)
    if htmx.wants_fragment():
        return _fragment(order, said)
    if said:
        saying.keep(said)
    return htmx.vary(make_response(redirect(url_for(".bulk_order", key=order.key), 303)))


def _fragment(order: BulkOrder, said: str) -> Response:
    return htmx.vary(
        make_response(render_template("clients/_bulk_order.html", **_shown(order)) + saying.out_of_band(said))
    )


def _in_words(order: BulkOrder, *, is_repeat: bool = False) -> str:
    """Return what is announced of an order: its result, once there is one, or that it stopped."""
    if order.finished_at is None:
        return f"Lote {order.id} parado." if order.confirmed_at and not _is_moving(order) else ""
    counts = in_counts(order.done, order.lines - order.done)
    if is_repeat:
        return f"Já estava feito às {formatting.hour(order.finished_at)}: lote {order.id}, {counts}."
    return f"Lote {order.id} concluído: {counts}."


def _is_moving(order: BulkOrder) -> bool:
    work = work_queries.work_of(WorkKind.BULK, order.id)
    return work is not None and works.is_moving(work, clock.now())


def _shown(order: BulkOrder) -> dict[str, Any]:
    """Return what the order's template shows in the order's state."""
    may_change = viewer().may(Permission.MANAGE_CLIENTS)
    common = {"order": order, "is_own": order.user_id == viewer().user_id and may_change}
    if order.confirmed_at is None:
        return common | _preview(order)
    if order.finished_at is None:
        return common | _progress(order)
    is_undoable = order.action in INVERSE and may_change
    return common | {"is_undoable": is_undoable, "results": bulk_queries.results_of(order)} | _lines(order)


def _preview(order: BulkOrder) -> dict[str, Any]:
    refusing = bulk_queries.refusing(order, bulk_queries.statuses_of(order, clock.today()))
    able = order.lines - sum(refusing.values())
    return {"refusing": refusing, "able": able, "reasons": REASONS} | _lines(order)


def _progress(order: BulkOrder) -> dict[str, Any]:
    work = work_queries.work_of(WorkKind.BULK, order.id)
    is_moving = work is not None and works.is_moving(work, clock.now())
    return {"is_moving": is_moving, "error": work.error if work and work.state is RunState.FAILED else ""}


def _lines(order: BulkOrder) -> dict[str, Any]:
    """Return a page of the order's lines, with one result or all."""
    today, result = clock.today(), LineResult.parse(request.args.get("result"))
    lines = bulk_queries.lines_of(order, result=result, after=parse_id(request.args.get("after", "")))
    shown = lines[: bulk_queries.SHOWN]
    next_after = shown[-1].id if len(lines) > len(shown) else None
    return {"rows": [LineRow.build(line, today) for line in shown], "next_after": next_after, "result": result}
