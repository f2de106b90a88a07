"""``app.py`` whose daily jobs never come, so that tests count on their rows; what users start is carried out as ever.

Only with more patience: on a busy machine a small work, or the reading of a sheet, may take longer than users are asked
to wait. What they see then has tests of its own, which do not hang on the machine.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import app
from jobs import scheduler
from portal import fence
from portal.works import waiting

PATIENCE_SECONDS = 60


def no_jobs(*_: object) -> AbstractContextManager[None]:
    """Stand in for the clockwork of the daily jobs."""
    return nullcontext()


if __name__ == "__main__":
    scheduler.running = no_jobs
    waiting.TURNS = int(PATIENCE_SECONDS / waiting.TURN_SECONDS)
    fence.SECONDS = PATIENCE_SECONDS
    sys.exit(app.main(sys.argv[1:]))
