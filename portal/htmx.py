"""Everything that is peculiar to htmx; no other file spells its headers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, render_template, request

from portal import saying


def wants_fragment() -> bool:
    """Say whether htmx asks for a part of the page (not for a whole one when going back)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type") != "full"
        and "HX-Boosted" not in headers
        and "HX-History-Restore-Request" not in headers
    )


def current_path() -> str | None:
    """Return path and query of the page that asks for a fragment, or None where htmx names no page of ours."""
    try:
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return None
    if parts.netloc != request.host:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def vary(response: Response) -> Response:
    """Tell caches that page and fragment share a URL."""
    response.vary.add("HX-Request")
    return response


def page_or_fragment(page: str, fragment: str, /, *, push: str | None = None, **context: Any) -> Response:
    """Answer the fragment to htmx and the page, which includes that fragment, to everybody else.

    ``push`` is the canonical address that the browser should show for the fragment.
    """
    is_fragment = wants_fragment()
    response = make_response(render_template(fragment if is_fragment else page, **context))
    if is_fragment and push:
        response.headers["HX-Push-Url"] = push
    return vary(response)


def fragment_or_redirect(
    fragment: str, location: str, /, *, said: str = "", undo: str = "", undo_target: str = "", **context: Any
) -> Response:
    """Answer a POST: the fragment and a spoken result to htmx, a redirect with a message to a plain form.

    ``undo`` is the address that takes back what was done, ``undo_target`` the element that its answer replaces.
    """
    if not wants_fragment():
        if said:
            saying.keep(said, undo)
        return vary(make_response(redirect(location, 303)))
    body = render_template(fragment, **context) + saying.out_of_band(said, undo, undo_target)
    return vary(make_response(body))


def refused(message: str, status: int) -> Response:
    """Answer a refused fragment request: the reason goes where results are announced, the page stays as it is."""
    response = make_response(render_template("_said.html", said=message, is_refusal=True), status)
    response.headers["HX-Retarget"] = f"#{saying.REGION}"
    response.headers["HX-Reswap"] = "innerHTML"
    return vary(response)


def into(selector: str, body: str, status: int) -> Response:
    """Answer a fragment that replaces another element than the one that its request was going to fill."""
    response = make_response(body, status)
    response.headers["HX-Retarget"] = selector
    response.headers["HX-Reswap"] = "outerHTML"
    return vary(response)


def leave_for(location: str, status: int = 200) -> Response:
    """Send the browser to another page: a header for htmx, a redirect for the others."""
    if not wants_fragment():
        return vary(make_response(redirect(location, 303)))
    response = make_response("", status)
    response.headers["HX-Redirect"] = location
    return vary(response)
