"""What a program gives up before it does anything else: ``python -m portal.limits PROGRAM [SECONDS MEGABYTES]``.

Its own start is held by the limits too, so that loading its libraries is as little in anybody's way as its work.
"""

from __future__ import annotations

import resource
import runpy
import sys
from os import nice

CPU_SECONDS, MEGABYTES = 5, 512


def confine(cpu_seconds: int = CPU_SECONDS, megabytes: int = MEGABYTES) -> None:
    """Give up time, memory and files."""
    memory_bytes = megabytes * 1024 * 1024
    nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    confine(*map(int, sys.argv[2:4]))
    runpy.run_module(sys.argv[1], run_name="__main__")
