"""The page "Pagamentos" of the vendor's staff: the list, a payment from the statement, a destination. Without JavaScript."""

from __future__ import annotations

import re
from datetime import date

import pytest
from werkzeug.test import TestResponse

from portal.domain.invoices import PaymentEffect, PaymentSource
from portal.extensions import db
from portal.invoices import settling
from portal.models import AuditEvent, Invoice, Partner, RetailCharge
from tests.factories import Factory
from tests.money import at, pay
from tests.payments.conftest import NOT_RENEWED, RENEWED, dues, entries, payments, told
from tests.visitor import Visitor

BANK_ID = "E12345678202507081500abcdefghijk"


def fields_of(answer: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page's main form, as a browser sends them."""
    main = answer.text.partition("<main")[2]
    pairs = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', main)
    return {name: value for name, value in pairs if name != "csrf_token"}


def statement(staff: Visitor, invoice: Invoice, **typed: str) -> dict[str, str]:
    """Return the form as somebody fills it in."""
    hidden = fields_of(staff.get(f"/payments/new?txid={invoice.txid}"))
    facts = {"amount": "149,80", "paid_on": "2025-07-08", "paid_at": "15:00", "end_to_end_id": "", "note": ""}
    return {"key": hidden["key"], "txid": hidden["txid"]} | facts | typed


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.replace("\xa0", " ")))


class TestWhoMay:
    """Only the vendor's staff (DOMAIN §11)."""

    @pytest.mark.parametrize("path", ["", "/1", "/new", "/1/assignment/new", "/1/return/new"])
    def test_a_partner_may_not_and_a_visitor_signs_in_first(self, web, visitor, path) -> None:
        assert web.get(f"/payments{path}").status_code == 403
        assert visitor.get(f"/payments{path}").location.startswith("/login")

    @pytest.mark.parametrize("path", ["", "/values", "/1/assignment", "/1/return"])
    def test_nor_change_anything(self, web, path) -> None:
        assert web.post(f"/payments{path}").status_code == 403

    @pytest.mark.parametrize("path", ["/999", "/999/assignment/new", "/999/return/new", "/new?txid=NADA"])
    def test_what_is_not_there_is_not_found(self, staff, path) -> None:
        assert staff.get(f"/payments{path}").status_code == 404

    def test_the_menu_leads_there(self, staff) -> None:
        assert 'href="/payments" aria-current="page"' in staff.get("/payments").text


class TestTheList:
    """All partners' money, newest first."""

    def test_it_shows_whose_what_for_and_what_it_did(self, staff, invoice, partner: Partner) -> None:
        payment = pay(invoice, date(2025, 7, 8), end_to_end_id=BANK_ID, cents=15000)
        said = text_of(staff.get("/payments"))
        for part in (partner.name, "Fatura 1", "R$ 150,00", "Quitou", "Pix", BANK_ID, "08/07/2025 12:00"):
            assert part in said, part
        shown = text_of(staff.get(f"/payments/{payment.id}"))
        for part in ("Virou crédito R$ 0,20", invoice.txid, BANK_ID, "Registrar devolução"):
            assert part in shown, part
        assert "Dar destino" not in shown

    def test_it_is_empty_in_words(self, staff) -> None:
        assert "Nenhum pagamento ainda" in staff.get("/payments").text
        assert "Tudo tem destino" in staff.get("/payments?tab=unmatched").text
        assert "Nenhuma devolução" in staff.get("/payments?tab=returned").text
        assert "Nada combina com “&lt;b&gt;”" in staff.get("/payments?q=<b>").text

    def test_tabs_show_what_waits_for_somebody_and_how_much(self, staff, tell, invoice) -> None:
        entry = told(invoice)
        tell(entry, told(invoice, txid="NOBODYS"))
        tell(entry | {"devolucoes": [{"valor": "149.80", "status": "DEVOLVIDO"}]})
        returned, unmatched = staff.get("/payments?tab=returned"), staff.get("/payments?tab=unmatched")
        assert "Sem destino <b>1</b>" in returned.text
        assert "Devolvidas <b>1</b>" in returned.text
        assert (returned.text.count("<tbody"), "Devolução informada" in returned.text) == (1, True)
        assert (unmatched.text.count("<tbody"), "Devolução informada" in unmatched.text) == (1, False)

    @pytest.mark.parametrize(
        "search", ["{txid}", "{txid_small}", BANK_ID, "{partner}", "{partner} 1", "1", "{partner} fatura 1"]
    )
    def test_it_is_searched_by_whatever_is_at_hand(self, staff, invoice, partner: Partner, search) -> None:
        pay(invoice, date(2025, 7, 8), end_to_end_id=BANK_ID)
        text = search.format(txid=invoice.txid, txid_small=invoice.txid.lower(), partner=partner.name)
        assert staff.get("/payments", query_string={"q": text}).text.count("<tbody") == 1
        assert staff.get("/payments", query_string={"q": f"{text}x 7"}).text.count("<tbody") == 0

    def test_it_has_pages_by_key_and_fragments(self, staff, invoice, make: Factory) -> None:
        for number in range(60):
            pay(invoice, date(2025, 7, 8), cents=1, end_to_end_id=f"E{number:031d}")
        first = staff.get("/payments")
        assert first.text.count("<tbody") == 25
        after = re.search(r'id="next"[^>]*href="([^"]+)"', first.text)[1]
        second = staff.fragment(after)
        assert second.text.count("<tbody") == 25
        assert second.headers["HX-Push-Url"] == after
        third = staff.get(re.search(r'id="next"[^>]*href="([^"]+)"', second.text)[1])
        assert (third.text.count("<tbody"), 'id="next"' in third.text) == (10, False)
        back = staff.get(re.search(r'id="prev"[^>]*href="([^"]+)"', third.text)[1])
        assert re.findall("payment-[0-9]+", back.text) == re.findall("payment-[0-9]+", second.text)
        assert staff.get("/payments?after=1").text.count("<tbody") == 25, "nothing is behind the first: from the start"


class TestRegistering:
    """Money that staff sees on the bank's statement."""

    def test_the_invoice_is_found_by_partner_and_number_or_txid(self, staff, invoice, partner: Partner) -> None:
        for search in (f"{partner.name} 1", invoice.txid.lower(), partner.name):
            found = staff.get("/payments/new", query_string={"q": search})
            assert f'href="/payments/new?txid={invoice.txid}"' in found.text, search
            assert "falta R$ 149,80" in text_of(found)
        assert "Nenhuma fatura ou cobrança encontrada" in staff.get("/payments/new?q=Nada 7").text

    def test_it_is_shown_before_it_is_confirmed_and_then_settles(self, staff, invoice, batch, partner) -> None:
        typed = statement(staff, invoice, end_to_end_id=BANK_ID, note="Extrato de 08/07")
        page = staff.post("/payments/values", **typed)
        assert page.status_code == 200
        said = text_of(page)
        for part in (partner.name, "Fatura 1", "R$ 149,80", "08/07/2025 15:00", BANK_ID, "Quita e renova"):
            assert part in said, part
        assert payments() == []

        done = staff.post("/payments", **fields_of(page))

        [payment] = payments()
        assert done.location == f"/payments/{payment.id}"
        assert f"Pagamento {payment.id} registrado: quitou." in staff.get(done.location).text
        assert (payment.source, payment.effect, payment.end_to_end_id) == (
            PaymentSource.STAFF, PaymentEffect.SETTLED, BANK_ID,
        )  # fmt: skip
        assert dues(batch) == RENEWED
        event = db.session.scalars(db.select(AuditEvent).where(AuditEvent.action == "payment_registered")).one()
        assert (event.actor_name, event.reason, event.after["cents"]) == ("Olga Operadora", "Extrato de 08/07", 14980)

    def test_going_back_keeps_what_was_typed(self, staff, invoice) -> None:
        typed = statement(staff, invoice, note="Minha nota")
        page = staff.post("/payments/values", show="1", **typed)
        assert 'value="Minha nota"' in page.text
        assert 'value="2025-07-08"' in page.text

    @pytest.mark.parametrize("name", ["", BANK_ID])
    def test_the_same_form_again_answers_what_was_done(self, staff, invoice, batch, name) -> None:
        typed = statement(staff, invoice, end_to_end_id=name)
        first, again = staff.post("/payments", **typed), staff.post("/payments", **typed)
        assert first.location == again.location
        assert "Já estava feito" in staff.get(again.location).text
        assert (len(payments()), dues(batch), entries()) == (1, RENEWED, [])

    def test_with_the_banks_id_the_webhook_of_the_same_payment_counts_once(self, staff, tell, invoice, batch) -> None:
        staff.post("/payments", **statement(staff, invoice, end_to_end_id=BANK_ID))
        assert tell(told(invoice, endToEndId=BANK_ID)).json["known"] == 1
        assert (len(payments()), entries()) == (1, [])

    def test_without_it_the_bank_tells_of_another_payment(self, staff, tell, invoice, batch) -> None:
        staff.post("/payments", **statement(staff, invoice))
        tell(told(invoice))
        assert entries() == [("late", 14980)]

    def test_an_id_that_another_payment_has_is_refused_by_its_field(self, staff, tell, invoice, batch) -> None:
        tell(told(invoice, 100, endToEndId=BANK_ID))
        answer = staff.post("/payments", **statement(staff, invoice, end_to_end_id=BANK_ID))
        assert answer.status_code == 422
        assert "já tem este identificador, com outro valor ou destino" in answer.text
        assert dues(batch) == NOT_RENEWED

    def test_the_same_key_with_another_content_is_refused(self, staff, invoice) -> None:
        typed = statement(staff, invoice, amount="1,00")
        staff.post("/payments", **typed)
        assert staff.post("/payments", **typed | {"amount": "2,00"}).status_code == 409
        assert [payment.amount_cents for payment in payments()] == [100]

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("amount", "", "Informe um valor"), ("amount", "0,00", "Informe um valor"), ("amount", "1.5", "Informe um valor"),
            ("amount", "21.474.836,48", "Informe um valor"), ("paid_on", "", "Informe a data"),
            ("paid_on", "ontem", "Informe a data"), ("paid_at", "", "Informe a hora"), ("paid_at", "25:00", "Informe a hora"),
            ("paid_on", "2025-07-11", "ainda não chegou"), ("paid_on", "9999-12-31", "ainda não chegou"),
            ("paid_on", "0001-01-01", "o Pix é mais novo"), ("end_to_end_id", "E123", "São 32 letras"),
            ("note", "x" * 201, "No máximo 200"), ("key", "", "comece de novo"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/payments/values", "/payments"])
    def test_what_makes_no_sense_is_refused_by_its_field(self, staff, invoice, path, field, value, words) -> None:
        answer = staff.post(path, **statement(staff, invoice) | {field: value})
        assert answer.status_code == 422
        assert words in answer.text
        assert "Not a valid" not in answer.text
        assert payments() == []

    @pytest.mark.parametrize(
        ("amount", "words"),
        [("100,00", "faltam R$ 49,80"), ("150,00", "R$ 0,20 a mais viram crédito"), ("149,80", "Quita e renova")],
    )
    def test_what_it_will_do_is_said_first(self, staff, invoice, amount, words) -> None:
        assert words in text_of(staff.post("/payments/values", **statement(staff, invoice, amount=amount)))

    def test_money_for_a_closed_invoice_is_not_refused_either(self, staff, invoice, purse) -> None:
        settling.cancel(invoice.id, now=at(date(2025, 7, 6)), actor=purse.actor)
        typed = statement(staff, invoice)
        assert "Já está cancelada: R$ 149,80 viram crédito" in text_of(staff.post("/payments/values", **typed))
        staff.post("/payments", **typed)
        assert entries() == [("late", 14980)]


class TestGivingADestination:
    """Money that came with nobody's id does what it would have done."""

    @pytest.fixture
    def lost(self, tell, invoice) -> int:
        """Return the id of such a payment."""
        tell(told(invoice, txid="NOBODYS"))
        return int(payments()[0].id)

    def test_it_is_looked_for_shown_and_done_once(self, staff, invoice, batch, lost, partner) -> None:
        assert "Dar destino" in staff.get(f"/payments/{lost}").text
        here = f"/payments/{lost}/assignment/new"
        assert f'href="{here}?txid={invoice.txid}"' in staff.get(here, query_string={"q": partner.name}).text
        page = staff.get(f"{here}?txid={invoice.txid}")
        assert "Quita e renova" in page.text
        done = staff.post(f"/payments/{lost}/assignment", txid=invoice.txid)
        assert "gravado: quitou" in staff.get(done.location).text
        assert (
            "Já estava feito" in staff.get(staff.post(f"/payments/{lost}/assignment", txid=invoice.txid).location).text
        )
        [payment] = payments()
        assert (payment.effect, payment.invoice_id, payment.partner_id) == (
            PaymentEffect.SETTLED, invoice.id, partner.id,
        )  # fmt: skip
        assert (dues(batch), entries()) == (RENEWED, [])
        assert staff.get(here).status_code == 404, "it has one by now"

    def test_a_second_destination_is_refused(self, staff, invoice, lost, purse, batch, make, partner) -> None:
        other = purse.renew(make.client(partner, due_on=date(2025, 7, 10)), date(2025, 7, 5))
        staff.post(f"/payments/{lost}/assignment", txid=invoice.txid)
        assert staff.post(f"/payments/{lost}/assignment", txid=other.txid).status_code == 409
        assert payments()[0].invoice_id == invoice.id

    @pytest.mark.parametrize("txid", ["", "NADA"])
    def test_a_destination_that_is_not_there_is_not_found(self, staff, lost, txid) -> None:
        assert staff.post(f"/payments/{lost}/assignment", txid=txid).status_code == 404

    def test_a_retail_charge_is_one_too(self, staff, tell, invoice, batch, partner) -> None:
        charge = RetailCharge(
            partner_id=partner.id, client_id=batch[0].id, token="t", txid="RETAIL1", due_on=batch[0].due_on,
            next_due_on=date(2025, 8, 10), issued_at=at(date(2025, 7, 1)), issued_on=date(2025, 7, 1),
            cost_cents=9990, amount_cents=12000,
        )  # fmt: skip
        db.session.add(charge)
        db.session.commit()
        tell(told(charge, txid="NOBODYS"))
        lost = payments()[0].id
        assert "Cobrança ao cliente final" in staff.get(f"/payments/{lost}/assignment/new?q=retail1").text
        staff.post(f"/payments/{lost}/assignment", txid="RETAIL1")
        assert "Cobrança ao cliente final" in staff.get("/payments").text
        assert (dues(batch), entries()) == ([date(2025, 8, 10), date(2025, 7, 10)], [("margin", 2010)])


def test_no_client_is_named_to_staff(staff, invoice, batch, make: Factory) -> None:
    payment = pay(invoice, date(2025, 7, 8))
    for path in ("", f"/{payment.id}", f"/new?txid={invoice.txid}", f"/{payment.id}/return/new"):
        text = staff.get(f"/payments{path}").text
        assert not [client.name for client in batch if client.name in text], path
