"""The description is an OpenAPI document, is the file in docs/, and says what the routes and the rules say."""

from __future__ import annotations

import re

from flask import Flask
from openapi_spec_validator import validate

from portal.api import description, routes
from portal.domain.installations import Reason


def test_the_description_is_an_openapi_document() -> None:
    validate(description.document())


def test_the_file_is_what_the_tables_say() -> None:
    assert description.FILE.read_text(encoding="utf-8") == description.as_text(), "python -m portal.api.description"


def test_every_route_is_described_with_its_method_and_nothing_else_is(migrated_app: Flask) -> None:
    served = {
        (
            re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")),
            rule.endpoint,
            "POST" if "POST" in (rule.methods or ()) else "GET",
        )
        for rule in migrated_app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{routes.bp.name}.")
    }
    described = {(one.path, one.endpoint, one.method.upper()) for one in description.OPERATIONS}
    assert served == described | {("/openapi.json", "api.openapi", "GET")}


def test_every_reason_is_told_by_some_operation() -> None:
    told = {reason for one in description.OPERATIONS for reason in one.refusals} | {Reason.MALFORMED}
    assert told == set(Reason)


def test_the_description_is_served(migrated_app: Flask) -> None:
    assert migrated_app.test_client().get("/api/v1/openapi.json").json == description.document()
