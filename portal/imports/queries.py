"""Reading imports: a run, pages of its rows, who holds its documents, what stands in the way of undoing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select

from portal.catalogue.queries import price_table
from portal.domain.catalogue import Product
from portal.domain.errors import NotFound
from portal.domain.import_rows import Registration
from portal.domain.imports import Verdict
from portal.extensions import db
from portal.imports.terms import Terms
from portal.models import Charge, Client, ImportRow, ImportRun, InvoiceLine, Partner, RegistrationCode, RetailCharge
from portal.models.types import AnyRow

SHOWN = 50
RUNS_SHOWN = 30
AT_ONCE = 500
"""Documents that one query asks for."""


class Asking(Protocol):
    """Who asks: a user of a partner, or of the vendor (no partner)."""

    @property
    def partner_id(self) -> int | None: ...  # noqa: D102


def _visible(who: Asking) -> tuple[ColumnElement[bool], ...]:
    """Return which runs somebody may see: a partner's users its own, the vendor's those that name due dates."""
    if who.partner_id is None:
        return (ImportRun.has_due_dates.is_(True),)
    return ImportRun.partner_id == who.partner_id, ImportRun.has_due_dates.is_(False)


def get_run(who: Asking, key: str) -> ImportRun:
    """Return a run.

    Raises:
        NotFound: there is none with this key that they may see.
    """
    run: ImportRun | None = None
    if key.isascii() and key.isprintable():
        run = db.session.scalar(select(ImportRun).where(ImportRun.key == key, *_visible(who)))
    if run is None:
        raise NotFound
    return run


def run_with(key: str) -> ImportRun | None:
    """Return the run that a form with this key made, whosever it is."""
    run: ImportRun | None = db.session.scalar(select(ImportRun).where(ImportRun.key == key))
    return run


def runs_of(who: Asking, before: int | None = None) -> Sequence[ImportRun]:
    """Return the runs that somebody may see, the newest first, one more than a page shows."""
    query = select(ImportRun).where(*_visible(who))
    if before is not None:
        query = query.where(ImportRun.id < before)
    return db.session.scalars(query.order_by(ImportRun.id.desc()).limit(RUNS_SHOWN + 1)).all()


def partner_name(run: ImportRun) -> str:
    """Return the name of the partner that a run is for."""
    return db.session.scalars(select(Partner.name).where(Partner.id == run.partner_id)).one()


def open_partners() -> Sequence[AnyRow]:
    """Return id and name of the partners that are not suspended, by name."""
    query = select(Partner.id, Partner.name).where(Partner.suspended_at.is_(None))
    return db.session.execute(query.order_by(Partner.name, Partner.id)).all()


def terms(partner_id: int, today: date) -> Terms:
    """Return what a partner's new clients are quoted from today."""
    due_day = db.session.scalars(select(Partner.due_day).where(Partner.id == partner_id)).one()
    return Terms(today, due_day, price_table(today))


def rows_of(run_id: int) -> list[AnyRow]:
    """Return number and cells of all rows of a run."""
    query = select(ImportRow.number, ImportRow.cells).where(ImportRow.run_id == run_id)
    return list(db.session.execute(query.order_by(ImportRow.number)))


def first_rows(run_id: int, most: int) -> Sequence[ImportRow]:
    """Return the first rows of a run."""
    return db.session.scalars(
        select(ImportRow).where(ImportRow.run_id == run_id).order_by(ImportRow.number).limit(most)
    ).all()


def rows_page(run_id: int, verdict: Verdict | None, after: int | None) -> list[tuple[ImportRow, Client | None]]:
    """Return rows with what they became, by their number, one more than a page shows; those of a verdict, or all."""
    query = select(ImportRow, Client).outerjoin(Client, Client.id == ImportRow.client_id)
    query = query.where(ImportRow.run_id == run_id)
    if verdict is not None:
        query = query.where(ImportRow.verdict == verdict)
    if after is not None:
        query = query.where(ImportRow.number > after)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(ImportRow.number).limit(SHOWN + 1))]


def bad_rows(run_id: int) -> Iterable[AnyRow]:
    """Yield cells and errors of the rows that cannot be imported."""
    query = select(ImportRow.number, ImportRow.cells, ImportRow.errors)
    return db.session.execute(
        query.where(ImportRow.run_id == run_id, ImportRow.verdict == Verdict.BAD).order_by(ImportRow.number)
    )


def importable_rows(run_id: int) -> Sequence[AnyRow]:
    """Return number, verdict and facts of the rows that become clients."""
    query = select(ImportRow.number, ImportRow.verdict, ImportRow.facts)
    good = ImportRow.run_id == run_id, ImportRow.verdict.in_((Verdict.READY, Verdict.PENDING))
    return db.session.execute(query.where(*good).order_by(ImportRow.number)).all()


def rows_of_a_day(partner_id: int, now: datetime) -> int:
    """Return how many rows a partner's own uploads of the last 24 hours hold."""
    since = now - timedelta(hours=24)
    own = ImportRun.partner_id == partner_id, ImportRun.created_at > since, ImportRun.has_due_dates.is_(False)
    return int(db.session.scalar(select(func.coalesce(func.sum(ImportRun.lines), 0)).where(*own)) or 0)


class Holders(NamedTuple):
    """Who has a document with a product: the partner's own client, or somebody else."""

    here: int | None = None
    is_elsewhere: bool = False


def holders(partner_id: int, documents: Collection[str]) -> dict[Registration, Holders]:
    """Return who holds documents already; undone registrations hold nothing."""
    found: dict[Registration, Holders] = defaultdict(Holders)
    asked = sorted(documents)
    for start in range(0, len(asked), AT_ONCE):
        for document, product, holder_id, client_id in _held(asked[start : start + AT_ONCE]):
            known = found[document, product]
            is_here = holder_id == partner_id
            found[document, product] = known._replace(here=client_id) if is_here else known._replace(is_elsewhere=True)
    return found


def _held(documents: Sequence[str]) -> Iterable[tuple[str, Product, int, int]]:
    query = select(Client.document, Client.product, Client.partner_id, Client.id)
    rows = db.session.execute(query.where(Client.document.in_(documents), Client.archived_at.is_(None)))
    return ((row[0], row[1], row[2], row[3]) for row in rows)


def blockers(run_id: int) -> list[AnyRow]:
    """Return the clients of a run that cannot be undone any more, and why: changed, paid, invoiced or activated."""
    paid = select(Charge.id).where(Charge.client_id == Client.id, Charge.paid_at.is_not(None)).exists()
    used = select(RegistrationCode.id).where(
        RegistrationCode.client_id == Client.id, RegistrationCode.consumed_at.is_not(None)
    )
    invoiced = or_(
        select(InvoiceLine.id).where(InvoiceLine.client_id == Client.id, InvoiceLine.is_open).exists(),
        select(RetailCharge.id)
        .where(RetailCharge.client_id == Client.id, RetailCharge.paid_at.is_(None), RetailCharge.cancelled_at.is_(None))
        .exists(),
    )
    reasons = {
        "is_changed": or_(Client.version != 1, Client.archived_at.is_not(None)),
        "is_paid": paid,
        "is_used": used.exists(),
        "is_invoiced": invoiced,
    }
    query = select(Client.id, Client.name, *(reason.label(name) for name, reason in reasons.items()))
    query = query.join(ImportRow, and_(ImportRow.client_id == Client.id, ImportRow.run_id == run_id))
    return list(db.session.execute(query.where(or_(*reasons.values())).order_by(ImportRow.number)))
