"""Importing clients: the file, its columns, the trial, the confirmation, the progress, the result, the way back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from portal import clock, database, htmx, saying
from portal.access import current_partner_id, requires, takes, viewer
from portal.domain import cycle, imports, works
from portal.domain.errors import QuoteAged
from portal.domain.ids import parse_id
from portal.domain.imports import MOST_BYTES, FileRefused, ImportState, Verdict
from portal.domain.jobs import RunState
from portal.domain.roles import Permission
from portal.domain.works import WorkKind
from portal.extensions import db, limiter
from portal.forms import new_key
from portal.imports import files, queries, service, undoing
from portal.imports.forms import UploadForm, VendorUploadForm, places_from, twice
from portal.imports.rows import Choice, RunRow, SheetColumn, TriedRow, in_words
from portal.imports.terms import Group
from portal.models import ImportRun
from portal.works import queries as work_queries
from portal.works import waiting

bp = Blueprint("imports", __name__, url_prefix="/imports")

ENVELOPE = 64 * 1024
"""What a form takes around its file."""

GROUPS_SHOWN = 40


def _is_staff() -> bool:
    """Say whether the vendor's Operador asks: they import with existing due dates, for a partner that they name."""
    return viewer().partner_id is None


def _per_session() -> str:
    return str(viewer().session_id)


@bp.get("")
@requires(Permission.IMPORT_CLIENTS)
def index() -> str:
    """The imports, the newest first."""
    runs = queries.runs_of(viewer(), before=parse_id(request.args.get("before", "")))
    rows = [RunRow.build(run) for run in runs[: queries.RUNS_SHOWN]]
    next_before = rows[-1].id if len(runs) > len(rows) else None
    return render_template("imports/index.html", rows=rows, next_before=next_before)


@bp.get("/new")
@requires(Permission.IMPORT_CLIENTS)
def run_new() -> str:
    """Templates to download, a file to send."""
    form = _upload_form()
    form.key.data = new_key()
    return _upload_page(form)


@bp.get("/template.csv")
@requires(Permission.IMPORT_CLIENTS)
def template_csv() -> Response:
    """The template as CSV."""
    return _file(files.template_csv(has_due_dates=_is_staff()), "text/csv", "modelo-clientes.csv")


@bp.get("/template.xlsx")
@requires(Permission.IMPORT_CLIENTS)
def template_xlsx() -> Response:
    """The template as XLSX."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(files.template_xlsx(has_due_dates=_is_staff()), kind, "modelo-clientes.xlsx")


@bp.post("")
@requires(Permission.IMPORT_CLIENTS)
@takes(MOST_BYTES + ENVELOPE)
@limiter.limit("10 per minute", key_func=_per_session)
def run_create() -> Response:
    """Take a file in and lead to its columns."""
    form = _upload_form()
    if not form.validate():
        return make_response(_upload_page(form), 422)
    partner_id = form.partner_id.data if isinstance(form, VendorUploadForm) else current_partner_id()
    content, file_name, key = form.content, form.file_name, str(form.key.data)
    try:
        run = service.upload(
            content, key=key, file_name=file_name, partner_id=partner_id, has_due_dates=_is_staff(),
            now=clock.now(), actor=viewer(),
        )  # fmt: skip
    except FileRefused as refused:
        db.session.rollback()
        return make_response(_upload_page(form, refused.fault.label), 422)
    return _to(run)


def _upload_form() -> UploadForm:
    if not _is_staff():
        return UploadForm()
    form = VendorUploadForm()
    form.offer({row.id: row.name for row in queries.open_partners()})
    return form


def _upload_page(form: UploadForm, refused: str = "") -> str:
    return render_template("imports/run_new.html", form=form, refused=refused, is_staff=_is_staff())


def _file(content: str | bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _to(run: ImportRun) -> Response:
    return htmx.leave_for(url_for(".run", run_key=run.key))


@bp.get("/<run_key>")
@requires(Permission.IMPORT_CLIENTS)
def run(run_key: str) -> Response:
    """The import as it stands. The fragment is what its page looks for while it is carried out."""
    found = queries.get_run(viewer(), run_key)
    shown = _shown(found)
    if htmx.wants_fragment():
        body = render_template("imports/_run.html", **shown) + saying.out_of_band(in_words(found))
        return htmx.vary(make_response(body))
    return htmx.vary(make_response(render_template("imports/run.html", **shown)))


@bp.post("/<run_key>/mapping")
@requires(Permission.IMPORT_CLIENTS)
@limiter.limit("20 per minute", key_func=_per_session)
def mapping_create(run_key: str) -> Response:
    """Try the rows by the chosen columns."""
    found = queries.get_run(viewer(), run_key)
    if found.state not in service.CHECKABLE:
        return _to(found)
    width = len(_sheet_columns(found))
    places = places_from(request.form, width, has_due_dates=found.has_due_dates)
    wrong = {"missing": imports.missing(places, has_due_dates=found.has_due_dates), "twice": twice(places)}
    if any(wrong.values()):
        page = render_template("imports/run.html", **_shown(found, is_mapping=True) | wrong | {"places": places})
        return htmx.vary(make_response(page, 422))
    service.check(found, places, today=clock.today())
    return _to(found)


@bp.post("/<run_key>/confirmation")
@requires(Permission.IMPORT_CLIENTS)
def confirmation_create(run_key: str) -> Response:
    """Release the import to the runner; values that aged are shown anew."""
    found = queries.get_run(viewer(), run_key)
    run_id = found.id
    try:
        service.confirm(found, seen=request.form.get("seen", ""), now=clock.now(), actor=viewer())
    except QuoteAged:
        page = render_template("imports/run.html", **_shown(found), is_aged=True)
        return htmx.vary(make_response(page, 409))
    waiting.wake_and_wait(WorkKind.IMPORT, run_id)
    with database.reading():
        found = queries.get_run(viewer(), run_key)
        if said := in_words(found):
            saying.keep(said)
        return htmx.vary(make_response(redirect(url_for(".run", run_key=run_key), 303)))


@bp.get("/<run_key>/errors.csv")
@requires(Permission.IMPORT_CLIENTS)
def errors_csv(run_key: str) -> Response:
    """The rows that cannot be imported, with what is wrong with them."""
    found = queries.get_run(viewer(), run_key)
    return _file(files.errors_csv(found.titles, queries.bad_rows(found.id)), "text/csv", "linhas-com-erro.csv")


@bp.post("/<run_key>/undoing")
@requires(Permission.IMPORT_CLIENTS)
@limiter.limit("20 per minute", key_func=_per_session)
def undoing_create(run_key: str) -> Response:
    """Take the whole import back, or say which clients stand in the way."""
    found = queries.get_run(viewer(), run_key)
    blocking = undoing.undo(found, now=clock.now(), actor=viewer())
    if blocking:
        page = render_template("imports/run.html", **_shown(found), blocking=blocking)
        return htmx.vary(make_response(page, 409))
    saying.keep(f"Importação {found.id} desfeita.")
    return _to(found)


def _shown(found: ImportRun, *, is_mapping: bool = False) -> dict[str, Any]:
    """Return what the import's templates show in its state."""
    places = service.places_of(found)
    common = {"run": found, "is_staff": _is_staff(), "places": places, "missing": [], "twice": []}
    if _is_staff():
        common["partner_name"] = queries.partner_name(found)
    if found.state in service.CHECKABLE:
        common |= _mapping(found)
    if found.state is ImportState.CONFIRMED:
        return common | _progress(found)
    if found.state is ImportState.UPLOADED or is_mapping:
        return common | {"is_mapping": True}
    return common | _trial(found, places)


def _first_due(found: ImportRun) -> date | None:
    """Return until when the charges of an import pay; none where every row names its own due date."""
    is_charged = found.quoted_on and found.due_day and not found.has_due_dates
    return cycle.first_due(found.quoted_on, found.due_day) if is_charged else None  # type: ignore[arg-type]


def _sheet_columns(found: ImportRun) -> list[SheetColumn]:
    return SheetColumn.build_all(found.titles, queries.first_rows(found.id, 5))


def _mapping(found: ImportRun) -> dict[str, Any]:
    must = imports.required(has_due_dates=found.has_due_dates)
    places = service.places_of(found)
    wanted = imports.columns(has_due_dates=found.has_due_dates)
    choices = [Choice(column, column in must, places.get(column)) for column in wanted]
    return {"choices": choices, "sheet_columns": _sheet_columns(found)}


def _progress(found: ImportRun) -> dict[str, Any]:
    work = work_queries.work_of(WorkKind.IMPORT, found.id)
    is_moving = work is not None and works.is_moving(work, clock.now())
    return {"is_moving": is_moving, "error": work.error if work and work.state is RunState.FAILED else ""}


def _trial(found: ImportRun, places: Any) -> dict[str, Any]:
    """Return a page of the rows with their verdicts, and the arithmetic of the total."""
    verdict, today = Verdict.parse(request.args.get("verdict")), clock.today()
    pairs = queries.rows_page(found.id, verdict, parse_id(request.args.get("after", "")))
    rows = [TriedRow.build(row, client, places, today) for row, client in pairs[: queries.SHOWN]]
    groups = [Group.from_json(kept) for kept in (found.quote or [])[:GROUPS_SHOWN]]
    return {
        "rows": rows,
        "next_after": rows[-1].number if len(pairs) > len(rows) else None,
        "verdict": verdict,
        "counts": {Verdict.BAD: found.bad, Verdict.READY: found.ready, Verdict.PENDING: found.pending},
        "groups": groups,
        "more_groups": max(0, len(found.quote or []) - len(groups)),
        "due_on": _first_due(found),
        "seen": service.shown(found),
    }
