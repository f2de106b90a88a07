"""The Clientes screen: page and fragment, what they say, where their links lead, what browsers may keep."""

from __future__ import annotations

import re

import pytest

from portal.domain.catalogue import Product
from portal.domain.roles import Role
from portal.domain.statuses import Status
from tests.clients.conftest import FACTS
from tests.visitor import HTMX

SECTION = '<section id="client-table"'


def rows_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tbody id="client-(\d+)"', text)]


def href_of(text: str, rel: str) -> str:
    return re.search(rf'rel="{rel}" href="([^"]*)"', text)[1].replace("&amp;", "&")


def test_the_page_says_what_there_is_of_each_client(web, client_in) -> None:
    client = client_in(name="Padaria São João", document="11222333000181")
    answer = web.get("/clients")
    assert answer.status_code == 200
    text = answer.text
    for heading in ("ID", "Nome", "CPF/CNPJ", "Data de cadastro", "Produto", "Vencimento", "Status"):
        assert re.search(rf"<th scope=\"col\"[^>]*>(?:<label>[^/]*</label>)?<a [^>]*>{heading}</a>", text), heading
    for word in (str(client.id), "Padaria São João", "11.222.333/0001-81", "15/01/2024", "Link", "10/08/2025", "Ativo"):
        assert f">{word}<" in text, word
    assert "Vence em 10/08; sem renovação fica Inativo em 01/09" in text
    assert "<caption>1 cliente</caption>" in text


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.SUSPENDED, "Acesso suspenso. Vence em 10/08; sem renovação fica Inativo em 01/09"),
        (Status.EXPIRED, "Venceu em 09/07; sem renovação fica Inativo em 01/08"),
        (Status.INACTIVE, "Venceu em 10/06 e não foi renovado"),
        (Status.HIDDEN, "Inativo desde 01/07, fora da lista"),
        (Status.PENDING, "Cadastro em avaliação pelo fornecedor"),
    ],
)
def test_each_status_explains_itself(web, client_in, status, reason) -> None:
    client_in(status)
    text = web.get(f"/clients?status={status.value}").text
    assert reason in text
    assert f'class="s {status.value}">{status.label}</b>' in text


def test_htmx_gets_the_table_alone_with_its_canonical_address(web, client_in) -> None:
    client = client_in()
    page, answer = web.get("/clients"), web.fragment("/clients?sort=&size=25&q=&status=&uf=zz")
    assert answer.text.lstrip().startswith(SECTION)
    assert "<html" not in answer.text
    assert rows_in(answer.text) == [client.id]
    assert answer.headers["HX-Push-Url"] == "/clients"
    assert answer.text.strip() in page.text, "the page includes the very fragment"
    assert "HX-Request" in page.headers["Vary"]
    assert "HX-Request" in answer.headers["Vary"]


def test_going_back_in_the_history_gets_the_whole_page(web, client_in) -> None:
    client_in()
    for headers in (HTMX | {"HX-Request-Type": "full"}, HTMX | {"HX-History-Restore-Request": "true"}):
        assert web.browser.get("/clients", headers=headers).text.startswith("<!doctype html>")


def test_next_and_previous_lead_through_the_whole_list_and_back(web, client_in) -> None:
    ids = [client_in(name=f"Cliente {number:03d}").id for number in range(60)]
    first = web.get("/clients").text
    assert 'rel="prev"' not in first
    second = web.get(href_of(first, "next")).text
    third = web.get(href_of(second, "next")).text
    assert 'rel="next"' not in third
    assert rows_in(first) + rows_in(second) + rows_in(third) == ids
    assert rows_in(web.get(href_of(third, "prev")).text) == rows_in(second)
    assert rows_in(web.get(href_of(second, "prev")).text) == rows_in(first)
    assert "<caption>60 clientes</caption>" in third


def test_links_of_paging_keep_the_criteria_and_close_the_open_row(web, client_in) -> None:
    ids = [client_in().id for _ in range(26)]
    href = href_of(web.get(f"/clients?sort=-id&status=active&open={ids[20]}").text, "next")
    assert href == f"/clients?status=active&sort=-id&after={ids[1]}"


def test_a_page_in_front_of_the_first_row_is_the_first_page(web, client_in) -> None:
    ids = [client_in(name=f"Cliente {number}").id for number in range(3)]
    for query in (f"?before={ids[0]}", f"?after={ids[2]}", f"?before={ids[0]}&sort=status", "?after=999999"):
        answer = web.get(f"/clients{query}")
        assert answer.status_code == 200
        assert rows_in(answer.text) == ids
        assert 'rel="prev"' not in answer.text


@pytest.mark.parametrize("direction", ["after", "before", "open"])
def test_a_foreign_id_in_the_address_shows_the_own_first_page(stranger, client_in, make, direction) -> None:
    theirs = client_in(name="Cliente alheio")
    make.code(theirs)
    answer = stranger.get(f"/clients?{direction}={theirs.id}")
    assert answer.status_code == 200
    assert "alheio" not in answer.text
    assert "Nenhum cliente cadastrado ainda" in answer.text


def test_headings_turn_the_order_around(web, client_in) -> None:
    client_in()
    text = web.get("/clients?sort=due").text
    assert 'aria-sort="ascending"><a id="h-due" href="/clients?sort=-due"' in text
    text = web.get("/clients?sort=-due").text
    assert 'aria-sort="descending"><a id="h-due" href="/clients?sort=due"' in text
    assert text.partition("</head>")[2].count("aria-sort") == 1


def test_counters_lead_to_each_status(web, client_in) -> None:
    for number, status in enumerate(FACTS, 1):
        for _ in range(number):
            client_in(status)
    text = web.get("/clients").text
    assert re.search(r'<b id="n-all">(\d+)</b>', text)[1] == str(1 + 2 + 3 + 4 + 6)
    for number, status in enumerate(FACTS, 1):
        tab = re.search(rf'<a id="t-{status.value}" href="([^"]*)".*?>{status.label} <b[^>]*>(\d+)</b>', text)
        assert tab[2] == str(number)
        assert len(rows_in(web.get(tab[1]).text)) == number


def test_a_status_alone_is_marked_as_the_current_one(web, client_in) -> None:
    client_in()
    text = web.get("/clients?status=active").text
    assert text.count('aria-current="true"') == 1
    assert re.search(r'<a id="t-active"[^>]*aria-current="true"', text)


def test_only_link_rows_have_the_arrow_and_all_have_the_menu(web, client_in) -> None:
    link, navi = client_in(), client_in(product=Product.NAVI)
    text = web.get("/clients").text
    assert f'id="o{link.id}"' in text
    assert f'id="o{navi.id}"' not in text
    assert f'id="m{link.id}"' in text
    assert f'id="m{navi.id}"' in text


def test_the_arrow_works_without_javascript(web, client_in) -> None:
    client = client_in(name="Bar")
    arrow = re.search(rf'id="o{client.id}".*?href="([^"]*)"', web.get("/clients?sort=due").text)[1]
    assert arrow == f"/clients?sort=due&open={client.id}#client-{client.id}".replace("&", "&amp;")
    text = web.get(arrow.partition("#")[0].replace("&amp;", "&")).text
    assert "Versão do Link" in text
    assert 'aria-expanded="true" href="/clients?sort=due"' in text


def test_the_row_menu_works_without_javascript(web, client_in) -> None:
    client = client_in()
    href = re.search(rf'id="m{client.id}".*?href="([^"#]*)#(\w+)"', web.get("/clients").text)
    assert f'id="{href[2]}"' in web.get(href[1]).text


@pytest.mark.parametrize("product_and_id", ["navi", "foreign", "gone"])
def test_what_cannot_be_opened_is_shown_closed(web, client_in, make, product_and_id) -> None:
    shown = client_in(product=Product.NAVI)
    other = make.client(make.partner())
    asked = {"navi": shown.id, "foreign": other.id, "gone": 999_999}[product_and_id]
    answer = web.get(f"/clients?open={asked}")
    assert rows_in(answer.text) == [shown.id]
    assert "Versão do Link" not in answer.text


class TestEmptiness:
    """A list without rows says why."""

    def test_a_new_partner_is_told_that_there_are_none_yet(self, web) -> None:
        text = web.get("/clients").text
        assert "Nenhum cliente cadastrado ainda" in text
        assert "<table" not in text
        assert "Exportar" not in text

    def test_a_search_without_result_names_itself_and_offers_the_hidden_ones(self, web, client_in) -> None:
        client_in(Status.HIDDEN, name="Sumida")
        text = web.get("/clients?q=sumida").text
        assert "Nada com “sumida”" in text
        offered = re.search(r'<a class="btn" href="([^"]*)">Procurar também nos ocultos</a>', text)[1]
        assert "Sumida</a>" in web.get(offered.replace("&amp;", "&")).text

    def test_filters_without_result_can_be_cleared(self, web, client_in) -> None:
        client_in()
        text = web.get("/clients?status=expired").text
        assert "Nenhum cliente combina com todos estes filtros." in text
        assert '<a class="btn" href="/clients">Limpar filtros</a>' in text


class TestBanner:
    """Unused codes (DOMAIN §3)."""

    @pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.EXPIRED])
    def test_it_says_how_many_clients_have_one(self, web, client_in, make, status) -> None:
        client = client_in(status)
        make.code(client)
        make.code(client)
        assert "1 cliente tem código de registro não utilizado." in web.get("/clients").text
        make.code(client_in(status))
        text = web.get("/clients").text
        assert "2 clientes têm código de registro não utilizado." in text
        assert re.search(r'<a id="codes"[^>]*href="/clients/codes"[^>]*>Visualizar</a>', text)

    @pytest.mark.parametrize("status", [Status.INACTIVE, Status.HIDDEN, Status.PENDING])
    def test_clients_that_do_not_count_bring_none(self, web, client_in, make, status) -> None:
        make.code(client_in(status))
        assert "não utilizado." not in web.get("/clients").text

    def test_used_and_revoked_codes_bring_none(self, web, client_in, make) -> None:
        from tests.conftest import NOW

        make.code(client_in(), consumed_at=NOW)
        make.code(client_in(), revoked_at=NOW)
        assert "não utilizado." not in web.get("/clients").text

    def test_who_may_not_see_codes_is_not_told(self, web_of, client_in, make) -> None:
        make.code(client_in())
        assert "não utilizado." not in web_of(Role.READER).get("/clients").text
        assert "não utilizado." in web_of(Role.FINANCE).get("/clients").text


class TestWhoMay:
    """The list is the partner's own."""

    def test_a_visitor_is_led_to_the_login_and_back(self, visitor) -> None:
        answer = visitor.get("/clients?status=expired")
        assert (answer.status_code, answer.location) == (303, "/login?next=/clients?status%3Dexpired")

    def test_htmx_without_a_session_is_sent_to_the_login_as_a_whole(self, visitor) -> None:
        answer = visitor.fragment("/clients")
        assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (401, "/login", "")

    def test_every_role_of_the_partner_reads_it_and_vendor_staff_do_not(self, web_of, client_in) -> None:
        client_in(name="Bar do Zé")
        for role in (Role.ADMIN, Role.FINANCE, Role.SUPPORT, Role.READER):
            assert "Bar do Zé" in web_of(role).get("/clients").text
        assert web_of(Role.OPERATOR, at=None).get("/clients").status_code == 403

    def test_another_partner_sees_none_of_it(self, stranger, client_in) -> None:
        client_in(name="Cliente alheio")
        assert "alheio" not in stranger.get("/clients?q=cliente").text

    def test_its_export_takes_no_post(self, web) -> None:
        assert web.post("/clients/export").status_code == 405
