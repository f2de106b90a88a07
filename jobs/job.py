"""What a job is to the runner, the commands and, handed over as data, to the page "Rotinas"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from portal.domain.jobs import Words

Step = Callable[[datetime], dict[str, int]]
"""Does, or previews, everything due up to a moment and returns what it counted."""


@dataclass(frozen=True)
class Job:
    """A line of the schedule: a name for records and commands, a label for the screen (pt-BR), an hour of São Paulo."""

    name: str
    label: str
    hour: time
    run: Step
    words: Words = field(default_factory=dict[str, tuple[str, str]])
    preview: Step | None = None


Schedule = tuple[Job, ...]
Counts = Mapping[str, int]
