"""The forms that send a request: whom it is for, then what a TEF or an import needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, make_response, render_template, request, url_for

from portal import clock, errors, htmx, saying
from portal.access import current_partner_id, requires, takes, viewer
from portal.accounts.returning import typed_before
from portal.catalogue.queries import price_table
from portal.clients.queries import get_client
from portal.domain.catalogue import Item, Product
from portal.domain.errors import RepeatMismatch
from portal.domain.ids import parse_id
from portal.domain.requests import LENGTHS, MOST_FILE_BYTES, RequestKind
from portal.domain.roles import Permission
from portal.domain.search import typed
from portal.extensions import limiter
from portal.forms import new_key
from portal.requests import queries, sending, view
from portal.requests.forms import ImportForm, TefForm
from portal.requests.routes import PATHS, bp, per_session
from portal.requests.sending import Asked

ENVELOPE = 64 * 1024
"""What a form takes around its file."""

AGAIN = "Nada foi gravado. Se escolheu um arquivo, escolha-o de novo: o navegador não o guarda."
_NEW = {RequestKind.TEF: "tef_new.html", RequestKind.IMPORT: "import_new.html"}


@bp.get("/tef/new")
@requires(Permission.MAKE_REQUESTS)
def tef_new() -> Response:
    """Asks for whom, then for what a TEF needs."""
    return _asked(RequestKind.TEF, lambda: TefForm(typed_before(), key=new_key()))


@bp.get("/import-requests/new")
@requires(Permission.MAKE_REQUESTS)
def import_new() -> Response:
    """Asks for whom, then for what an import needs."""
    return _asked(RequestKind.IMPORT, lambda: ImportForm(typed_before(), key=new_key()))


def _asked(kind: RequestKind, form: Callable[[], Any]) -> Response:
    """Answer the form for the client that the address names; without one, the clients to choose from."""
    client_id = parse_id(request.args.get("client", ""))
    if client_id is not None:
        return _form(kind, client_id, form())
    text, today = typed(request.args.get("q", "")), clock.today()
    found = queries.askable(current_partner_id(), kind, text, today)
    page = render_template(
        f"requests/{_NEW[kind]}",
        client=None,
        clients=found[: queries.CHOICES],
        has_more=len(found) > queries.CHOICES,
        q=text,
        path=PATHS[kind],
        kind=kind,
    )
    return htmx.vary(make_response(page))


def _form(kind: RequestKind, client_id: int, form: Any, status: int = 200, refused: str = "") -> Response:
    client = get_client(current_partner_id(), client_id)
    sending.ensure_askable(kind, client, clock.now())
    is_priced = kind is RequestKind.TEF and viewer().may(Permission.VIEW_CHARGES)
    price = price_table(clock.today()).cents.get((Product.LINK, Item.TEF)) if is_priced else None
    page = render_template(
        f"requests/{_NEW[kind]}",
        client=client, form=form, price=price, lengths=LENGTHS, path=PATHS[kind], kind=kind, refused=refused,
    )  # fmt: skip
    return htmx.vary(make_response(page, status))


@bp.post("/tef")
@requires(Permission.MAKE_REQUESTS)
@limiter.limit("20 per minute", key_func=per_session)
def tef_create() -> Response:
    """Send a request for TEF."""
    return _sent(RequestKind.TEF, TefForm())


@bp.post("/import-requests")
@requires(Permission.MAKE_REQUESTS)
@takes(MOST_FILE_BYTES + ENVELOPE)
@limiter.limit("10 per minute", key_func=per_session)
def import_create() -> Response:
    """Send a request for an import, with its file, of which nothing stays behind on disk."""
    try:
        return _sent(RequestKind.IMPORT, ImportForm())
    finally:
        for sent in request.files.values():
            sent.close()


def _sent(kind: RequestKind, form: Any) -> Response:
    client_id = parse_id(request.form.get("client", "")) or 0
    client = get_client(current_partner_id(), client_id)
    if not form.validate():
        return _form(kind, client_id, form, 422, AGAIN if kind is RequestKind.IMPORT else "")
    asked = Asked(kind, str(form.key.data), form.facts, form.upload() if kind is RequestKind.IMPORT else None)
    try:
        done = sending.send(client, asked, now=clock.now(), actor=viewer())
    except RepeatMismatch as refused:
        answer = errors.in_words(refused)
        form.key.data = new_key()
        return _form(kind, client_id, form, answer.status, answer.text)
    saying.keep(view.said_of("Solicitação enviada", done))
    return htmx.leave_for(url_for(".show", request_id=done.request_id))
