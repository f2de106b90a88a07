"""Registering a client: quoted, done once and whole, Pendente where somebody else holds the document."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.access import Viewer
from portal.domain import codes
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.charges import OrderKind
from portal.domain.errors import AlreadyRegistered, PriceMissing, QuoteAged, Refusal, RepeatMismatch, SetRefused
from portal.domain.prices import PriceTable
from portal.domain.statuses import Status, derive_status
from portal.errors import AWAITING_VENDOR
from portal.extensions import db
from portal.licenses.queries import holding_of, last_order
from portal.models import AuditEvent, Charge, Client, LicenseOrder, RegistrationCode
from portal.registrations import contract, queries, service
from portal.registrations.service import Registration
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.registrations.conftest import noon, viewer_of
from tests.registrations.form import CNPJ

LINK, NAVI = Product.LINK, Product.NAVI
DATA = {
    "name": "Bar do Zé",
    "uf": "SP",
    "city": "São Paulo",
    "city_code": "3550308",
    "email": "",
    "phone": "",
    "notes": "",
}
TIMES = 20
TODAY = NOW.date()


@pytest.fixture
def asked(partner, prices) -> Registration:
    """Return what a form asks for: one Link license."""
    return Registration(partner.id, "k" * 24, CNPJ, LINK, RenewalMethod.MANUAL, DATA, {Item.BASE: 1})


def confirm(asked: Registration, actor: Viewer, on: date = TODAY, seen: str | None = None) -> service.Outcome:
    """Register for the values that the window shows on that day."""
    seen = seen or seen_on(asked, on)
    return service.register(asked, quote_seen=seen, now=noon(on), actor=actor)


def seen_on(asked: Registration, on: date) -> str:
    return contract.seen_as(service.quote(asked.partner_id, asked.product, asked.wanted, on), asked.wanted)


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


class TestRules:
    @pytest.mark.parametrize(
        ("on", "due_on", "cents"),
        [
            (date(2025, 6, 25), date(2025, 7, 10), 5328),  # R6
            (date(2025, 7, 5), date(2025, 8, 10), 9990),  # R7
        ],
    )
    def test_r6_r7_ativo_at_once_charged_as_shown(self, asked, actor, on, due_on, cents) -> None:
        client = confirm(asked, actor, on).client
        assert (derive_status(client, on), client.due_on, client.registered_on) == (Status.ACTIVE, due_on, on)
        charge = db.session.scalar(select(Charge))
        assert (charge.amount_cents, charge.through_on, charge.charged_on) == (cents, due_on, on)
        db.session.refresh(client)
        assert (client.open_charges, client.unused_codes) == (1, 1)

    def test_r17_link_beside_a_running_navi_is_a_second_row(self, asked, actor, make, partner) -> None:
        navi = make.client(partner, document=CNPJ, product=NAVI, due_on=date(2025, 7, 10))
        client = confirm(asked, actor, date(2025, 6, 16)).client
        assert db.session.scalar(select(Charge.amount_cents)) == 8325
        assert client.id != navi.id
        db.session.refresh(navi)
        assert (navi.due_on, navi.archived_at) == (date(2025, 7, 10), None)

    def test_the_due_day_is_the_partners(self, asked, actor, partner) -> None:
        partner.due_day = 28
        db.session.commit()
        client = confirm(asked, actor, date(2025, 7, 1)).client
        assert (client.due_day, client.due_on) == (28, date(2025, 7, 28))


class TestWhole:
    def test_client_license_order_charge_codes_and_event_belong_together(self, asked, actor) -> None:
        wanted = {Item.BASE: 2, Item.CLOUD: 1, Item.MOBILE: 3}
        done = confirm(replace(asked, wanted=wanted, method=RenewalMethod.BILLING), actor)
        client, event = done.client, done.event
        assert holding_of(client.id, TODAY).now == wanted
        issued = db.session.scalars(select(RegistrationCode).order_by(RegistrationCode.id)).all()
        assert [code.item for code in issued] == [Item.BASE, *[Item.MOBILE] * 3]
        assert all(codes.is_valid(code.code) for code in issued)
        order = last_order(client.id)
        assert (order.kind, order.event_id) == (OrderKind.REGISTRATION, event.id)
        assert order.after["codes"] == [code.id for code in issued]
        assert order.after["due_on"] == client.due_on.isoformat()
        assert (event.action, event.base_version, event.actor_name) == ("register", 0, "Ana Administradora")
        assert event.after["document"] == CNPJ
        assert event.after["licenses"] == {"base": 2, "cloud": 1, "mobile": 3}
        assert client.renewal_method is RenewalMethod.BILLING
        assert client.search_key.startswith("bar do ze")
        assert client.version == 1

    def test_navi_needs_no_code(self, asked, actor) -> None:
        confirm(replace(asked, product=NAVI), actor)
        assert count(RegistrationCode) == 0
        assert db.session.scalar(select(Charge.amount_cents)) == 4990

    def test_what_fails_on_the_way_leaves_nothing(self, asked, actor, monkeypatch) -> None:
        def stumble(*_arguments: object, **_names: object) -> None:
            raise RuntimeError("in the middle")

        monkeypatch.setattr(service, "first_codes", stumble)
        with pytest.raises(RuntimeError):
            confirm(asked, actor)
        db.session.rollback()
        assert [count(model) for model in (Client, AuditEvent, Charge, LicenseOrder)] == [0, 0, 0, 0]


class TestOnce:
    def test_the_same_form_again_answers_what_it_did(self, asked, actor) -> None:
        first = confirm(asked, actor)
        again = confirm(asked, actor, TODAY + timedelta(days=30), seen="whatever is shown by then")
        assert (again.client.id, again.event.id, again.is_repeat) == (first.client.id, first.event.id, True)
        assert (count(Client), count(Charge), count(AuditEvent)) == (1, 1, 1)

    @pytest.mark.parametrize(
        "change", [{"data": DATA | {"name": "Outro"}}, {"document": "11444777000161"}, {"wanted": {Item.BASE: 2}}]
    )
    def test_the_same_key_with_another_body_is_refused(self, asked, actor, change) -> None:
        confirm(asked, actor)
        with pytest.raises(RepeatMismatch):
            confirm(replace(asked, **change), actor)
        assert count(Client) == 1

    def test_another_partners_key_tells_nothing(self, asked, actor, make) -> None:
        confirm(asked, actor)
        other = make.partner()
        with pytest.raises(RepeatMismatch):
            confirm(replace(asked, partner_id=other.id), viewer_of(make.user(other)))
        assert count(Client) == 1

    def test_twenty_at_once_have_one_effect_and_one_answer(self, app: Flask, asked, actor) -> None:
        outcomes = at_once(app, [asked] * TIMES, actor)
        assert len(set(outcomes)) == 1
        assert isinstance(outcomes[0], int)
        assert (count(Client), count(Charge), count(RegistrationCode), count(AuditEvent)) == (1, 1, 1, 1)

    def test_of_twenty_forms_for_one_document_at_once_one_registers_it(self, app: Flask, asked, actor) -> None:
        forms = [replace(asked, key=f"{number:024}") for number in range(TIMES)]
        outcomes = at_once(app, forms, actor)
        assert outcomes.count("AlreadyRegistered") == TIMES - 1
        assert (count(Client), count(Charge)) == (1, 1)


class TestFasterByAMoment:
    """What the database refuses because another transaction, not seen yet, wrote first; only PostgreSQL lets it happen."""

    @pytest.fixture
    def unseen(self, monkeypatch) -> None:
        """Let the first look before the write find nothing."""
        for name, nothing in (("made_by", None), ("held_here", {})):
            monkeypatch.setattr(queries, name, _blind_once(getattr(queries, name), nothing))

    def test_the_same_form_answers_what_it_did(self, asked, actor, request) -> None:
        first = confirm(asked, actor)
        request.getfixturevalue("unseen")
        again = confirm(asked, actor)
        assert (again.client.id, again.is_repeat, count(Client)) == (first.client.id, True, 1)

    def test_the_same_document_is_here_already(self, asked, actor, request) -> None:
        first = confirm(asked, actor)
        request.getfixturevalue("unseen")
        with pytest.raises(AlreadyRegistered) as refused:
            confirm(replace(asked, key="n" * 24), actor)
        assert refused.value.client_id == first.client.id

    def test_what_is_neither_stays_a_fault(self, asked, actor) -> None:
        with pytest.raises(IntegrityError):
            confirm(replace(asked, data=DATA | {"uf": None}), actor)


def _blind_once(look: Callable[..., object], nothing: object) -> Callable[..., object]:
    seen: list[object] = []

    def looked(*arguments: object) -> object:
        seen.append(arguments)
        return nothing if len(seen) == 1 else look(*arguments)

    return looked


def at_once(app: Flask, forms: list[Registration], actor: Viewer) -> list[int | str]:
    """Confirm forms at the same moment; return each one's client or the name of its refusal."""
    barrier, seen = Barrier(len(forms)), seen_on(forms[0], TODAY)
    db.session.rollback()

    def send(asked: Registration) -> int | str:
        with app.app_context():
            barrier.wait(timeout=30)
            try:
                return confirm(asked, actor, seen=seen).client.id
            except Refusal as refusal:
                db.session.rollback()
                return type(refusal).__name__

    with ThreadPoolExecutor(len(forms)) as threads:
        return list(threads.map(send, forms))


class TestQuote:
    def test_another_price_since_it_was_shown_is_asked_again(self, asked, actor, make) -> None:
        seen = seen_on(asked, TODAY)
        make.price_version(PriceTable(0, TODAY, {key: cents + 100 for key, cents in DEMO.cents.items()}))
        with pytest.raises(QuoteAged):
            confirm(asked, actor, seen=seen)
        db.session.rollback()
        assert count(Client) == 0
        confirm(asked, actor)
        assert db.session.scalar(select(Charge.amount_cents)) == 10_090

    def test_another_day_since_it_was_shown_too(self, asked, actor) -> None:
        seen = seen_on(asked, date(2025, 6, 24))
        with pytest.raises(QuoteAged):
            confirm(asked, actor, date(2025, 6, 25), seen=seen)

    def test_the_same_prices_in_a_new_version_change_nothing(self, asked, actor, make) -> None:
        seen = seen_on(asked, TODAY)
        version = make.price_version()
        confirm(asked, actor, seen=seen)
        assert db.session.scalar(select(Charge.price_version_id)) == version.id

    @pytest.mark.parametrize("seen", ["", "9990-", "nonsense", "9990-" + "0" * 64])
    def test_what_was_never_shown_is_not_charged(self, asked, actor, seen) -> None:
        with pytest.raises(QuoteAged):
            service.register(asked, quote_seen=seen, now=NOW, actor=actor)

    def test_without_prices_nothing_is_sold(self, partner, actor) -> None:
        with pytest.raises(PriceMissing):
            service.quote(partner.id, LINK, {Item.BASE: 1}, TODAY)

    def test_a_set_that_cannot_be_held_is_refused(self, partner, prices) -> None:
        with pytest.raises(SetRefused):
            service.quote(partner.id, LINK, {Item.BASE: 1, Item.MOBILE: 1}, TODAY)


class TestDocument:
    @pytest.mark.parametrize(
        "facts", [{}, {"due_on": date(2025, 1, 10)}, {"due_on": date(2025, 1, 10), "hidden_at": NOW}]
    )
    def test_the_same_product_twice_is_refused_whatever_the_firsts_status(
        self, asked, actor, make, partner, facts
    ) -> None:
        held = make.client(partner, document=CNPJ, **facts)
        with pytest.raises(AlreadyRegistered) as refused:
            confirm(asked, actor)
        assert refused.value.client_id == held.id

    def test_an_undone_registration_holds_nothing(self, asked, actor, make, partner) -> None:
        make.client(partner, document=CNPJ, archived_at=NOW, pending_at=NOW, due_on=None)
        make.client(make.partner(), document=CNPJ, archived_at=NOW, pending_at=NOW, due_on=None)
        assert confirm(asked, actor).client.pending_at is None

    def test_held_under_another_partner_it_is_born_pendente_and_names_nobody(self, asked, actor, make) -> None:
        other = make.client(make.partner(name="Revenda Beta"), document=CNPJ)
        done = confirm(replace(asked, wanted={Item.BASE: 1, Item.WAITER: 2}), actor)
        client = done.client
        assert derive_status(client, TODAY) is Status.PENDING
        assert (client.due_on, client.pending_reason) == (None, AWAITING_VENDOR)
        assert [count(model) for model in (Charge, LicenseOrder, RegistrationCode)] == [0, 0, 0]
        assert holding_of(client.id, TODAY).now == {Item.BASE: 1, Item.WAITER: 2}
        assert done.event.after["licenses"] == {"base": 1, "waiter": 2}
        told = f"{client.pending_reason} {done.event.after} {done.event.before} {done.event.reason}"
        assert "Beta" not in told
        assert str(other.name) not in told

    def test_the_other_product_under_another_partner_does_not_matter(self, asked, actor, make) -> None:
        make.client(make.partner(), document=CNPJ, product=NAVI)
        assert confirm(asked, actor).client.pending_at is None

    def test_pendente_once_however_often_it_is_sent(self, asked, actor, make) -> None:
        make.client(make.partner(), document=CNPJ)
        assert confirm(asked, actor).client.id == confirm(asked, actor).client.id
        assert count(Client) == 2
        with pytest.raises(AlreadyRegistered):
            confirm(replace(asked, key="another-key-of-a-form"), actor)

    def test_two_partners_at_once_never_both_find_it_free(self, app: Flask, asked, actor, make) -> None:
        other = make.partner()
        forms = [asked, replace(asked, partner_id=other.id, key="o" * 24)] * 5
        at_once(app, forms, actor)
        clients = db.session.scalars(select(Client)).all()
        assert sorted(client.pending_at is None for client in clients) == [False, True]


def test_a_registration_can_be_undone_and_made_again(asked, actor) -> None:
    from portal.registrations import reversal

    client = confirm(asked, actor).client
    order = last_order(client.id)
    reversal.reverse(client, order, version=1, now=clock.now(), actor=actor)
    assert count(Charge) == 1
    again = confirm(replace(asked, key="n" * 24), actor)
    assert again.client.id != client.id
