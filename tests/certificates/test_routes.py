"""The form of a certificate, its refusals, its removal, what the client's page and the list say."""

from __future__ import annotations

import io
import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import fence as fences
from portal.certificates import fence
from portal.certificates.texts import AGAIN
from portal.domain.catalogue import Product
from portal.domain.certificates import MOST_BYTES, Fault, Match
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Certificate, Client, FormDraft
from tests.certificates.files import CNPJ, PASSWORD, certificate, pfx, pfx_for
from tests.conftest import NOW
from tests.visitor import Visitor

BRANCH = "11222333000262"
CSC = "SEGREDO-DA-SEFAZ"


def stored() -> list[Certificate]:
    db.session.expire_all()
    return list(db.session.scalars(select(Certificate).order_by(Certificate.id)))


def form_of(client: Client) -> str:
    return f"/clients/{client.id}/certificate/new"


def test_a_certificate_is_sent_and_the_clients_page_shows_it(web, client, send) -> None:
    assert "Certificado digital</a>" in web.fragment(f"/clients/{client.id}/menu").text
    assert "Nenhum certificado gravado." in web.get(f"/clients/{client.id}").text
    assert 'enctype="multipart/form-data"' in web.get(form_of(client)).text
    answer = send(csc_id="000001", csc=CSC)
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    page = web.get(answer.location).text
    assert "Certificado digital de Mercearia Sol gravado. Gravado às 12:00, protocolo" in page
    for said in (f"EMPRESA LTDA:{CNPJ}", "10/06/2026", "AC Umbuzeiro v5", "gravado, ID 000001", "por Ana"):
        assert said in page
    assert "Substituir certificado" in page
    assert "Certificado válido até" in page, "the line of time tells of it"
    assert Match.ROOT.label not in page
    for secret in (PASSWORD, CSC):
        assert secret not in page + web.get(form_of(client)).text


def test_the_line_of_time_tells_of_the_notices_to_come_while_the_license_lasts(web, client, send) -> None:
    send(pfx_for(CNPJ, not_after=NOW + timedelta(days=20)))
    page = web.get(f"/clients/{client.id}").text
    assert "<b>23/07/2025</b> aviso: “Certificado vence em até 7 dias”" in page
    assert "<b>30/07/2025</b> aviso: “Certificado vence hoje ou já venceu”" in page
    assert "Certificado vence em até 30 dias" not in page


def test_one_of_another_establishment_is_taken_and_said_to_be(web, client, send) -> None:
    assert send(pfx_for(BRANCH)).status_code == 303
    page = web.get(f"/clients/{client.id}").text
    assert Match.ROOT.label in page
    assert "11.222.333/0002-62" in page


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b"x" * (MOST_BYTES + 1), {}, Fault.TOO_LARGE.label),
        (b"lixo", {}, Fault.DAMAGED.label),
        (None, {"password": "outra"}, Fault.WRONG_PASSWORD.label),
        (pfx(has_key=False), {}, Fault.NO_KEY.label),
        (pfx(certificate(is_authority=True)), {}, Fault.NO_LEAF.label),
        (pfx_for(CNPJ, not_before=NOW + timedelta(days=1)), {}, "Ele vale a partir de 11/07/2025."),
        (pfx_for(CNPJ, not_after=NOW - timedelta(days=1)), {}, "Ele valeu até 09/07/2025."),
        (pfx(certificate("EMPRESA LTDA")), {}, Fault.NO_HOLDER.label),
        (pfx_for("10203040000194"), {}, "Titular: EMPRESA LTDA:10203040000194, 10.203.040/0001-94."),
        (None, {"password": ""}, "Informe a senha do certificado."),
        (None, {"file": (io.BytesIO(b""), "")}, "Escolha o arquivo do certificado."),
        (None, {"csc": ""}, "Informe também o CSC"),
        (None, {"csc_id": "abc"}, "O ID do CSC tem de 1 a 6 números."),
    ],
)
def test_what_is_refused_says_why_and_keeps_all_but_file_and_password(web, client, send, content, fields, said) -> None:
    answer = send(content, **{"csc_id": "000001", "csc": CSC} | fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert AGAIN in answer.text
    assert PASSWORD not in answer.text
    kept = {"csc_id": "000001", "csc": CSC} | {name: text for name, text in fields.items() if isinstance(text, str)}
    assert f'name="csc_id" type="text" value="{kept["csc_id"]}"' in answer.text
    assert f'value="{kept["csc"]}"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert stored() == []


def test_a_busy_reader_is_no_fault_of_the_file(client, send, monkeypatch) -> None:
    def busy(_given: bytes) -> None:
        raise fences.Busy

    monkeypatch.setattr(fence.certificates, "ask", busy)
    answer = send()
    assert answer.status_code == 503
    assert Fault.BUSY.label in answer.text


def test_a_form_that_is_behind_a_change_is_asked_again_as_things_stand(web, client, send, make) -> None:
    old = client.version
    assert send().status_code == 303
    again = send(version=old, content=pfx_for(CNPJ))
    assert again.status_code == 409
    assert "Este formulário já foi enviado com outro conteúdo." in again.text
    web.post(f"/clients/{client.id}/suspension", version=old + 1, reason="Pausa")
    stale = send(version=old + 1)
    assert stale.status_code == 409
    assert f'name="version" value="{old + 2}"' in stale.text
    assert len(stored()) == 1


def test_the_same_form_sent_twice_answers_with_the_first_ones_protocol(web, client, send) -> None:
    content, version = pfx_for(CNPJ), client.version
    send(content, version=version)
    page = web.get(send(content, version=version).location).text
    assert "Já estava feito (Certificado digital): gravado às 12:00, protocolo" in page
    assert len(stored()) == 1


def test_a_certificate_is_replaced_and_the_old_ones_stay_in_view(web, client, send) -> None:
    send(csc_id="000001", csc=CSC)
    page = web.get(form_of(client)).text
    assert "Em uso: EMPRESA LTDA" in page
    assert "Manter o CSC já gravado</label> (ID 000001)" in page or "(ID 000001)" in page
    send(pfx_for(BRANCH), version=client.version, keeps_csc="y")
    page = web.get(f"/clients/{client.id}").text
    assert "Certificados anteriores (1)" in page
    assert "Substituído em 10/07/2025" in page
    assert stored()[1].csc_id == "000001"


def test_it_is_removed_after_a_question(web, client, send) -> None:
    send()
    path = f"/clients/{client.id}/certificate/removal"
    assert "Remover o certificado de Mercearia Sol?" in web.get(f"{path}/new").text
    answer = web.post(path, version=client.version)
    assert answer.location == f"/clients/{client.id}"
    page = web.get(answer.location).text
    assert "Certificado digital de Mercearia Sol removido." in page
    assert "Nenhum certificado gravado." in page
    assert "Removido em 10/07/2025" in page
    assert web.get(f"{path}/new").status_code == 404
    assert web.post(path).status_code == 422


def test_who_may_not_is_told_so_and_strangers_learn_nothing(app: Flask, web_of, stranger, client, send) -> None:
    paths = (form_of(client), f"/clients/{client.id}/certificate/removal/new")
    for role in (Role.FINANCE, Role.READER):
        visitor = web_of(role)
        assert {visitor.get(path).status_code for path in paths} == {403}
        assert send(visitor=visitor).status_code == 403
        assert "Substituir certificado" not in visitor.get(f"/clients/{client.id}").text
    assert send(visitor=web_of(Role.SUPPORT)).status_code == 303
    assert {stranger.get(path).status_code for path in paths} == {404}
    assert send(visitor=stranger).status_code == 404
    assert web_of(Role.READER).get(f"/clients/{client.id}").text.count(f"EMPRESA LTDA:{CNPJ}") >= 1
    assert "/login" in Visitor(app).get(paths[0]).location


def test_neither_link_nor_expired_clients_have_the_form(web, client, make, partner) -> None:
    link = make.client(partner)
    assert "Certificado digital" not in web.get(f"/clients/{link.id}").text
    client.due_on = NOW.date() - timedelta(days=1)
    db.session.commit()
    for refused in (link, client):
        answer = web.get(form_of(refused))
        assert answer.status_code == 409
        assert "“Certificado digital” não é possível agora" in answer.text
    page = web.get(f"/clients/{client.id}").text
    assert "Nenhum certificado gravado." in page
    assert "Enviar certificado" not in page


def test_a_session_that_ended_keeps_no_secret_of_the_form(app: Flask, web, client, send) -> None:
    with web.browser.session_transaction() as cookie:
        cookie["_user_id"] = "gone"
    assert "/login" in send(csc_id="000001", csc=CSC).location
    kept = [draft.fields for draft in db.session.scalars(select(FormDraft))]
    assert PASSWORD not in str(kept)
    assert CSC not in str(kept)


def test_no_log_holds_a_password_or_a_csc(web, client, send, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        send(csc_id="000001", csc=CSC)
        send(b"lixo")
    assert PASSWORD not in caplog.text
    assert CSC not in caplog.text


def test_the_list_shows_the_earliest_end_first_and_only_whom_it_concerns(web, stranger, make, partner) -> None:
    def navi(name: str, days: int, **facts) -> None:
        client = make.client(partner, name=name, product=Product.NAVI, **facts)
        make.certificate(client, not_after=NOW + timedelta(days=days), ended_at=facts.get("ended"))

    assert "Nenhum certificado por aqui." in web.get("/certificates").text
    for number, (name, days) in enumerate((("Longe", 90), ("Perto", 30), ("Passado", -400))):
        navi(name, days, suspended_at=NOW if number else None)
    navi("Inativa", 3, due_on=NOW.date() - timedelta(days=60))
    make.certificate(make.client(partner, name="Trocada", product=Product.NAVI), ended_at=NOW)
    page = web.get("/certificates").text
    assert page.index("Passado") < page.index("Perto") < page.index("Longe")
    assert "Vencido" in page
    assert page.count("Vence em breve") == 1
    assert "<b>2</b> vencem em até 30 dias ou já venceram." in page
    assert "Inativa" not in page
    assert "Trocada" not in page
    assert "Perto" not in stranger.get("/certificates").text


def test_the_list_comes_in_pages(web, web_of, make, partner) -> None:
    for number in range(26):
        client = make.client(partner, name=f"Loja {number:02}", product=Product.NAVI)
        make.certificate(client, not_after=NOW + timedelta(days=40 + number // 2))
    page = web.get("/certificates").text
    assert "Loja 24" in page
    assert "Loja 25" not in page
    last = max(one.id for one in stored() if one.not_after < NOW + timedelta(days=52) or one.id < 26)
    assert f'href="?after={last}"' in page
    following = web.get(f"/certificates?after={last}").text
    assert "Loja 25" in following
    assert "Loja 24" not in following
    assert "Loja 00" in web.get("/certificates?after=999999").text
    assert "Substituir" not in web_of(Role.READER).get("/certificates").text
