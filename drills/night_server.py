"""app.py with one more job, slow enough to be killed at, and a tick every second; both write down what they did."""

from __future__ import annotations

import os
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

from sqlalchemy import CursorResult, text

import app
from jobs.job import Job
from portal import clock
from portal.extensions import db

STEPS, STEP_SECONDS = 12, 0.1
EFFECT = text("INSERT INTO drill_effects (day, step) VALUES (:day, :step) ON CONFLICT DO NOTHING")


def work(now: datetime) -> dict[str, int]:
    """Do a dozen steps, each once per civil date, as every job of ours does; and note when the work was under way."""
    day, made = clock.local_date(now), 0
    diary = Path(os.environ["PORTAL_INSTANCE"]) / f"diary-{os.getpid()}"
    for step in range(STEPS):
        result = db.session.execute(EFFECT, {"day": day, "step": step})
        made += cast(CursorResult[Any], result).rowcount
        db.session.commit()
        with diary.open("a") as lines:
            lines.write(f"{day} {os.getpid()} {monotonic()} {step}\n")
        sleep(STEP_SECONDS)
    return {"steps": made}


if __name__ == "__main__":
    slow = Job("slow", "Lenta", time(6, 10), work)
    sys.exit(app.main([], more_jobs=(slow,), every=timedelta(seconds=1)))
