"""Every action that some code records has its words, and somebody decided whether partners read them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from portal.config import ROOT
from portal.trail import words

RECORDS = {"record", "_record", "draft", "Order", "once"}
"""What functions that take an action are called."""

ELSEWHERE = {"code_sent_whatsapp", "code_sent_email", "code_sent_slip", "code_sent_phone", "changes_applied", "renewed",
             "notice_dismissed"}  # fmt: skip
"""Actions that are spelt another way; some of them hold this test to what there is."""


def recorded() -> Iterator[tuple[str, str]]:
    """Yield (module, action) of every call that names its action outright or by a constant."""
    for path in sorted((ROOT / "portal").rglob("*.py")):
        if "demo" in path.parts or "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in RECORDS:
                for argument in node.args:
                    if action := _named(path, argument):
                        yield path.stem, action


def _named(path: Path, argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant):
        found = argument.value
    elif isinstance(argument, ast.Name) and argument.id.isupper():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found = getattr(importlib.import_module(module), argument.id, None)
    else:
        return None
    return str(found) if isinstance(found, str) and found.islower() and found.isascii() and " " not in found else None


def test_every_action_has_its_words() -> None:
    found = {action for _module, action in recorded()}
    assert len(found) > 40
    assert {"invoice_made", "register", "certificate_removed"} <= found
    without = sorted(found - set(words.LABELS))
    assert without == [], "say in portal/trail/words.py what they are called, and whether partners read them (INTERNAL)"


def test_no_words_stand_for_what_nobody_records() -> None:
    assert set(words.LABELS) >= ELSEWHERE
    assert set(words.LABELS) > words.INTERNAL
    assert all(label[0].isupper() and not label.endswith(".") for label in words.LABELS.values())
