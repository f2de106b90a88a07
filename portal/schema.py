"""The schema's version: bring it up to date, or say whether it is."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade as migrate_upgrade

from portal.config import ROOT
from portal.extensions import db

MIGRATIONS = ROOT / "portal" / "migrations"


def is_current() -> bool:
    """Say whether the database carries the newest schema."""
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == set(ScriptDirectory(str(MIGRATIONS)).get_heads())


def upgrade() -> None:
    """Bring the schema up to date; cheap where it already is."""
    if not is_current():
        current_app.logger.info("schema: upgrading")
        migrate_upgrade(directory=str(MIGRATIONS))
