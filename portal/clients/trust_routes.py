"""The routes of "Liberar em confiança": an Expirado client's program may run for some days more (DOMAIN §5)."""

from __future__ import annotations

from flask import Response, current_app

from portal import clock
from portal.access import current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients import answers, queries, trust
from portal.clients.forms import ReleaseForm
from portal.clients.routes import bp
from portal.domain.actions import Action, ensure_allowed
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.domain.trust import through_on
from portal.models import Client


@bp.get("/<int:client_id>/release/new")
@requires(Permission.RELEASE_ON_TRUST)
def release_new(client_id: int) -> Response:
    """Asks why an Expirado client's program may run for some days, and says until when."""
    client = answers.client_for(Action.RELEASE_ON_TRUST, client_id)
    trust.ensure_releasable(client)
    return _release_form(client, ReleaseForm(typed_before(), version=client.version))


@bp.post("/<int:client_id>/release")
@requires(Permission.RELEASE_ON_TRUST)
def release_create(client_id: int) -> Response:
    """Release on trust."""
    client, form = queries.get_client(current_partner_id(), client_id), ReleaseForm()
    if not form.validate():
        return _release_form(client, form, 422)
    version, reason, days = form.base_version, str(form.reason.data or ""), _trust_days()
    return answers.done_or_refused(
        client,
        lambda: trust.release(client, version=version, reason=reason, days=days, now=clock.now(), actor=viewer()),
    )


def _release_form(client: Client, form: ReleaseForm, status: int = 200) -> Response:
    ensure_allowed(Action.RELEASE_ON_TRUST, derive_status(client, clock.today()), client)
    last_on = through_on(client.due_on, clock.today(), _trust_days()) if client.due_on else None
    return answers.form(client, "release_new", form, status, through_on=last_on, today=clock.today())


def _trust_days() -> int:
    return int(current_app.extensions["portal_config"].trust_days)
