"""The screen "Status Cloud" over HTTP: the list, its filters, backups asked for and taken back, the client's page."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from portal import clock
from portal.domain.catalogue import Item, Product
from portal.domain.cloud import CloudState
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import CloudBackup, Contact, PendingChange
from tests.clients.conftest import FACTS
from tests.conftest import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def one_of_each(cloud_client):
    return {state: cloud_client(state, name=f"Loja {state.value}") for state in CloudState}


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', text)


class TestList:
    def test_every_client_with_cloud_in_the_order_of_names(self, web, one_of_each, make, partner) -> None:
        make.client(partner, name="Loja sem Cloud")
        text = web.get("/cloud").text
        assert names(text) == ["Loja error", "Loja offline", "Loja online", "Loja unsynced"]
        assert "4 clientes com Cloud" in text
        for state in CloudState:
            assert f"{state.label} <b>1</b>" in text
        assert "Disco cheio" in text
        assert "10/07/2025 11:00" in text

    def test_a_program_that_never_told_is_not_synchronised(self, web, cloud_client) -> None:
        cloud_client()
        text = web.fragment("/cloud").text
        assert 'class="s suspended">Não sincronizado' in text
        assert text.count("nunca") == 2

    @pytest.mark.parametrize("state", CloudState)
    def test_a_state_alone(self, web, one_of_each, state) -> None:
        answer = web.fragment(f"/cloud?state={state.value}")
        assert names(answer.text) == [f"Loja {state.value}"]
        assert answer.headers["HX-Push-Url"] == f"/cloud?state={state.value}"
        assert answer.text.lstrip().startswith('<section id="cloud-table"')

    def test_product_and_search_narrow_the_numbers_too(self, web, one_of_each, cloud_client) -> None:
        cloud_client(CloudState.ERROR, product=Product.NAVI, name="Bar do Navi")
        text = web.get("/cloud?product=navi").text
        assert (names(text), "Todos <b>1</b>" in text) == (["Bar do Navi"], True)
        assert 'aria-label="Remover filtro Navi"' in text
        text = web.get("/cloud?q=loja&state=error").text
        assert (names(text), "Todos <b>4</b>" in text) == (["Loja error"], True)

    @pytest.mark.parametrize("status", Status)
    def test_only_licenses_that_live_are_listed(self, web, cloud_client, status) -> None:
        cloud_client(**FACTS[status])
        is_listed = status in {Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED}
        assert ("1 cliente com Cloud" in web.get("/cloud").text) is is_listed

    def test_what_makes_no_sense_is_as_if_it_were_not_there(self, web, one_of_each) -> None:
        for query in ("state=nonsense", "product=x", "after=-3", "after=999999", "before=zz"):
            assert len(names(web.get(f"/cloud?{query}").text)) == 4

    def test_pages_follow_one_another_by_key(self, web, cloud_client, monkeypatch) -> None:
        monkeypatch.setattr("portal.cloud.queries.PAGE_SIZE", 2)
        for name in "CABDE":
            cloud_client(CloudState.ONLINE, name=name)
        read, address = [], "/cloud?state=online"
        while address:
            text = web.get(address).text
            read.append("".join(names(text)))
            onward = re.search(r'rel="next" href="([^"]+)"', text)
            address = onward[1].replace("&amp;", "&") if onward else ""
        assert read == ["AB", "CD", "E"]
        back = re.search(r'rel="prev" href="([^"]+)"', text)[1].replace("&amp;", "&")
        assert "".join(names(web.get(back).text)) == "CD"

    def test_nobody_with_cloud(self, web) -> None:
        assert "Nenhum cliente com Cloud" in web.get("/cloud").text
        assert "Nenhum cliente encontrado" in web.get("/cloud?q=nada").text

    def test_a_state_ends_with_the_clock_so_that_no_browser_keeps_the_list(self, web, cloud_client) -> None:
        told = db.session.get(Contact, cloud_client(CloudState.ONLINE).id)
        told.cloud_reported_at = NOW - 23 * HOUR
        db.session.commit()
        assert "ETag" not in web.get("/cloud").headers
        assert "Online <b>1</b>" in web.get("/cloud").text
        with clock.frozen(NOW + HOUR):
            assert "Offline <b>1</b>" in web.get("/cloud").text


class TestBackup:
    def test_asked_for_in_its_row(self, web, cloud_client) -> None:
        client = cloud_client(name="Bar Azul")
        answer = web.post(f"/clients/{client.id}/backups", htmx=True, seen="0")
        assert answer.text.lstrip().startswith(f'<tbody id="cloud-{client.id}"')
        assert "Backup pedido às 12:00, aguardando o programa" in answer.text
        assert re.search(r"Backup pedido\. Gravado às 12:00, protocolo \d+\.", answer.text)
        assert "Cancelar pedido de Bar Azul" in answer.text
        assert "Gerar backup" not in answer.text
        again = web.post(f"/clients/{client.id}/backups", htmx=True, seen="0").text
        assert "Já estava feito (Backup pedido): gravado às 12:00" in again
        assert "Backup do Cloud pedido" in web.get(f"/clients/{client.id}").text

    def test_without_javascript_one_is_back_at_the_row_of_the_list_as_it_was(self, web, cloud_client) -> None:
        client = cloud_client()
        page = "http://localhost/cloud?state=unsynced&evil=//x"
        fields = {"seen": "0", "csrf_token": web.csrf_token()}
        answer = web.browser.post(f"/clients/{client.id}/backups", data=fields, headers={"Referer": page})
        assert (answer.status_code, answer.location) == (303, f"/cloud?state=unsynced#cloud-{client.id}")
        assert "Backup pedido. Gravado às 12:00" in web.get("/cloud").text

    def test_taken_back_in_its_row(self, web, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client)
        answer = web.post(f"/clients/{client.id}/backups/{backup.id}/cancellation", htmx=True)
        assert "Pedido de backup cancelado. Gravado às 12:00" in answer.text
        assert f'name="seen" value="{backup.id}"' in answer.text
        assert "Backup pedido" not in answer.text.replace("Pedido de backup", "")

    def test_what_the_program_was_told_of_is_refused_with_the_row_as_it_is(self, web, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client, handed_out_at=NOW)
        path = f"/clients/{client.id}/backups/{backup.id}/cancellation"
        answer = web.post(path, htmx=True)
        assert answer.status_code == 409
        assert answer.text.lstrip().startswith(f'<tbody id="cloud-{client.id}"')
        assert "O programa já recebeu este pedido. Nada foi gravado." in answer.text
        assert "o programa já recebeu o pedido" in answer.text
        plain = web.post(path)
        assert (plain.status_code, "O programa já recebeu este pedido" in plain.text) == (409, True)

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"requested_at": NOW - 24 * HOUR}, "Backup pedido em 09/07 às 12:00, aguardando o programa"),
            ({"done_at": NOW, "size_bytes": 48_349_999}, "Backup feito em 10/07/2025 12:00, 48,3 MB"),
            ({"done_at": NOW, "size_bytes": 12}, "Backup feito em 10/07/2025 12:00, 0,1 MB"),
            ({"done_at": NOW}, "Backup feito em 10/07/2025 12:00<"),
            ({"done_at": NOW, "failure": "Disco <cheio>"}, "Backup falhou em 10/07/2025 12:00: Disco &lt;cheio&gt;"),
            ({"done_at": NOW, "failure": "?"}, "Backup falhou em 10/07/2025 12:00: motivo não informado"),
        ],
    )
    def test_what_has_become_of_it(self, web, cloud_client, backup_of, facts, words) -> None:
        backup_of(cloud_client(), **facts)
        assert words in web.get("/cloud").text

    def test_a_suspended_program_gets_it_once_it_may_run(self, web, cloud_client, backup_of) -> None:
        backup_of(cloud_client(suspended_at=NOW))
        assert "Backup pedido às 12:00, aguardando o fim da suspensão" in web.get("/cloud").text

    def test_a_navi_is_not_asked(self, web, cloud_client) -> None:
        client = cloud_client(product=Product.NAVI)
        answer = web.post(f"/clients/{client.id}/backups", seen="0")
        assert (answer.status_code, "feito no próprio programa" in answer.text) == (409, True)
        assert db.session.query(CloudBackup).count() == 0


class TestWho:
    @pytest.mark.parametrize(
        ("role", "asks", "removes"),
        [
            (Role.ADMIN, True, True),
            (Role.SUPPORT, True, True),
            (Role.FINANCE, False, True),
            (Role.READER, False, False),
        ],
    )
    def test_every_role_sees_and_some_act(self, web_of, cloud_client, role, asks, removes) -> None:
        link, web = cloud_client(name="Do Link"), web_of(role)
        cloud_client(name="Do Navi", product=Product.NAVI)
        text = web.get("/cloud").text
        assert names(text) == ["Do Link", "Do Navi"]
        assert ("Gerar backup de Do Link" in text, "Excluir Cloud de Do Navi" in text) == (asks, removes)
        assert web.post(f"/clients/{link.id}/backups", seen="0").status_code == (303 if asks else 403)

    def test_another_partner_finds_nothing(self, stranger, cloud_client, backup_of) -> None:
        client = cloud_client()
        backup = backup_of(client)
        assert "Nenhum cliente com Cloud" in stranger.get("/cloud").text
        assert stranger.post(f"/clients/{client.id}/backups", seen="0").status_code == 404
        assert stranger.post(f"/clients/{client.id}/backups/{backup.id}/cancellation").status_code == 404

    def test_nobody_is_led_to_the_login(self, visitor) -> None:
        assert "/login" in visitor.get("/cloud").location


class TestClientPage:
    @pytest.mark.parametrize(
        ("state", "words"),
        [
            (CloudState.ONLINE, "Cloud: Online · sincronizado em 10/07/2025 11:00"),
            (CloudState.ERROR, "Cloud: Erro · Disco cheio · sincronizado em 08/07/2025 20:00"),
            (None, "Cloud: Não sincronizado ·"),
        ],
    )
    def test_it_says_how_its_cloud_is(self, web, cloud_client, state, words) -> None:
        assert words in web.get(f"/clients/{cloud_client(state).id}").text

    def test_nothing_without_cloud(self, web, client_in) -> None:
        assert "Cloud:" not in web.get(f"/clients/{client_in().id}").text


def test_a_cloud_that_goes_says_when(web, cloud_client) -> None:
    client = cloud_client(product=Product.NAVI)
    gone = {"client_id": client.id, "item": Item.CLOUD, "quantity": 0}
    db.session.add(PendingChange(effective_on=date(2025, 8, 11), **gone))
    db.session.commit()
    text = web.get("/cloud").text
    assert "O Cloud sai em 11/08/2025." in text
    assert "Excluir Cloud de" not in text
