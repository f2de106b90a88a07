"""Large databases for benchmarks: a million clients in a few minutes, the same ones for the same seed and day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from portal import clock, passwords
from portal.demo import names
from portal.demo.bulk_rows import COLUMNS, Owner, RowMaker
from portal.demo.counters import rebuild_counters
from portal.demo.due_dates import Calendar
from portal.demo.identifiers import DocumentMint
from portal.demo.loaders import Loader, loader_for
from portal.demo.people import PASSWORD
from portal.demo.prices import add_prices
from portal.domain.cycle import DEFAULT_DUE_DAY
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Partner, User

__all__ = ["DatabaseNotEmpty", "Order", "OrderRefused", "fill", "rebuild_counters"]

OTHER_DUE_DAYS = (5, 15, 20, 25)
USUAL_DUE_DAY_SHARE = 0.6
SAY_EVERY = 100_000
MOST_CLIENTS = 20_000_000
PARTNER_AGE = timedelta(days=3_000)


class OrderRefused(ValueError):  # noqa: N818 - an answer, as in portal.domain.errors
    """The numbers asked for make no sense together; the message says why."""


class DatabaseNotEmpty(Exception):  # noqa: N818
    """The database holds partners already; nothing was written."""


@dataclass(frozen=True)
class Order:
    """How much is wanted. ``largest`` is the number of clients of the first partner; no other has more."""

    partners: int
    clients: int
    largest: int
    seed: int

    def __post_init__(self) -> None:
        """Refuse nonsense.

        Raises:
            OrderRefused: the numbers contradict each other.
        """
        if self.partners < 1:
            raise OrderRefused("--partners must be at least 1")
        if not self.partners <= self.clients <= MOST_CLIENTS:
            raise OrderRefused(f"--clients must be from {self.partners} (one a partner) to {MOST_CLIENTS}")
        if self.largest > self.clients - (self.partners - 1):
            raise OrderRefused(
                f"--largest {self.largest} leaves fewer than one client for each of the other {self.partners - 1} partners"
            )
        if self.largest * self.partners < self.clients:
            raise OrderRefused(
                f"--largest {self.largest} is too few: {self.partners} partners with no more than that "
                f"cannot hold {self.clients} clients"
            )

    def shares(self) -> list[int]:
        """Return the number of clients of each partner: the largest first, the others in shrinking parts of the rest."""
        shares, rest = [self.largest], self.clients - self.largest
        weights = [1 / position for position in range(2, self.partners + 1)]
        for index, weight in enumerate(weights):
            others = len(weights) - index - 1
            share = round(rest * weight / sum(weights[index:]))
            shares.append(min(max(share, rest - others * self.largest, 1), self.largest, rest - others))
            rest -= shares[-1]
        return shares


def fill(order: Order, say: Callable[[str], None] = lambda _text: None) -> None:
    """Fill an empty database in one transaction; ``say`` is told how it goes.

    Raises:
        DatabaseNotEmpty: there are partners.
    """
    password_hash = passwords.hash_password(PASSWORD)
    with db.engine.connect() as connection:
        connection.detach()  # its settings die with it
        loader = loader_for(connection, list(COLUMNS))
        loader.before_transaction()
        with connection.begin():
            loader.lock()
            if connection.scalar(select(Partner.id).limit(1)) is not None:
                raise DatabaseNotEmpty
            add_prices(connection, clock.now())
            owners = _add_owners(connection, order, password_hash)
            _add_clients(connection, loader, owners, order.seed, say)
        say("Cleaning up ...")
        loader.after_transaction()


def _add_owners(connection: Connection, order: Order, password_hash: str) -> list[Owner]:
    """Add the partners, each with its administrator."""
    rng = Random(order.seed)  # noqa: S311 - made to be repeated
    created_at, mint = clock.now() - PARTNER_AGE, DocumentMint(rng)
    owners = []
    for number, clients in enumerate(order.shares(), start=1):
        due_day = DEFAULT_DUE_DAY if rng.random() < USUAL_DUE_DAY_SHARE else rng.choice(OTHER_DUE_DAYS)
        partner = {"name": _partner_name(number), "document": mint.cnpj(), "due_day": due_day, "created_at": created_at}
        partner_id = connection.execute(insert(Partner).values(partner).returning(Partner.id)).scalar_one()
        admin_id = _add_admin(connection, partner_id, number, password_hash, created_at)
        owners.append(Owner(partner_id, admin_id, due_day, clients))
    return owners


def _partner_name(number: int) -> str:
    firsts, lasts = names.PARTNERS_FIRST, names.PARTNERS_LAST
    return f"{firsts[(number - 1) % len(firsts)]} {lasts[(number - 1) // len(firsts) % len(lasts)]} {number}"


def _add_admin(connection: Connection, partner_id: int, number: int, password_hash: str, created_at: datetime) -> int:
    admin = {
        "partner_id": partner_id,
        "email": f"admin@partner-{number}.example",
        "name": f"Administrador {number}",
        "role": Role.ADMIN,
        "password_hash": password_hash,
        "created_at": created_at,
    }
    return connection.execute(insert(User).values(admin).returning(User.id)).scalar_one()


def _add_clients(
    connection: Connection, loader: Loader, owners: list[Owner], seed: int, say: Callable[[str], None]
) -> None:
    rng, loaded = Random(f"clients {seed}"), 0  # noqa: S311 - made to be repeated
    loader.put_aside()
    for batch in RowMaker(rng, Calendar(clock.today())).batches(owners, first_id=1):
        for table, rows in batch.items():
            loader.load(table, COLUMNS[table], rows)
        loaded += len(batch["clients"])
        if loaded // SAY_EVERY != (loaded - len(batch["clients"])) // SAY_EVERY:
            say(f"{loaded} clients ...")
    say("Counters, indexes, triggers ...")
    rebuild_counters(connection)
    loader.put_back()
