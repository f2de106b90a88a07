"""A registration born Pendente: approved it begins that day, rejected it is corrected or given up (DOMAIN §2)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.access import Viewer
from portal.catalogue import service as catalogue
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import ActionRefused, AlreadyRegistered, QuoteAged, Refusal, StaleState
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.domain.statuses import Status, derive_status
from portal.errors import AWAITING_VENDOR
from portal.extensions import db
from portal.licenses.queries import holding_of
from portal.models import AuditEvent, Charge, Client, LicenseOrder, Notice, Partner, RegistrationCode
from portal.notifications import decisions
from portal.registrations import contract, correction, evaluation, queries, reversal
from portal.registrations.correction import Correction
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.factories import Factory
from tests.registrations.conftest import noon, viewer_of

DATA = {
    "name": "Bar do Zé", "uf": "SP", "city": "São Paulo", "city_code": "3550308", "email": "", "phone": "", "notes": "",
}  # fmt: skip


@pytest.fixture
def operator(make: Factory) -> Viewer:
    return viewer_of(make.user(None, Role.OPERATOR, name="Olga"))


@pytest.fixture
def waiting(make: Factory, partner: Partner, prices) -> Client:
    """Return a Link registration with a Cloud that waits for the vendor; due day 10."""
    client = make.client(partner, due_on=None, pending_at=NOW, pending_reason=AWAITING_VENDOR)
    make.item(client, Item.CLOUD)
    db.session.refresh(client)
    return client


def seen(client: Client, on: date) -> str:
    wanted = evaluation.wish_of(client, noon(on))
    return contract.seen_as(evaluation.quote(client, wanted, noon(on)), wanted)


def approve(client: Client, operator: Viewer, on: date, version: int | None = None, quote: str = ""):
    done = {"version": version or client.version, "now": noon(on), "actor": operator}
    return evaluation.approve(client, quote_seen=quote or seen(client, on), **done)


def reject(client: Client, operator: Viewer, reason: str = "CNPJ de outra loja"):
    return evaluation.reject(client, version=client.version, reason=reason, now=NOW, actor=operator)


def told_of(client: Client) -> list[NoticeKind]:
    query = select(Notice.kind).where(Notice.client_id == client.id, ~Notice.is_settled)
    return list(db.session.scalars(query))


def rows(model, client: Client) -> list:
    return list(db.session.scalars(select(model).where(model.client_id == client.id).order_by(model.id)))


class TestApproving:
    def test_outside_the_window_it_begins_that_day_pro_rata_as_in_r6(self, waiting, operator) -> None:
        approve(waiting, operator, date(2025, 6, 25))

        db.session.refresh(waiting)
        assert (waiting.due_on, waiting.pending_at, waiting.pending_reason) == (date(2025, 7, 10), None, "")
        assert derive_status(waiting, date(2025, 6, 25)) is Status.ACTIVE
        (charge,) = rows(Charge, waiting)
        assert charge.amount_cents == 5328 + 1595  # 16/30 × 99,90 and 16/30 × 29,90
        assert charge.charged_on == date(2025, 6, 25)

    def test_inside_the_window_it_pays_the_whole_cycle_as_in_r7(self, waiting, operator) -> None:
        approve(waiting, operator, date(2025, 7, 5))

        db.session.refresh(waiting)
        assert waiting.due_on == date(2025, 8, 10)
        assert [charge.amount_cents for charge in rows(Charge, waiting)] == [9990 + 2990]

    def test_the_prices_are_those_of_the_day_of_approval(self, waiting, operator) -> None:
        later = {key: cents + 1000 for key, cents in DEMO.cents.items()}
        catalogue.load(later, valid_from=date(2025, 7, 4), note="", now=NOW, actor=None)

        approve(waiting, operator, date(2025, 7, 5))

        assert [charge.amount_cents for charge in rows(Charge, waiting)] == [9990 + 2990 + 2000]

    def test_the_due_day_is_the_one_that_the_partner_had_at_registration(self, waiting, operator, partner) -> None:
        partner.due_day = 20
        db.session.commit()

        approve(waiting, operator, date(2025, 7, 5))

        db.session.refresh(waiting)
        assert (waiting.due_on, waiting.due_day) == (date(2025, 8, 10), 10)

    def test_a_code_is_issued_the_order_recorded_and_the_partner_told(self, waiting, operator, partner) -> None:
        outcome = approve(waiting, operator, date(2025, 7, 5))

        db.session.refresh(waiting)
        assert [code.item for code in rows(RegistrationCode, waiting)] == [Item.BASE]
        (order,) = rows(LicenseOrder, waiting)
        assert (order.event_id, order.after["licenses"]) == (outcome.event.id, {"base": 1, "cloud": 1})
        assert told_of(waiting) == [NoticeKind.REGISTRATION_APPROVED]
        assert (outcome.event.actor_name, outcome.event.partner_id) == ("Olga", partner.id)

    def test_a_navi_needs_no_code(self, make, partner, prices, operator) -> None:
        navi = make.client(partner, due_on=None, pending_at=NOW, product=Product.NAVI)
        db.session.refresh(navi)
        approve(navi, operator, date(2025, 7, 5))
        assert rows(RegistrationCode, navi) == []

    def test_the_order_may_be_undone_the_same_day_as_any_registration(self, waiting, operator, actor) -> None:
        approve(waiting, operator, NOW.date())
        db.session.refresh(waiting)
        (order,) = rows(LicenseOrder, waiting)

        reversal.reverse(waiting, order, version=waiting.version, now=NOW, actor=actor)

        db.session.refresh(waiting)
        assert waiting.archived_at == NOW

    def test_values_that_aged_are_asked_again(self, waiting, operator) -> None:
        with pytest.raises(QuoteAged):
            approve(waiting, operator, date(2025, 7, 5), quote=seen(waiting, date(2025, 6, 25)))
        db.session.rollback()
        db.session.refresh(waiting)
        assert waiting.pending_at is not None

    def test_the_same_form_again_answers_what_was_done(self, waiting, operator) -> None:
        quote, version = seen(waiting, NOW.date()), waiting.version
        first = approve(waiting, operator, NOW.date(), version, quote)
        db.session.refresh(waiting)
        again = approve(waiting, operator, NOW.date(), version, quote)
        assert (again.is_repeat, again.event.id) == (True, first.event.id)
        assert len(rows(Charge, waiting)) == 1

    def test_what_runs_already_is_not_approved(self, client_in, operator, prices) -> None:
        client = client_in(Status.ACTIVE)
        db.session.refresh(client)
        with pytest.raises(ActionRefused):
            evaluation.approve(client, version=client.version, quote_seen="", now=NOW, actor=operator)


class TestRejecting:
    def test_the_reason_stands_at_the_client_and_the_partner_is_told(self, waiting, operator) -> None:
        outcome = reject(waiting, operator)

        db.session.refresh(waiting)
        assert derive_status(waiting, NOW.date()) is Status.PENDING
        assert (waiting.rejected_at, waiting.pending_reason) == (NOW, "CNPJ de outra loja")
        assert (told_of(waiting), outcome.event.reason) == ([NoticeKind.REGISTRATION_REJECTED], "CNPJ de outra loja")

    def test_one_that_was_approved_meanwhile_stays_approved(self, waiting, operator) -> None:
        version = waiting.version
        approve(waiting, operator, NOW.date())
        db.session.refresh(waiting)
        with pytest.raises(StaleState):
            evaluation.reject(waiting, version=version, reason="Não", now=NOW, actor=operator)

    def test_one_that_was_rejected_may_be_approved_after_all(self, waiting, operator) -> None:
        reject(waiting, operator)
        db.session.refresh(waiting)
        approve(waiting, operator, NOW.date())
        db.session.refresh(waiting)
        assert (waiting.rejected_at, told_of(waiting)) == (None, [NoticeKind.REGISTRATION_APPROVED])


class TestThePartnersTurn:
    def ask(self, client: Client, document: str = "", **data: str) -> Correction:
        return Correction(
            document or client.document, RenewalMethod.MANUAL, DATA | data, {Item.BASE: 2, Item.WAITER: 1}
        )

    def test_rejected_again_the_same_day_it_is_told_again_though_the_first_was_dismissed(
        self, waiting, operator, actor
    ) -> None:
        reject(waiting, operator)
        notice = db.session.scalars(select(Notice).where(Notice.client_id == waiting.id)).one()
        decisions.dismiss(notice, decisions.Order(waiting.partner_id, actor, NOW))
        db.session.refresh(waiting)
        correction.correct(waiting, self.ask(waiting), version=waiting.version, now=NOW, actor=actor)
        assert told_of(waiting) == []
        db.session.refresh(waiting)
        reject(waiting, operator, "O CNPJ continua o de outra loja")
        told = db.session.scalars(select(Notice).where(Notice.client_id == waiting.id, ~Notice.is_settled)).one()
        db.session.refresh(told)
        assert (told.kind, told.dismissed_at) == (NoticeKind.REGISTRATION_REJECTED, None)

    def test_corrected_it_waits_again_with_another_wish_and_costs_nothing(
        self, waiting, operator, actor, make: Factory
    ) -> None:
        reject(waiting, operator)
        db.session.refresh(waiting)
        later, document = NOW + timedelta(hours=1), make.document()

        asked = self.ask(waiting, document, name="Bar do João")
        correction.correct(waiting, asked, version=waiting.version, now=later, actor=actor)

        db.session.refresh(waiting)
        assert (waiting.rejected_at, waiting.pending_at, waiting.pending_reason) == (None, later, AWAITING_VENDOR)
        assert (waiting.document, waiting.name, waiting.search_key.split("\t")[0]) == (
            document,
            "Bar do João",
            "bar do joao",
        )
        assert holding_of(waiting.id, NOW.date()).now == {Item.BASE: 2, Item.WAITER: 1}
        assert (rows(Charge, waiting), told_of(waiting)) == ([], [])

    def test_one_that_was_not_decided_yet_keeps_its_place_in_the_queue(self, waiting, actor) -> None:
        correction.correct(waiting, self.ask(waiting), version=waiting.version, now=NOW + timedelta(1), actor=actor)
        db.session.refresh(waiting)
        assert waiting.pending_at == NOW

    def test_it_cannot_become_what_the_partner_has_already(self, waiting, actor, client_in) -> None:
        held = client_in(Status.ACTIVE)
        asked = self.ask(waiting, held.document)
        with pytest.raises(AlreadyRegistered):
            correction.correct(waiting, asked, version=waiting.version, now=NOW, actor=actor)

    def test_given_up_it_is_archived_and_its_document_free(self, waiting, operator, actor, partner) -> None:
        reject(waiting, operator)
        db.session.refresh(waiting)
        version = waiting.version
        correction.withdraw(waiting, version=version, now=NOW, actor=actor)
        db.session.refresh(waiting)
        assert (waiting.archived_at, told_of(waiting)) == (NOW, [])
        assert queries.held_here(partner.id, waiting.document) == {}
        again = correction.withdraw(waiting, version=version, now=NOW, actor=actor)
        assert again.is_repeat

    def test_what_runs_is_neither_corrected_nor_given_up(self, client_in, actor) -> None:
        client = client_in(Status.ACTIVE)
        db.session.refresh(client)
        with pytest.raises(ActionRefused):
            correction.withdraw(client, version=client.version, now=NOW, actor=actor)
        with pytest.raises(ActionRefused):
            correction.correct(client, self.ask(client), version=client.version, now=NOW, actor=actor)


def test_of_approvals_a_rejection_and_a_withdrawal_at_once_one_kind_wins_whole(
    app: Flask, waiting, operator, actor, make: Factory
) -> None:
    """Two operators approve, a third rejects, the partner gives up: one state, one charge at most."""
    client_id, version, quote = waiting.id, waiting.version, seen(waiting, NOW.date())
    others = [viewer_of(make.user(None, Role.OPERATOR)) for _ in range(2)]
    base = {"version": version, "now": NOW}
    hands: list[Callable[[Client], object]] = [
        lambda client: evaluation.approve(client, quote_seen=quote, actor=operator, **base),
        lambda client: evaluation.approve(client, quote_seen=quote, actor=others[0], **base),
        lambda client: evaluation.reject(client, reason="Não", actor=others[1], **base),
        lambda client: correction.withdraw(client, actor=actor, **base),
    ]
    together = Barrier(len(hands))
    db.session.rollback()

    def act(hand: Callable[[Client], object]) -> bool:
        with app.app_context(), clock.frozen(NOW):
            client = db.session.get_one(Client, client_id)
            db.session.commit()  # on SQLite, a read that writes later would be told that it is behind
            together.wait(20)
            try:
                hand(client)
            except Refusal:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(len(hands)) as pool:
        done = list(pool.map(act, hands))

    db.session.rollback()
    client = db.session.get_one(Client, client_id, populate_existing=True)
    is_approved = client.pending_at is None
    assert sum([is_approved, client.rejected_at is not None, client.archived_at is not None]) == 1
    assert done == [is_approved, is_approved, client.rejected_at is not None, client.archived_at is not None]
    assert (client.version, len(rows(Charge, client)), len(rows(RegistrationCode, client))) == (
        version + 1, int(is_approved), int(is_approved),
    )  # fmt: skip
    assert len(rows(AuditEvent, client)) == 1
