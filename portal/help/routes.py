"""The pages of "Ajuda": one for each screen and status, made of the tables that rule them. Nothing here changes anything."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal import clock
from portal.access import requires, viewer
from portal.domain.errors import NotFound
from portal.domain.roles import Permission
from portal.domain.statuses import Status
from portal.help import rows
from portal.help.rows import ActionHelp, StatusHelp
from portal.help.topics import OPENED_BY, Topic, topic_of, topics_for

bp = Blueprint("help", __name__, url_prefix="/help")


@bp.get("")
@requires(Permission.SIGNED_IN)
def index() -> str:
    """What there is to read."""
    return render_template("help/index.html", topics=topics_for(viewer().role), statuses=list(Status))


@bp.get("/actions")
@requires(Permission.SIGNED_IN)
def actions() -> str:
    """Every action of the row menu: where it is possible, and for whom."""
    return render_template("help/actions.html", actions=ActionHelp.build_all())


@bp.get("/<topic>")
@requires(Permission.SIGNED_IN)
def show(topic: str) -> str:
    """The page about a screen, or about a status."""
    if status := Status.parse(topic):
        today = clock.today()
        return render_template("help/status.html", help=StatusHelp.build(status, today), today=today)
    if screen := Topic.parse(topic):
        who = rows.roles_with(OPENED_BY[screen])
        return render_template("help/show.html", topic=screen, who=who, statuses=list(Status))
    raise NotFound


@bp.app_template_global("help_path")
def _help_path(endpoint: str | None) -> str:
    """Return the address of the page about the screen that is shown, or of the contents."""
    topic = topic_of(endpoint)
    return f"/help/{topic.value}" if topic else "/help"
