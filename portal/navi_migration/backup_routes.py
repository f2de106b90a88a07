"""The backups of a Navi client at the portal: sent in, looked through before the visit, deleted."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, url_for

from portal import clock, database, htmx, saying
from portal.access import current_partner_id, requires, takes, viewer
from portal.clients.queries import get_client
from portal.domain.catalogue import Product
from portal.domain.errors import Invalid, NotFound
from portal.domain.navi_backup import MOST_BYTES
from portal.domain.roles import Permission
from portal.domain.works import WorkKind
from portal.extensions import db, limiter
from portal.forms import new_key
from portal.models import Client
from portal.navi_migration import backup_queries as queries
from portal.navi_migration import uploads
from portal.navi_migration.backup_forms import BackupForm
from portal.navi_migration.backup_rows import BackupView
from portal.works import queries as work_queries
from portal.works import waiting

bp = Blueprint("navi_backups", __name__, url_prefix="/clients/<int:client_id>")

ENVELOPE = 64 * 1024
"""What a form takes around its file."""


def _per_session() -> str:
    return str(viewer().session_id)


def _navi(client_id: int) -> Client:
    """Return a Navi client of the partner; Link has no such backups."""
    client = get_client(current_partner_id(), client_id)
    if client.product is not Product.NAVI:
        raise NotFound
    return client


@bp.get("/navi-backups")
@requires(Permission.VIEW_CLIENTS)
def index(client_id: int) -> str:
    """The backups that came, and the form that sends one in."""
    form = BackupForm()
    form.key.data = new_key()
    return _index(_navi(client_id), form)


def _index(client: Client, form: BackupForm) -> str:
    now = clock.now()
    views = [BackupView.build(one, client, None, now) for one in queries.of_client_all(client.id)]
    return render_template("navi_backups/index.html", client=client, views=views, form=form)


@bp.post("/navi-upload")
@requires(Permission.MANAGE_CLIENTS)
@takes(MOST_BYTES + ENVELOPE)
@limiter.limit("10 per minute", key_func=_per_session)
def backup_create(client_id: int) -> Response:
    """Take a backup in and lead to its pre-flight."""
    client = _navi(client_id)
    partner_id, form = client.partner_id, BackupForm()
    if not form.validate():
        return make_response(_index(client, form), 422)
    try:
        backup = uploads.upload(client_id, partner_id, form.upload, now=clock.now(), actor=viewer())
    except Invalid as refused:
        db.session.rollback()
        form.backup.errors = refused.errors["backup"]
        return make_response(_index(_navi(client_id), form), 422)
    return _to_preflight(client_id, backup.key, backup.id)


def _to_preflight(client_id: int, key: str, backup_id: int) -> Response:
    waiting.wake_and_wait(WorkKind.PREFLIGHT, backup_id)
    return htmx.leave_for(url_for(".backup", client_id=client_id, backup_key=key))


@bp.get("/navi-backups/<backup_key>")
@requires(Permission.VIEW_CLIENTS)
def backup(client_id: int, backup_key: str) -> Response:
    """A backup and what its pre-flight found; the fragment is what its page looks for while that runs."""
    client = _navi(client_id)
    found = queries.of_client(client.id, backup_key)
    work = work_queries.work_of(WorkKind.PREFLIGHT, found.id)
    view = BackupView.build(found, client, work, clock.now())
    if htmx.wants_fragment():
        body = render_template("navi_backups/_backup.html", client=client, view=view) + saying.out_of_band(view.said)
        return htmx.vary(make_response(body))
    return htmx.vary(make_response(render_template("navi_backups/backup.html", client=client, view=view)))


@bp.post("/navi-backups/<backup_key>/check")
@requires(Permission.MANAGE_CLIENTS)
@limiter.limit("20 per minute", key_func=_per_session)
def check_create(client_id: int, backup_key: str) -> Response:
    """Have a backup that Navi sent looked through."""
    found = uploads.check(_navi(client_id).id, backup_key, now=clock.now(), actor=viewer())
    return _to_preflight(client_id, backup_key, found.id)


@bp.post("/navi-backups/<backup_key>/deletion")
@requires(Permission.MANAGE_CLIENTS)
def deletion_create(client_id: int, backup_key: str) -> Response:
    """Delete a backup's content; what its pre-flight found stays."""
    uploads.delete(_navi(client_id).id, backup_key, now=clock.now(), actor=viewer())
    saying.keep("Backup excluído do portal.")
    with database.reading():
        return htmx.leave_for(url_for(".index", client_id=client_id))
