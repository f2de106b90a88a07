"""An import's life: uploaded, mapped and tried, confirmed, carried out all at once or not at all, undone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, clock, database
from portal.audit import Actor
from portal.clients import service as clients
from portal.domain import imports
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import QuoteAged, RepeatMismatch
from portal.domain.imports import Column, FileFault, FileRefused, ImportState, Verdict
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.imports import checking, fence, queries, terms, writing
from portal.imports.checking import Checked
from portal.imports.terms import Terms
from portal.imports.texts import Text
from portal.imports.writing import Line
from portal.models import ImportRow, ImportRun, Work
from portal.models.types import AnyRow
from portal.registrations.service import Registration
from portal.works import service as works

CHECKABLE = (ImportState.UPLOADED, ImportState.CHECKED)


def upload(
    content: bytes, *, key: str, file_name: str, partner_id: int, has_due_dates: bool, now: datetime, actor: Actor
) -> ImportRun:
    """Read a file and keep its rows; the same form sent again finds the same run.

    Raises:
        RepeatMismatch: the form was sent before with another file, or it is somebody else's.
        FileRefused: the file cannot be imported.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    made = {"key": key, "partner_id": partner_id, "sha256": sha256, "user_id": actor.user_id}
    db.session.rollback()  # reading takes seconds, for which the gate's transaction would hold SQLite's write lock
    with database.reading():
        before = _uploaded_before(made)
        tried = 0 if has_due_dates else queries.rows_of_a_day(partner_id, now)
        db.session.rollback()
    if before:
        return before
    titles, *rows = fence.read_sheet(content)
    if not has_due_dates and tried + len(rows) > imports.MOST_ROWS_A_DAY:
        raise FileRefused(FileFault.TOO_MANY_TODAY)
    places = imports.guess(titles[1], has_due_dates=has_due_dates)
    run = ImportRun(
        **made, user_name=actor.name, has_due_dates=has_due_dates, file_name=file_name, titles=titles[1],
        places=_as_json(places), state=ImportState.UPLOADED, lines=len(rows), created_at=now,
    )  # fmt: skip
    try:
        db.session.add(run)
        db.session.flush()
        facts = {"run_id": run.id, "amount_cents": 0}
        db.session.execute(insert(ImportRow), [facts | {"number": number, "cells": cells} for number, cells in rows])
        db.session.commit()
    except IntegrityError:  # the same form, a moment earlier
        db.session.rollback()
        if before := _uploaded_before(made):
            return before
        raise
    return run


def _uploaded_before(made: Mapping[str, Any]) -> ImportRun | None:
    run = queries.run_with(made["key"])
    if run and any(getattr(run, name) != value for name, value in made.items()):
        raise RepeatMismatch
    return run


def _as_json(places: Mapping[Column, int]) -> dict[str, int]:
    return {column.value: place for column, place in places.items()}


def places_of(run: ImportRun) -> dict[Column, int]:
    """Return which place of a row holds what."""
    return {Column(name): place for name, place in (run.places or {}).items()}  # type: ignore[call-arg]


def check(run: ImportRun, places: Mapping[Column, int], *, today: date) -> None:
    """Try all rows by a mapping and keep what each comes to, unless the run is confirmed already. Commits.

    The trying takes no write lock.
    """
    run_id, partner_id, has_due_dates = run.id, run.partner_id, run.has_due_dates
    db.session.rollback()
    with database.reading():
        rows, offered = queries.rows_of(run_id), queries.terms(partner_id, today)
        plain = [(row.number, row.cells) for row in rows]
        checked = checking.check(plain, places, offered, partner_id, has_due_dates=has_due_dates)
        db.session.rollback()
    summary = _summary(checked, offered) | {"places": _as_json(places), "state": ImportState.CHECKED, "failure": ""}
    still = ImportRun.id == run_id, ImportRun.state.in_(CHECKABLE)
    done = db.session.execute(update(ImportRun).where(*still).values(**summary))
    if done.rowcount:  # type: ignore[attr-defined]
        db.session.execute(update(ImportRow), [_tried(run_id, row) for row in checked])
    db.session.commit()
    db.session.refresh(run)


def _tried(run_id: int, row: Checked) -> dict[str, Any]:
    names = ("number", "verdict", "errors", "notes", "facts", "amount_cents", "existing_id")
    return {"run_id": run_id} | {name: getattr(row, name) for name in names}


def _summary(checked: Sequence[Checked], offered: Terms) -> dict[str, Any]:
    """Return the counts and the total of a run, with what they were worked out from."""
    counts = {verdict: sum(row.verdict is verdict for row in checked) for verdict in Verdict}
    ready = [row for row in checked if row.verdict is Verdict.READY]
    quotes = [(row.contract.product, row.offer) for row in ready if row.contract.product and row.offer]
    return {
        "ready": counts[Verdict.READY],
        "pending": counts[Verdict.PENDING],
        "bad": counts[Verdict.BAD],
        "total_cents": sum(row.amount_cents for row in checked),
        "quote": [group.as_json() for group in terms.grouped(quotes)],
        "quoted_on": offered.today,
        "due_day": offered.due_day,
        "price_version_id": offered.prices.version or None,
    }


def shown(run: ImportRun) -> str:
    """Return what the confirmation carries of what was shown: other counts, prices or days make another."""
    facts = {name: getattr(run, name) for name in ("ready", "pending", "total_cents", *_TERMS)}
    return audit.fingerprint("import", facts | {"quote": run.quote, "places": run.places})


_TERMS = ("quoted_on", "due_day", "price_version_id")


def _is_current(run: ImportRun, offered: Terms) -> bool:
    """Say whether a run was quoted from these terms."""
    kept = tuple(getattr(run, name) for name in _TERMS)
    return kept == (offered.today, offered.due_day, offered.prices.version or None)


def confirm(run: ImportRun, *, seen: str, now: datetime, actor: Actor) -> None:
    """Release a run for what was shown; sent again, it stays released. Commits.

    Raises:
        QuoteAged: what was shown is not what it would be now; the rows have been tried anew.
    """
    if run.state not in CHECKABLE:
        _go_on(run, now, actor)
        return
    today = clock.local_date(now)
    is_aged = run.state is not ImportState.CHECKED or seen != shown(run)
    if is_aged or not _is_current(run, queries.terms(run.partner_id, today)):
        check(run, places_of(run), today=today)
        raise QuoteAged
    _release(run, now, actor)


def _go_on(run: ImportRun, now: datetime, actor: Actor) -> None:
    """Set a confirmed run going again where its work had stopped."""
    if run.state is ImportState.CONFIRMED:
        total = run.ready + run.pending
        works.enqueue(WorkKind.IMPORT, run.id, partner_id=run.partner_id, total=total, now=now, actor=actor)
    db.session.commit()


def _release(run: ImportRun, now: datetime, actor: Actor) -> None:
    total = run.ready + run.pending
    still = ImportRun.id == run.id, ImportRun.state == ImportState.CHECKED
    done = db.session.execute(update(ImportRun).where(*still).values(state=ImportState.CONFIRMED, confirmed_at=now))
    if total and done.rowcount:  # type: ignore[attr-defined]
        ended = Work.kind == WorkKind.IMPORT, Work.subject_id == run.id  # of an attempt at which something had changed
        db.session.execute(delete(Work).where(*ended))
        works.enqueue(WorkKind.IMPORT, run.id, partner_id=run.partner_id, total=total, now=now, actor=actor)
        after = {"rows": total, "file": run.file_name, "total_cents": run.total_cents}
        audit.record("import_confirmed", actor=actor, now=now, partner_id=run.partner_id, after=after)
    db.session.commit()


def step(work: Work, now: datetime) -> bool:
    """Carry a run out, all of it in this one transaction; the contract of a step stands in jobs/works.py.

    Where anything has changed since the run was tried, nothing is imported and its page says so.
    """
    run = db.session.scalars(select(ImportRun).where(ImportRun.id == work.subject_id).with_for_update()).one()
    if run.state is not ImportState.CONFIRMED:
        return True
    offered = queries.terms(run.partner_id, clock.local_date(now))
    rows = queries.importable_rows(run.id)
    is_current = _is_current(run, offered) and _is_as_tried(run, rows, {None})
    if not is_current or not _write(run, rows, offered, now, works.asker(work)):
        run.state, run.confirmed_at, run.failure = ImportState.CHECKED, None, Text.CHANGED.label
        return True
    run.state, run.finished_at = ImportState.FINISHED, now
    work.done = len(rows)
    return True


def _write(run: ImportRun, rows: Sequence[AnyRow], offered: Terms, now: datetime, actor: Actor) -> bool:
    """Register all rows; returns False, with nothing written, where somebody took one of the documents meanwhile.

    That is asked once more at the end, so that others who want a document wait for the last moment only.
    """
    made = db.session.begin_nested()
    lines = [_line(run, row, offered) for row in rows]
    writing.write(run.id, lines, now=now, actor=actor)
    clients.keep_all_waiting()
    if _is_as_tried(run, rows, {line.client_id for line in lines}):
        made.commit()
        return True
    made.rollback()
    return False


def _is_as_tried(run: ImportRun, rows: Sequence[AnyRow], own: Collection[int | None]) -> bool:
    """Say whether every document is held by whom it was held when the run was tried, clients of its own apart."""
    held = queries.holders(run.partner_id, {row.facts["document"] for row in rows})
    found = (held.get((row.facts["document"], _product(row)), queries.Holders()) for row in rows)
    verdicts = (row.verdict is Verdict.PENDING for row in rows)
    return all(
        who.here in own and who.is_elsewhere is is_pending for who, is_pending in zip(found, verdicts, strict=True)
    )


def _product(row: AnyRow) -> Product:
    return Product(row.facts["product"])  # type: ignore[call-arg]


def _line(run: ImportRun, row: AnyRow, offered: Terms) -> Line:
    """Return the registration that a row asks for, and what it costs."""
    facts = row.facts
    wanted = {Item(name): quantity for name, quantity in facts["quantities"].items()}  # type: ignore[call-arg]
    asked = Registration(
        partner_id=run.partner_id, key=f"import-{run.id}-{row.number}", document=facts["document"],
        product=_product(row), method=RenewalMethod(facts["method"]), data=facts["data"], wanted=wanted,  # type: ignore[call-arg]
    )  # fmt: skip
    is_pending = row.verdict is Verdict.PENDING
    if facts["due_on"]:
        due_on = date.fromisoformat(facts["due_on"])
        return Line(row.number, asked, terms.free_until(due_on), terms.due_day_of(due_on), is_pending)
    return Line(row.number, asked, offered.quote(asked.product, wanted), offered.due_day, is_pending)
