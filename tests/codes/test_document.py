"""Another CPF/CNPJ: what was bound to the old one ends with it, in one step, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from portal.accounts import drafts
from portal.codes import document
from portal.domain import documents
from portal.domain.catalogue import Item, Product
from portal.domain.errors import AlreadyRegistered
from portal.domain.roles import Role
from portal.domain.search import search_key
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, RegistrationCode
from tests.conftest import NOW
from tests.visitor import Visitor

NEW = "11222333000181"
LETTERS = "12ABC34501DE35"


def change(web: Visitor, client: Client, typed: str = NEW, version: int = 1, *, htmx: bool = False):
    return web.post(f"/clients/{client.id}/document", htmx=htmx, version=version, document=typed)


def stored(client: Client) -> Client:
    db.session.expire_all()
    found = db.session.get(Client, client.id)
    assert found
    return found


def unused(client: Client) -> list[Item]:
    open_ones = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    rows = select(RegistrationCode.item).where(RegistrationCode.client_id == client.id, *open_ones)
    return sorted(db.session.scalars(rows))


def test_the_document_its_search_key_and_the_record_change_together(web, admin, client_in) -> None:
    client = client_in(name="Padaria Sol")
    old = client.document
    answer = change(web, client, "11.222.333/0001-81")
    assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
    now = stored(client)
    assert (now.document, now.search_key, now.version) == (NEW, search_key("Padaria Sol", NEW), 2)
    [event] = db.session.scalars(select(AuditEvent)).all()
    assert (event.action, event.actor_id, event.before["document"]) == ("change_document", admin.id, old)
    assert event.after["document"] == NEW
    page = web.get(answer.location).text
    assert f"CPF/CNPJ de Padaria Sol alterado. Gravado às 12:00, protocolo {event.id}." in page
    assert "Padaria Sol" in web.get("/clients?q=11222333").text
    assert "Padaria Sol</a>" not in web.get(f"/clients?q={old}").text


@pytest.mark.parametrize("typed", ["12.abc.345/01de-35", LETTERS, "529.982.247-25"])
def test_a_cnpj_with_letters_and_a_cpf_are_documents(web, client_in, typed) -> None:
    client = client_in()
    assert change(web, client, typed, htmx=True).headers["HX-Redirect"] == f"/clients/{client.id}"
    assert stored(client).document == documents.normalise(typed)


def test_what_was_typed_when_the_session_ended_comes_back(web, admin, client_in) -> None:
    path = f"/clients/{client_in().id}/document/new"
    token = drafts.keep_draft(admin.id, path, {"document": [NEW], "version": ["1"]}, now=NOW)
    assert f'value="{NEW}"' in web.get(f"{path}?draft={token}").text


class TestWhatEnds:
    """Codes and keys are bound to the document (DOMAIN §7)."""

    def test_link_keys_and_codes_end_and_new_codes_are_issued(self, web, client_in, make) -> None:
        client = client_in()
        used = make.code(client, consumed_at=NOW)
        keys = [make.installation(client), make.installation(client, item=Item.MOBILE)]
        waiting = [make.code(client, item=Item.MOBILE), make.code(client, item=Item.MOBILE, supersedes_id=keys[1].id)]
        change(web, client)
        assert unused(client) == [Item.BASE, Item.MOBILE, Item.MOBILE]
        db.session.expire_all()
        assert all(db.session.get(RegistrationCode, code.id).revoked_at == NOW for code in waiting)
        assert all(db.session.get(Installation, one.id).revoked_at == NOW for one in keys)
        assert db.session.get(RegistrationCode, used.id).revoked_at is None
        event = db.session.scalar(select(AuditEvent))
        kept = {"keys_ended": 2, "codes_revoked": 2, "codes_issued": 3}
        assert event.after == {"document": NEW} | kept

    def test_an_unused_base_code_is_replaced_by_one(self, web, client_in, make) -> None:
        client = client_in()
        make.code(client)
        make.code(client)
        change(web, client)
        assert unused(client) == [Item.BASE]

    def test_navi_has_neither(self, web, client_in) -> None:
        client = client_in(product=Product.NAVI)
        assert "chave" not in web.get(f"/clients/{client.id}/document/new").text
        change(web, client)
        assert unused(client) == []

    def test_the_page_says_so_beforehand(self, web, client_in) -> None:
        client = client_in(name="Loja")
        for read in (web.get, web.fragment):
            text = read(f"/clients/{client.id}/document/new").text
            assert f"hoje com {documents.mask(client.document)}" in text
            assert "A chave em uso deixa de valer na hora" in text
            assert "Novos códigos são emitidos no lugar" in text


class TestRefused:
    """With the reason, what was typed kept, nothing written."""

    def refused(self, web: Visitor, client: Client, typed: str, status: int, said: str) -> str:
        before = client.document
        texts = []
        for htmx in (False, True):
            answer = change(web, client, typed, htmx=htmx)
            assert answer.status_code == status
            assert said in answer.text
            assert f'value="{typed}"' in answer.text or not typed.strip()
            texts.append(answer.text)
        assert texts[1].lstrip().startswith('<section id="document-change"')
        assert (stored(client).document, stored(client).version) == (before, 1)
        assert unused(client) == []
        return texts[0]

    @pytest.mark.parametrize("typed", ["1", "11222333000182", "11111111111", "00000000000000", "12ABC34501DE36", "é"])
    def test_what_is_no_document(self, web, client_in, typed) -> None:
        self.refused(web, client_in(), typed, 422, "CPF/CNPJ inválido")

    def test_nothing(self, web, client_in) -> None:
        self.refused(web, client_in(), "  ", 422, "Informe o novo CPF/CNPJ.")

    def test_the_one_it_has(self, web, client_in) -> None:
        self.refused(web, client_in(document=NEW), "11.222.333/0001-81", 422, "Este já é o CPF/CNPJ do cliente.")

    def test_the_partner_s_own_points_to_that_client(self, web, client_in) -> None:
        twin = client_in(document=NEW)
        text = self.refused(web, client_in(), NEW, 409, f"já está cadastrado com este produto: cliente {twin.id}.")
        assert f'href="/clients/{twin.id}">Abrir esse cliente</a>' in text

    def test_another_partner_s_reveals_nobody(self, web, make, client_in) -> None:
        make.client(make.partner(name="Revenda Oculta"), name="Cliente Oculto", document=NEW)
        text = self.refused(web, client_in(), NEW, 409, "Este CPF/CNPJ não pode ser usado aqui.")
        assert "Oculto" not in text.replace("Filtre por “Oculto”", "")
        assert "Abrir esse cliente" not in text

    def test_the_other_product_and_an_archived_one_are_free(self, web, make, client_in) -> None:
        client_in(document=NEW, product=Product.NAVI)
        make.client(make.partner(), document=NEW, product=Product.NAVI)
        client_in(document=NEW, archived_at=NOW)
        client = client_in()
        assert change(web, client).status_code == 303
        assert stored(client).document == NEW

    @pytest.mark.parametrize("status", list(Status))
    def test_by_status(self, web, client_in, status) -> None:
        client = client_in(status)
        client_in(document=LETTERS)
        may = status in {Status.ACTIVE, Status.SUSPENDED}
        assert web.get(f"/clients/{client.id}/document/new").status_code == (200 if may else 409)
        answer = change(web, client, LETTERS)
        assert answer.status_code == 409
        assert may or "“Alterar CPF/CNPJ” não é possível agora" in answer.text
        assert change(web, client).status_code == (303 if may else 409)

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.READER])
    def test_by_role(self, web_of, client_in, role) -> None:
        client = client_in()
        assert web_of(role).get(f"/clients/{client.id}/document/new").status_code == 403
        assert change(web_of(role), client).status_code == 403

    def test_other_partners_and_anonymous(self, visitor, stranger, client_in) -> None:
        client = client_in()
        assert stranger.get(f"/clients/{client.id}/document/new").status_code == 404
        assert change(stranger, client).status_code == 404
        assert change(visitor, client).location.startswith("/login")
        assert stored(client).version == 1

    def test_a_form_without_version_is_incomplete(self, web, client_in) -> None:
        client = client_in()
        answer = web.post(f"/clients/{client.id}/document", document=NEW)
        assert answer.status_code == 422
        assert "O formulário está incompleto." in answer.text


class TestOnce:
    """Sent again, at once, behind somebody else's change."""

    def test_sent_again_it_answers_what_was_done(self, web, client_in) -> None:
        client = client_in()
        change(web, client)
        answer = change(web, client)
        assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
        assert "Já estava feito (Alteração de CPF/CNPJ): gravado às 12:00, protocolo" in web.get(answer.location).text
        assert (stored(client).version, unused(client)) == (2, [Item.BASE])

    def test_with_another_document_the_first_stands(self, web, client_in) -> None:
        client = client_in()
        change(web, client)
        answer = change(web, client, LETTERS)
        assert answer.status_code == 409
        assert "Valeu o primeiro envio." in answer.text
        assert 'name="version" value="2"' in answer.text
        assert stored(client).document == NEW

    def test_behind_another_change_it_can_be_sent_again_as_it_stands(self, web, client_in) -> None:
        client = client_in()
        web.post(f"/clients/{client.id}/suspension", version=1, reason="")
        answer = change(web, client)
        assert answer.status_code == 409
        assert 'name="version" value="2"' in answer.text
        assert f'value="{NEW}"' in answer.text
        assert change(web, client, version=2).status_code == 303

    def test_two_clients_taking_one_document_at_once_one_wins(self, app, admin, client_in) -> None:
        paths = [f"/clients/{client_in().id}/document" for _ in range(6)]
        browsers = [Visitor(app).sign_in(admin) for _ in paths]
        tokens, barrier = [browser.csrf_token() for browser in browsers], Barrier(len(paths))

        def send(number: int):
            barrier.wait(timeout=30)
            return browsers[number].post(paths[number], csrf_token=tokens[number], version=1, document=NEW)

        db.session.rollback()
        with ThreadPoolExecutor(len(paths)) as threads:
            answers = list(threads.map(send, range(len(paths))))
        assert sorted(answer.status_code for answer in answers) == [303] + [409] * (len(paths) - 1)
        [winner] = db.session.scalars(select(Client.id).where(Client.document == NEW)).all()
        assert all(f"cliente {winner}." in answer.text for answer in answers if answer.status_code == 409)

    def test_the_index_has_the_last_word(self, admin, client_in, monkeypatch) -> None:
        """Both looked before either wrote: the second meets the unique index."""
        twin, client = client_in(document=NEW), client_in()
        look, looked = document.ensure_free, []

        def too_early(client, typed) -> None:
            if looked:
                look(client, typed)
            looked.append(typed)

        monkeypatch.setattr(document, "ensure_free", too_early)
        actor = type("Actor", (), {"user_id": admin.id, "name": admin.name})
        with pytest.raises(AlreadyRegistered) as refused:
            document.change(client, version=1, document=NEW, now=NOW, actor=actor)
        assert refused.value.client_id == twin.id
        assert stored(client).version == 1
        assert unused(client) == []
