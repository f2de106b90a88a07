"""Reading the price table: the version that holds on a day, and all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from sqlalchemy import bindparam, select

from portal.domain.prices import PriceTable
from portal.extensions import db
from portal.models import Price, PriceVersion
from portal.models.types import AnyRow

NO_VERSION = 0
"""The version of the table that stands in where none is valid; it has no price, so that nothing is sold by it."""


def price_table(on: date) -> PriceTable:
    """Return the newest version valid on a day; where there is none, an empty one whose every price is missing."""
    rows = db.session.execute(_NEWEST, {"on": on}).all()
    return _table(rows) if rows else PriceTable(NO_VERSION, on, {})


def price_tables() -> list[PriceTable]:
    """Return every version in the order in which they were made."""
    rows = db.session.execute(_ROWS.order_by(PriceVersion.id)).all()
    return [_table(list(group)) for _version, group in groupby(rows, key=_version_of)]


_ROWS = select(PriceVersion.id, PriceVersion.valid_from, Price.product, Price.item, Price.cents).join(
    Price, Price.version_id == PriceVersion.id
)

_NEWEST = _ROWS.where(
    PriceVersion.id
    == select(PriceVersion.id)
    .where(PriceVersion.valid_from <= bindparam("on"))
    .order_by(PriceVersion.valid_from.desc(), PriceVersion.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _version_of(row: AnyRow) -> int:
    return int(row[0])


def _table(rows: Iterable[AnyRow]) -> PriceTable:
    """Return the table that the rows of one version are."""
    (version, valid_from, *_first), *_rest = rows = list(rows)
    return PriceTable(version, valid_from, {(product, item): cents for _id, _from, product, item, cents in rows})
