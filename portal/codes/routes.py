"""The codes that wait for their shop: the funnel, one code, its sendings, its slip, and whose a code is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from portal import clock, database, htmx, security
from portal.access import current_partner_id, requires, viewer
from portal.accounts import throttle
from portal.accounts.returning import typed_before
from portal.codes import queries, service, texts
from portal.codes.filters import CodeFilter, Sent
from portal.codes.forms import SearchForm, sending_from
from portal.codes.rows import CodeRow, sending_in_words
from portal.domain.actions import Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.codes import Age, SendingWay
from portal.domain.errors import CodeClosed
from portal.domain.roles import Permission
from portal.domain.statuses import derive_status
from portal.models import Client

bp = Blueprint("codes", __name__)


@bp.get("/codes")
@requires(Permission.VIEW_CODES)
def index() -> Response:
    """The funnel: a page, or its list as a fragment, which repeats nothing of what was typed (it holds codes)."""
    security.shows_secret()
    criteria, today, is_fragment = CodeFilter.from_args(request.args), clock.today(), htmx.wants_fragment()
    if criteria.search and not is_fragment:
        security.never_compress()
    found = queries.codes_page(current_partner_id(), criteria, today)
    return htmx.page_or_fragment(
        "codes/index.html",
        "codes/_table.html",
        push=url_for(".index") + criteria.query_string(),
        criteria=criteria,
        address=criteria.without_search if is_fragment else criteria.query_string,
        counts=queries.counts(current_partner_id(), today),
        lines=[CodeRow.build(row, today) for row in found[: queries.SIZE]],
        is_more=len(found) > queries.SIZE,
        ages=tuple(Age),
        sent_choices=tuple(Sent),
        form=SearchForm(formdata=None),
    )


@bp.get("/codes/<int:code_id>")
@requires(Permission.VIEW_CODES)
def show(code_id: int) -> str:
    """One code: what has become of it, how it was handed on, and the link of the way that was recorded last."""
    security.shows_secret()
    row, today = queries.get_row(current_partner_id(), code_id), clock.today()
    line = CodeRow.build(row, today)
    way = SendingWay.parse(request.args.get("way"))
    return render_template(
        "codes/show.html",
        line=line,
        ready=texts.ready(row, way) if line.is_open and way is row.way else None,
        sendings=[sending_in_words(sent, today) for sent in queries.sendings(code_id)],
    )


@bp.post("/codes/<int:code_id>/sendings")
@requires(Permission.MANAGE_CLIENTS)
def sending_create(code_id: int) -> Response:
    """Record that a code is handed on, and answer the link that does it; the slip has a page of its own."""
    security.shows_secret()
    code, client = queries.get_code(current_partner_id(), code_id)
    way, seen = sending_from(request.form)
    sending = service.send(code, client, way, seen=seen, now=clock.now(), actor=viewer())
    database.is_reading.set(True)  # it is committed; rendering the answer must not hold the write lock
    if way is SendingWay.SLIP:
        return htmx.leave_for(url_for(".slip", code_id=code_id))
    row, words = queries.get_row(current_partner_id(), code_id), texts.said(sending)
    ready = texts.ready(row, way)
    is_beside_link = ready is not None and htmx.wants_fragment()  # where the announcing region could cover it
    return htmx.fragment_or_redirect(
        "codes/_code.html",
        url_for(".show", code_id=code_id, way=way.value),
        said="" if is_beside_link else words,
        note=words if is_beside_link else "",
        line=CodeRow.build(row, clock.today()),
        ready=ready,
    )


@bp.get("/codes/<int:code_id>/slip")
@requires(Permission.VIEW_CODES)
def slip(code_id: int) -> str:
    """The page to print: the code in groups and as QR, and what the shop does with it.

    Raises:
        CodeClosed: nothing is activated with it any more.
    """
    security.shows_secret()
    row = queries.get_row(current_partner_id(), code_id)
    line = CodeRow.build(row, clock.today())
    if not line.is_open:
        raise CodeClosed
    return render_template("codes/slip.html", line=line, code=row.code, steps=texts.STEPS[row.item])


@bp.get("/codes/search/new")
@requires(Permission.VIEW_CODES)
def search_new() -> Response:
    """Asks for a code that somebody reads out."""
    return _search_form(SearchForm(formdata=typed_before()))


@bp.post("/codes/search")
@requires(Permission.VIEW_CODES)
def search_create() -> Response:
    """Lead to the code that was typed, if it is one of the partner's; a slip of the hand costs no try."""
    form = SearchForm()
    if not form.validate():
        return _search_form(form, 422)
    throttle.take((throttle.CODE, str(viewer().user_id)), now=clock.now())
    code_id = queries.find(current_partner_id(), form.normalised)
    if code_id is None:
        form.code.errors = [texts.UNKNOWN]
        return _search_form(form, 422)
    return htmx.leave_for(url_for(".show", code_id=code_id))


def _search_form(form: SearchForm, status: int = 200) -> Response:
    """Answer the form; what was typed may be a code, so that the answer is kept and compressed by nobody."""
    security.shows_secret()
    security.never_compress()
    response = htmx.page_or_fragment("codes/search_new.html", "codes/_search_new.html", form=form)
    response.status_code = status
    return response


def codes_of_client(client: Client) -> dict[str, Any] | None:
    """Return what the client's page shows of its codes; None where there are none, or none for this viewer."""
    if client.product is not Product.LINK or not viewer().may(Permission.VIEW_CODES):
        return None
    today = clock.today()
    lines = [CodeRow.build(row, today) for row in queries.codes_of(client.id)]
    actions = allowed_actions(derive_status(client, today), client)
    is_reissuable = Action.REISSUE_CODE in actions and viewer().may(Permission.MANAGE_CLIENTS)
    return {"lines": lines, "is_reissuable": is_reissuable}


bp.app_context_processor(lambda: {"codes_of_client": codes_of_client})
