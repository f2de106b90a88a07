"""The entry point: ``python app.py`` serves, ``flask --app app ...`` runs commands."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from portal.config import Config, ConfigError, from_environ

if TYPE_CHECKING:
    from flask import Flask


def main(arguments: list[str]) -> int:
    """Serve; with --prepare, bring the schema up to date and seed an empty demo first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        config = from_environ(os.environ)
    except ConfigError as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2
    return _start(config, is_preparing="--prepare" in arguments)


def _start(config: Config, *, is_preparing: bool) -> int:
    from portal import schema, server  # noqa: PLC0415 - only once the environment is known to be sound
    from portal.demo import service as demo  # noqa: PLC0415
    from portal.factory import create_app  # noqa: PLC0415

    application = create_app(config)
    with application.app_context():
        if is_preparing:
            schema.upgrade()
        elif not schema.is_current():
            print("Cannot start: the schema is not up to date; run: flask --app app db upgrade", file=sys.stderr)
            return 2
        if config.is_demo:
            demo.seed_if_empty()
            print(demo.welcome(f"http://{config.host}:{config.port}"), flush=True)
    try:
        server.serve(application, config)
    except OSError as error:
        print(f"Cannot start: port {config.port} on {config.host}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def create_app() -> Flask:
    """Build the application for the ``flask`` command; an environment that makes no sense ends it in one line."""
    from portal.factory import create_app as build  # noqa: PLC0415

    try:
        return build()
    except ConfigError as error:
        sys.exit(f"Cannot start: {error}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
