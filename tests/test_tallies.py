"""The triggers: after any statement the kept counters equal a recount, and the partners touched have a new revision."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import case, delete, false, func, insert, literal, select, update

from portal.domain.catalogue import Item, Product
from portal.extensions import db
from portal.models import AuditEvent, Charge, ChargeLine, Client, ClientTally, Partner, RegistrationCode

MARKED = datetime(2025, 7, 10, 15, tzinfo=UTC)
NO_DATE = date(9999, 12, 31)
CODE_UNUSED = (RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None))


def kept_tallies() -> dict[tuple[Any, ...], tuple[int, int]]:
    """Return what the triggers counted, by group, empty groups apart."""
    rows = db.session.execute(select(*ClientTally.__table__.c))
    counted = {tuple(row[:5]): (row.clients, row.with_unused_code) for row in rows}
    return {group: numbers for group, numbers in counted.items() if numbers != (0, 0)}


def recounted_tallies() -> dict[tuple[Any, ...], tuple[int, int]]:
    """Count the clients themselves, their unused codes included."""
    codes = (
        select(func.count())
        .where(RegistrationCode.client_id == Client.id, *CODE_UNUSED)
        .correlate(Client)
        .scalar_subquery()
    )
    flags = [column.is_not(None) for column in (Client.pending_at, Client.hidden_at, Client.suspended_at)]
    facts = (
        select(
            Client.partner_id,
            Client.due_on,
            *(flag.label(f"f{n}") for n, flag in enumerate(flags)),
            codes.label("codes"),
        )
        .where(Client.archived_at.is_(None))
        .subquery()
    )
    groups = [facts.c.partner_id, facts.c.due_on, facts.c.f0, facts.c.f1, facts.c.f2]
    rows = db.session.execute(
        select(*groups, func.count(), func.sum(case((facts.c.codes > 0, 1), else_=0))).group_by(*groups)
    )
    return {(row[0], row[1] or NO_DATE, *map(bool, row[2:5])): (row[5], row[6]) for row in rows}


def kept_codes() -> dict[int, int]:
    """Return the number of unused codes that the triggers wrote beside each client."""
    return dict(db.session.execute(select(Client.id, Client.unused_codes)).all())


def recounted_codes() -> dict[int, int]:
    """Count the unused codes themselves."""
    unused = func.count(RegistrationCode.id)
    codes = select(Client.id, unused).outerjoin(
        RegistrationCode, (RegistrationCode.client_id == Client.id) & CODE_UNUSED[0] & CODE_UNUSED[1]
    )
    return dict(db.session.execute(codes.group_by(Client.id)).all())


def kept_charges() -> dict[int, int]:
    """Return the number of open charges that the triggers wrote beside each client."""
    return dict(db.session.execute(select(Client.id, Client.open_charges)).all())


def recounted_charges() -> dict[int, int]:
    """Count the open charges themselves."""
    is_open = (Charge.client_id == Client.id) & Charge.paid_at.is_(None) & Charge.reversed_at.is_(None)
    charges = select(Client.id, func.count(Charge.id)).outerjoin(Charge, is_open)
    return dict(db.session.execute(charges.group_by(Client.id)).all())


def revisions() -> dict[int, int]:
    """Return the revision of each partner."""
    return dict(db.session.execute(select(Partner.id, Partner.revision)).all())


def clients_by_partner() -> dict[int, list[tuple[Any, ...]]]:
    """Return all that is stored of the clients, by partner: when it differs, that partner's list may look different."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in db.session.execute(select(*Client.__table__.c).order_by(Client.id)):
        found.setdefault(row.partner_id, []).append(tuple(row))
    return found


class Hand:
    """Somebody who changes clients and codes by plain SQL, at random but always in the same way for the same seed."""

    def __init__(self, seed: int, partners: list[int]) -> None:
        self.chance = random.Random(seed)
        self.partners = partners
        self.numbers = count(1)

    def facts(self) -> dict[str, Any]:
        """Return what decides a client's group; few values, so that groups are shared."""
        pending = self.chance.choice([None, None, None, MARKED])
        due_on = date(2025, self.chance.choice([6, 7, 8]), self.chance.choice([10, 28]))
        return {
            "due_on": None if pending and self.chance.random() < 0.5 else due_on,
            "pending_at": pending,
            "hidden_at": self.chance.choice([None, None, MARKED]),
            "suspended_at": self.chance.choice([None, None, MARKED]),
        }

    def client(self) -> dict[str, Any]:
        """Return a new client's values."""
        number = next(self.numbers)
        return self.facts() | {
            "partner_id": self.chance.choice(self.partners),
            "name": f"Cliente {number}",
            "search_key": f"cliente {number}",
            "document": f"{number:014d}",
            "product": self.chance.choice(list(Product)),
            "registered_on": date(2024, 1, 15),
            "uf": "SP",
            "city": "São Paulo",
            "city_code": "3550308",
        }

    def code(self, client_id: int) -> dict[str, Any]:
        """Return a new code's values, most of the time unused."""
        return {
            "partner_id": self.partners[0],
            "client_id": client_id,
            "item": self.chance.choice([Item.BASE, Item.MOBILE]),
            "code": f"{next(self.numbers):016d}",
            "issued_at": MARKED,
            "consumed_at": self.chance.choice([None, None, None, MARKED]),
            "revoked_at": self.chance.choice([None, None, None, MARKED]),
        }

    def some(self, column: Any) -> list[int]:
        """Return some ids, at times none, at times nearly all."""
        ids = list(db.session.scalars(select(column).order_by(column)))
        return self.chance.sample(ids, min(len(ids), self.chance.choice([0, 1, 1, 2, 5, 12])))

    # every kind of statement that may touch what is counted

    def insert_one(self) -> Any:
        return insert(Client).values(**self.client())

    def insert_many_in_one_statement(self) -> Any:
        return insert(Client).values([self.client() for _ in range(self.chance.randint(2, 6))])

    def change_facts(self) -> Any:
        return update(Client).where(Client.id.in_(self.some(Client.id))).values(**self.facts())

    def turn_a_flag_over_for_many(self) -> Any:
        column = self.chance.choice([Client.hidden_at, Client.suspended_at])
        turned = case((column.is_(None), literal(MARKED, column.type)), else_=None)
        return update(Client).where(Client.id.in_(self.some(Client.id))).values({column: turned})

    def renew_many(self) -> Any:
        return (
            update(Client)
            .where(Client.due_on.is_not(None), Client.id.in_(self.some(Client.id)))
            .values(due_on=date(2025, 9, 10))
        )

    def move_to_another_partner(self) -> Any:
        target = self.chance.choice(self.partners)
        return update(Client).where(Client.id.in_(self.some(Client.id))).values(partner_id=target)

    def rename(self) -> Any:
        return update(Client).where(Client.id.in_(self.some(Client.id))).values(name=f"Nome {next(self.numbers)}")

    def touch_nothing(self) -> Any:
        return update(Client).where(false()).values(hidden_at=MARKED)

    def archive_or_bring_back(self) -> Any:
        turned = case((Client.archived_at.is_(None), literal(MARKED, Client.archived_at.type)), else_=None)
        return update(Client).where(Client.id.in_(self.some(Client.id))).values(archived_at=turned)

    def delete_clients_with_nothing(self) -> Any:
        owned = select(RegistrationCode.client_id).union(select(AuditEvent.client_id))
        return delete(Client).where(Client.id.in_(self.some(Client.id)), Client.id.not_in(owned))

    def issue_codes(self) -> Any:
        clients = self.some(Client.id)
        if not clients:
            return self.touch_nothing()
        return insert(RegistrationCode).values([self.code(client_id) for client_id in clients for _ in range(2)])

    def consume_codes(self) -> Any:
        return update(RegistrationCode).where(self.picked_codes()).values(consumed_at=MARKED)

    def revoke_codes(self) -> Any:
        return update(RegistrationCode).where(self.picked_codes()).values(revoked_at=MARKED)

    def make_codes_unused_again(self) -> Any:
        return update(RegistrationCode).where(self.picked_codes()).values(consumed_at=None, revoked_at=None)

    def give_codes_to_another_client(self) -> Any:
        ids = list(db.session.scalars(select(Client.id)))
        if not ids:
            return self.touch_nothing()
        return update(RegistrationCode).where(self.picked_codes()).values(client_id=self.chance.choice(ids))

    def delete_codes(self) -> Any:
        return delete(RegistrationCode).where(self.picked_codes())

    def pay_charges(self) -> Any:
        return update(Charge).where(Charge.id.in_(self.some(Charge.id))).values(paid_at=MARKED)

    def undo_orders(self) -> Any:
        return update(Charge).where(Charge.id.in_(self.some(Charge.id))).values(reversed_at=MARKED)

    def open_charges_again(self) -> Any:
        return update(Charge).where(Charge.id.in_(self.some(Charge.id))).values(paid_at=None, reversed_at=None)

    def delete_charges(self) -> Any:
        ids = self.some(Charge.id)
        db.session.execute(delete(ChargeLine).where(ChargeLine.charge_id.in_(ids)))
        return delete(Charge).where(Charge.id.in_(ids))

    def picked_codes(self) -> Any:
        return RegistrationCode.id.in_(self.some(RegistrationCode.id))


STATEMENTS = [name for name in vars(Hand) if not name.startswith("_") and name not in {
    "facts", "client", "code", "some", "picked_codes",
}]  # fmt: skip


def charge_everybody(make) -> None:
    """Give each client a charge."""
    for client in db.session.scalars(select(Client)).all():
        make.charge(client)


@pytest.mark.parametrize("seed", range(6))
def test_after_any_statement_the_counters_equal_a_recount(make, seed) -> None:
    partners = [make.partner().id for _ in range(3)]
    hand = Hand(seed, partners)
    names = STATEMENTS * 4
    hand.chance.shuffle(names)
    for step, name in enumerate(["insert_many_in_one_statement"] * 4 + ["issue_codes"] * 2 + names):
        if step == 6:  # once there are clients
            charge_everybody(make)
        clients, before = clients_by_partner(), revisions()
        db.session.execute(getattr(hand, name)())
        db.session.commit()
        at = f"seed {seed}, step {step}: {name}"
        assert kept_codes() == recounted_codes(), at
        assert kept_charges() == recounted_charges(), at
        assert kept_tallies() == recounted_tallies(), at
        changed, after = clients_by_partner(), revisions()
        for partner in partners:
            if clients.get(partner) != changed.get(partner):
                assert after[partner] > before[partner], f"{at}: partner {partner}'s list changed, its revision did not"
            assert after[partner] >= before[partner], at


def test_every_kind_of_statement_is_in_the_bag() -> None:
    assert len(STATEMENTS) == 20


def test_a_change_at_one_partner_leaves_the_others_revision_alone(make) -> None:
    mine, others = make.partner(), make.partner()
    client = make.client(mine)
    make.client(others)
    before = revisions()
    client.name = "Outro nome"
    make.code(client)
    after = revisions()
    assert after[mine.id] > before[mine.id]
    assert after[others.id] == before[others.id]


def test_a_client_that_moves_to_another_partner_changes_both_lists(make) -> None:
    giver, taker = make.partner(), make.partner()
    client = make.client(giver)
    before = revisions()
    client.partner_id = taker.id
    db.session.commit()
    after = revisions()
    assert after[taker.id] > before[taker.id]
    assert after[giver.id] > before[giver.id], "else the giver's browser keeps showing the client: a 304"


def test_what_is_rolled_back_is_not_counted(make) -> None:
    partner = make.partner()
    client = make.client(partner)
    make.code(client)
    before = (kept_tallies(), kept_codes(), revisions())
    db.session.execute(update(Client).values(suspended_at=MARKED, due_on=date(2025, 9, 10)))
    db.session.execute(update(RegistrationCode).values(consumed_at=MARKED))
    assert (kept_tallies(), kept_codes(), revisions()) != before
    db.session.rollback()
    assert (kept_tallies(), kept_codes(), revisions()) == before


def test_a_client_without_a_due_date_is_counted_under_the_last_day_of_the_calendar(make) -> None:
    partner = make.partner()
    make.client(partner, due_on=None, pending_at=MARKED)
    assert kept_tallies() == {(partner.id, NO_DATE, True, False, False): (1, 0)}


def test_two_unused_codes_are_one_client_with_an_unused_code(make) -> None:
    partner = make.partner()
    client = make.client(partner)
    group = (partner.id, client.due_on, False, False, False)
    first, second = make.code(client), make.code(client)
    assert kept_tallies() == {group: (1, 1)}
    first.consumed_at = MARKED
    db.session.commit()
    assert kept_tallies() == {group: (1, 1)}
    second.revoked_at = MARKED + timedelta(days=1)
    db.session.commit()
    assert kept_tallies() == {group: (1, 0)}
