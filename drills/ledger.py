"""What was asked and answered, held against what the database says: nothing lost, nothing doubled, nothing by halves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.engine import Connection, RowMapping

from portal.domain.search import search_key
from portal.models import AuditEvent, Client, ClientTally

NO_DUE_DATE = date(9999, 12, 31)

Line = RowMapping
"""A row of a table, by column."""


@dataclass(frozen=True)
class Form:
    """A form as it is sent. ``mark`` is a text of its content that no other form has; "" where it has no content."""

    actor_id: int
    client_id: int
    action: str
    version: int
    path: str
    fields: Mapping[str, str]
    mark: str = ""

    @property
    def key(self) -> tuple[int, int, int]:
        """Whose form it is, on which version of which client: it can have been done once only."""
        return self.client_id, self.version, self.actor_id


@dataclass(frozen=True)
class Receipt:
    """An answer that says "done", with its protocol, or "it had been done before" (``is_repeat``)."""

    form: Form
    protocol: int
    is_repeat: bool = False

    @property
    def is_anyones(self) -> bool:
        """Whether somebody else's form may have done it: one without content asks for the same, whoever sends it."""
        return self.is_repeat and not self.form.mark


@dataclass
class Journal:
    """Every form that was sent, what was acknowledged with which protocol, what was refused. Safe among threads."""

    sent: list[Form] = field(default_factory=list)
    acknowledged: list[Receipt] = field(default_factory=list)
    refused: list[Form] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def send(self, form: Form) -> None:
        """Note a form before it leaves."""
        with self.lock:
            self.sent.append(form)

    def acknowledge(self, receipt: Receipt) -> None:
        """Note that a form was answered as done."""
        with self.lock:
            self.acknowledged.append(receipt)

    def refuse(self, form: Form) -> None:
        """Note that a form was answered as not done."""
        with self.lock:
            self.refused.append(form)


@dataclass(frozen=True)
class Facts:
    """The tables that a change touches."""

    clients: dict[int, Line]
    events: list[Line]
    tallies: dict[tuple[Any, ...], tuple[int, int]]


def read_facts(connection: Connection) -> Facts:
    """Read the tables as they are; only events of forms (with a version) count."""
    client, event, tally = Client.__table__, AuditEvent.__table__, ClientTally.__table__
    clients = {row["id"]: row for row in connection.execute(select(client)).mappings()}
    forms = select(event).where(event.c.base_version.is_not(None)).order_by(event.c.client_id, event.c.base_version)
    kept = connection.execute(select(tally).where(tally.c.clients > 0)).all()
    tallies = {tuple(row[:5]): (row.clients, row.with_unused_code) for row in kept}
    return Facts(clients, [*connection.execute(forms).mappings()], tallies)


def unsoundness(connection: Connection) -> list[str]:
    """Return what the database itself finds wrong with its file."""
    if connection.dialect.name == "sqlite":
        said = list(connection.execute(text("PRAGMA integrity_check")).scalars())
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        return [f"integrity: {line}" for line in said if line != "ok"] + [f"orphan: {tuple(row)}" for row in orphans]
    return [] if connection.execute(text("SELECT 1")).scalar() == 1 else ["PostgreSQL does not answer"]


def check(connection: Connection, journal: Journal) -> list[str]:
    """Return everything that is wrong with the database, given what was asked and answered."""
    return [*unsoundness(connection), *faults(read_facts(connection), journal)]


def faults(facts: Facts, journal: Journal) -> list[str]:
    """Return everything that is wrong, in words."""
    return [*_lost(facts, journal), *_doubled(facts, journal), *_halves(facts), *_miscounted(facts)]


def standing(facts: Facts) -> list[str]:
    """Return what is wrong with the database by itself, whoever asked for what."""
    versions = ((event["client_id"], event["base_version"]) for event in facts.events)
    chains = _chains(facts)
    gaps = (fault for client in facts.clients.values() for fault in _gaps(client, chains[client["id"]]))
    return [*_repeated("event of (client, version)", versions), *gaps, *_miscounted(facts)]


def mark_of(event: Line) -> str:
    """Return the text by which a form's content is known again: a suspension's reason, an edit's notes."""
    return str(event["reason"] or (event["after"] or {}).get("notes") or "")


def _lost(facts: Facts, journal: Journal) -> Iterator[str]:
    """What was acknowledged must be there, what was refused must not."""
    events = {event["id"]: event for event in facts.events}
    for receipt in journal.acknowledged:
        form, event = receipt.form, events.get(receipt.protocol)
        if event is None:
            yield f"lost: protocol {receipt.protocol}, {form.action} of client {form.client_id} from {form.version}"
        elif not _is_told_in(receipt, event):
            yield f"lost: protocol {receipt.protocol} is not {form.action} of {form.key} {form.mark!r} but {_told(event)}"
        elif facts.clients[form.client_id]["version"] <= form.version:
            yield f"lost: client {form.client_id} is behind protocol {receipt.protocol}"
    keys, marks = {_told(event)[:3] for event in facts.events}, {mark_of(event) for event in facts.events}
    for form in journal.refused:
        if form.mark in marks if form.mark else form.key in keys:
            yield f"refused, but done: {form.action} of client {form.client_id} from version {form.version}"


def _is_told_in(receipt: Receipt, event: Line) -> bool:
    form, (client_id, version, actor_id, action, mark) = receipt.form, _told(event)
    is_same = (form.client_id, form.version, form.action, form.mark) == (client_id, version, action, mark)
    return is_same and (form.actor_id == actor_id or receipt.is_anyones)


def _told(event: Line) -> tuple[Any, ...]:
    return event["client_id"], event["base_version"], event["actor_id"], str(event["action"]), mark_of(event)


def _doubled(facts: Facts, journal: Journal) -> Iterator[str]:
    """One event per version and per form, and none that nobody asked for."""
    yield from _repeated("event of (client, version)", ((e["client_id"], e["base_version"]) for e in facts.events))
    yield from _repeated("effect of one form", filter(None, map(mark_of, facts.events)))
    answers = {(one.form.key, one.protocol) for one in journal.acknowledged if not one.is_anyones}
    yield from _repeated("protocol for different forms", (protocol for _key, protocol in answers))
    yield from _repeated("form with different protocols", (key for key, _protocol in answers))
    yield from _repeated("first answer", (one.protocol for one in journal.acknowledged if not one.is_repeat))
    sent = {form.key for form in journal.sent}
    for event in facts.events:
        if _told(event)[:3] not in sent:
            yield f"doubled: event {event['id']} was asked for by no form: {_told(event)}"


def _repeated(what: str, keys: Iterable[Any]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"doubled: {count} times the same {what}: {key}"


def _halves(facts: Facts) -> Iterator[str]:
    """A client's version counts its events, each goes on from the one before, the row is as the last one left it."""
    chains = _chains(facts)
    for client_id, client in facts.clients.items():
        yield from _gaps(client, chains[client_id])
        yield from _broken_links(client, chains[client_id])


def _chains(facts: Facts) -> Mapping[int, list[Line]]:
    chains: dict[int, list[Line]] = defaultdict(list)
    for event in facts.events:
        chains[event["client_id"]].append(event)
    return chains


def _gaps(client: Line, chain: list[Line]) -> Iterator[str]:
    versions = [event["base_version"] for event in chain]
    if versions not in (list(range(1, client["version"])), list(range(client["version"]))):  # from 0 where registered
        yield f"half: client {client['id']} has version {client['version']} and events of {versions[-5:]}"
    if client["search_key"] != search_key(client["name"], client["document"]):
        yield f"half: client {client['id']} is not found by its name"


def _broken_links(client: Line, chain: list[Line]) -> Iterator[str]:
    state: dict[str, Any] = {}
    for event in chain:
        differing = [name for name, value in event["before"].items() if state.get(name, value) != value]
        if differing:
            yield f"half: event {event['id']} does not go on from the one before: {differing}"
        state |= event["after"]
    for name, value in state.items():
        if _jsonable(client[name]) != value:
            yield f"half: client {client['id']} has {name} {client[name]!r}, its last event says {value!r}"


def _jsonable(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _miscounted(facts: Facts) -> Iterator[str]:
    """The counters of the list must equal a recount."""
    clients: Counter[tuple[Any, ...]] = Counter()
    unused: Counter[tuple[Any, ...]] = Counter()
    for client in facts.clients.values():
        flags = (client[name] is not None for name in ("pending_at", "hidden_at", "suspended_at"))
        group = (client["partner_id"], client["due_on"] or NO_DUE_DATE, *flags)
        clients[group] += 1
        unused[group] += client["unused_codes"] > 0
    for group in clients.keys() | facts.tallies.keys():
        counted, kept = (clients[group], unused[group]), facts.tallies.get(group, (0, 0))
        if counted != kept:
            yield f"miscounted: {group} holds {counted}, the counters say {kept}"
