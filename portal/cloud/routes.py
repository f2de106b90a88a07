"""The screen "Status Cloud": the list, asking a Link for a backup and taking that back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, request, url_for
from werkzeug.datastructures import MultiDict

from portal import clock, database, errors, formatting, htmx
from portal.access import current_partner_id, requires, viewer
from portal.clients.queries import get_client
from portal.cloud import backups, queries, rows
from portal.cloud.backups import Done
from portal.cloud.filters import CloudFilter
from portal.cloud.rows import CloudRow
from portal.domain.catalogue import Product
from portal.domain.cloud import CloudState
from portal.domain.errors import BackupRefused
from portal.domain.ids import parse_id
from portal.domain.roles import Permission
from portal.extensions import db
from portal.models import Client

bp = Blueprint("cloud", __name__)


@bp.get("/cloud")
@requires(Permission.VIEW_CLIENTS)
def index() -> Response:
    """The clients with Cloud: a page, or the list as a fragment.

    It has no ETag: a state ends with the clock, and check-ins move no counter.
    """
    criteria, now, partner_id = CloudFilter.from_args(request.args), clock.now(), current_partner_id()
    page, counts = queries.cloud_page(partner_id, criteria, now), queries.counts(partner_id, criteria, now)
    return htmx.page_or_fragment(
        "cloud/index.html",
        "cloud/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        page=page,
        rows=[CloudRow.build(row, now) for row in page.rows],
        count=counts[criteria.state] if criteria.state else sum(counts.values()),
        tabs=rows.tabs(criteria, counts),
        chips=list(rows.chips(criteria)),
        meanings=rows.MEANINGS,
        states=tuple(CloudState),
        products=tuple(Product),
    )


@bp.post("/clients/<int:client_id>/backups")
@requires(Permission.MANAGE_CLIENTS)
def backup_create(client_id: int) -> Response:
    """Ask the client's program for a backup."""
    client, now = get_client(current_partner_id(), client_id), clock.now()
    seen = parse_id(request.form.get("seen", "")) or 0
    return _done(client, now, "Backup pedido", lambda: backups.ask(client, seen=seen, now=now, actor=viewer()))


@bp.post("/clients/<int:client_id>/backups/<int:backup_id>/cancellation")
@requires(Permission.MANAGE_CLIENTS)
def backup_cancellation_create(client_id: int, backup_id: int) -> Response:
    """Take a backup back that the program was not told of yet."""
    client, now = get_client(current_partner_id(), client_id), clock.now()
    take_back = lambda: backups.take_back(client, backup_id, now=now, actor=viewer())  # noqa: E731
    return _done(client, now, "Pedido de backup cancelado", take_back)


def _done(client: Client, now: datetime, what: str, change: Callable[[], Done]) -> Response:
    """Carry out a change and answer the row as it is then; where it is refused, htmx gets the row with the reason.

    Raises:
        BackupRefused: to a plain form, which is answered with a page.
    """
    client_id, status = client.id, 200
    try:
        said = _in_words(what, change())
    except BackupRefused as refusal:
        if not htmx.wants_fragment():
            raise
        db.session.rollback()
        answer = errors.in_words(refusal)
        said, status = answer.text, answer.status
    database.is_reading.set(True)  # what was done is committed; rendering the answer must not hold the write lock
    row = CloudRow.build(queries.get_row(current_partner_id(), client_id, now), now)
    response = htmx.fragment_or_redirect("cloud/_client.html", _way_back(client_id), said=said, rows=[row])
    response.status_code = status if status != 200 else response.status_code  # noqa: PLR2004
    return response


def _in_words(what: str, done: Done) -> str:
    protocol = f"gravado às {formatting.hour(done.at)}, protocolo {done.protocol}"
    return f"Já estava feito ({what}): {protocol}." if done.is_repeat else f"{what}. {protocol.capitalize()}."


def _way_back(client_id: int) -> str:
    """Return the list as it was shown, at the client's row: of the referrer nothing is taken over but its criteria."""
    try:
        asked = urlsplit(request.referrer or "").query
    except ValueError:
        asked = ""
    return f"{url_for('.index')}{CloudFilter.from_args(MultiDict(parse_qsl(asked))).query_string()}#cloud-{client_id}"


@bp.app_template_global("cloud_line")
def _cloud_line(client_id: int) -> str:
    """Return what the page of a client that the viewer may see says of its Cloud."""
    return rows.line(queries.contact_of(client_id), clock.now())
