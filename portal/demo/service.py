"""The demo of a first start: two partners with clients of every kind, made when the database has no partner yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from portal import clock, database, passwords
from portal.catalogue.queries import NO_VERSION, price_table
from portal.demo import certificates, clouds, devices, migrations, orders, requests, retail
from portal.demo.cast import ALFA_CAST, ALFA_EXTRAS, BETA_CAST, BETA_EXTRAS, Sketch, extras
from portal.demo.facts import Scene, client_of
from portal.demo.history import past
from portal.demo.identifiers import DocumentMint
from portal.demo.orders import Deal
from portal.demo.people import ALFA, BETA, EVERYBODY, OPERATOR, PASSWORD, Firm, Person
from portal.demo.prices import add_prices
from portal.demo.story import belongings
from portal.domain.prices import PriceTable
from portal.extensions import db
from portal.models import AuditEvent, Client, Partner, User
from portal.notifications import service as notifications

SEED = 2026
PARTNER_AGE = timedelta(days=2_000)
BULK_LOGIN = "admin@partner-1.example"
TURNS = 6
"""How often a first start waits for another one to end, each time as long as any transaction waits."""


def seed_if_empty() -> bool:
    """Make the demo where there is no partner yet and say whether it was made.

    One query where there is one. Of two processes that start at once, the second waits and then finds the first's.
    """
    if not _is_empty():
        return False
    password_hash = passwords.hash_password(PASSWORD)  # slow, so before the lock
    if is_ours := _seed_in_turn(password_hash):
        retail.bill(clock.now())
        certificates.hand_in(clock.now())
        requests.ask(clock.now())
        notifications.notify(clock.now())  # what the night would have made, so that the first page has its banner
    return is_ours


def welcome(url: str) -> str:
    """Return what a start of the demo prints: the address, who may sign in and with what."""
    people = _logins()
    lines = [f"  {user.email:<26} {user.role.label:<14} {name or ''}".rstrip() for user, name in people]
    lines.append(f"  password of each: {PASSWORD}")
    if price_table(clock.today()).version == NO_VERSION:
        lines.append("  no price table holds, so nothing can be sold: flask --app app prices load FILE --from DATE")
    return "\n".join(["", f"Portal do Parceiro (demo): {url}", *lines, ""])


def _logins() -> Sequence[tuple[User, str | None]]:
    """Return the users to sign in with and their partners' names; in a large database its first administrator."""
    wanted = [person.email for person in EVERYBODY] + [BULK_LOGIN]
    query = select(User, Partner.name).outerjoin(Partner).where(User.email.in_(wanted)).order_by(User.id)
    return [(user, name) for user, name in db.session.execute(query)]


def _seed_in_turn(password_hash: str, turns: int = TURNS) -> bool:
    """Add the demo under the lock unless another process did meanwhile; says whether this one did.

    On a slow machine the other may take longer than a transaction waits for a lock.

    Raises:
        OperationalError: it took longer than even all turns wait.
    """
    try:
        _lock()
        is_ours = _is_without_partners()
        if is_ours:
            _seed(clock.now(), password_hash)
        db.session.commit()
    except OperationalError:
        if turns == 1:
            raise
    else:
        return is_ours
    finally:
        db.session.rollback()
    return _seed_in_turn(password_hash, turns - 1)


def _is_without_partners() -> bool:
    return db.session.scalar(select(Partner.id).limit(1)) is None


def _is_empty() -> bool:
    """Ask without waiting for a writer."""
    token = database.is_reading.set(True)
    try:
        return _is_without_partners()
    finally:
        db.session.rollback()
        database.is_reading.reset(token)


def _lock() -> None:
    """Keep other writers out until the transaction ends; on SQLite its beginning has done that (portal.database)."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE partners IN SHARE ROW EXCLUSIVE MODE"))


def _seed(now: datetime, password_hash: str) -> None:
    """Add everything to the session's transaction."""
    rng = Random(SEED)  # noqa: S311 - made to be repeated
    mint = DocumentMint(rng)
    prices = add_prices(db.session.connection(), now)
    scenes = [_open(firm, rng, mint, now, password_hash=password_hash, prices=prices) for firm in (ALFA, BETA)]
    db.session.add(_user(OPERATOR, None, now, password_hash))
    plays = [
        _play((*ALFA_CAST, *extras(rng, ALFA_EXTRAS)), scenes[0]),
        _play((*BETA_CAST, *extras(rng, BETA_EXTRAS)), scenes[1]),
    ]
    events = [event for told, _deals in plays for event in told]
    for scene in scenes:
        devices.install(scene)
        events += clouds.tell(scene)
        devices.tell(scene)
        events += migrations.tell(scene, events)
    events.sort(key=_when)
    db.session.add_all(events)
    db.session.flush()
    for scene, (_told, deals) in zip(scenes, plays, strict=True):
        for deal in deals:
            orders.write(deal, scene)


def _open(
    firm: Firm, rng: Random, mint: DocumentMint, now: datetime, *, password_hash: str, prices: PriceTable
) -> Scene:
    """Add a partner with its users."""
    created_at = now - PARTNER_AGE
    partner = Partner(name=firm.name, document=firm.document, due_day=firm.due_day, created_at=created_at)
    db.session.add(partner)
    db.session.flush()
    staff = [_user(person, partner, now, password_hash) for person in firm.people]
    db.session.add_all(staff)
    db.session.flush()
    return Scene(partner, staff, rng, mint, now, prices)


def _user(person: Person, partner: Partner | None, now: datetime, password_hash: str) -> User:
    return User(
        partner_id=partner.id if partner else None,
        email=person.email,
        name=person.name,
        role=person.role,
        password_hash=password_hash,
        created_at=now - PARTNER_AGE,
    )


def _play(cast: tuple[Sketch, ...], scene: Scene) -> tuple[list[AuditEvent], list[Deal]]:
    """Add a partner's clients, in the order in which they registered, with what belongs to them; return their past."""
    pairs = sorted(((client_of(sketch, scene), sketch) for sketch in cast), key=_registration_date)
    db.session.add_all(client for client, _sketch in pairs)
    db.session.flush()
    events: list[AuditEvent] = []
    deals: list[Deal] = []
    for client, sketch in pairs:
        db.session.add_all(belongings(client, sketch, scene))
        orders.hand_on(client, sketch, scene)
        told = past(client, sketch, scene)
        events += told
        deals += orders.deals(client, sketch, scene, told)
    return events, deals


def _registration_date(pair: tuple[Client, Sketch]) -> date:
    return pair[0].registered_on


def _when(event: AuditEvent) -> datetime:
    return event.at
