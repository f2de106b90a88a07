"""The screens of billing over HTTP: list, menu, prices, issuing, one charge, pause; who may see and change them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from portal.billing import bills, queries, service, settling
from portal.billing.filters import BillingFilter, Standing
from portal.domain.catalogue import Item, RenewalMethod
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client
from tests.billing.conftest import DUE, RETAIL, charges, night
from tests.conftest import NOW
from tests.money import at, pay


def shown(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tbody id="bill-(\d+)"', text)]


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def fields(client: Client, **typed: str) -> dict[str, str]:
    """Return the prices form as a browser sends it: R13's, some of it changed."""
    filled = {item.value: f"{cents // 100},{cents % 100:02}" for item, cents in RETAIL.items()}
    return filled | {"version": str(client.version)} | typed


class TestList:
    """Only clients of that method, each with its amounts and what has become of its charge."""

    def test_a_row_says_whose_when_how_much_and_where_it_stands(self, web, client, make, partner) -> None:
        make.client(partner, name="De renovação manual")
        text = plain(web.get("/billing").text)
        assert shown(text) == [client.id]
        for part in ("Bar do Zé", "<td>Link</td>", "<td>10/07/2025</td>", "R$ 214,40", "R$ 320,00", "R$ 105,60"):
            assert part in text, part
        assert "Não emitida" in text
        assert "sai na próxima madrugada" in text

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"due_on": date(2025, 8, 10)}, "sai em 31/07"),
            ({"paused_at": NOW}, "Pausada"),
            ({"due_on": date(2025, 6, 10)}, "Só clientes Ativos, Suspensos ou Expirados"),
        ],
    )
    def test_why_there_is_no_charge(self, web, billed, facts, said) -> None:
        billed(**facts)
        assert said in web.get("/billing").text

    def test_what_waits_for_the_partner_is_told_with_its_amount(self, web, client, billed, make, sell) -> None:
        make.charge(billed(name="Deve"), 3338)
        text = plain(web.get("/billing").text)
        assert "Bloqueada: adicional em aberto" in text
        assert "R$ 33,38" in text

    def test_tabs_months_and_search_narrow_it(self, web, client, billed, make, raise_price, sell) -> None:
        night()
        paid, paused, blocked, below, coming = (
            billed(name=name) for name in ("Paga", "Pausada SA", "Bloqueada SA", "Abaixo", "Agosto")
        )
        night()
        for charge in charges():
            if charge.client_id == paid.id:
                pay(charge, date(2025, 7, 5))
            elif charge.client_id != client.id:
                settling.cancel(charge.id, now=NOW, actor=None)
        db.session.commit()
        paused.paused_at, coming.due_on = NOW, date(2025, 8, 10)
        db.session.commit()
        make.charge(blocked)
        sell(below, {Item.WAITER: 1990})
        raise_price(Item.WAITER, 2000, DUE)
        for query, expected in {
            "": [below, coming, client, blocked, paid, paused],
            "?state=open": [client],
            "?state=paid": [paid],
            "?state=unissued": [below, coming, blocked],
            "?state=held_back": [below, blocked],
            "?state=paused": [paused],
            "?month=2025-07": [below, client, blocked, paid, paused],
            "?month=2025-08": [coming, paid],
            "?month=2025-07&state=paid": [paid],
            "?q=bar+do": [client],
            "?state=x&month=y&q=": [below, coming, client, blocked, paid, paused],
        }.items():
            assert shown(web.get(f"/billing{query}").text) == [one.id for one in expected], query

    def test_the_tabs_agree_with_the_charges_that_are_shown(self, client, billed, partner) -> None:
        billed()
        night()
        pay(charges()[0], DUE)
        today = date(2025, 7, 10)
        for standing, is_open in ((Standing.OPEN, True), (Standing.PAID, False)):
            page = queries.billing_page(partner.id, BillingFilter(standing=standing), today)
            found = queries.charges_in_view([row.id for row in page.rows], None, today)
            assert [found[row.id].paid_at is None for row in page.rows] == [is_open]

    def test_pages_lose_none_and_lead_back(self, web, billed, monkeypatch) -> None:
        monkeypatch.setattr(queries, "PAGE_SIZE", 2)
        made = [billed(name=f"Cliente {letter}").id for letter in "ABCDE"]
        seen, address, back = [], "/billing", ""
        while address:
            text = web.get(address).text
            seen += shown(text)
            previous, following = (
                re.search(r'rel="prev" href="([^"]+)"', text),
                re.search(r'rel="next" href="([^"]+)"', text),
            )
            back, address = previous[1] if previous else "", following[1] if following else ""
        assert seen == made
        assert shown(web.get(back).text) == made[2:4]
        assert shown(web.get("/billing?after=999999").text) == made[:2], "a place that is no more is the beginning"

    def test_nothing_to_show_says_why(self, web, client) -> None:
        assert "Nenhum cliente encontrado" in web.get("/billing?q=xyzxyz").text
        client.renewal_method = RenewalMethod.MANUAL
        db.session.commit()
        assert "Nenhum cliente em gestão de cobranças" in web.get("/billing").text

    def test_a_fragment_is_the_list_alone_at_its_canonical_address(self, web, client) -> None:
        answer = web.fragment("/billing?month=x&state=unissued")
        assert answer.text.startswith('<section id="bill-table"')
        assert answer.headers["HX-Push-Url"] == "/billing?state=unissued"

    def test_the_month_to_come_is_offered(self, web) -> None:
        text = web.get("/billing").text
        assert '<option value="2025-08">agosto de 2025' in text
        assert text.count('value="2025-08"') == web.get("/billing?month=2025-08").text.count('value="2025-08"') == 1

    def test_the_number_of_rows_does_not_change_the_number_of_queries(self, web, client, billed) -> None:
        from tests.test_budgets import counted

        costs = set()
        for _ in range(3):
            with counted() as sent:
                assert web.fragment("/billing").status_code == 200
            costs.add(len(sent))
            billed()
        assert len(costs) == 1


def test_the_menu_holds_editar_and_what_is_billing_s(web, client) -> None:
    text = web.fragment(f"/billing/clients/{client.id}/menu").text
    for label in (
        "Preços de venda",
        "Renovar por minha conta",
        "Pausar cobranças",
        "Emitir cobrança",
        "Editar",
        "Suspender",
    ):
        assert label in text, label
    assert f"/invoices/new?kind=renewal&amp;client={client.id}" in text
    night()
    text = web.fragment(f"/billing/clients/{client.id}/menu").text
    assert f'href="/billing/charges/{charges()[0].id}"' in text
    assert "Emitir cobrança" not in text
    assert web.get(f"/billing/clients/{client.id}/menu").status_code == 303


class TestPrices:
    """The form beside the costs; refused below them, saved once, never over somebody else's."""

    def test_it_shows_cost_price_and_what_they_come_to(self, web, client) -> None:
        text = plain(web.get(f"/billing/clients/{client.id}/prices/new").text)
        for part in ("custa R$ 19,90 cada", 'value="29,90"', "Link Garçom (3 unidades)", "Cliente paga R$ 320,00"):
            assert part in text, part

    def test_saving_says_so_with_the_protocol(self, web, client) -> None:
        answer = web.post(f"/billing/clients/{client.id}/prices", **fields(client, base="R$ 1.199,90", cloud=""))
        assert answer.location == "/billing"
        assert "Preços de venda de Bar do Zé salvos. Gravado às 12:00, protocolo" in web.get("/billing").text
        prices = bills.prices_of([client.id])[client.id]
        assert prices == {item: cents for item, cents in RETAIL.items() if item is not Item.CLOUD} | {Item.BASE: 119990}

    def test_below_cost_is_refused_with_the_cost(self, web, client) -> None:
        answer = web.post(f"/billing/clients/{client.id}/prices", htmx=True, **fields(client, waiter="19,89"))
        assert answer.status_code == 422
        assert "Link Garçom custa R$ 19,90: informe ao menos esse valor." in plain(answer.text)
        assert 'value="19,89"' in answer.text
        assert bills.prices_of([client.id])[client.id] == RETAIL

    @pytest.mark.parametrize("typed", ["abc", "1.5", "-3", "4.000,00", "99999999999999"])
    def test_what_is_no_price_is_refused_in_its_field(self, web, client, typed) -> None:
        answer = web.post(f"/billing/clients/{client.id}/prices", **fields(client, cloud=typed))
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
        assert answer.text.count('aria-invalid="true"') == 1

    def test_the_same_form_again_and_another_content(self, web, client) -> None:
        form = fields(client, base="160,00")
        path = f"/billing/clients/{client.id}/prices"
        web.post(path, **form)
        assert web.post(path, **form).status_code == 303
        assert "Já estava feito." in web.get("/billing").text
        assert web.post(path, **form | {"base": "170,00"}).status_code == 409
        db.session.refresh(client)
        web.post(path, **fields(client, base="160,00"))
        assert "Nada foi alterado" in web.get("/billing").text

    def test_somebody_else_s_prices_are_shown_beside_one_s_own(self, web, client, sell) -> None:
        form = fields(client, base="160,00")
        sell(client, {Item.BASE: 17000, Item.CLOUD: None})
        answer = web.post(f"/billing/clients/{client.id}/prices", htmx=True, **form)
        assert answer.status_code == 409
        assert "Gravado agora: <b>R$ 170,00</b>" in plain(answer.text)
        assert "Gravado agora: <b>a preço de custo</b>" in answer.text
        assert 'value="160,00"' in answer.text
        db.session.refresh(client)
        assert f'name="version" value="{client.version}"' in answer.text

    def test_what_is_typed_is_added_up(self, web, client) -> None:
        path = f"/billing/clients/{client.id}/prices/margin"
        text = plain(web.post(path, htmx=True, **fields(client, base="159,90", cloud="x")).text)
        assert "Cliente paga R$ 310,00" in text
        text = plain(web.post(path, htmx=True, **fields(client, waiter="10,00")).text)
        assert "Abaixo do custo: Link Garçom." in text
        assert "margem −R$ 29,70" in text

    def test_without_a_price_of_the_vendor_s_it_says_so(self, web, client, prices) -> None:
        prices.valid_from = date(2030, 1, 1)
        db.session.commit()
        text = web.get(f"/billing/clients/{client.id}/prices/new").text
        assert "sem preço na tabela" in text
        assert "não pode ser calculada" in text

    def test_the_history_of_the_client_tells_of_it(self, web, client, sell) -> None:
        sell(client, {Item.CLOUD: None, Item.BASE: 17000})
        text = plain(web.get(f"/clients/{client.id}").text)
        assert "Preços de venda" in text
        assert "R$ 149,90" in text
        assert "a preço de custo" in text


class TestIssuing:
    """A person issues the charge before the night."""

    def seen(self, web, client) -> str:
        return re.search(r'name="seen" value="([^"]+)"', web.get(f"/billing/clients/{client.id}/charge/new").text)[1]

    def test_with_the_values_shown_once(self, web, client) -> None:
        form = {"due_on": str(DUE), "seen": self.seen(web, client)}
        path = f"/billing/clients/{client.id}/charge"
        first, again = web.post(path, **form), web.post(path, **form)
        [charge] = charges()
        assert first.location == again.location == f"/billing/charges/{charge.id}"
        text = web.get(first.location).text
        assert "Cobrança de Bar do Zé emitida." in text
        assert "já estava emitida" in text

    def test_values_that_changed_are_shown_again(self, web, client, sell) -> None:
        seen = self.seen(web, client)
        sell(client, {Item.BASE: 20000})
        answer = web.post(f"/billing/clients/{client.id}/charge", htmx=True, due_on=str(DUE), seen=seen)
        assert answer.status_code == 409
        assert "Os valores mudaram" in answer.text
        assert charges() == []

    @pytest.mark.parametrize("due_on", ["", "amanhã", "2025-13-01"])
    def test_without_its_day_the_form_is_incomplete(self, web, client, due_on) -> None:
        assert web.post(f"/billing/clients/{client.id}/charge", due_on=due_on).status_code == 422

    def test_what_holds_it_back_is_said_and_refused(self, web, client, make) -> None:
        seen = self.seen(web, client)
        make.charge(client)
        assert "Não dá para emitir agora: Bloqueada" in web.get(f"/billing/clients/{client.id}/charge/new").text
        answer = web.post(f"/billing/clients/{client.id}/charge", due_on=str(DUE), seen=seen)
        assert answer.status_code == 409
        assert "Bloqueada: adicional em aberto. Nada foi emitido." in answer.text

    def test_a_client_of_another_method_has_none(self, web, make, partner) -> None:
        client = make.client(partner)
        assert web.get(f"/billing/clients/{client.id}/charge/new").status_code == 404


class TestCharge:
    """The partner's page of a charge: cost and margin, the link, what arrived, cancelling."""

    @pytest.fixture
    def charge(self, client):
        night()
        return charges()[0]

    def test_it_shows_cost_margin_and_the_link_with_a_text_for_whatsapp(self, web, charge) -> None:
        answer = web.get(f"/billing/charges/{charge.id}")
        text = plain(answer.text)
        for part in ("Cliente paga R$ 320,00", "custo R$ 214,40", "R$ 105,60", f"http://localhost/c/{charge.token}"):
            assert part in text, part
        assert "https://wa.me/5511987654321?text=Ol%C3%A1%21%20Segue%20a%20cobran%C3%A7a" in text
        assert answer.headers["Cache-Control"] == "no-store"

    def test_without_a_phone_there_is_a_text_to_copy(self, web, charge, client) -> None:
        client.phone = ""
        db.session.commit()
        text = web.get(f"/billing/charges/{charge.id}").text
        assert "wa.me" not in text
        assert "Sem telefone no cadastro" in text

    def test_payments_and_own_account_are_told(self, web, charge, client, purse) -> None:
        pay(charge, date(2025, 7, 5), cents=2000)
        assert "faltam <b>R$ 300,00</b>" in plain(web.get(f"/billing/charges/{charge.id}").text)
        pay(purse.renew(client, date(2025, 7, 6)), date(2025, 7, 6))
        text = web.get(f"/billing/charges/{charge.id}").text
        assert "já foi renovada por sua conta" in text
        assert "Renovar por minha conta" not in text
        pay(charge, date(2025, 7, 7), cents=30000)
        text = plain(web.get(f"/billing/charges/{charge.id}").text)
        assert "Paga em 07/07/2025" in text
        assert "/c/" not in text

    def test_cancelling_asks_first_and_is_done_once(self, web, charge) -> None:
        path = f"/billing/charges/{charge.id}/cancellation"
        assert "Cancelar a cobrança de Bar do Zé?" in web.get(f"{path}/new").text
        for said in ("Cobrança cancelada.", "já estava cancelada"):
            assert web.post(path).location == f"/billing/charges/{charge.id}"
            assert said in web.get(f"/billing/charges/{charge.id}").text
        assert web.get(f"{path}/new").status_code == 303
        assert web.post(path, htmx=True).headers["HX-Redirect"] == f"/billing/charges/{charge.id}"

    def test_a_paid_one_cannot_be_cancelled(self, web, charge) -> None:
        pay(charge, date(2025, 7, 5))
        answer = web.post(f"/billing/charges/{charge.id}/cancellation")
        assert answer.status_code == 409
        assert "Esta cobrança já foi paga" in answer.text


class TestPause:
    """Neither charges nor reminders; shown in the list and on the client's page."""

    def test_in_the_list_the_row_comes_back(self, web, client) -> None:
        answer = web.post(f"/billing/clients/{client.id}/pause", htmx=True, version=str(client.version))
        assert answer.text.startswith(f'<tbody id="bill-{client.id}"')
        assert "Pausada" in answer.text
        assert "Cobranças e lembretes de Bar do Zé pausados. Gravado às 12:00" in answer.text

    def test_without_javascript_it_leads_back(self, web, client) -> None:
        path = f"/billing/clients/{client.id}"
        assert web.post(f"{path}/pause", version="2", next=f"/clients/{client.id}").location == f"/clients/{client.id}"
        text = web.get(f"/clients/{client.id}").text
        assert "Retomar cobranças" in text
        assert "Cobranças e lembretes pausados" in text, "in the history"
        assert web.post(f"{path}/resumption", version="3", next="//evil.test").location == "/billing"

    def test_a_manual_client_s_pause_ends_on_its_page(self, web, make, partner) -> None:
        client = make.client(partner)
        assert 'id="cobranca"' not in web.get(f"/clients/{client.id}").text
        assert (
            web.post(f"/billing/clients/{client.id}/pause", htmx=True, version="1").headers["HX-Redirect"] == "/billing"
        )
        assert "Lembretes deste cliente estão pausados desde 10/07/2025." in web.get(f"/clients/{client.id}").text

    def test_somebody_else_was_faster(self, web, client, actor) -> None:
        old = client.version
        service.pause(client, version=old, now=at(DUE), actor=actor)
        db.session.refresh(client)
        service.resume(client, version=client.version, now=at(DUE), actor=actor)
        answer = web.post(f"/billing/clients/{client.id}/resumption", version=str(old))
        assert answer.status_code == 409
        assert web.post(f"/billing/clients/{client.id}/pause").status_code == 422


def test_the_page_of_a_client_tells_of_its_charges(web, client) -> None:
    night()
    text = plain(web.get(f"/clients/{client.id}").text)
    section = text[text.index('id="cobranca"') :]
    for part in ("Em aberto", "R$ 320,00", "Vencimento 10/07/2025", "Preços de venda", "Renovar por minha conta"):
        assert part in section, part


class TestWho:
    """Administrador and Financeiro; another partner's are not found."""

    def paths(self, client: Client) -> tuple[list[str], list[str], list[str]]:
        charge_id = charges()[0].id
        place, charge = f"/billing/clients/{client.id}", f"/billing/charges/{charge_id}"
        seen = ["/billing", f"{place}/menu", charge, "/billing/reminders"]
        asked = [f"{place}/prices/new", f"{place}/charge/new", f"{charge}/cancellation/new"]
        posts = [f"{place}/{noun}" for noun in ("prices", "prices/margin", "pause", "resumption", "charge")]
        return seen, asked, [*posts, f"{charge}/cancellation"]

    def test_by_role(self, web_of, client, partner) -> None:
        night()
        seen, asked, posts = self.paths(client)
        for role in (Role.SUPPORT, Role.READER):
            who = web_of(role)
            assert {who.get(path).status_code for path in [*seen, *asked]} == {403}
            assert {who.post(path, version="1").status_code for path in posts} == {403}
        finance = web_of(Role.FINANCE)
        assert {finance.get(path).status_code for path in [*seen, *asked]} <= {200, 303}
        partner.suspended_at = NOW
        db.session.commit()
        assert {finance.get(path).status_code for path in seen} <= {200, 303}
        assert {finance.get(path).status_code for path in asked} == {403}
        assert {finance.post(path, version="1").status_code for path in posts} == {403}

    def test_another_partner_finds_nothing(self, stranger, client) -> None:
        night()
        seen, asked, posts = self.paths(client)
        assert {stranger.get(path).status_code for path in [*seen[1:3], *asked]} == {404}
        form = {"version": str(client.version), "due_on": str(DUE), "seen": "x"}
        assert {stranger.post(path, **form).status_code for path in posts} == {404}
        assert "Bar do Zé" not in stranger.get("/billing").text
        assert [charge.cancelled_at for charge in charges()] == [None]

    def test_anonymous_visitors_are_led_to_the_login(self, visitor, client) -> None:
        night()
        seen, asked, _posts = self.paths(client)
        assert all(visitor.get(path).location.startswith("/login") for path in [*seen, *asked])
