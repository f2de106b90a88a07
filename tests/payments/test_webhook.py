"""The Central Bank's webhook: who is believed, what is read, what is booked, what is answered."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.domain.invoices import PaymentEffect, PaymentSource
from portal.extensions import db
from portal.invoices import settling
from portal.models import Client, Invoice
from portal.payments import service, webhook
from tests.money import Purse, at
from tests.payments.conftest import (
    NOT_RENEWED,
    PAY_DAY,
    RENEWED,
    SECRET,
    dues,
    entries,
    payments,
    told,
)


def test_a_payment_settles_its_invoice_and_moves_its_clients(tell, invoice, batch) -> None:
    entry = told(invoice)
    answer = tell(entry)
    assert (answer.status_code, answer.json) == (200, {"booked": 1, "known": 0, "malformed": 0, "failed": 0})
    [payment] = payments()
    assert (payment.end_to_end_id, payment.txid, payment.amount_cents) == (entry["endToEndId"], invoice.txid, 14980)
    assert (payment.source, payment.effect) == (PaymentSource.WEBHOOK, PaymentEffect.SETTLED)
    assert payment.paid_at == at(PAY_DAY).replace(microsecond=358_000)
    assert dues(batch) == RENEWED


def test_nothing_of_the_answer_is_kept_or_sets_a_cookie(tell, invoice) -> None:
    answer = tell(told(invoice))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.mimetype == "application/json"


def test_the_same_message_again_is_known_and_does_nothing_more(tell, invoice, batch) -> None:
    entry = told(invoice)
    tell(entry)
    answer = tell(entry, entry)
    assert (answer.status_code, answer.json["known"], answer.json["booked"]) == (200, 2, 0)
    assert len(payments()) == 1
    assert (dues(batch), entries()) == (RENEWED, [])


def test_the_address_is_believed_with_and_without_its_last_part(tell, invoice, batch) -> None:
    assert tell(told(invoice), path="").status_code == 200
    assert dues(batch) == RENEWED


@pytest.mark.parametrize("body", [{}, {"evento": "teste_webhook"}], ids=["empty", "a bank's trial"])
def test_a_bank_may_try_the_address_but_not_where_it_tells_of_payments(tell, body) -> None:
    assert tell(body=body, path="").status_code == 200
    answer = tell(body=body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert payments() == []


@pytest.mark.parametrize("secret", ["errado", SECRET + "x", SECRET[:-1], "sé", "%C3%A9", SECRET.upper()])
def test_who_does_not_know_the_secret_finds_nothing(tell, invoice, secret) -> None:
    answer = tell(told(invoice), secret=secret)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "Set-Cookie" not in answer.headers
    assert payments() == []


def test_without_a_receiver_there_is_no_webhook(app, visitor, invoice) -> None:
    answer = visitor.browser.post(f"/webhooks/pix/{SECRET}/pix", json={"pix": [told(invoice)]})
    assert answer.status_code == 404


def test_nobody_reads_there(tell, visitor) -> None:
    assert visitor.get(f"/webhooks/pix/{SECRET}/pix").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"pix"', b"\xff\xfe\x00", b'{"pix": {}}', b'{"pix": null}', b"[" * 100_000,
     b'{"pix": ' + b"9" * 5_000 + b"}"],
    ids=["none", "cut", "null", "list", "text", "no text", "object", "pix null", "deep", "long number"],
)  # fmt: skip
def test_what_cannot_be_read_books_nothing_and_says_so(tell, body) -> None:
    answer = tell(body=body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json["status"] == 400
    assert payments() == []


def test_too_much_is_refused_before_it_is_read(tell, invoice) -> None:
    answer = tell(told(invoice), body=json.dumps({"pix": [told(invoice)], "x": "x" * webhook.MOST_BYTES}).encode())
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert payments() == []


MALFORMED = [
    {"endToEndId": "E123"}, {"endToEndId": None}, {"endToEndId": 5}, {"endToEndId": "E" + "é" * 31},
    {"endToEndId": "E" * 32 + "\n"}, {"txid": "x" * 36}, {"txid": "com espaço"}, {"txid": 7}, {"txid": ["a"]},
    {"valor": 204.30}, {"valor": "204,30"}, {"valor": "0.00"}, {"valor": "-1.00"}, {"valor": None},
    {"valor": "21474836.48"}, {"horario": "2025-07-08"}, {"horario": None}, {"horario": "2019-12-31T00:00:00Z"},
]  # fmt: skip


@pytest.mark.parametrize("field", MALFORMED, ids=str)
def test_a_malformed_payment_refuses_only_itself(tell, invoice, batch, caplog, field) -> None:
    answer = tell(told(invoice, **field), told(invoice), None, "pix")
    assert (answer.status_code, answer.json) == (422, {"booked": 1, "known": 0, "malformed": 3, "failed": 0})
    assert [payment.effect for payment in payments()] == [PaymentEffect.SETTLED]
    assert dues(batch) == RENEWED
    assert f"payment 1 of a message: {next(iter(field))}: must" in caplog.text


def test_fields_that_are_not_ours_are_passed_over(tell, invoice, batch) -> None:
    entry = told(invoice, chave="pix@portal.example", infoPagador="Obrigado", pagador={"cpf": "1"}, componentesValor={})
    assert tell(entry).status_code == 200
    assert dues(batch) == RENEWED


def test_a_bank_that_writes_small_letters_means_the_same_id(tell, invoice, batch) -> None:
    assert tell(told(invoice, txid=invoice.txid.lower())).status_code == 200
    assert (dues(batch), payments()[0].txid) == (RENEWED, invoice.txid)


@pytest.mark.parametrize("txid", [None, "", "***", "DEOUTRACOBRANCA"], ids=["absent", "empty", "stars", "another's"])
def test_money_with_an_id_that_is_nobodys_is_kept(tell, invoice, batch, txid) -> None:
    assert tell(told(invoice, txid=txid)).status_code == 200
    [payment] = payments()
    assert (payment.effect, payment.partner_id, payment.amount_cents) == (PaymentEffect.UNMATCHED, None, 14980)
    assert dues(batch) == NOT_RENEWED


class TestMoneyThatIsNeverRefused:
    """Another value, another order, another time (DOMAIN §5)."""

    def test_too_little_moves_nothing_and_the_rest_settles_in_whatever_order(self, tell, invoice, batch) -> None:
        early, late = told(invoice, 10000, at(PAY_DAY)), told(invoice, 5000, at(PAY_DAY, time(18)))
        assert tell(late).status_code == 200
        assert dues(batch) == NOT_RENEWED
        assert tell(early, late).json["known"] == 1
        assert (dues(batch), entries()) == (RENEWED, [("excess", 20)])

    def test_too_much_is_credit(self, tell, invoice, batch) -> None:
        tell(told(invoice, 20000))
        assert (dues(batch), entries()) == (RENEWED, [("excess", 5020)])

    def test_two_confirmations_in_one_message_settle_once(self, tell, invoice, batch) -> None:
        tell(told(invoice), told(invoice))
        assert (dues(batch), entries()) == (RENEWED, [("late", 14980)])
        assert [payment.effect for payment in payments()] == [PaymentEffect.SETTLED, PaymentEffect.CREDITED]

    def test_what_comes_after_the_invoice_was_cancelled_is_credit(self, tell, invoice: Invoice, batch, purse) -> None:
        settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
        tell(told(invoice))
        assert (dues(batch), entries()) == (NOT_RENEWED, [("late", 14980)])

    def test_what_was_paid_after_the_month_turned_is_credit(self, tell, invoice, batch) -> None:
        with clock.frozen(at(date(2025, 8, 1))):
            tell(told(invoice, when=at(date(2025, 8, 1), time(0, 1))))
        assert (dues(batch), entries()) == (NOT_RENEWED, [("not_renewed", 9990), ("not_renewed", 4990)])

    def test_what_was_paid_before_it_turned_renews_though_it_is_told_later(self, tell, invoice, batch) -> None:
        with clock.frozen(at(date(2025, 8, 1))):
            tell(told(invoice, when=at(date(2025, 7, 31), time(23, 59))))
        assert dues(batch) == RENEWED

    def test_a_moment_ahead_of_our_clock_counts_as_now(self, tell, invoice) -> None:
        tell(told(invoice, when=at(date(2025, 9, 1))))
        assert payments()[0].paid_at == clock.now()


class TestReturns:
    """What the bank says that it took back is kept for staff, who book it (DOMAIN §5)."""

    def returned(self, *values: str, status: str = "DEVOLVIDO") -> dict[str, object]:
        return {"devolucoes": [{"id": "1", "rtrId": "D1", "valor": value, "status": status} for value in values]}

    def test_a_return_is_noted_and_moves_nothing(self, tell, invoice, batch) -> None:
        entry = told(invoice)
        tell(entry)
        assert tell(entry | self.returned("100.00", "49.80")).status_code == 200
        [payment] = payments()
        assert (payment.told_return_cents, payment.returned_at) == (14980, None)
        assert dues(batch) == RENEWED

    def test_payment_and_return_may_come_together(self, tell, invoice, batch) -> None:
        tell(told(invoice) | self.returned("10.00"))
        assert (payments()[0].told_return_cents, dues(batch)) == (1000, RENEWED)

    def test_an_older_message_takes_nothing_of_it_back(self, tell, invoice) -> None:
        entry = told(invoice)
        for values in (["10.00"], ["10.00", "5.00"], ["10.00"], []):
            tell(entry | self.returned(*values))
        assert payments()[0].told_return_cents == 1500

    def test_it_is_never_more_than_there_was(self, tell, invoice) -> None:
        tell(told(invoice) | self.returned("9999999999.99"))
        assert payments()[0].told_return_cents == 14980

    @pytest.mark.parametrize("status", ["EM_PROCESSAMENTO", "NAO_REALIZADO"])
    def test_a_return_that_is_not_done_is_nothing_yet(self, tell, invoice, status) -> None:
        tell(told(invoice) | self.returned("10.00", status=status))
        assert payments()[0].told_return_cents is None

    @pytest.mark.parametrize("returns", ["x", [1], [{"status": "DEVOLVIDO", "valor": 10}], {"valor": "1.00"}], ids=str)
    def test_one_that_cannot_be_read_refuses_no_payment(self, tell, invoice, batch, caplog, returns) -> None:
        assert tell(told(invoice, devolucoes=returns)).status_code == 200
        assert dues(batch) == RENEWED
        assert "return of payment 1 of a message" in caplog.text


class TestFaults:
    """What goes wrong on our side: the bank sends it again, and nothing is lost or doubled meanwhile."""

    def test_a_busy_database_is_said_so_that_the_bank_sends_again(self, tell, invoice, batch, monkeypatch) -> None:
        entries_ = [told(invoice, txid="NOBODYS"), told(invoice)]
        receive: Callable[..., service.Outcome] = service.receive

        def busy_with_the_second(arrival: service.Arrival, *, now: datetime) -> service.Outcome:
            if arrival.txid != "NOBODYS":
                raise OperationalError("", {}, Exception("database is locked"))
            return receive(arrival, now=now)

        with monkeypatch.context() as patch:
            patch.setattr(service, "receive", busy_with_the_second)
            answer = tell(*entries_)
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert answer.headers["Retry-After"] == "5"
        assert tell(*entries_).json == {"booked": 1, "known": 1, "malformed": 0, "failed": 0}
        assert dues(batch) == RENEWED

    def test_a_fault_of_one_keeps_no_other_back(self, tell, invoice, batch, monkeypatch, caplog) -> None:
        settle, other = settling.settle, told(invoice, txid="NOBODYS")

        def fail(*arguments: object, **facts: object) -> None:
            settle(*arguments, **facts)  # type: ignore[arg-type]
            raise RuntimeError("falhou")

        entry = told(invoice)
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(settling, "settle", fail)
            answer = tell(entry, other)
        assert (answer.status_code, answer.json["failed"], answer.json["booked"]) == (500, 1, 1)
        assert dues(batch) == NOT_RENEWED
        assert SECRET not in caplog.text
        assert tell(entry, other).json == {"booked": 1, "known": 1, "malformed": 0, "failed": 0}
        assert dues(batch) == RENEWED


def test_what_a_client_was_paid_for_is_in_its_record(tell, invoice: Invoice, batch, purse: Purse) -> None:
    tell(told(invoice))
    db.session.rollback()
    assert db.session.get(Client, batch[0].id).version == 2
    assert purse.credit == 0
