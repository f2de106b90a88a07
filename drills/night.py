"""Two servers with schedulers share a database; around the hour of the jobs whoever is at work is killed."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from random import random, uniform
from time import monotonic, sleep

from sqlalchemy import text

from drills.night_server import STEP_SECONDS, STEPS
from drills.report import Row
from drills.servers import Server
from drills.stage import STAGES, Stage
from jobs.schedule import SCHEDULE
from portal import clock
from portal.domain.jobs import DEAD_AFTER
from portal.extensions import db
from tests.postgres import tools_folder

NIGHTS = (20, 2)
FIRST_DAY = date(2026, 3, 2)
HOUR = time(6, 10)
COMMAND = ("-m", "drills.night_server")
JOBS = [job.name for job in SCHEDULE] + ["slow"]
LONGEST = 45.0
CATCH_UP_SECONDS = 10.0
OUTAGES = {"1 s": timedelta(seconds=1), "5 h": timedelta(hours=5), "3 days": timedelta(days=3)}


class Night:
    """A stage whose servers run jobs, on a clock that this process moves."""

    def __init__(self, stage: Stage) -> None:
        """Make the table of the slow job's effects, and the clock."""
        self.stage, self.row = stage, Row("night", stage.name, 0)
        self._now_file = stage.logs / "now"
        self.move_to(clock.moment_of(FIRST_DAY, time(5)))
        path = f"{tools_folder()}{os.pathsep}{stage.environ.get('PATH', '')}"
        stage.environ |= {"PORTAL_DEMO": "1", "PORTAL_NOW": f"@{self._now_file}", "PORTAL_SCHEDULER": "1", "PATH": path}
        stage.clients(8)
        with stage.app.app_context(), db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE drill_effects (day DATE, step INTEGER, PRIMARY KEY (day, step))"))

    def move_to(self, now: datetime) -> None:
        """Set the clock of the servers; they never see half a moment."""
        scratch = self._now_file.with_suffix(".new")
        scratch.write_text(now.isoformat())
        scratch.replace(self._now_file)

    def server(self) -> Server:
        """Return one more server, not started."""
        return Server(self.stage, COMMAND)

    def states(self, day: date) -> dict[str, str]:
        """Return the states of a day's runs by job."""
        with self.stage.reading() as connection:
            rows = connection.execute(text("SELECT name, state FROM job_runs WHERE day = :day"), {"day": day})
            return {row.name: row.state for row in rows}

    def wait_for(self, job: str, states: set[str], day: date, seconds: float) -> bool:
        """Wait until a job's run is in one of some states; False where it never was."""
        deadline = monotonic() + seconds
        while self.states(day).get(job) not in states:
            if monotonic() > deadline:
                return False
            sleep(0.02)
        return True

    def claimants(self, day: date) -> set[int]:
        """Return the processes that are at work for a day, or died at it."""
        query = text("SELECT claimed_by FROM job_runs WHERE day = :day AND state = 'running'")
        with self.stage.reading() as connection:
            return {int(claim.split(":")[1]) for claim in connection.execute(query, {"day": day}).scalars()}

    def is_standing(self, day: date, servers: list[Server]) -> bool:
        """Wait until each job of a day is done, or was under way in a process that is dead."""
        deadline = monotonic() + LONGEST
        while monotonic() < deadline:
            states, alive = self.states(day), {server.pid for server in servers}
            if not self.claimants(day) & alive and all(states.get(job) in {"done", "running"} for job in JOBS):
                return True
            sleep(0.05)
        return False

    def is_done(self, day: date, seconds: float = LONGEST) -> bool:
        """Wait until every job of a day is done."""
        return all(self.wait_for(job, {"done"}, day, seconds) for job in JOBS)


def run(*, is_quick: bool) -> Iterator[Row]:
    """Drill both databases."""
    for open_stage in STAGES:
        with open_stage() as stage:
            night = Night(stage)
            _drill(night, NIGHTS[is_quick])
            yield night.row


def _drill(night: Night, rounds: int) -> None:
    row, killed, catch_ups = night.row, Counter[str](), []
    row.rounds = rounds
    with night.server() as first, night.server() as second:
        servers = [first, second]
        for number in range(rounds):
            killed[_round(night, servers, FIRST_DAY + timedelta(days=number))] += 1
        row.faults += [f"log: {line}" for server in servers for line in server.complaints()]
    day = FIRST_DAY + timedelta(days=rounds)
    for name, outage in OUTAGES.items():
        day, seconds = _catch_up(night, day, outage)
        catch_ups.append(f"{name}: {seconds:.1f} s")
        if seconds > CATCH_UP_SECONDS:
            row.faults.append(f"down for {name}: the catch-up took {seconds:.1f} s")
    row.faults += [*_records(night), *_effects(night), *_overlaps(night.stage.folder), *_copies(night)]
    row.counted = (
        f"{rounds * len(JOBS)} runs; killed: {killed['at work']} times who was at work, "
        f"{killed['both']} times both, {killed['idle']} times an idle one; "
        f"catch-up after {', '.join(catch_ups)}"
    )


def _round(night: Night, servers: list[Server], day: date) -> str:
    """Let the hour come, kill at a random moment, start again, and see the day done; return who was killed."""
    hour = clock.moment_of(day, HOUR)
    night.move_to(hour - timedelta(seconds=uniform(1, 600)))
    sleep(uniform(0, 0.5))
    night.move_to(hour)
    if random() < 0.7:
        night.wait_for("slow", {"running"}, day, 20)
        sleep(uniform(0, STEPS * STEP_SECONDS))
    else:
        sleep(uniform(0, 3))
    pids = night.claimants(day)
    at_work = [server for server in servers if server.pid in pids]
    victims = servers if random() < 0.25 else at_work or servers[:1]
    for server in victims:
        server.kill()
    for server in victims:
        server.start()
    if not night.is_standing(day, servers):
        night.row.faults.append(f"{day}: neither done nor dead: {night.states(day)}")
    night.move_to(
        hour + DEAD_AFTER + timedelta(seconds=1)
    )  # nobody alive is at work: whatever is under way is dead by now
    if not night.is_done(day):
        night.row.faults.append(f"{day}: not done: {night.states(day)}")
    return "both" if len(victims) > 1 else "at work" if at_work else "idle"


def _catch_up(night: Night, before: date, outage: timedelta) -> tuple[date, float]:
    """Have no server over the hour, then start one; return the day that it caught up with, and the seconds it took."""
    night.move_to(clock.moment_of(before, HOUR) + outage)
    day = clock.local_date(clock.moment_of(before, HOUR) + outage)
    with night.server() as server:
        began = monotonic()
        if not night.is_done(day):
            night.row.faults.append(f"no catch-up after {outage}: {night.states(day)}")
        seconds = monotonic() - began
        night.row.faults += [f"log: {line}" for line in server.complaints()]
    return day + timedelta(days=1), seconds


def _records(night: Night) -> Iterator[str]:
    """One done row per job and day, on every day whose hour a server saw."""
    with night.stage.reading() as connection:
        rows = connection.execute(text("SELECT name, day, state, error FROM job_runs")).all()
    for key, count in Counter((row.name, str(row.day)) for row in rows).items():
        if count > 1:
            yield f"doubled: {count} rows of {key}"
    for row in rows:
        if row.state != "done" or row.error:
            yield f"not done: {row.name} of {row.day} is {row.state} {row.error}"
    for day in {row.day for row in rows}:
        if missing := set(JOBS) - {row.name for row in rows if row.day == day}:
            yield f"missing: {day} has no {sorted(missing)}"


def _effects(night: Night) -> Iterator[str]:
    with night.stage.reading() as connection:
        effects = connection.execute(text("SELECT day, count(*) AS steps FROM drill_effects GROUP BY day")).all()
        days = connection.execute(text("SELECT count(*) FROM job_runs WHERE name = 'slow'")).scalar()
    if len(effects) != days:
        yield f"{days} runs, effects on {len(effects)} days"
    yield from (f"{row.day}: {row.steps} effects of {STEPS}" for row in effects if row.steps != STEPS)


def _overlaps(folder: Path) -> Iterator[str]:
    """No two processes were at the same day's work at once."""
    spans: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for diary in folder.glob("diary-*"):
        for line in diary.read_text().splitlines():
            day, pid, moment, _step = line.split()
            spans[day][pid].append(float(moment))
    for day, by_process in spans.items():
        ordered = sorted((min(moments), max(moments), pid) for pid, moments in by_process.items())
        for (_, end, one), (begin, _, other) in pairwise(ordered):
            if begin <= end:
                yield f"{day}: processes {one} and {other} were at it at once"


def _copies(night: Night) -> Iterator[str]:
    """The night's copies: seven days' and the Sundays', whole, and nothing half."""
    names = sorted(path.name for path in (night.stage.folder / "backups").iterdir())
    if halves := [name for name in names if name.startswith(".")]:
        yield f"half copies are left: {halves}"
    if not names:
        yield "no copies"
