"""docs/permissions.md says of every address who may, and nothing else."""

from __future__ import annotations

from flask import Flask

from portal import permissions
from portal.domain.roles import GRANTS, Permission, Role


def test_the_page_is_what_routes_and_roles_say(migrated_app: Flask) -> None:
    written = permissions.FILE.read_text(encoding="utf-8").splitlines()
    said = permissions.as_text(migrated_app).splitlines()
    other = sorted(set(said) ^ set(written))
    assert other == [], (
        "a route or a role changed; write the page anew: PORTAL_DEMO=1 .venv/bin/flask --app app permissions"
    )
    assert said == written


def test_every_permission_is_held_by_some_role() -> None:
    assert set().union(*(GRANTS[role] for role in Role)) == set(Permission)
