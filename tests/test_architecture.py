"""The house rules as tests: who may import whom, who reads time, what a template and a route look like."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from flask import Flask

from portal import access
from portal.config import ROOT
from portal.factory import create_app
from tests.conftest import test_config

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("portal", "jobs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
}
TEMPLATES = {path.relative_to(ROOT / "templates").as_posix(): path for path in (ROOT / "templates").rglob("*.html")}
FEATURES = {
    path.name for path in (ROOT / "portal").iterdir() if (path / "__init__.py").exists()
} - {"domain", "models", "migrations"}  # fmt: skip
LATE = {"htmx": 3, "access": 3, "audit": 3, "etag": 3, "errors": 3, "refusing": 3, "permissions": 3, "factory": 5}
"""Ranks of single files of portal/ that come after plumbing (1) and models (2); features have 4.

errors.py, the words of refusals, knows no feature, and features may quote it.
"""


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, inside functions too; of our own the module itself, not its package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in MODULES else str(node.module)


@cache
def edges() -> list[tuple[str, str]]:
    """Return every import as (who, whom); read by the worker that asks, not by each that collects."""
    return [(module, target) for module, path in MODULES.items() for target in imported(path)]


def breaches(who: str, whom: str) -> list[str]:
    """Return the imports whose two ends match two patterns."""
    return [f"{one} imports {other}" for one, other in edges() if re.fullmatch(who, one) and re.fullmatch(whom, other)]


def feature(module: str) -> str | None:
    """Return the feature that a module belongs to."""
    parts = module.split(".")
    return parts[1] if parts[0] == "portal" and len(parts) > 1 and parts[1] in FEATURES else None


def rank(module: str) -> int:
    """Return a module's place in ARCHITECTURE's list; imports only point to the same or an earlier place."""
    name = [*module.split("."), ""][1]
    return {"domain": 0, "models": 2}.get(name, 4 if feature(module) else LATE.get(name, 1))


# who imports whom


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 30
    assert {"home", "clients", "accounts"} <= FEATURES
    assert ("portal.clients.service", "portal.domain.actions") in edges()


def test_the_rules_import_only_the_standard_library_and_the_document_library() -> None:
    allowed = {"portal.domain", "stdnum"} | sys.stdlib_module_names
    strangers = [
        f"{module} imports {target}"
        for module, target in edges()
        if module.startswith("portal.domain")
        and not any(target == name or target.startswith(f"{name}.") for name in allowed)
    ]
    assert strangers == []


def test_importing_the_rules_imports_neither_flask_nor_sqlalchemy() -> None:
    rules = sorted(module for module in MODULES if module.startswith("portal.domain"))
    program = f"import sys, {', '.join(rules)}; print({{'flask', 'sqlalchemy', 'werkzeug'}} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_imports_only_point_up_the_list() -> None:
    inside = [(one, other) for one, other in edges() if one.startswith("portal.") and other.startswith("portal.")]
    assert [f"{one} imports {other}" for one, other in inside if rank(one) < rank(other)] == []


def test_the_portal_never_imports_jobs_and_jobs_never_import_routes() -> None:
    assert breaches(r"portal\..*", r"jobs(\..*)?") == []
    assert breaches(r"jobs\..*", r".*\.routes") == []


def test_filters_queries_services_and_rows_know_nothing_of_http() -> None:
    assert breaches(r"portal\.\w+\.(filters|queries|service|rows)", r"(flask|flask_login|flask_wtf)(\..*)?") == []


def test_a_feature_never_imports_anothers_routes_rows_or_forms() -> None:
    doors = [
        f"{one} imports {other}"
        for one, other in edges()
        if feature(one)
        and feature(other) not in {None, feature(one)}
        and other.endswith((".routes", ".rows", ".forms"))
    ]
    assert doors == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the names along one circle of a graph, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_features_import_each_other_in_no_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in FEATURES}
    for one, other in edges():
        if feature(one) and feature(other) not in {None, feature(one)}:
            graph[str(feature(one))].add(str(feature(other)))
    assert circle(graph) == []
    assert circle({"eggs": {"hens"}, "hens": {"eggs"}}), "a circle would be found"


def test_only_the_scheduler_imports_apscheduler() -> None:
    assert breaches(r"(?!jobs\.scheduler$).*", r"apscheduler(\..*)?") == []


def test_the_reference_installation_and_the_portal_know_each_other_by_http_alone() -> None:
    allowed = {"jwt", "fastjsonschema", "segno", "reference"} | sys.stdlib_module_names
    paths = sorted((ROOT / "reference").glob("*.py"))
    strangers = [
        f"{path.name}: {name}" for path in paths for name in imported(path) if name.split(".")[0] not in allowed
    ]
    assert (len(paths) > 3, strangers, breaches(r".*", r"reference(\..*)?")) == (True, [], [])


def test_the_package_itself_is_empty_so_that_the_rules_can_be_imported_alone() -> None:
    assert (ROOT / "portal" / "__init__.py").read_bytes() == b""


# who alone does what


MEASURES = {"portal.server", "portal.demo.commands", "portal.operations.health"}
"""Who may look at time.monotonic: how long something takes has nothing to do with what day it is."""


def reads_time(path: Path) -> set[str]:
    """Return the clocks that a file reads, and what it takes from the time module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found |= {f"time.{alias.name}" for alias in node.names}
    clocks = r"(\w+\.)?(datetime|date)\.(now|today|utcnow)|func\.(now|current_\w+)|time\.\w+"
    return {text for text in found if re.fullmatch(clocks, text)}


def test_only_the_clock_reads_time() -> None:
    found = {module: reads for module, path in MODULES.items() if (reads := reads_time(path))}
    assert found.pop("portal.clock") == {"datetime.now"}
    for module in MEASURES:
        assert found.pop(module, {"time.monotonic"}) == {"time.monotonic"}, module
    assert found == {}


def test_only_one_file_spells_the_headers_of_htmx() -> None:
    texts = {module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}
    assert [module for module, text in texts.items() if "hx-" in text.lower()] == ["portal.htmx"]


def test_htmx_is_the_file_that_was_reviewed() -> None:
    (vendored,) = (ROOT / "static").glob("htmx-*.js")
    digest = hashlib.sha256(vendored.read_bytes()).hexdigest()
    assert digest == "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"


# templates


WHOLE_PAGES = {"layout.html", "billing/bill.html", "navi_downloads/backup.html"}
"""What stands alone: the page around all others, and those that an end client opens."""

THE_ONE_STYLESHEET = "<style>{% autoescape false %}{{ css }}{% endautoescape %}</style>"
"""Our own file, whose hash the Content-Security-Policy names."""


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_compiles_and_holds_no_inline_script_or_style_and_no_unescaped_text(migrated_app, name) -> None:
    assert migrated_app.jinja_env.get_template(name)
    text = TEMPLATES[name].read_text(encoding="utf-8")
    text = text.replace(THE_ONE_STYLESHEET, "") if name in WHOLE_PAGES else text
    banned = r"\sstyle\s*=|\son\w+\s*=|\shx-on\b|javascript:|<script(?![^>]*\ssrc=)|<style|\|\s*safe\b|autoescape"
    assert re.findall(banned, text, re.IGNORECASE) == []


@pytest.mark.parametrize("name", sorted(name for name in TEMPLATES if Path(name).name.startswith("_")))
def test_a_fragment_says_what_it_expects_and_extends_nothing(name) -> None:
    text = TEMPLATES[name].read_text(encoding="utf-8")
    assert text.startswith("{# expects:")
    assert not re.search(r"{%-?\s*extends\b", text)


# routes


NO_HTML_OF_THEIR_OWN = {
    "imports.errors_csv": "answers a file",
    "imports.template_csv": "answers a file",
    "imports.template_xlsx": "answers a file",
    "charges.export_csv": "answers a file",
    "requests.file": "answers a file",
    "trail.export_csv": "answers a file",
    "renewals.show": "leads to where a client is renewed",
    "clients.export_csv": "answers a file",
    "closing.export_csv": "answers a file",
    "credit.export_csv": "answers a file",
    "invoices.export_csv": "answers a file",
    "navi_downloads.backup_file": "answers a file",
    "operations.healthz": "answers JSON, to machines",
    "api.keys": "answers JSON, to programs",
    "api.openapi": "answers JSON, to programs",
}


def test_every_get_endpoint_has_the_template_of_its_name(migrated_app) -> None:
    endpoints = {rule.endpoint for rule in migrated_app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert set(NO_HTML_OF_THEIR_OWN) <= endpoints, "the list names an endpoint that is gone"
    without = set()
    for endpoint in endpoints - set(NO_HTML_OF_THEIR_OWN):
        folder, name = endpoint.split(".")
        if not {f"{folder}/{name}.html", f"{folder}/_{name}.html"} & set(TEMPLATES):
            without.add(endpoint)
    assert without == set()


def test_there_are_no_methods_but_those_of_links_and_forms(migrated_app) -> None:
    methods = {method for rule in migrated_app.url_map.iter_rules() for method in rule.methods or ()}
    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


def test_every_view_declares_a_permission(migrated_app) -> None:
    assert access.undeclared(migrated_app) == []


def test_an_application_with_a_view_that_declares_none_is_not_built(tmp_path, monkeypatch) -> None:
    def add_careless_view(app: Flask) -> None:
        app.add_url_rule("/careless", "careless", lambda: "everybody may read this")

    monkeypatch.setattr("portal.factory.accounts.init_app", add_careless_view)
    with pytest.raises(RuntimeError, match=r"without a declared permission: careless$"):
        create_app(test_config(f"sqlite:///{tmp_path / 'portal.db'}", tmp_path))
