"""Who may ask for which address: the table of docs/permissions.md, made of the URL map and of the roles' grants.

``PORTAL_DEMO=1 flask --app app permissions`` writes it; a test holds both together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from werkzeug.routing import Rule

from portal.access import PUBLIC
from portal.domain.roles import GRANTS, KEPT, Role

FILE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"
METHODS = ("GET", "POST")
INTRODUCTION = """# Who may do what

Every address of the portal with the permission that it declares and the roles that hold it. Written by
`PORTAL_DEMO=1 flask --app app permissions` from the URL map and from `portal/domain/roles.py`; a test compares both with
this page.

"public" needs no session: sign-in, what a secret in the address opens, and what programs and banks ask with a proof of
their own. Another partner's ids are answered with 404 on every address. Users of a suspended partner keep the rows marked
with `*`: they sign in, read and pay.
"""


def as_text(app: Flask) -> str:
    """Return the page."""
    head = ["Address", "Method", "Permission", *(role.label for role in Role)]
    lines = [INTRODUCTION, _line(head), _line(["---"] * len(head))]
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, _method(rule)))
    return "\n".join([*lines, *(_row(app, rule) for rule in rules)]) + "\n"


def _row(app: Flask, rule: Rule) -> str:
    view: Any = app.view_functions[rule.endpoint]
    permission = view.permission
    if permission == PUBLIC:
        return _line([f"`{rule.rule}`", _method(rule), PUBLIC, *["yes"] * len(Role)])
    mark = " `*`" if permission in KEPT else ""
    held = ["yes" if permission in GRANTS[role] else "–" for role in Role]
    return _line([f"`{rule.rule}`", _method(rule), f"{permission.value}{mark}", *held])


def _method(rule: Rule) -> str:
    return ", ".join(method for method in METHODS if method in (rule.methods or ()))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


@click.command("permissions")
@with_appcontext
def permissions() -> None:
    """Escreve docs/permissions.md."""
    FILE.write_text(as_text(current_app), encoding="utf-8")


COMMANDS = (permissions,)
