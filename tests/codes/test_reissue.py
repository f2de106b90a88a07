"""Reissuing: the unused code goes at once, a living key when the new code is used; once, however often it is sent."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from portal.codes import reissue
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, RegistrationCode
from tests.codes.words import codes_in
from tests.conftest import NOW
from tests.visitor import Visitor


def fields(text: str) -> dict[str, str]:
    """Return what the question's form would send."""
    form = text[text.index('method="post" action="/clients/') :]
    return dict(re.findall(r'name="(version|code|installation)" value="(\d*)"', form))


def unused(client: Client) -> list[RegistrationCode]:
    open_ones = RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
    rows = select(RegistrationCode).where(RegistrationCode.client_id == client.id, *open_ones)
    return list(db.session.scalars(rows.order_by(RegistrationCode.id)))


def ask_and_confirm(web: Visitor, client: Client, query: str = "", *, htmx: bool = False):
    read = web.fragment if htmx else web.get
    asked = read(f"/clients/{client.id}/reissue/new{query}")
    assert asked.status_code == 200
    return web.post(f"/clients/{client.id}/reissue", htmx=htmx, **fields(asked.text))


class TestMainComputer:
    """The base license has one code, and one key."""

    def test_an_unused_code_is_revoked_and_a_new_one_issued(self, web, admin, client_in, make) -> None:
        client = client_in(name="Loja")
        old = make.code(client, issued_at=NOW - timedelta(days=3))
        asked = web.get(f"/clients/{client.id}/reissue/new").text
        assert "O código emitido em 07/07/2025 e ainda não utilizado deixa de valer na hora." in asked
        assert "chave antiga" not in asked
        answer = ask_and_confirm(web, client)
        [new] = unused(client)
        db.session.refresh(old)
        assert old.revoked_at == NOW
        assert (new.item, new.issued_at, new.supersedes_id) == (Item.BASE, NOW, None)
        assert answer.location == f"/codes/{new.id}"
        page = web.get(answer.location).text
        assert codes_in(page) == [new.code]
        [event] = db.session.scalars(select(AuditEvent)).all()
        assert f"Código reemitido. Gravado às 12:00, protocolo {event.id}." in page
        assert (event.action, event.actor_id) == (Action.REISSUE_CODE, admin.id)
        assert event.after == {"item": "base", "code_id": new.id, "codes_revoked": 1}
        assert db.session.get(Client, client.id).unused_codes == 1

    def test_an_activated_client_gets_a_code_beside_the_living_key(self, web, client_in, make) -> None:
        client = client_in()
        make.code(client, consumed_at=NOW)
        one = make.installation(client)
        asked = web.get(f"/clients/{client.id}/reissue/new").text
        assert "a chave antiga deixa de valer quando o novo código for usado" in asked
        assert "deixa de valer na hora" not in asked
        ask_and_confirm(web, client)
        [new] = unused(client)
        db.session.refresh(one)
        assert (new.supersedes_id, one.revoked_at) == (one.id, None)
        assert "A chave em uso continua valendo até este código ser usado." in web.get(f"/codes/{new.id}").text

    def test_its_unused_reissued_code_is_replaced_never_piled_up(self, web, client_in, make) -> None:
        client = client_in()
        one = make.installation(client)
        for _ in range(3):
            ask_and_confirm(web, client)
        [new] = unused(client)
        db.session.refresh(one)
        assert (new.supersedes_id, one.revoked_at) == (one.id, None)
        issued = db.session.scalars(select(RegistrationCode).where(RegistrationCode.client_id == client.id)).all()
        assert len({code.code for code in issued}) == len(issued) == 3

    def test_when_the_new_code_is_used_the_old_key_ends(self, web, client_in, make) -> None:
        client = client_in()
        old, phone = make.installation(client), make.installation(client, item=Item.MOBILE)
        ask_and_confirm(web, client)
        [new] = unused(client)
        made = make.installation(client)
        ended = reissue.end_keys_of(new, but=made.id, now=NOW)
        db.session.commit()
        assert [one.id for one in ended] == [old.id]
        assert [db.session.get(Installation, i.id).revoked_at for i in (old, phone, made)] == [NOW, None, None]

    def test_a_client_without_code_and_key_gets_a_code(self, web, client_in) -> None:
        client = client_in()
        assert ask_and_confirm(web, client, htmx=True).headers["HX-Redirect"].startswith("/codes/")
        assert len(unused(client)) == 1


class TestMovel:
    """Each seat has a code of its own; they are reissued one by one."""

    def test_an_unused_one_alone_is_replaced(self, web, client_in, make) -> None:
        client = client_in()
        base = make.code(client)
        first, second = make.code(client, item=Item.MOBILE), make.code(client, item=Item.MOBILE)
        asked = web.get(f"/clients/{client.id}/reissue/new?code={first.id}").text
        assert "Emitir um novo código do Link Móvel" in asked
        ask_and_confirm(web, client, f"?code={first.id}")
        kept = unused(client)
        assert [code.id for code in kept[:2]] == [base.id, second.id]
        assert [code.item for code in kept] == [Item.BASE, Item.MOBILE, Item.MOBILE]

    def test_a_device_gets_a_code_that_ends_its_key_and_no_other_s(self, web, client_in, make) -> None:
        client = client_in()
        phone, tablet = (make.installation(client, item=Item.MOBILE, device=name) for name in ("Fone", "Tablet"))
        asked = web.get(f"/clients/{client.id}/reissue/new?installation={tablet.id}").text
        assert "O aparelho Tablet continua funcionando" in asked
        for _ in range(2):  # the second replaces the first
            ask_and_confirm(web, client, f"?installation={tablet.id}")
        [new] = unused(client)
        assert (new.item, new.supersedes_id) == (Item.MOBILE, tablet.id)
        assert [one.id for one in reissue.end_keys_of(new, now=NOW)] == [tablet.id]
        db.session.commit()
        assert db.session.get(Installation, phone.id).revoked_at is None

    def test_the_reissued_code_itself_can_be_reissued(self, web, client_in, make) -> None:
        client = client_in()
        tablet = make.installation(client, item=Item.MOBILE)
        ask_and_confirm(web, client, f"?installation={tablet.id}")
        [new] = unused(client)
        ask_and_confirm(web, client, f"?code={new.id}")
        [newer] = unused(client)
        assert newer.id != new.id
        assert newer.supersedes_id == tablet.id


class TestOnce:
    """One effect, the same answer, and nothing in silence."""

    @pytest.mark.parametrize("htmx", [False, True])
    def test_sent_again_it_answers_what_was_done(self, web, client_in, make, htmx) -> None:
        client = client_in()
        form = fields(web.get(f"/clients/{client.id}/reissue/new").text)
        first, again = (web.post(f"/clients/{client.id}/reissue", htmx=htmx, **form) for _ in range(2))
        place = "HX-Redirect" if htmx else "Location"
        assert first.headers[place] == again.headers[place]
        assert len(unused(client)) == 1
        assert (
            "Já estava feito (Código de registro reemitido): gravado às 12:00, protocolo"
            in web.get(again.headers[place]).text
        )

    def test_sent_at_once_there_is_one_code(self, app, admin, client_in, make) -> None:
        client = client_in()
        make.code(client)
        browsers = [Visitor(app).sign_in(admin) for _ in range(10)]
        path, barrier = f"/clients/{client.id}/reissue", Barrier(10)
        form = fields(browsers[0].get(f"{path}/new").text)
        tokens = [browser.csrf_token() for browser in browsers]

        def send(number: int):
            barrier.wait(timeout=30)
            return browsers[number].post(path, csrf_token=tokens[number], **form)

        db.session.rollback()
        with ThreadPoolExecutor(10) as threads:
            answers = list(threads.map(send, range(10)))
        [new] = unused(client)
        assert {answer.location for answer in answers} == {f"/codes/{new.id}"}
        assert len(db.session.scalars(select(AuditEvent)).all()) == 1

    @pytest.mark.parametrize("htmx", [False, True])
    def test_a_question_behind_a_change_is_asked_again_as_things_stand(self, web, client_in, make, htmx) -> None:
        client = client_in()
        form = fields(web.get(f"/clients/{client.id}/reissue/new").text)
        web.post(f"/clients/{client.id}/suspension", version=1, reason="")
        answer = web.post(f"/clients/{client.id}/reissue", htmx=htmx, **form)
        assert answer.status_code == 409
        assert "Outra pessoa alterou este cliente." in answer.text
        assert fields(answer.text)["version"] == "2"
        assert unused(client) == []

    def test_a_code_used_meanwhile_is_not_replaced(self, web, client_in, make) -> None:
        client = client_in()
        code = make.code(client)
        form = fields(web.get(f"/clients/{client.id}/reissue/new").text)
        code.consumed_at = NOW
        db.session.commit()
        one = make.installation(client)
        answer = web.post(f"/clients/{client.id}/reissue", **form)
        assert answer.status_code == 409
        assert "a chave antiga deixa de valer quando o novo código for usado" in answer.text
        assert fields(answer.text) == {"version": "1", "code": "", "installation": str(one.id)}
        assert unused(client) == []
        assert db.session.get(Client, client.id).version == 1

    def test_a_code_issued_meanwhile_is_not_replaced_unasked(self, web, client_in, make) -> None:
        client = client_in()
        form = fields(web.get(f"/clients/{client.id}/reissue/new").text)
        code = make.code(client)
        answer = web.post(f"/clients/{client.id}/reissue", **form)
        assert answer.status_code == 409
        assert fields(answer.text)["code"] == str(code.id)
        assert [one.id for one in unused(client)] == [code.id]

    def test_a_code_used_at_this_very_moment_stays_used(self, web, client_in, make, monkeypatch) -> None:
        client = client_in()
        make.code(client)
        form = fields(web.get(f"/clients/{client.id}/reissue/new").text)
        monkeypatch.setattr(reissue, "revoke_unused", lambda *_arguments, **_options: 0)
        assert web.post(f"/clients/{client.id}/reissue", **form).status_code == 409
        assert len(unused(client)) == 1
        assert db.session.get(Client, client.id).version == 1

    def test_another_target_from_the_same_page_is_refused(self, web, client_in, make) -> None:
        client = client_in()
        first, second = make.code(client, item=Item.MOBILE), make.code(client, item=Item.MOBILE)
        path = f"/clients/{client.id}/reissue"
        assert web.post(path, version=1, code=str(first.id), installation="").status_code == 303
        answer = web.post(path, version=1, code=str(second.id), installation="")
        assert answer.status_code == 409
        assert "Valeu o primeiro envio." in answer.text
        assert fields(answer.text) == {"version": "2", "code": str(second.id), "installation": ""}
        gone = web.post(path, version=2, code=str(first.id), installation="")
        assert gone.status_code == 409
        assert "Reemitir código</button>" not in gone.text
        assert db.session.get(RegistrationCode, second.id).revoked_at is None


class TestRefused:
    """By status, product, role and partner; from forms that make no sense."""

    @pytest.mark.parametrize("status", list(Status))
    def test_by_status(self, web, client_in, make, status) -> None:
        client = client_in(status)
        may = status in {Status.ACTIVE, Status.SUSPENDED}
        path = f"/clients/{client.id}/reissue"
        assert web.get(f"{path}/new").status_code == (200 if may else 409)
        answer = web.post(path, version=1, code="", installation="")
        assert answer.status_code == (303 if may else 409)
        assert may or "“Reemitir código” não é possível agora" in answer.text
        assert len(unused(client)) == may

    def test_navi_needs_no_code(self, web, client_in) -> None:
        client = client_in(product=Product.NAVI)
        assert web.post(f"/clients/{client.id}/reissue", version=1).status_code == 409
        assert unused(client) == []

    @pytest.mark.parametrize("role", [Role.FINANCE, Role.READER])
    def test_by_role(self, web_of, client_in, role) -> None:
        client = client_in()
        assert web_of(role).get(f"/clients/{client.id}/reissue/new").status_code == 403
        assert web_of(role).post(f"/clients/{client.id}/reissue", version=1).status_code == 403

    def test_another_partner_s_client_or_code_is_not_found(self, web, stranger, client_in, make) -> None:
        client, other = client_in(), client_in()
        code, one = make.code(other), make.installation(other)
        assert stranger.get(f"/clients/{client.id}/reissue/new").status_code == 404
        assert stranger.post(f"/clients/{client.id}/reissue", version=1).status_code == 404
        for query in (f"code={code.id}", f"installation={one.id}", "code=999999"):
            assert web.get(f"/clients/{client.id}/reissue/new?{query}").status_code == 404
        assert web.post(f"/clients/{client.id}/reissue", version=1, code=str(code.id)).status_code == 409
        assert unused(client) == []
        assert [one.id for one in unused(other)] == [code.id]

    def test_a_form_without_version_is_incomplete(self, web, client_in) -> None:
        client = client_in()
        answer = web.post(f"/clients/{client.id}/reissue", version="x")
        assert answer.status_code == 422
        assert "O formulário está incompleto." in answer.text

    def test_a_name_is_escaped_in_the_question(self, web, client_in) -> None:
        client = client_in(name="<b>Bar</b>")
        assert html.escape("<b>Bar</b>") in web.get(f"/clients/{client.id}/reissue/new").text


def test_menu_and_page_offer_it_by_status(web, web_of, client_in, make) -> None:
    client, navi, expired = client_in(), client_in(product=Product.NAVI), client_in(Status.EXPIRED)
    for path in (f"/clients/{client.id}", f"/clients/{client.id}/menu"):
        text = web.fragment(path).text
        assert f'href="/clients/{client.id}/reissue/new">Reemitir código</a>' in text
        assert f'href="/clients/{client.id}/document/new">Alterar CPF/CNPJ</a>' in text
        assert "reissue" not in web_of(Role.FINANCE).fragment(path).text
    assert "reissue" not in web.fragment(f"/clients/{navi.id}/menu").text
    assert "reissue" not in web.fragment(f"/clients/{expired.id}/menu").text
    make.code(expired)
    assert "reissue" not in web.get("/codes").text
    code = make.code(client)
    assert f'href="/clients/{client.id}/reissue/new?code={code.id}"' in web.get("/codes").text
