"""What operators copy from deploy/ fits the portal: the proxy lets through all that a route takes, and hardly more."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.config import ROOT
from portal.factory import MAX_FORM_BYTES

MIB = 1024 * 1024
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
LOCATION = re.compile(r"^    location (=|~)? ?(\S+) \{(.*?)^    \}", re.MULTILINE | re.DOTALL)
SIZE = re.compile(r"^ +client_max_body_size (\d+)m;", re.MULTILINE)


def size_in(text: str) -> int | None:
    """Return how many bytes some lines of the sample let through, or None where they do not say."""
    found = SIZE.search(text)
    return int(found[1]) * MIB if found else None


def most_through(path: str) -> int:
    """Return how many bytes nginx lets through to a path."""
    for kind, where, lines in LOCATION.findall(NGINX):
        is_meant = {"=": path == where, "~": re.search(where, path) is not None}.get(kind, False)
        if is_meant and (size := size_in(lines)):
            return size
    found = size_in(LOCATION.sub("", NGINX))
    assert found
    return found


def taken(app: Flask) -> dict[str, int]:
    """Return the most bytes that each POSTed path takes; ids and keys are made up."""
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    views = app.view_functions
    return {
        re.sub(r"<[^>]+>", "7", rule.rule): getattr(views[rule.endpoint], "most_bytes", MAX_FORM_BYTES)
        for rule in posts
    }


def test_the_proxy_lets_through_all_that_a_route_takes(app: Flask) -> None:
    too_small = {path: most for path, most in taken(app).items() if most_through(path) < most}
    assert too_small == {}


@pytest.mark.parametrize("path", ["/clients/7/navi-upload", "/import-requests"])
def test_what_is_let_through_beyond_the_rest_is_hardly_more_than_is_taken(app: Flask, path: str) -> None:
    assert most_through("/") < taken(app)[path] < most_through(path) < taken(app)[path] + 2 * MIB
