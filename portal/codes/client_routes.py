"""What is asked about a client's codes and document: reissue, another CPF/CNPJ."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from portal import clock, errors, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.accounts.returning import typed_before
from portal.clients import answers
from portal.clients import queries as clients
from portal.clients.service import Outcome
from portal.codes import document, reissue
from portal.codes.forms import DocumentForm, ReissueForm
from portal.codes.routes import bp
from portal.codes.texts import program_of
from portal.domain.actions import Action
from portal.domain.errors import AlreadyRegistered, DocumentTaken, Invalid, RepeatMismatch, StaleState
from portal.domain.ids import parse_id
from portal.domain.roles import Permission
from portal.extensions import db
from portal.models import Client


@bp.get("/clients/<int:client_id>/reissue/new")
@requires(Permission.MANAGE_CLIENTS)
def reissue_new(client_id: int) -> Response:
    """Asks before a code is reissued: the named one, a device's, or the main computer's."""
    client = answers.client_for(Action.REISSUE_CODE, client_id)
    code_id, installation_id = (parse_id(request.args.get(name, "")) for name in ("code", "installation"))
    return _question(client, reissue.target(client, code_id, installation_id))


@bp.post("/clients/<int:client_id>/reissue")
@requires(Permission.MANAGE_CLIENTS)
def reissue_create(client_id: int) -> Response:
    """Reissue, and lead to the new code; a form that is behind a change is asked again as things stand now."""
    client, form = clients.get_client(current_partner_id(), client_id), ReissueForm()
    if not form.validate():
        raise Invalid(form.errors)
    code_id, installation_id = form.target
    try:
        outcome = reissue.reissue(
            client,
            version=form.base_version,
            code_id=code_id,
            installation_id=installation_id,
            now=clock.now(),
            actor=viewer(),
        )
    except (StaleState, RepeatMismatch) as refusal:
        db.session.rollback()
        client = answers.client_for(Action.REISSUE_CODE, client_id)
        target = reissue.target_now(client, code_id, installation_id)
        if target is None:
            raise
        return _question(client, target, errors.in_words(refusal))
    saying.keep(answers.in_words(client, outcome))
    return htmx.leave_for(url_for(".show", code_id=_after(outcome)["code_id"]))


@bp.get("/clients/<int:client_id>/document/new")
@requires(Permission.MANAGE_CLIENTS)
def document_new(client_id: int) -> Response:
    """Asks for the new document and says what ends with the old one."""
    client = answers.client_for(Action.CHANGE_DOCUMENT, client_id)
    return _document_form(client, DocumentForm(client, typed_before(), version=client.version))


@bp.post("/clients/<int:client_id>/document")
@requires(Permission.MANAGE_CLIENTS)
def document_create(client_id: int) -> Response:
    """Change the document; what is refused leaves the form as it was typed."""
    client = clients.get_client(current_partner_id(), client_id)
    form = DocumentForm(client)
    if not form.validate():
        return _document_form(client, form, 422)
    version, typed = form.base_version, form.normalised
    try:
        outcome = document.change(client, version=version, document=typed, now=clock.now(), actor=viewer())
    except (AlreadyRegistered, DocumentTaken, StaleState, RepeatMismatch) as refusal:
        return _document_refused(client_id, form, refusal)
    saying.keep(answers.in_words(client, outcome))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


def _question(client: Client, target: reissue.Target, refused: errors.Answer | None = None) -> Response:
    """Answer what a reissue means as things stand."""
    response = htmx.page_or_fragment(
        "codes/reissue_new.html",
        "codes/_reissue_new.html",
        client=client,
        target=target,
        program=program_of(target.item),
        refused=refused,
    )
    response.status_code = refused.status if refused else 200
    return response


def _document_form(client: Client, form: DocumentForm, status: int = 200, **context: Any) -> Response:
    version = form.version.data or client.version
    response = htmx.page_or_fragment(
        "codes/document_new.html", "codes/_document_new.html", client=client, form=form, version=version, **context
    )
    response.status_code = status
    return response


def _document_refused(
    client_id: int, form: DocumentForm, refusal: AlreadyRegistered | DocumentTaken | StaleState | RepeatMismatch
) -> Response:
    """Answer the form with what was typed and the reason; the next attempt is made from the client as it is now."""
    db.session.rollback()
    client = answers.client_for(Action.CHANGE_DOCUMENT, client_id)
    form.version.data = client.version
    said = errors.in_words(refusal)
    twin_id = refusal.client_id if isinstance(refusal, AlreadyRegistered) else None
    return _document_form(client, form, said.status, refused=said, twin_id=twin_id)


def _after(outcome: Outcome) -> dict[str, Any]:
    return (outcome.event.after if outcome.event else None) or {}
