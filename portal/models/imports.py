"""Imports of clients: what came in a file, row by row, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.imports import ImportState, Verdict
from portal.extensions import db
from portal.models.types import JsonMap, Labelled, UtcDateTime


class ImportRun(db.Model):  # type: ignore[name-defined,misc]
    """One file of clients, from its upload to its undoing.

    ``key`` is random and stands in the run's address and forms: the same form sent again finds the same run. ``sha256`` is
    the file's, which itself is not kept. ``places`` maps columns to places of a row. ``quoted_on``, ``due_day`` and
    ``price_version_id`` are what ``total_cents`` was worked out from; where one of them is another when the run is carried
    out, nothing is imported and the values have to be seen again. ``quote`` is the total's arithmetic, equal lines of many
    clients put together (``imports.terms.Group``). ``failure`` says why the last attempt imported nothing.
    """

    __tablename__ = "import_runs"
    __table_args__ = (Index("ix_import_runs_partner_id", "partner_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(120))
    has_due_dates: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    titles: Mapped[list[str]] = mapped_column(JsonMap)
    places: Mapped[dict[str, int] | None] = mapped_column(JsonMap)
    state: Mapped[ImportState] = mapped_column(Labelled(ImportState))
    lines: Mapped[int]
    ready: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    total_cents: Mapped[int] = mapped_column(default=0)
    quote: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonMap)
    quoted_on: Mapped[date | None]
    due_day: Mapped[int | None]
    price_version_id: Mapped[int | None] = mapped_column(ForeignKey("price_versions.id"))
    failure: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportRow(db.Model):  # type: ignore[name-defined,misc]
    """One row of a file: its cells as they were read and, once checked, what they come to.

    ``number`` is the row's in the spreadsheet. ``facts`` is what will be registered (none where the row is bad), ``errors``
    and ``notes`` are sentences (pt-BR). ``existing_id`` is the partner's client that stands in the way, ``client_id`` the
    one that the row became.
    """

    __tablename__ = "import_rows"
    __table_args__ = (Index("ix_import_rows_verdict", "run_id", "verdict", "number"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[str]] = mapped_column(JsonMap)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JsonMap)
    verdict: Mapped[Verdict | None] = mapped_column(Labelled(Verdict))
    errors: Mapped[list[str] | None] = mapped_column(JsonMap)
    notes: Mapped[list[str] | None] = mapped_column(JsonMap)
    amount_cents: Mapped[int] = mapped_column(default=0)
    existing_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id"), index=True)
