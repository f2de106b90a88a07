"""What a program gives up before it looks at anything of a stranger's (``portal.fence``)."""

from __future__ import annotations

import resource
from os import nice

CPU_SECONDS, MEMORY_BYTES = 5, 512 * 1024 * 1024


def confine() -> None:
    """Give up time, memory and files."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nice(10)
