"""Certificates: the form of a client's, its removal, a partner's by their end. There is no way to have one back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal import clock, errors, htmx, saying, security
from portal.access import current_partner_id, requires, takes, viewer
from portal.accounts.returning import typed_before
from portal.certificates import queries, service
from portal.certificates.forms import LENGTHS, CertificateForm
from portal.certificates.rows import CertificateRow
from portal.certificates.texts import AGAIN, refused_in_words
from portal.clients import answers
from portal.clients import queries as clients
from portal.domain.actions import Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.certificates import CertificateRefused, Fault
from portal.domain.errors import Invalid, NotFound, RepeatMismatch, StaleState
from portal.domain.ids import parse_id
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.extensions import db, limiter
from portal.forms import VersionForm
from portal.models import Client

bp = Blueprint("certificates", __name__)

MOST_TAKEN = 1024 * 1024
"""More than a certificate, so that a file chosen by mistake is refused in the form, beside the other fields."""


@bp.get("/certificates")
@requires(Permission.VIEW_CLIENTS)
def index() -> Response:
    """A partner's certificates, those that end first in front."""
    today = clock.today()
    found = queries.page(current_partner_id(), today, parse_id(request.args.get("after", "")))
    shown = found[: queries.SIZE]
    page = render_template(
        "certificates/index.html",
        rows=CertificateRow.build_all(shown, today),
        ending=queries.count_ending(current_partner_id(), today),
        next_after=shown[-1].id if len(found) > len(shown) else None,
        may_replace=viewer().may(Permission.MANAGE_CLIENTS),
    )
    return htmx.vary(make_response(page))


@bp.get("/clients/<int:client_id>/certificate/new")
@requires(Permission.MANAGE_CLIENTS)
def certificate_new(client_id: int) -> Response:
    """Asks for a certificate and its password."""
    client = answers.client_for(Action.CERTIFICATE, client_id)
    return _form(client, CertificateForm(typed_before(), version=client.version))


@bp.post("/clients/<int:client_id>/certificate")
@requires(Permission.MANAGE_CLIENTS)
@takes(MOST_TAKEN)
@limiter.limit("10 per minute", key_func=lambda: str(viewer().session_id))
def certificate_create(client_id: int) -> Response:
    """Take a certificate in; what is refused leaves the form as it was typed, but for file and password."""
    client = clients.get_client(current_partner_id(), client_id)
    form = CertificateForm()
    if not form.validate():
        return _form(client, form, 422, AGAIN)
    version = form.base_version
    try:
        outcome = service.upload(client, form.sent, version=version, now=clock.now(), actor=viewer())
    except CertificateRefused as refused:
        db.session.rollback()
        status = 503 if refused.fault is Fault.BUSY else 422
        return _form(_now(client_id), form, status, f"{refused_in_words(refused)} {AGAIN}")
    except (StaleState, RepeatMismatch) as refused:
        db.session.rollback()
        client, said = _now(client_id), errors.in_words(refused)
        form.version.data = client.version
        return _form(client, form, said.status, said.text)
    saying.keep(answers.in_words(client, outcome))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


@bp.get("/clients/<int:client_id>/certificate/removal/new")
@requires(Permission.MANAGE_CLIENTS)
def removal_new(client_id: int) -> Response:
    """Asks whether to forget a client's certificate."""
    client = answers.client_for(Action.CERTIFICATE, client_id)
    current = _current(client)
    if current is None:
        raise NotFound
    page = render_template("certificates/removal_new.html", client=client, current=current)
    return htmx.vary(make_response(page))


@bp.post("/clients/<int:client_id>/certificate/removal")
@requires(Permission.MANAGE_CLIENTS)
def removal_create(client_id: int) -> Response:
    """Forget a client's certificate."""
    client, form = clients.get_client(current_partner_id(), client_id), VersionForm()
    if not form.validate():
        raise Invalid(form.errors)
    outcome = service.remove(client, version=form.base_version, now=clock.now(), actor=viewer())
    saying.keep(answers.in_words(client, outcome))
    return htmx.leave_for(url_for("clients.show", client_id=client_id))


def _now(client_id: int) -> Client:
    """Return the client as it stands, refusing where the menu would not offer the form any more."""
    return answers.client_for(Action.CERTIFICATE, client_id)


def _current(client: Client) -> CertificateRow | None:
    found = queries.certificates_of(client.id)
    return next((CertificateRow.build(row, clock.today()) for row in found if row.ended_at is None), None)


def _form(client: Client, form: CertificateForm, status: int = 200, refused: str = "") -> Response:
    security.shows_secret()
    current = _current(client)
    page = render_template(
        "certificates/certificate_new.html",
        client=client,
        form=form,
        version=form.version.data or client.version,
        current=current,
        lengths=LENGTHS,
        refused=refused,
    )
    return htmx.vary(make_response(page, status))


def certificates_of_client(client: Client) -> dict[str, Any] | None:
    """Return what the client's page shows of its certificates; None for a Link client, which has none."""
    if client.product is not Product.NAVI:
        return None
    today = clock.today()
    rows = CertificateRow.build_all(queries.certificates_of(client.id), today)
    is_allowed = Action.CERTIFICATE in allowed_actions(derive_status(client, today), client)
    return {
        "current": next((row for row in rows if not row.ended), None),
        "past": [row for row in rows if row.ended],
        "may_change": is_allowed and viewer().may(Permission.MANAGE_CLIENTS),
    }


bp.app_context_processor(lambda: {"certificates_of_client": certificates_of_client})
