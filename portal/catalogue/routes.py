"""The vendor's page "Preços": versions of the table, one to come, whom it touches, what is offered at all."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal import clock, formatting, htmx, saying
from portal.access import asks, requires, viewer
from portal.catalogue import effects, forms, queries, rows, service
from portal.catalogue.forms import PriceForm
from portal.catalogue.rows import VersionRow
from portal.catalogue.service import NewPrices
from portal.catalogue.texts import Text
from portal.domain.catalogue import Item, Product
from portal.domain.errors import Invalid, NotFound, StaleState
from portal.domain.ids import parse_id
from portal.domain.prices import PriceTable, has_begun
from portal.domain.roles import Permission
from portal.extensions import db
from portal.forms import new_key

UNPROCESSABLE = 422

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@bp.get("")
@requires(Permission.MANAGE_CATALOGUE)
def index() -> str:
    """The table that holds today, what is offered, and all versions."""
    today = clock.today()
    table = queries.price_table(today)
    return render_template(
        "catalogue/index.html",
        table=table,
        lines=rows.lines(table.cents, withheld=queries.withheld()),
        versions=VersionRow.build_all(queries.versions(), table.version, today),
    )


@bp.get("/versions/new")
@requires(Permission.MANAGE_CATALOGUE)
def version_new() -> Response:
    """The form of a version, begun with the newest table; or with one still to come, which it will stand in for."""
    today = clock.today()
    if replaces := request.args.get("replaces", ""):
        table, version = _coming(replaces)
        day, note = version.valid_from.isoformat(), version.note
        return _form(forms.begun_with(table.cents, key=new_key(), valid_from=day, note=note, replaces=replaces))
    return _form(forms.begun_with(queries.price_table(today).cents, key=new_key(), valid_from=""))


@bp.post("/versions/preview")
@requires(Permission.MANAGE_CATALOGUE)
@asks("catalogue.version_new")
def preview_create() -> Response:
    """Whom a version would touch, before it is confirmed."""
    form = forms.read(request.form, clock.today())
    if form.errors or "show" in request.form:
        return _form(form, UNPROCESSABLE if form.errors else 200)
    before = queries.table_before(form.valid_from, form.replaces)
    found = effects.of(before.cents, form.cents, clock.today())
    lines = rows.lines(form.cents, form=form, before=before.cents, units=found.units)
    shown = {"form": form, "before": before, "found": found, "lines": lines, "signed": rows.signed}
    return make_response(render_template("catalogue/preview.html", **shown))


@bp.post("/versions")
@requires(Permission.MANAGE_CATALOGUE)
def version_create() -> Response:
    """Schedule a version; the same form again answers what it made."""
    form = forms.read(request.form, clock.today())
    if form.errors:
        return _form(form, UNPROCESSABLE)
    asked = NewPrices(form.cents, form.valid_from, form.note, form.replaces)
    try:
        version_id = service.schedule(asked, key=form.key, now=clock.now(), actor=viewer())
    except StaleState:
        return _begun()
    saying.keep(Text.SCHEDULED.label.format(version=version_id, day=formatting.day(form.valid_from)))
    return htmx.leave_for(url_for(".version", version_id=version_id))


@bp.get("/versions/<int:version_id>")
@requires(Permission.MANAGE_CATALOGUE)
def version(version_id: int) -> str:
    """One version beside the table before it and, while it is to come, whom it touches."""
    table, facts = queries.get_version(version_id)
    today = clock.today()
    before = queries.table_before(facts.valid_from, version_id)
    is_coming = facts.withdrawn_at is None and not has_begun(facts.valid_from, today)
    found = effects.of(before.cents, table.cents, today) if is_coming else None
    return render_template(
        "catalogue/version.html",
        row=VersionRow.build_all([facts], queries.price_table(today).version, today)[0],
        before=before,
        found=found,
        is_coming=is_coming,
        lines=rows.lines(table.cents, before=before.cents, units=found.units if found else None),
        signed=rows.signed,
    )


@bp.post("/versions/<int:version_id>/withdrawal")
@requires(Permission.MANAGE_CATALOGUE)
def withdrawal_create(version_id: int) -> Response:
    """Withdraw a version that is still to come."""
    queries.get_version(version_id)
    try:
        service.withdraw(version_id, now=clock.now(), actor=viewer())
    except StaleState:
        return _begun()
    saying.keep(Text.WITHDRAWN.label.format(version=version_id))
    return htmx.leave_for(url_for(".index"))


@bp.post("/switches")
@requires(Permission.MANAGE_CATALOGUE)
def switch_create() -> Response:
    """Offer an item, or no longer; pressed twice it is done once."""
    product, item = Product.parse(request.form.get("product")), Item.parse(request.form.get("item"))
    offered = request.form.get("offered", "")
    if product is None or item is None or offered not in {"yes", "no"}:
        raise Invalid({"item": [forms.INCOMPLETE]})
    is_offered = offered == "yes"
    done = service.switch((product, item), is_offered=is_offered, now=clock.now(), actor=viewer())
    text = (Text.OFFERED if is_offered else Text.WITHHELD) if done else Text.SAME
    saying.keep(text.label.format(item=item.label, product=product.label))
    return htmx.leave_for(url_for(".index"))


def _coming(text: str) -> tuple[PriceTable, queries.Version]:
    """Return a version that may still be changed.

    Raises:
        NotFound: there is none such, or it has begun.
    """
    table, found = queries.get_version(parse_id(text) or 0)
    if found.withdrawn_at is not None or has_begun(found.valid_from, clock.today()):
        raise NotFound
    return table, found


def _begun() -> Response:
    """Say that a version cannot be touched any more, above the list that shows why."""
    db.session.rollback()
    saying.keep(Text.BEGUN.label)
    return htmx.leave_for(url_for(".index"))


def _form(form: PriceForm, status: int = 200) -> Response:
    today = clock.today()
    context: dict[str, Any] = {"form": form, "today": today, "lines": rows.lines(form.cents, form=form)}
    return make_response(render_template("catalogue/version_new.html", **context), status)
