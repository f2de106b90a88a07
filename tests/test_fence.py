"""Programs behind the fence: held by limits from their first moment, and without anything of ours around them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from portal import limits
from portal.fence import Fence, TooHeavy

SEEN = """
import json, os, resource, sys
limits = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in ("CPU", "AS", "FSIZE", "CORE")}
print(json.dumps(limits | {"nice": os.nice(0), "secrets": [name for name in os.environ if "PORTAL" in name], "given": sys.stdin.read()}))
"""


def fence_around(program: str, folder, monkeypatch: pytest.MonkeyPatch) -> Fence:
    """Return a fence around a program of the test's own."""
    (folder / "portal").mkdir()
    for name in ("__init__.py", "limits.py"):
        shutil.copy(Path(limits.__file__).with_name(name), folder / "portal")
    (folder / "program.py").write_text(program)
    monkeypatch.setattr("portal.fence.ROOT", folder)
    return Fence("program")


def test_a_program_is_confined_before_it_begins(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "x" * 32)
    seen = fence_around(SEEN, tmp_path, monkeypatch).ask(b"a file")
    assert (seen["CPU"], seen["AS"], seen["FSIZE"], seen["CORE"]) == (
        limits.CPU_SECONDS,
        limits.MEGABYTES * 2**20,
        0,
        0,
    )
    assert seen["nice"] >= 10
    assert (seen["secrets"], seen["given"]) == ([], "a file")


def test_memory_beyond_the_limit_is_not_to_be_had(tmp_path, monkeypatch) -> None:
    with pytest.raises(TooHeavy):
        fence_around("bytearray(600 * 1024 * 1024)", tmp_path, monkeypatch).ask(b"")
