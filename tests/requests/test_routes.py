"""The menus "TEF" and "Importação" and the queue over HTTP: forms, pages, files, messages, moves; each role, no JavaScript."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.domain.requests import MOST_FILE_BYTES, Move, RequestKind, RequestState
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Invoice, RequestEntry, RequestPiece, ServiceRequest
from tests.conftest import NOW
from tests.money import pay
from tests.requests.conftest import IMPORT, TEF, TO, new_key, now

KINDS = {RequestKind.TEF: ("/tef", TEF), RequestKind.IMPORT: ("/import-requests", IMPORT)}
EVIL = '<script>alert("x")</script>'


def only() -> ServiceRequest:
    db.session.rollback()
    return db.session.scalars(db.select(ServiceRequest)).one()


def post_import(web, shop, content: bytes, name: str = "dados.zip", key: str = ""):
    fields = IMPORT | {"client": str(shop.id), "key": key or new_key(), "csrf_token": web.csrf_token()}
    body = encode_multipart(fields | {"file": FileStorage(BytesIO(content), name)})
    return web.browser.post("/import-requests", data=body[1], content_type=f"multipart/form-data; boundary={body[0]}")


class TestForm:
    @pytest.mark.parametrize("kind", RequestKind)
    def test_a_request_is_sent_by_a_plain_form_and_shown(self, web, shop, kind) -> None:
        path, facts = KINDS[kind]
        assert shop.name in web.get(f"{path}/new?q=padaria").text
        page = web.get(f"{path}/new?client={shop.id}").text
        key = re.search(r'name="key" value="([^"]+)"', page)[1]
        answers = [web.post(path, client=shop.id, key=key, **facts) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}
        assert {answer.location for answer in answers} == {f"/requests/{only().id}"}
        text = web.get(answers[0].location).text
        assert "Já estava feito (Solicitação enviada)" in text
        assert "Próximo passo:" in text
        for said in (facts["contact"], "Enviada", shop.name):
            assert said in text

    def test_tef_names_its_price_to_who_sees_charges(self, web, shop) -> None:
        assert "por terminal e mês" in web.get(f"/tef/new?client={shop.id}").text

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("terminals", "0", "Informe de 1 a 99."),
            ("acquirer", " ", "Informe a adquirente."),
            ("key", "x", "incompleto"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, web, shop, field, value, said) -> None:
        answer = web.post(
            "/tef", **(TEF | {"client": shop.id, "key": new_key(), "contact": "Ana Paula"} | {field: value})
        )
        assert answer.status_code == 422
        assert said in answer.text
        assert 'value="Ana Paula"' in answer.text
        assert db.session.query(ServiceRequest).count() == 0

    def test_the_same_key_with_another_content_is_refused_and_can_be_sent_anew(self, web, shop) -> None:
        key = new_key()
        web.post("/tef", client=shop.id, key=key, **TEF)
        answer = web.post("/tef", client=shop.id, key=key, **(TEF | {"terminals": 5}))
        assert (answer.status_code, "Valeu o primeiro envio" in answer.text) == (409, True)

    def test_a_client_of_another_status_or_product_is_not_offered_and_refused(self, web, make, partner, prices) -> None:
        expired = make.client(partner, name="Loja Vencida", due_on=date(2025, 7, 9))
        navi = make.client(partner, name="Loja Navi", product="navi")
        text = web.get("/tef/new").text
        assert "Loja Vencida" not in text
        assert "Loja Navi" not in text
        assert "Loja Navi" in web.get("/import-requests/new").text
        assert web.post("/tef", client=expired.id, key=new_key(), **TEF).status_code == 409
        assert web.post("/tef", client=navi.id, key=new_key(), **TEF).status_code == 404
        assert web.get(f"/tef/new?client={expired.id}").status_code == 409

    def test_the_clients_page_leads_to_both(self, web, shop) -> None:
        text = web.get(f"/clients/{shop.id}").text
        assert f"/tef/new?client={shop.id}" in text
        assert f"/import-requests/new?client={shop.id}" in text


class TestFile:
    def test_it_comes_back_as_an_attachment_byte_for_byte(self, web, shop) -> None:
        content = EVIL.encode() * 50_000
        assert post_import(web, shop, content, "..\\pasta/relatório <1>.html").status_code == 303
        answer = web.get(f"/requests/{only().id}/file")
        assert answer.get_data() == content
        headers = answer.headers
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert "pasta" not in headers["Content-Disposition"]
        assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
        assert "relatório &lt;1&gt;.html" in web.get(f"/requests/{only().id}").text

    def test_a_file_too_large_or_empty_is_refused_beside_the_field(self, web, shop) -> None:
        too_large = post_import(web, shop, b"x" * (MOST_FILE_BYTES + 1))
        assert (too_large.status_code, "passa de 10 MB" in too_large.text) == (422, True)
        assert post_import(web, shop, b"").status_code == 422
        assert post_import(web, shop, b"x" * (MOST_FILE_BYTES + 10**6)).status_code == 413
        assert db.session.query(RequestPiece).count() == 0

    def test_leitura_sees_the_request_and_nothing_of_its_file(self, web, web_of, shop) -> None:
        post_import(web, shop, b"data", "segredo.zip")
        path = f"/requests/{only().id}"
        reader, finance = web_of(Role.READER), web_of(Role.FINANCE)
        assert "segredo.zip" not in reader.get(path).text
        assert reader.get(f"{path}/file").status_code == 403
        assert finance.get(f"{path}/file").get_data() == b"data"
        assert "Enviar mensagem" not in finance.get(path).text
        assert finance.post(f"{path}/messages", key=new_key(), text="Oi").status_code == 403

    def test_staff_open_it_by_a_form_once_they_look_after_it_and_the_partner_sees_that(self, web, desk, shop) -> None:
        post_import(web, shop, b"data")
        request_id = only().id
        assert desk.post(f"/queue/{request_id}/file-readings").status_code == 409
        desk.post(f"/queue/{request_id}/analysis", version=1)
        answer = desk.post(f"/queue/{request_id}/file-readings")
        assert (answer.get_data(), answer.headers["Cache-Control"]) == (b"data", "no-store")
        assert "Arquivo aberto pelo fornecedor" in web.get(f"/requests/{request_id}").text


class TestMessages:
    def test_both_sides_write_and_what_is_written_is_inert(self, web, desk, road, shop) -> None:
        request_id = road.send(shop).request_id
        asked = desk.post(f"/queue/{request_id}/messages", htmx=True, key=new_key(), text=f"{EVIL}\nQual modelo?")
        assert asked.status_code == 200
        page = web.get(f"/requests/{request_id}").text
        assert EVIL not in page
        assert "&lt;script&gt;" in page
        assert "Olga Operadora (fornecedor)" in page
        assert "1 mensagem do fornecedor em solicitações" in web.get("/notices?open=request_answered").text
        assert f'href="/requests/{request_id}"' in web.get("/notices?open=request_answered").text
        answer = web.post(f"/requests/{request_id}/messages", htmx=True, key=new_key(), text="PPC930")
        assert 'id="request"' in answer.text
        assert "Mensagem enviada" in answer.text
        assert "1 mensagem do fornecedor" not in web.get("/").text
        assert "mensagem sem resposta" in desk.get("/queue?waiting=answer").text

    def test_an_empty_one_is_refused_where_it_was_typed(self, web, road, shop) -> None:
        path = f"/requests/{road.send(shop).request_id}/messages"
        for htmx in (False, True):
            answer = web.post(path, htmx=htmx, key=new_key(), text="  ")
            assert (answer.status_code, "Escreva a mensagem." in answer.text) == (422, True)
            assert ("<html" in answer.text) is not htmx

    def test_an_ended_request_says_so_and_keeps_what_was_typed(self, web, road, shop) -> None:
        request = road.go(road.send(shop).request_id, Move.CANCEL)
        answer = web.post(f"/requests/{request.id}/messages", key=new_key(), text="Alô?")
        assert (answer.status_code, "já está em outra etapa" in answer.text) == (409, True)


class TestMoves:
    def test_a_tef_goes_its_way_by_plain_forms(self, web, desk, road, shop) -> None:
        request_id = road.send(shop).request_id
        for noun, state in (("analysis", "Em análise"), ("approval", "Em execução"), ("conclusion", "Concluída")):
            page = desk.get(f"/queue/{request_id}").text
            form = re.search(rf'<form[^>]*action="/queue/{request_id}/{noun}".*?</form>', page, re.DOTALL)[0]
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
            assert desk.post(f"/queue/{request_id}/{noun}", **fields).status_code == 303
            assert f">{state}</b>" in web.get(f"/requests/{request_id}").text
        assert "TEF" in web.get(f"/clients/{shop.id}").text

    def test_the_partner_sees_what_approval_would_cost(self, web, road, shop) -> None:
        request_id = road.send(shop).request_id
        assert "Se aprovada hoje" in web.get(f"/requests/{request_id}").text

    def test_values_that_were_not_shown_are_asked_again(self, desk, road, shop) -> None:
        request = road.go(road.send(shop).request_id, Move.TAKE)
        answer = desk.post(f"/queue/{request.id}/approval", version=request.version, seen="0-x")
        assert (answer.status_code, "Os valores mudaram" in answer.text) == (409, True)
        assert f'action="/queue/{request.id}/approval"' in answer.text

    def test_an_import_is_valued_paid_for_and_begun(self, web, web_of, desk, road, shop) -> None:
        request = road.go(road.send(shop, RequestKind.IMPORT).request_id, Move.TAKE)
        path = f"/queue/{request.id}"
        wrong = desk.post(f"{path}/pricing", version=request.version, value="de graça")
        assert (wrong.status_code, "Informe o valor em reais." in wrong.text) == (422, True)
        assert desk.post(f"{path}/pricing", version=request.version, value="1.350,00").status_code == 303
        page = web.get(f"/requests/{request.id}").text
        assert "R$ 1.350,00" in page.replace("\xa0", " ")
        assert "Ver fatura e pagar" in page
        assert "1.350,00" not in web_of(Role.READER).get(f"/requests/{request.id}").text
        assert "Ver fatura e pagar" not in web_of(Role.SUPPORT).get(f"/requests/{request.id}").text
        assert "Iniciar execução" not in re.sub(r"<details>.*?</details>", "", desk.get(path).text, flags=re.DOTALL)

    def test_refusing_what_was_paid_says_to_both_that_it_is_credit_now(self, web, desk, road, shop) -> None:
        request = road.go(road.send(shop, RequestKind.IMPORT).request_id, Move.TAKE, Move.ASK_PAYMENT)
        address = f"/queue/{request.id}"
        assert "o valor volta como crédito" not in desk.get(address).text
        pay(db.session.scalars(select(Invoice)).one(), NOW.date())
        assert "A revenda já pagou R$\xa0350,00: o valor volta como crédito." in desk.get(address).text
        assert f"/requests/{request.id}/cancellation" not in web.get(f"/requests/{request.id}").text
        answer = desk.post(f"{address}/refusal", version=request.version, reason="O arquivo está corrompido")
        assert answer.status_code == 303
        for page in (desk.get(address).text, web.get(f"/requests/{request.id}").text):
            assert "devolvido como crédito em 10/07/2025" in page
        assert "Importação recusada: valor devolvido" in web.get("/credit").text

    def test_a_refusal_asks_for_its_reason(self, web, desk, road, shop) -> None:
        request_id = road.send(shop).request_id
        empty = desk.post(f"/queue/{request_id}/refusal", htmx=True, version=1, reason="")
        assert (empty.status_code, "Diga por quê" in empty.text) == (422, True)
        assert desk.post(f"/queue/{request_id}/refusal", version=1, reason="Sem integração").status_code == 303
        assert "Motivo: Sem integração" in web.get(f"/requests/{request_id}").text

    def test_a_page_that_is_behind_is_told_and_shown_as_things_stand(self, desk, road, shop) -> None:
        request = road.go(road.send(shop).request_id, Move.CANCEL)
        answer = desk.post(f"/queue/{request.id}/refusal", version=1, reason="Duplicada")
        assert (answer.status_code, "mudou depois que esta página foi aberta" in answer.text) == (409, True)
        assert ">Cancelada</b>" in answer.text

    def test_a_partner_cancels_and_nobody_elses(self, web, stranger, road, shop) -> None:
        request_id = road.send(shop).request_id
        assert stranger.post(f"/requests/{request_id}/cancellation", version=1).status_code == 404
        assert web.post(f"/requests/{request_id}/cancellation", version=1, reason="Desistiu").status_code == 303
        assert now(request_id).state is RequestState.CANCELLED
        assert web.post(f"/requests/{request_id}/cancellation").status_code == 422

    def test_the_line_of_time_goes_on_on_further_pages(self, web, road, shop, actor) -> None:
        request_id = road.send(shop).request_id
        first = db.session.scalars(db.select(RequestEntry)).one()
        rows = [
            {"request_id": request_id, "side": "vendor", "user_id": actor.user_id, "user_name": "Olga", "at": first.at,
             "text": f"Mensagem {n}", "fingerprint": "x", "event_id": first.event_id}
            for n in range(60)
        ]  # fmt: skip
        db.session.execute(db.insert(RequestEntry), rows)
        db.session.commit()
        page = web.get(f"/requests/{request_id}").text
        assert "Mensagem 59" in page
        assert "Mensagem 9<" not in page
        older = re.search(r'href="(\?before=\d+)#line"', page)[1]
        assert "Mensagem 9<" in web.get(f"/requests/{request_id}{older}").text


class TestLists:
    @pytest.mark.parametrize("kind", RequestKind)
    def test_a_menu_shows_its_kind_in_every_state_with_numbers(
        self, web, stranger, desk, road, make, partner, prices, kind
    ) -> None:
        for other, ways in TO.items():
            for state, moves in ways.items():
                road.go(
                    road.send(make.client(partner, name=f"Loja {other.label} {state.value}"), other).request_id, *moves
                )
        path, states = KINDS[kind][0], TO[kind]
        text = web.get(path).text
        shown = re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', text)
        assert sorted(shown) == sorted(f"Loja {kind.label} {state.value}" for state in states)
        assert f"Todas <b>{len(states)}</b>" in text
        for state in states:
            narrowed = web.fragment(f"{path}?state={state.value}")
            assert f"Loja {kind.label} {state.value}" in narrowed.text
            assert narrowed.text.count("<tbody>") == 1
        assert "Nenhuma solicitação ainda" in stranger.get(path).text
        assert desk.get("/queue").text.count("<tbody>") == sum(map(len, TO.values()))
        assert desk.get(f"/queue?kind={kind.value}").text.count("<tbody>") == len(states)

    def test_search_by_client_document_and_number(self, web, desk, road, make, partner, prices) -> None:
        one, other = make.client(partner, name="Açaí da Ana"), make.client(partner, name="Bar do Zé")
        request_id = road.send(one).request_id
        road.send(other)
        for who, path in ((web, "/tef"), (desk, "/queue")):
            for text in ("acai", one.document, str(request_id)):
                assert "Açaí da Ana" in who.get(f"{path}?q={text}").text, text
            assert "Bar do Zé" not in who.get(f"{path}?q=acai").text
            assert "Nenhuma solicitação encontrada" in who.get(f"{path}?q=nada").text

    def test_an_unchanged_list_is_a_304_until_something_happens(self, web, road, shop) -> None:
        request_id = road.send(shop).request_id
        tag = {"If-None-Match": web.get("/tef").headers["ETag"]}
        assert web.get("/tef", headers=tag).status_code == 304
        road.go(request_id, Move.TAKE)
        assert web.get("/tef", headers=tag).status_code == 200

    def test_the_queue_knows_what_waits_for_whom(self, desk, road, shop, staff) -> None:
        mine = road.go(road.send(shop).request_id, Move.TAKE)
        road.send(shop, RequestKind.IMPORT)
        assert desk.get("/queue?waiting=mine").text.count("<tbody>") == 1
        assert f"/queue/{mine.id}" in desk.get("/queue?waiting=mine").text
        assert desk.get("/queue?waiting=start").text.count("<tbody>") == 0
        assert desk.get("/tef").status_code == 403

    def test_partners_never_see_the_queue(self, web, road, shop) -> None:
        request_id = road.send(shop).request_id
        assert web.get("/queue").status_code == web.get(f"/queue/{request_id}").status_code == 403
