"""What a program gives up before it does anything else: ``python -m portal.limits PROGRAM`` (``portal.fence``).

Its own start is held by the limits too, so that loading its libraries is as little in anybody's way as its work.
"""

from __future__ import annotations

import resource
import runpy
import sys
from os import nice

CPU_SECONDS, MEMORY_BYTES = 5, 512 * 1024 * 1024


def confine() -> None:
    """Give up time, memory and files."""
    nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    confine()
    runpy.run_module(sys.argv[1], run_name="__main__")
