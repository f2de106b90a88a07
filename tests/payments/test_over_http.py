"""A bank, a payer and a server process: codes are paid and told of over real HTTP, and the log keeps the secret."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from drills.browser import request_head, reset_on_close
from portal.config import DEMO_RECEIVER
from portal.domain import pix
from portal.domain.invoices import PaymentEffect
from portal.extensions import db
from tests.money import at
from tests.payments.conftest import PAY_DAY, RENEWED, SECRET, dues, entries, payments
from tests.psp import Psp
from tests.serving import Running, running
from tests.test_server import PATIENCE

TIMES = 20


@pytest.fixture
def server(app, database_url, tmp_path) -> Iterator[Running]:
    """Yield one on the test's database, its clock today's."""
    with running(tmp_path, database_url) as server:
        yield server


def test_a_code_is_paid_and_whatever_the_bank_tells_how_often_counts_once(server, invoice, batch) -> None:
    code = pix.br_code(DEMO_RECEIVER, txid=invoice.txid, amount_cents=invoice.total_cents)
    bank = Psp(server.webhook)
    first, again = bank.pay(code, at(PAY_DAY)), bank.pay(code, at(PAY_DAY))
    unknown = bank.receive("***", "1.00", at(PAY_DAY))
    db.session.rollback()

    answers = bank.tell_at_once([[first], [again, unknown]] * (TIMES // 2))

    assert {answer.status for answer in answers} == {200}
    assert sum(json.loads(answer.text)["booked"] for answer in answers) == 3
    assert Counter(payment.effect for payment in payments()) == {
        PaymentEffect.SETTLED: 1, PaymentEffect.CREDITED: 1, PaymentEffect.UNMATCHED: 1,
    }  # fmt: skip
    assert (dues(batch), entries()) == (RENEWED, [("late", 14980)])


def test_whatever_is_sent_the_log_holds_no_secret(server, invoice) -> None:
    bank = Psp(server.webhook)
    assert bank.send(b"{").status == 400
    assert bank.send({"pix": [{"valor": "x"}]}).status == 422
    assert Psp(server.webhook.replace(SECRET, SECRET[:-1])).send({"pix": []}).status == 404
    for body in (b'{"pix": []}', b""):  # whole, and cut off; both hang up at once
        _send_and_hang_up(server.port, body)
    assert bank.send({"pix": []}).status == 200
    log = server.log.read_text()
    assert "payment 1 of a message: valor" in log
    assert SECRET[:-1] not in log


def _send_and_hang_up(port: int, body: bytes) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.connect()
    head = request_head("POST", f"/webhooks/pix/{SECRET}/pix", {"Content-Length": "11"})
    connection.sock.sendall(head + body)
    reset_on_close(connection.sock)
    connection.close()
