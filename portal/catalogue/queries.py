"""Reading the price table: the version that holds on a day, and all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import bindparam, select

from portal.domain.errors import NotFound
from portal.domain.prices import PriceKey, PriceTable, valid_on
from portal.extensions import db
from portal.models import Price, PriceVersion, User, WithheldItem
from portal.models.types import AnyRow

NO_VERSION = 0
"""The version of the table that stands in where none is valid; it has no price, so that nothing is sold by it."""


def price_table(on: date) -> PriceTable:
    """Return the newest version valid on a day; where there is none, an empty one whose every price is missing."""
    rows = db.session.execute(_NEWEST, {"on": on}).all()
    return _table(rows) if rows else PriceTable(NO_VERSION, on, {})


def price_tables() -> list[PriceTable]:
    """Return every version that was not withdrawn, in the order in which they were made."""
    rows = db.session.execute(_ROWS.order_by(PriceVersion.id)).all()
    return [_table(list(group)) for _version, group in groupby(rows, key=_version_of)]


_ROWS = (
    select(
        PriceVersion.id, PriceVersion.valid_from, Price.product, Price.item, Price.cents, WithheldItem.since_at
    )
    .join(Price, Price.version_id == PriceVersion.id)
    .outerjoin(WithheldItem, (WithheldItem.product == Price.product) & (WithheldItem.item == Price.item))
    .where(PriceVersion.withdrawn_at.is_(None))
)  # fmt: skip

_NEWEST = _ROWS.where(
    PriceVersion.id
    == select(PriceVersion.id)
    .where(PriceVersion.valid_from <= bindparam("on"), PriceVersion.withdrawn_at.is_(None))
    .order_by(PriceVersion.valid_from.desc(), PriceVersion.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _version_of(row: AnyRow) -> int:
    return int(row[0])


def _table(rows: Iterable[AnyRow]) -> PriceTable:
    """Return the table that the rows of one version are."""
    (version, valid_from, *_first), *_rest = rows = list(rows)
    withheld = frozenset((product, item) for _id, _from, product, item, _cents, since in rows if since is not None)
    cents = {(product, item): cents for _id, _from, product, item, cents, _since in rows}
    return PriceTable(version, valid_from, cents, withheld)


class Version(NamedTuple):
    """A version as the list of versions knows it."""

    id: int
    valid_from: date
    note: str
    created_at: datetime
    withdrawn_at: datetime | None
    created_by: str | None


_VERSIONS = select(
    PriceVersion.id, PriceVersion.valid_from, PriceVersion.note, PriceVersion.created_at, PriceVersion.withdrawn_at,
    User.name,
).outerjoin(User, User.id == PriceVersion.created_by_id)  # fmt: skip


def versions() -> list[Version]:
    """Return all versions, the last to begin first; withdrawn ones too."""
    rows = db.session.execute(_VERSIONS.order_by(PriceVersion.valid_from.desc(), PriceVersion.id.desc()))
    return [Version(*row) for row in rows]


def get_version(version_id: int) -> tuple[PriceTable, Version]:
    """Return a version with its prices, a withdrawn one too.

    Raises:
        NotFound: there is none with this number.
    """
    row = db.session.execute(_VERSIONS.where(PriceVersion.id == version_id)).one_or_none()
    if row is None:
        raise NotFound
    version = Version(*row)
    prices = select(Price.product, Price.item, Price.cents).where(Price.version_id == version_id)
    cents = {(product, item): amount for product, item, amount in db.session.execute(prices)}
    return PriceTable(version_id, version.valid_from, cents), version


def table_before(valid_from: date, but: int | None = None) -> PriceTable:
    """Return what a version that begins on a day takes over from, that version itself apart; empty where there is none."""
    earlier = [table for table in price_tables() if table.version != but]
    if but is not None:
        earlier = [table for table in earlier if (table.valid_from, table.version) < (valid_from, but)]
    return valid_on(earlier, valid_from) or PriceTable(NO_VERSION, valid_from, {})


def withheld() -> frozenset[PriceKey]:
    """Return what is not offered for the time being."""
    rows = db.session.execute(select(WithheldItem.product, WithheldItem.item))
    return frozenset((product, item) for product, item in rows)
