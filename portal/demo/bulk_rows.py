"""The rows of a large database, batch by batch: tuples in the order of the columns named here, ready for a bulk load.

Dates and moments are text already; moments are UTC without an offset, which both databases read alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, NamedTuple

from portal.demo import identifiers, names, phrases, places
from portal.demo.bulk_names import NameMaker, Pair
from portal.demo.bundles import BUNDLES, Bundle
from portal.demo.due_dates import Calendar
from portal.demo.lives import STATUS_WEIGHTS, Life, LifeMaker
from portal.demo.places import Place
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.statuses import Status

BATCH = 5_000
COLUMNS = {
    "clients": """id partner_id name search_key document product registered_on due_on due_day renewal_method uf city_code
        city email phone notes pending_at pending_reason suspended_at suspended_by_id suspension_reason hidden_at
        hidden_by_id unused_codes version""".split(),
    "license_items": "client_id item quantity since_on".split(),
    "registration_codes": "partner_id client_id item code issued_at consumed_at".split(),
    "installations": "client_id item key device version activated_at last_seen_at".split(),
    "contacts": "client_id partner_id last_seen_at".split(),
}
"""What is loaded, parents first; columns left out are null."""
LINK_SHARE, BILLING_SHARE, UNUSED_SHARE = 0.7, 0.3, 0.05
CONTACT_SHARE, NOTED_SHARE = 0.8, 0.1
CPF_SHARE, LETTERED_SHARE = 0.1, 0.03
ACTIVATION_DAYS = 6

Row = tuple[Any, ...]
Batch = dict[str, list[Row]]


@dataclass(frozen=True)
class Owner:
    """A partner whose clients are made."""

    partner_id: int
    admin_id: int
    due_day: int
    clients: int


class Draft(NamedTuple):
    """What has been decided about a client before its rows are written."""

    client_id: int
    owner: Owner
    product: Product
    bundle: Bundle
    life: Life
    codes: int
    is_activated: bool


class RowMaker:
    """Makes the rows of clients; the same seed and day make the same rows."""

    def __init__(self, rng: Random, calendar: Calendar) -> None:
        """Prepare what is chosen from."""
        self._rng, self._ago = rng, calendar.ago
        self._names, self._lives, self._mint = NameMaker(rng), LifeMaker(rng, calendar), identifiers.DocumentMint(rng)
        self._bundles = {kind: (list(some), list(some.values())) for kind, some in BUNDLES.items()}
        # Office hours in UTC: issued in the morning, used in the afternoon, last heard of at night.
        self._morning, self._afternoon, self._night = (
            [
                f" {hour:02d}:{minute:02d}:{second:02d}.000000"
                for hour, minute, second in product(hours, range(60), (7, 41))
            ]
            for hours in (range(12, 15), range(16, 21), range(21, 23))
        )

    def batches(self, owners: list[Owner], first_id: int) -> Iterator[Batch]:
        """Yield all clients of the owners with what belongs to them, numbered from ``first_id`` on."""
        for owner in owners:
            for start in range(first_id, first_id + owner.clients, BATCH):
                yield self._batch(owner, range(start, min(start + BATCH, first_id + owner.clients)))
            first_id += owner.clients

    def _batch(self, owner: Owner, ids: range) -> Batch:
        count, batch = len(ids), {table: list[Row]() for table in COLUMNS}
        statuses = self._rng.choices(list(STATUS_WEIGHTS), list(STATUS_WEIGHTS.values()), k=count)
        chosen_places = self._rng.choices(places.weighted_places(), k=count)
        for client_id, status, name, place in zip(ids, statuses, self._names.make(count), chosen_places, strict=True):
            draft = self._draft(owner, client_id, status)
            batch["clients"].append(self._client(draft, name, place))
            since_on = self._ago[draft.life.registered_ago]
            batch["license_items"] += [(client_id, item.value, quantity, since_on) for item, quantity in draft.bundle]
            if draft.codes:
                self._add_codes(draft, batch)
        return batch

    def _draft(self, owner: Owner, client_id: int, status: Status) -> Draft:
        random = self._rng.random
        kind = Product.LINK if random() < LINK_SHARE else Product.NAVI
        bundle = self._rng.choices(*self._bundles[kind])[0]
        is_unused = kind is Product.LINK and random() < UNUSED_SHARE
        life = self._lives.make(status, owner.due_day, is_new=is_unused)
        has_codes = kind is Product.LINK and status is not Status.PENDING
        mobiles = sum(quantity for item, quantity in bundle if item is Item.MOBILE)
        return Draft(client_id, owner, kind, bundle, life, (1 + mobiles) * has_codes, has_codes and not is_unused)

    def _client(self, draft: Draft, name: Pair, place: Place) -> Row:
        owner, life, document = draft.owner, draft.life, self._document()
        is_reachable, is_billed, is_noted = (
            self._rng.random() < share for share in (CONTACT_SHARE, BILLING_SHARE, NOTED_SHARE)
        )
        is_suspended, is_hidden = life.suspended_ago is not None, life.hidden_ago is not None
        return (
            draft.client_id, owner.partner_id, name[0], f"{name[1]}\t{document.lower()}", document, draft.product.value,
            self._ago[life.registered_ago], life.due and life.due.text, life.due_day,
            RenewalMethod.BILLING.value if is_billed else RenewalMethod.MANUAL.value,
            place.uf, place.code, place.city,
            f"contato@loja-{draft.client_id}.example" if is_reachable else "",
            places.phone(place, self._rng.getrandbits(26)) if is_reachable else "",
            self._one_of(phrases.NOTES) if is_noted else "",
            self._at(life.pending_ago, self._morning),
            "" if life.pending_ago is None else self._one_of(phrases.PENDING_REASONS),
            self._at(life.suspended_ago, self._afternoon), owner.admin_id if is_suspended else None,
            self._one_of(phrases.SUSPENSION_REASONS) if is_suspended else "",
            self._at(life.hidden_ago, self._afternoon), owner.admin_id if is_hidden else None,
            0 if draft.is_activated else draft.codes, 1 + is_suspended + is_hidden,
        )  # fmt: skip

    def _add_codes(self, draft: Draft, batch: Batch) -> None:
        """Issue the codes; those of an activated client are consumed, by an installation each."""
        life, used_at = draft.life, None
        issued_at = self._at(life.registered_ago, self._morning)
        if draft.is_activated:
            batch["contacts"].append((draft.client_id, draft.owner.partner_id, self._at(life.seen_ago, self._night)))
        for number in range(draft.codes):
            item = (Item.MOBILE if number else Item.BASE).value
            if draft.is_activated:
                used_ago = max(life.registered_ago - self._below(ACTIVATION_DAYS), life.seen_ago)
                used_at = self._at(used_ago, self._afternoon)
                batch["installations"].append(self._installation(draft, item, used_at))
            code = identifiers.code(self._rng)
            batch["registration_codes"].append(
                (draft.owner.partner_id, draft.client_id, item, code, issued_at, used_at)
            )

    def _installation(self, draft: Draft, item: str, used_at: str | None) -> Row:
        device = self._one_of(names.PHONES if item == Item.MOBILE.value else names.DEVICES)
        version = names.VERSIONS[min(self._below(9), self._below(len(names.VERSIONS)))]  # newer ones more often
        key, seen_at = identifiers.license_key(self._rng), self._at(draft.life.seen_ago, self._night)
        return draft.client_id, item, key, device, version, used_at, seen_at

    def _document(self) -> str:
        lot = self._rng.random()
        if lot < CPF_SHARE:
            return self._mint.cpf()
        if lot < CPF_SHARE + LETTERED_SHARE:
            return self._mint.lettered_cnpj()
        return self._mint.cnpj(branch=1 + self._below(2) * self._below(5))

    def _at(self, days_ago: int | None, hours: list[str]) -> str | None:
        return None if days_ago is None else self._ago[days_ago] + hours[self._below(len(hours))]

    def _below(self, count: int) -> int:
        """Return a number below ``count``; several times faster than randrange."""
        return int(self._rng.random() * count)

    def _one_of(self, some: tuple[str, ...]) -> str:
        return some[self._below(len(some))]
