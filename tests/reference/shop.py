"""A machine in a shop, and a portal that says what a test tells it to say."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from reference.home import Home
from reference.installation import Installation
from reference.seats import Action, Counter
from reference.wire import Unreachable
from tests.reference.signing import KEYS, NOW, signed

DOCUMENT, CODE = "11.222.333/0001-81", "ABCD-EFGH-JKMN-PQRS"


class Portal:
    """Answers in turn, and remembers what it was told; with nothing to say it cannot be reached."""

    def __init__(self, home: Path) -> None:
        self.home, self.says, self.told = home, list[Any](), list[dict[str, Any]]()
        self.on_disk: dict[str, Any] = {}

    def post(self, path: str, body: dict[str, Any], key: str | None = None, *, expects: Any) -> dict[str, Any]:
        self.told.append({"path": path, "key": key} | json.loads(json.dumps(body)))
        self.on_disk = json.loads((self.home / "state.json").read_text())
        said = self.says.pop(0) if self.says else Unreachable()
        if isinstance(said, Exception):
            raise said
        return said

    def get(self, path: str, expects: Any) -> dict[str, Any]:
        return {"keys": KEYS}


class Shop:
    """A machine that is opened anew for everything it does, as a command is."""

    def __init__(self, home: Path) -> None:
        self.home, self.portal, self.now = home, Portal(home), NOW

    @property
    def program(self) -> Installation:
        opened = Installation(Home(self.home), self.now)
        opened.portal = self.portal  # type: ignore[assignment]
        return opened

    def licensed(self, **changes: Any) -> dict[str, Any]:
        """Return what answers a check-in; the license is of this moment."""
        moments = {"iat": int(self.now.timestamp()), "device": self.program.state.device}
        check_in_at = (self.now + timedelta(hours=6)).isoformat()
        return {"license": signed(**moments | changes), "check_in_at": check_in_at, "backups": []}

    def activate(self, code: str = CODE, program: str = "link") -> None:
        self.program.activate(program, DOCUMENT, code)

    def seat(self, action: Action, name: str, item: str = "waiter") -> tuple[int, int]:
        use = Counter(self.program, item).do(action, name)
        return use.in_use, use.bought
