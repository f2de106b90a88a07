"""The answers about one client: the row with or without a panel, a form, a change that was done or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, make_response, redirect, render_template, url_for

from portal import clock, database, errors, formatting, htmx, saying, security
from portal.access import current_partner_id, viewer
from portal.clients import details, noticed, queries, succession, tallies, undo
from portal.clients.filters import ClientFilter
from portal.clients.history import DONE_LABELS
from portal.clients.rows import ClientRow, menu_actions
from portal.clients.service import Outcome
from portal.domain.actions import Action, ensure_allowed
from portal.domain.catalogue import Product
from portal.domain.errors import ActionRefused, NotFound, ReleaseRefused, RepeatMismatch, StaleState
from portal.domain.installations import Reason
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import Client

SAID = {
    "suspend": "Acesso de {name} suspenso.",
    "resume": "Suspensão de {name} cancelada.",
    "release_on_trust": "{name} liberado em confiança até {until}.",
    "hide": "{name} oculto. Para ver de novo, filtre por “Oculto”.",
    "unhide": "{name} voltou para a lista.",
    "edit": "Cadastro de {name} salvo.",
    "reactivate": "{name} reativado.",
    "certificate": "Certificado digital de {name} gravado.",
    "certificate_removed": "Certificado digital de {name} removido.",
    "reissue_code": "Código reemitido.",
    "change_document": "CPF/CNPJ de {name} alterado.",
    "correct": "Cadastro de {name} reenviado para avaliação.",
    "withdraw": "Cadastro de {name} retirado.",
    "order_reversed": "Pedido de {name} estornado.",
    "seat_freed": f"Licença liberada. No aparelho aparece: “{Reason.SEAT_FREED.label}”",
    "pairing_authorised": "Aparelho autorizado: o Navi de {name} já pode abrir.",
    "pairing_refused": "Aparelho recusado: ele não usa esta licença.",
}


def client_for(action: Action, client_id: int) -> Client:
    """Return the user's client whose form is asked for, refusing where the menu would not offer the action."""
    client = queries.get_client(current_partner_id(), client_id)
    ensure_allowed(action, derive_status(client, clock.today()), client)
    return client


def row(client: Client, panel: str = "", status: int = 200, behind: str = "", **context: Any) -> Response:
    """Answer the row's body, with a panel below it; a browser that wants no fragment is led to the client's page."""
    today = clock.today()
    rows = [ClientRow.build(client, today)]
    context |= {"rows": rows, "today": today, "panel": panel, "panel_id": client.id, "in_row": True}
    return fragment_only(client, "clients/_client.html", status, behind, **context)


def fragment_only(client: Client, template: str, status: int = 200, behind: str = "", **context: Any) -> Response:
    """Answer a fragment that has no page of its own, out-of-band parts behind it, or lead to the client's page."""
    if not htmx.wants_fragment():
        return htmx.vary(make_response(redirect(url_for("clients.show", client_id=client.id), 303)))
    return htmx.vary(make_response(render_template(template, **context) + behind, status))


def form(client: Client, name: str, filled: Any, status: int = 200, **context: Any) -> Response:
    """Answer a form below its row, or as a page of its own."""
    context = {"current": {}, "form": filled, "client_version": client.version} | context
    if htmx.wants_fragment():
        return row(client, name, status, **context)
    shown = ClientRow.build(client, clock.today())
    page = render_template(f"clients/{name}.html", row=shown, in_row=False, **context)
    return htmx.vary(make_response(page, status))


def done(client: Client, change: Callable[[], Outcome]) -> Response:
    """Carry out a change and answer with the row as it is then, the result and its protocol."""
    outcome = change()
    said, undoing = in_words(client, outcome), _undoing(client, outcome)
    database.is_reading.set(True)  # the change is committed; rendering its answer must not hold the write lock
    if not htmx.wants_fragment():
        saying.keep(said, undoing)
        return row(client)
    return _row_with_counts(client, 200, said, undoing, has_settled=noticed.has_settled(outcome.event))


def done_or_refused(client: Client, change: Callable[[], Outcome]) -> Response:
    """Carry out a change; where it is refused, htmx gets the row as it stands now with the reason.

    Raises:
        StaleState, RepeatMismatch, ActionRefused, ReleaseRefused: to a plain form, which is answered with a page.
    """
    try:
        return done(client, change)
    except (StaleState, RepeatMismatch, ActionRefused, ReleaseRefused) as refusal:
        if not htmx.wants_fragment():
            raise
        db.session.rollback()
        refused = errors.in_words(refusal)
        return _row_with_counts(client, refused.status, refused.text)


def _row_with_counts(
    client: Client, status: int, said: str, undoing: str = "", *, has_settled: bool = False
) -> Response:
    """Answer the row as it stands now, what happened to it, the counters above the list, and the banner where it may differ."""
    counters = tallies.read(client.partner_id, clock.today())
    counts = render_template("clients/_counts.html", counters=counters, has_settled=has_settled)
    return row(client, status=status, behind=counts + saying.out_of_band(said, undoing, f"#client-{client.id}"))


def _undoing(client: Client, outcome: Outcome) -> str:
    """Return the address that takes a change back, or "" where nothing does."""
    event = outcome.event
    if event is None or not undo.is_possible(client, event, clock.today()):
        return ""
    return url_for("clients.undoing_create", client_id=client.id, event_id=event.id)


def in_words(client: Client, outcome: Outcome) -> str:
    """Return what a form did, with the hour and the protocol."""
    event = outcome.event
    if event is None:
        return "Nada foi alterado: os dados já eram estes."
    protocol = f"gravado às {formatting.hour(event.at)}, protocolo {event.id}"
    if outcome.is_repeat:
        return f"Já estava feito ({DONE_LABELS[event.action]}): {protocol}."
    said = SAID[event.action].format(name=client.name, until=formatting.day(client.released_through_on))
    return f"{said} {protocol.capitalize()}."


def opened(partner_id: int, criteria: ClientFilter) -> tuple[int, details.Detail] | None:
    """Return the row that the address asks to be expanded, with its details; only Link rows expand (DOMAIN §3)."""
    if criteria.opened is None:
        return None
    try:
        client = queries.get_client(partner_id, criteria.opened)
    except NotFound:
        return None
    if client.product is not Product.LINK:
        return None
    security.shows_secret()
    if criteria.search and viewer().may(Permission.VIEW_CODES):
        security.never_compress()
    return client.id, details.get_detail(client, clock.now())


def menu_of(client: Client) -> dict[str, Any]:
    """Return what "clients/_actions.html" expects for a client, in a list of another feature whose rows it cannot swap."""
    shown, found = ClientRow.build(client, clock.today()), succession.of(client)
    actions = menu_actions(shown, viewer().may, without=succession.unmet(client, found))
    return {"row": shown, "actions": actions, "version": client.version, "in_row": False, "succession": found}
