"""The entry point: ``python app.py`` serves, ``flask --app app ...`` runs commands."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from portal import logs
from portal.config import Config, from_environ
from portal.environ import ConfigError

if TYPE_CHECKING:
    from flask import Flask

    from jobs.job import Schedule


def main(arguments: list[str], *, more_jobs: Schedule = (), every: timedelta = timedelta(seconds=60)) -> int:
    """Serve; with --prepare, bring the schema up to date and seed an empty demo first.

    The scheduler looks ``every`` so often for what is due, ``more_jobs`` (of drills) included.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        config = from_environ(os.environ)
    except ConfigError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    if config.pix:
        logs.keep_out(config.pix.webhook_secret)
    application = _built(config, more_jobs)
    if not _prepare(application, config, is_upgrading="--prepare" in arguments):
        print("Cannot start: the schema is not up to date; run: flask --app app db upgrade", file=sys.stderr)
        return 2
    return _serve(application, config, every)


def _built(config: Config | None = None, more_jobs: Schedule = ()) -> Flask:
    from jobs import commands  # noqa: PLC0415 - only once the environment is known to be sound
    from jobs.schedule import SCHEDULE  # noqa: PLC0415
    from portal.factory import create_app as build  # noqa: PLC0415

    application = build(config)
    commands.init_app(application, (*SCHEDULE, *more_jobs))
    return application


def _prepare(application: Flask, config: Config, *, is_upgrading: bool) -> bool:
    """See to schema and demo data; False where the schema is behind and not to be upgraded."""
    from portal import schema  # noqa: PLC0415
    from portal.demo import service as demo  # noqa: PLC0415

    with application.app_context():
        if is_upgrading:
            schema.upgrade()
        elif not schema.is_current():
            return False
        if config.is_demo:
            demo.seed_if_empty()
            print(demo.welcome(f"http://{config.host}:{config.port}"), flush=True)
    return True


def _serve(application: Flask, config: Config, every: timedelta) -> int:
    from portal import server  # noqa: PLC0415

    beside = _jobs(application, every) if config.is_scheduling else nullcontext()
    try:
        server.serve(application, config, beside=beside)
    except OSError as error:
        print(f"Cannot start: port {config.port} on {config.host}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


@contextmanager
def _jobs(application: Flask, every: timedelta) -> Iterator[None]:
    """Run the daily jobs and what users started, each at its own pace, while the block lasts."""
    from jobs import scheduler, works  # noqa: PLC0415

    schedule = application.extensions["schedule"]
    with scheduler.running(application, schedule, every), works.running(application):
        yield


def create_app() -> Flask:
    """Build the application for the ``flask`` command; an environment that makes no sense ends it in one line."""
    try:
        return _built()
    except ConfigError as error:
        sys.exit(f"Cannot start: {error}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
