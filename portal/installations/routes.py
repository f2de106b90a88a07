"""A client's installations on its page: seats freed, Navi programs authorised or refused."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, current_app, url_for

from portal import clock, errors, htmx, saying
from portal.access import current_partner_id, requires, viewer
from portal.clients import answers
from portal.clients import queries as clients
from portal.clients.service import Outcome
from portal.config import Config
from portal.domain.actions import Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.installations import Reason
from portal.domain.licenses import Quantities
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.installations import freeing, pairing, queries, standing
from portal.installations.rows import InstallationRow, PairingRow, SeatRow, peaks_in_words
from portal.installations.standing import Settings
from portal.models import Client

bp = Blueprint("installations", __name__, url_prefix="/clients")


@bp.post("/<int:client_id>/seats/<int:seat_id>/release")
@requires(Permission.MANAGE_CLIENTS)
def release_create(client_id: int, seat_id: int) -> Response:
    """Free a seat."""
    client = clients.get_client(current_partner_id(), client_id)
    return _done(client, freeing.free(client, seat_id, now=clock.now(), actor=viewer()))


@bp.post("/<int:client_id>/pairings/<int:pairing_id>/authorisation")
@requires(Permission.MANAGE_CLIENTS)
def authorisation_create(client_id: int, pairing_id: int) -> Response:
    """Let a Navi that waits use the license."""
    client = clients.get_client(current_partner_id(), client_id)
    return _done(client, pairing.authorise(client, pairing_id, now=clock.now(), settings=_settings(), actor=viewer()))


@bp.post("/<int:client_id>/pairings/<int:pairing_id>/refusal")
@requires(Permission.MANAGE_CLIENTS)
def refusal_create(client_id: int, pairing_id: int) -> Response:
    """Send a Navi away."""
    client = clients.get_client(current_partner_id(), client_id)
    return _done(client, pairing.refuse(client, pairing_id, now=clock.now(), actor=viewer()))


def _done(client: Client, outcome: Outcome) -> Response:
    """Lead back to the client's page, where the section stands as it is now."""
    saying.keep(answers.in_words(client, outcome) if outcome.event else "O aparelho já tinha encerrado o uso.")
    return htmx.leave_for(url_for("clients.show", client_id=client.id, _anchor="instalacoes"))


def installations_of_client(client: Client, held: Quantities) -> dict[str, Any]:
    """Return what the client's page shows of its installations; a Navi may wait for a word, a Link has seats."""
    now, is_link = clock.now(), client.product is Product.LINK
    today = clock.local_date(now)
    contact, living = queries.told(client.id)
    status = derive_status(client, today)
    is_open = standing.reason_not_to_run(client, now, _settings()) is None
    return {
        "programs": [InstallationRow.build(one, client.product, today) for one in living],
        "seats": SeatRow.build_all(queries.seats_of(client.id), now) if is_link else [],
        "waiting": [] if is_link else [PairingRow.build(one) for one in queries.waiting(client.id, now)],
        "refused": "" if is_open else errors.REASONS[status],
        "freed_text": Reason.SEAT_FREED.label,
        "peaks": peaks_in_words(contact.peaks if contact else None, held),
        "is_reissuable": viewer().may(Permission.MANAGE_CLIENTS)
        and Action.REISSUE_CODE in allowed_actions(status, client),
    }


def _settings() -> Settings:
    return Settings.of(cast(Config, current_app.extensions["portal_config"]))


bp.app_context_processor(lambda: {"installations_of_client": installations_of_client})
