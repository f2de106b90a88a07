"""The inbox "Avisos", and the banner of every page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, request, url_for

from portal import clock, htmx
from portal.access import current_partner_id, requires, viewer
from portal.domain.errors import NotFound
from portal.domain.notices import MUTABLE, NoticeKind, postponement_range, seen_with
from portal.domain.roles import Permission
from portal.models import Notice
from portal.notifications import answers, decisions, queries, undo
from portal.notifications.decisions import Order, Outcome
from portal.notifications.filters import InboxFilter, Key, Place
from portal.notifications.forms import newest_shown, postponement_date
from portal.notifications.rows import Banner, GroupRow, MuteRow, NoticeRow

bp = Blueprint("notifications", __name__, url_prefix="/notices")


def banner() -> Banner | None:
    """Return the banner of a signed-in partner user; one query a request, however often it is asked for."""
    who = viewer()
    if not who.is_authenticated or who.partner_id is None or not who.may(Permission.VIEW_CLIENTS):
        return None
    return Banner.build(_groups(), clock.today())


def _groups() -> list[queries.Group]:
    if "notice_groups" not in g:
        groups = queries.groups(current_partner_id(), clock.today())
        g.notice_groups = [group for group in groups if _is_seen(group.kind)]
    return list(g.notice_groups)


def _is_seen(kind: NoticeKind) -> bool:
    return viewer().may(seen_with(kind))


bp.app_context_processor(lambda: {"notice_banner": banner})


@bp.get("")
@requires(Permission.VIEW_CLIENTS)
def index() -> Response:
    """What waits for a decision, by kind; one group opened at a time."""
    criteria, today = _criteria(), clock.today()
    return htmx.page_or_fragment(
        "notifications/index.html",
        "notifications/_inbox.html",
        groups=[GroupRow.build(group, today) for group in _groups()],
        opened=criteria.opened,
        lines=_lines(criteria) if criteria.opened else None,
        **_shared(),
    )


@bp.get("/groups/<kind>")
@requires(Permission.VIEW_CLIENTS)
def group(kind: str) -> Response:
    """A group with its clients, or folded again; a browser that wants no fragment is led to the page."""
    wanted = _kind(kind)
    if not htmx.wants_fragment():
        return htmx.vary(make_response(redirect(url_for(".index", open=wanted.value) + f"#a-{wanted.value}", 303)))
    is_folded = "fold" in request.args
    criteria = InboxFilter(wanted, InboxFilter.from_args(request.args).after)
    return htmx.page_or_fragment(
        "notifications/index.html",
        "notifications/_group.html",
        group=_group_row(wanted),
        kind=wanted,
        lines=None if is_folded else _lines(criteria),
        **_shared(),
    )


@bp.post("/<int:notice_id>/dismissal")
@requires(Permission.MANAGE_NOTICES)
def dismissal_create(notice_id: int) -> Response:
    """Dismiss one."""
    notice = _notice(notice_id)
    place, name = _place_of(notice), queries.client_name(notice.client_id)
    outcome = decisions.dismiss(notice, _order())
    return _decided(place, answers.of_one("dismissed", outcome, name), outcome)


@bp.post("/<int:notice_id>/postponement")
@requires(Permission.MANAGE_NOTICES)
def postponement_create(notice_id: int) -> Response:
    """Put one off."""
    notice = _notice(notice_id)
    place, name = _place_of(notice), queries.client_name(notice.client_id)
    to = postponement_date(request.form.get("to", ""), clock.today())
    outcome = decisions.postpone(notice, to, _order())
    return _decided(place, answers.of_one("postponed", outcome, name, to), outcome)


@bp.post("/<int:notice_id>/mute")
@requires(Permission.MANAGE_NOTICES)
def mute_create(notice_id: int) -> Response:
    """Hear no more of this kind about this client."""
    notice = _notice(notice_id)
    if notice.kind not in MUTABLE:
        raise NotFound
    place, name = _place_of(notice), queries.client_name(notice.client_id)
    return _decided(place, answers.of_mute("muted", decisions.mute(notice, _order()), name, place.kind))


@bp.post("/groups/<kind>/dismissal")
@requires(Permission.MANAGE_NOTICES)
def group_dismissal_create(kind: str) -> Response:
    """Dismiss all of a kind that the page showed."""
    wanted, upto = _kind(kind), newest_shown(request.form.get("upto", ""))
    outcome = decisions.dismiss_group(wanted, upto, _order())
    return _decided(Place(wanted), answers.of_group("dismissed", outcome), outcome)


@bp.post("/groups/<kind>/postponement")
@requires(Permission.MANAGE_NOTICES)
def group_postponement_create(kind: str) -> Response:
    """Put off all of a kind that the page showed."""
    wanted, upto = _kind(kind), newest_shown(request.form.get("upto", ""))
    to = postponement_date(request.form.get("to", ""), clock.today())
    outcome = decisions.postpone_group(wanted, upto, to, _order())
    return _decided(Place(wanted), answers.of_group("postponed", outcome, to), outcome)


@bp.post("/events/<int:event_id>/undoing")
@requires(Permission.MANAGE_NOTICES)
def undoing_create(event_id: int) -> Response:
    """Take a decision back."""
    event = undo.get_event(current_partner_id(), event_id)
    place, wanted = Place(_kind(undo.kind_of(event).value)), undo.decided(event)
    return _decided(place, answers.of_undoing(undo.undo(event, _order()), wanted))


@bp.post("/mutes/<int:client_id>/<kind>/end")
@requires(Permission.MANAGE_NOTICES)
def mute_end_create(client_id: int, kind: str) -> Response:
    """Hear of this kind about this client again."""
    wanted = _kind(kind)
    name = queries.client_name(client_id, current_partner_id())
    said = answers.of_mute("unmuted", decisions.unmute(client_id, wanted, _order()), name, wanted)
    return htmx.fragment_or_redirect("notifications/_mutes.html", url_for(".index"), said=said, **_shared())


def _criteria() -> InboxFilter:
    """Read which group the page has opened; one that the viewer is not shown counts as none."""
    criteria = InboxFilter.from_args(request.args)
    is_shown = criteria.opened is None or _is_seen(criteria.opened)
    return criteria if is_shown else InboxFilter()


def _kind(text: str) -> NoticeKind:
    kind = NoticeKind.parse(text)
    if kind is None or not _is_seen(kind):
        raise NotFound
    return kind


def _notice(notice_id: int) -> Notice:
    """Return a notice of the partner that the viewer is shown; of another kind there is none."""
    notice = queries.get_notice(current_partner_id(), notice_id)
    _kind(notice.kind.value)
    return notice


def _order() -> Order:
    return Order(current_partner_id(), viewer(), clock.now())


def _lines(criteria: InboxFilter, decided: Key | None = None) -> dict[str, Any] | None:
    """Return the opened group's lines, where they begin and where the next page does, and the one after a decided one."""
    if criteria.opened is None:
        return None
    page = queries.notices_page(current_partner_id(), criteria.opened, clock.today(), criteria.after)
    following = page.following(decided) if decided else None
    return {
        "rows": NoticeRow.build_all(page),
        "after": criteria.after,
        "next_after": page.next_after,
        "following": following,
    }


def _group_row(kind: NoticeKind) -> GroupRow | None:
    found = next((group for group in _groups() if group.kind is kind), None)
    return GroupRow.build(found, clock.today()) if found else None


def _shared() -> dict[str, Any]:
    """Return what every part of the inbox is given."""
    today = clock.today()
    first_day, last_day = postponement_range(today)
    return {
        "today": today,
        "first_day": first_day,
        "last_day": last_day,
        "upto": queries.newest_id(),
        "mutable": MUTABLE,
        "may_decide": viewer().may(Permission.MANAGE_NOTICES),
        "mutes": MuteRow.build_all(queries.mutes(current_partner_id())),
    }


def _place_of(notice: Notice) -> Place:
    """Return where a notice stands in the inbox, which is where its form's answer goes on."""
    return Place(notice.kind, InboxFilter.from_args(request.form).after, (notice.effective_on, notice.id))


def _decided(place: Place, said: str, outcome: Outcome | None = None) -> Response:
    """Answer a decision: the group as it stands now and, behind it, banner and mutes; or lead to the page.

    ``outcome`` is what "Desfazer" would take back.
    """
    kind = place.kind
    location = url_for(".index", open=kind.value, after=place.after) + f"#a-{kind.value}"
    undoing = url_for(".undoing_create", event_id=outcome.event.id) if outcome and outcome.event else ""
    context: dict[str, Any] = {"said": said, "undo": undoing, "undo_target": f"#a-{kind.value}"}
    if htmx.wants_fragment():
        context |= {"group": _group_row(kind), "kind": kind, "lines": _lines(InboxFilter(kind, place.after), place.key)}
        context |= _shared()
    return htmx.fragment_or_redirect("notifications/_decided.html", location, **context)
