"""Adding a version to the price table. Versions are never changed: a later one takes over from its day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from portal import audit
from portal.audit import Actor
from portal.domain.prices import PriceKey
from portal.extensions import db
from portal.models import Price, PriceVersion

ADD_PRICES = "add_prices"


def load(
    cents: Mapping[PriceKey, int], *, valid_from: date, note: str, now: datetime, actor: Actor | None
) -> PriceVersion:
    """Add a complete version, and record it. Commits."""
    actor_id = actor.user_id if actor else None
    version = PriceVersion(valid_from=valid_from, note=note, created_at=now, created_by_id=actor_id)
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        Price(version_id=version.id, product=product, item=item, cents=amount)
        for (product, item), amount in cents.items()
    )
    prices = {f"{product.value};{item.value}": amount for (product, item), amount in cents.items()}
    after = {"version": version.id, "valid_from": valid_from.isoformat(), "prices": prices}
    audit.record(ADD_PRICES, actor=actor, now=now, after=after, reason=note)
    db.session.commit()
    return version
