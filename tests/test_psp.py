"""The played bank: what it must do for the tests that stand on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from portal.domain.pix import Receiver, amount_from, br_code, moment_from
from tests.conftest import NOW
from tests.domain.test_pix import STATIC
from tests.psp import Answer, Payment, Psp, UnpayableError

CODE = br_code(Receiver("pix@portal.example", "Loja", "São Paulo"), txid="A1", amount_cents=204_30)


class Listener(BaseHTTPRequestHandler):
    """Writes down what arrives; says 400 to what is no object."""

    heard: list[tuple[str, str | None, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, self.headers.get("X-Secret"), body))
        self.send_response(200 if body.startswith(b"{") else 400)
        self.end_headers()
        self.wfile.write("Olá".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing on the console."""


@pytest.fixture
def heard(monkeypatch) -> list[tuple[str, str | None, bytes]]:
    """Return what the listener heard."""
    messages: list[tuple[str, str | None, bytes]] = []
    monkeypatch.setattr(Listener, "heard", messages, raising=False)
    return messages


@pytest.fixture
def psp(heard) -> Iterator[Psp]:
    """Yield a bank that tells the listener."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Psp(f"http://127.0.0.1:{server.server_port}/pix", {"X-Secret": "s"})
        server.shutdown()
        thread.join()


def test_a_code_is_paid_as_it_asks_and_told_as_the_standard_says(psp, heard) -> None:
    payment = psp.pay(CODE, NOW)
    assert (payment.txid, payment.valor, payment.horario) == ("A1", "204.30", "2025-07-10T15:00:00.000Z")
    assert re.fullmatch(r"E[0-9]{8}202507101500[A-Za-z0-9]{11}", payment.end_to_end_id)
    assert (amount_from(payment.valor), moment_from(payment.horario)) == (204_30, NOW)
    assert psp.tell(payment) == Answer(200, "Olá")
    ((path, secret, body),) = heard
    assert (path, secret) == ("/pix", "s")
    assert json.loads(body) == {
        "pix": [
            {
                "endToEndId": payment.end_to_end_id,
                "txid": "A1",
                "valor": "204.30",
                "horario": "2025-07-10T15:00:00.000Z",
            }
        ]
    }


def test_the_same_payment_is_told_again_and_a_second_one_is_another(psp, heard) -> None:
    first, second = psp.pay(CODE, NOW), psp.pay(CODE, NOW, valor="1.00")
    assert psp.received == {"A1": [first, second]}
    assert first.end_to_end_id != second.end_to_end_id
    for payments in ([first], [first], [second, first]):
        psp.tell(*payments)
    told = [[Payment(*pix.values()) for pix in json.loads(body)["pix"]] for *_, body in heard]
    assert told == [[first], [first], [second, first]]


def test_many_messages_travel_side_by_side(psp, heard) -> None:
    payments = [psp.receive(f"UNKNOWN{number}", "0.01", NOW) for number in range(12)]
    assert psp.tell_at_once([[payment] for payment in payments]) == [Answer(200, "Olá")] * 12
    told = {json.loads(body)["pix"][0]["endToEndId"] for *_, body in heard}
    assert told == {payment.end_to_end_id for payment in payments}


def test_anything_may_be_sent_and_a_refusal_is_an_answer(psp, heard) -> None:
    assert psp.send(b"\xff") == Answer(400, "Olá")
    assert psp.send([1]) == Answer(400, "Olá")
    assert [body for *_, body in heard] == [b"\xff", b"[1]"]


@pytest.mark.parametrize(
    "code",
    ["", CODE[:-1], CODE.replace("204.30", "204.31"), CODE.replace("o", "ó"), STATIC],
    ids=["nothing", "cut", "changed", "accent", "no amount"],
)
def test_no_payer_pays_what_a_bank_cannot_read_or_what_names_no_amount(psp, code) -> None:
    with pytest.raises(UnpayableError):
        psp.pay(code, NOW)
    assert not psp.received
