"""One request as its page shows it, to the partner who sent it and to the vendor's staff: one region, two sides."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from portal import clock, database, htmx
from portal.access import viewer
from portal.domain.errors import PriceMissing, SetRefused
from portal.domain.ids import parse_id
from portal.domain.requests import ENDED, Move, RequestKind, RequestState, Side, moves_of
from portal.errors import in_words
from portal.extensions import db
from portal.formatting import hour
from portal.forms import new_key
from portal.models import Client, ServiceRequest
from portal.registrations import contract
from portal.requests import approving, queries, texts
from portal.requests.forms import MessageForm, NoteForm, ReasonForm, ValueForm
from portal.requests.rows import COLOURS, EntryRow, facts_of, size_of
from portal.requests.service import Done

PAGES = {Side.PARTNER: "requests/show.html", Side.VENDOR: "requests/queued.html"}
NOUNS = {
    Move.TAKE: "analysis", Move.TAKE_OVER: "handling", Move.APPROVE: "approval", Move.ASK_PAYMENT: "pricing",
    Move.RECONSIDER: "reconsideration", Move.BEGIN: "execution", Move.CONCLUDE: "conclusion", Move.REFUSE: "refusal",
    Move.CANCEL: "cancellation",
}  # fmt: skip
"""What each move is POSTed to, behind the address of the request."""

BEFORE_APPROVAL = frozenset({RequestState.SENT, RequestState.ANALYSIS})


def page(found: ServiceRequest, side: Side, *, status: int = 200, **context: Any) -> Response:
    """Answer a request's page, or its region alone where htmx asks; ``context`` holds a refused form, and why."""
    response = htmx.page_or_fragment(PAGES[side], "requests/_request.html", **(shown(found, side) | context))
    response.status_code = status
    return response


def answered(found: ServiceRequest, side: Side, location: str, said: str) -> Response:
    """Answer what a form did: the region as it is now, or the way to the page."""
    database.is_reading.set(True)  # what was done is committed; rendering the answer must not hold the write lock
    if not htmx.wants_fragment():
        return htmx.fragment_or_redirect("requests/_answered.html", location, said=said)
    return htmx.fragment_or_redirect("requests/_answered.html", location, said=said, **shown(found, side))


def said_of(what: str, done: Done) -> str:
    """Return what was done, with its protocol, in words."""
    protocol = f"gravado às {hour(done.at)}, protocolo {done.protocol}"
    return f"Já estava feito ({what}): {protocol}." if done.is_repeat else f"{what}. {protocol.capitalize()}."


def shown(found: ServiceRequest, side: Side) -> dict[str, Any]:
    """Return what the templates of a request show."""
    standing, (client, partner_name, handler_name, file) = queries.standing_of(found), queries.subject_of(found)
    lines = queries.entries_of(found.id, before=parse_id(request.args.get("before", "")))
    entries = [EntryRow.build(line) for line in lines[: queries.ENTRIES]]
    moves = [move for move in moves_of(standing, side) if not _is_handler_already(move, found)]
    return {
        "found": found,
        "base": f"/{'requests' if side is Side.PARTNER else 'queue'}/{found.id}",
        "is_staff": side is Side.VENDOR,
        "client": client,
        "partner_name": partner_name,
        "handler_name": handler_name,
        "file": file,
        "file_size": size_of(file) if file else "",
        "may_open_file": found.handler_id == viewer().user_id and found.state not in ENDED,
        "standing": standing,
        "colour": COLOURS[found.state],
        "facts": facts_of(found),
        "next_step": texts.next_step(standing, side),
        "help": list(texts.explained(found.kind)),
        "moves": moves,
        "nouns": NOUNS,
        "is_open": found.state not in ENDED,
        "entries": entries,
        "next_before": entries[-1].id if len(lines) > len(entries) else None,
        "key": new_key(),
        "message": MessageForm(None),
        "reason": ReasonForm(None),
        "note": NoteForm(None),
        "value": ValueForm(None),
    } | _estimate(found, client)


def _is_handler_already(move: Move, found: ServiceRequest) -> bool:
    return move is Move.TAKE_OVER and found.handler_id == viewer().user_id


def _estimate(found: ServiceRequest, client: Client) -> dict[str, Any]:
    """Return what approving a "TEF" now would cost and mean, or why it cannot be said."""
    if found.kind is not RequestKind.TEF or found.state not in BEFORE_APPROVAL or client.due_on is None:
        return {"plan": None, "missing": ""}
    try:
        _holding, plan = approving.plan(found, client, clock.today())
    except (SetRefused, PriceMissing) as refusal:
        return {"plan": None, "missing": in_words(refusal).text}
    return {"plan": plan, "quote": plan.quote, "seen": contract.seen_as(plan.quote, plan.added), "missing": ""}


def rolled_back(found: ServiceRequest) -> ServiceRequest:
    """Return a request as it stands after a refusal."""
    request_id = found.id
    db.session.rollback()
    return queries.get_queued(request_id)
