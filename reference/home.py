"""The folder in which a program keeps what it must not forget: one file, replaced whole, for its owner's eyes."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DEFAULT_PORTAL = "http://127.0.0.1:8000"
DAWN = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
"""A moment before every license."""


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """A folder whose file is not what this program wrote."""


@dataclass
class State:
    """What a program remembers; moments are ISO 8601 texts."""

    device: str
    """The machine's name for the portal, made once: what the key and every license are bound to."""
    name: str = "Computador"
    portal: str = DEFAULT_PORTAL
    program: str = "link"
    requests: dict[str, str] = field(default_factory=dict)
    """The random text of each activation that was sent and not answered with a key: sent again, it is the same one."""
    key: str | None = None
    license: str | None = None
    keys: list[dict[str, Any]] = field(default_factory=list)
    """The portal's public keys."""
    seen: str = DAWN
    """The latest moment that it has seen, of its clock and of licenses."""
    check_in_at: str = DAWN
    refusal: dict[str, str] | None = None
    """Why the portal last refused it, reason and sentence; a good check-in forgets it."""
    backups: list[dict[str, Any]] = field(default_factory=list)
    """Backups that were made and not reported yet."""
    seats: dict[str, dict[str, str]] = field(default_factory=dict)
    """By item and device, until when a seat is leased."""
    peaks: dict[str, int] = field(default_factory=dict)
    """By item, the most units in use at once since the last check-in."""
    taking: dict[str, str] = field(default_factory=dict)
    """A backup that is being taken over: ``file``, its path, or ``link``, the secret of a "Link de Download"."""
    link: str = ""
    """The secret of the link that the restored data came by; "" where it was a file."""
    owed: list[str] = field(default_factory=list)
    """What the portal has still to be told of a shop's beginning: ``restore``, ``receipt``, ``setup``."""
    grant: dict[str, str] | None = None
    """The portal's word that a partner was here, and until when it counts."""


class Home:
    """A folder, one for each machine and for one program at a time."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; it is made when something is to be kept."""
        self.folder, self._file = folder, folder / "state.json"

    def load(self) -> State:
        """Return what is remembered; a new machine gets its name for the portal.

        Raises:
            Unreadable: the file is damaged, or another program's.
        """
        try:
            return State(**json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return State(f"{secrets.token_hex(12)}")
        except (OSError, ValueError, TypeError) as error:
            raise Unreadable(f"Não foi possível ler {self._file}: {error}") from error

    def save(self, state: State) -> None:
        """Replace the file: whatever happens meanwhile, the old one or the new one is there, whole."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f"state.{os.getpid()}.tmp"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(state), file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs out of what takes longer than a moment.

        Raises:
            Unreadable: another run is at it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "open.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Unreadable("O programa já está aberto em outra janela.") from error
            yield

    def size(self) -> int:
        """Return how many bytes the file holds: this program's idea of a backup."""
        return self._file.stat().st_size
