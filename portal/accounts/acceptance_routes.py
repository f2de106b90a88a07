"""An invited person becomes a user: name, password, and in."""

from __future__ import annotations

from flask import Response, session

from portal import clock, security
from portal.access import public
from portal.accounts import invitations, returning
from portal.accounts.forms import AcceptanceForm
from portal.accounts.invitations import Open
from portal.accounts.pages import device, page, welcome
from portal.accounts.routes import bp
from portal.domain.errors import Invalid, NotFound


@bp.get("/invitations/<token>")
@public
def acceptance_new(token: str) -> Response:
    """Show the form that an invitation leads to."""
    security.shows_secret()
    held = invitations.find_open(token, clock.now())
    return _page(held, AcceptanceForm(held.email, name=held.name) if held else None)


@bp.post("/invitations/<token>")
@public
def acceptance_create(token: str) -> Response:
    """Make the person a user and sign them in; the invitation is used up."""
    security.shows_secret()
    now = clock.now()
    held = invitations.find_open(token, now)
    form = AcceptanceForm(held.email) if held else None
    if held is None or form is None or not form.validate():
        return _page(held, form)
    replacing = session.get(returning.COOKIE_TOKEN)
    try:
        done = invitations.accept(token, form.name.data or "", form.password.data or "", device(), replacing, now)
    except Invalid as refusal:
        form.form_errors = [*refusal.errors["email"]]
        return _page(held, form)
    except NotFound:  # used or withdrawn a moment ago
        return _page(None, None)
    return welcome(done)


def _page(held: Open | None, form: AcceptanceForm | None) -> Response:
    response = page("accounts/acceptance_new.html", held=held, form=form)
    if held is None:
        response.status_code = 404
    return response
