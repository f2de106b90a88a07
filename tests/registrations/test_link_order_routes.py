"""The screen "Migrar para o Link" over HTTP: the Navi's document and data, the usual window, the code; refused where it makes no sense."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import Charge, Client, LicenseItem, NaviMigration, RegistrationCode
from tests.registrations.form import CNPJ, OTHER_CNPJ, form_of
from tests.registrations.test_registration_routes import plain, shown, value_in
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("prices")

NAVI = Product.NAVI
SAID = ("Notas fiscais não são migradas.", "não cancela a licença do Navi", "renove só o Link no próximo mês",
        "pode ser reativado depois")  # fmt: skip


@pytest.fixture
def navi(make, partner) -> Client:
    client = make.client(
        partner, document=CNPJ, product=NAVI, name="Padaria Pão", email="pao@padaria.example", phone="11987654321",
        renewal_method=RenewalMethod.BILLING,
    )  # fmt: skip
    make.item(client, Item.CLOUD)
    return client


def begun(web: Visitor, navi: Client) -> dict[str, str]:
    """Return what the form sends as it is first shown."""
    text = web.get(f"/clients/{navi.id}/link-order/new").text
    fields = {name: value_in(text, name) for name in ("key", "document", "name", "city", "email", "phone")}
    chosen = {name: re.search(rf'name="{name}".*?<option selected value="([^"]*)"', text, re.DOTALL)[1]
              for name in ("uf", "renewal_method")}  # fmt: skip
    return fields | chosen | {"base": "1"}


def links() -> list[Client]:
    return list(db.session.scalars(select(Client).where(Client.product == Product.LINK, Client.archived_at.is_(None))))


class TestTheForm:
    def test_it_is_filled_in_from_the_navi_and_its_document_stands_fixed(self, web, navi) -> None:
        text = plain(web.get(f"/clients/{navi.id}/link-order/new"))
        assert "<output>11.222.333/0001-81</output>" in text
        assert not re.search(r'<input(?![^>]*type="hidden")[^>]*name="(document|product)"', text)
        sent = begun(web, navi)
        assert {name: sent[name] for name in ("name", "uf", "city", "email", "phone", "renewal_method")} == {
            "name": "Padaria Pão", "uf": "SP", "city": "São Paulo", "email": "pao@padaria.example",
            "phone": "11987654321", "renewal_method": "billing",
        }  # fmt: skip
        assert "Link Garçom" in text
        assert "o Navi deste cliente tem" in text.split('id="cloud-price"')[1][:200], (
            "what it holds is said, not chosen"
        )
        assert 'name="cloud" value="1" checked' not in text
        for sentence in SAID:
            assert sentence in text

    def test_quote_and_cities_are_asked_for_on_the_way(self, web, navi) -> None:
        quote = web.post(f"/clients/{navi.id}/link-order/quote", htmx=True, base="1", waiter="2")
        assert "Total: R$ 139,70" in plain(quote)
        assert "Campinas" in web.post(f"/clients/{navi.id}/link-order/cities", htmx=True, uf="SP", city="campi").text

    def test_the_menu_and_the_page_lead_there(self, web, navi) -> None:
        for path in (f"/clients/{navi.id}/menu", f"/clients/{navi.id}"):
            text = web.fragment(path).text
            assert f'<a class="btn" href="/clients/{navi.id}/link-order/new">Migrar para o Link</a>' in text

    @pytest.mark.parametrize("role", [Role.READER, Role.FINANCE])
    def test_who_may_not_register_orders_no_link(self, web_of, navi, role) -> None:
        web = web_of(role)
        assert "Migrar para o Link" not in web.get(f"/clients/{navi.id}").text
        for answer in (
            web.get(f"/clients/{navi.id}/link-order/new"),
            web.post(f"/clients/{navi.id}/link-order", document=CNPJ),
            web.post(f"/clients/{navi.id}/link-order/quote", base="1"),
            web.post(f"/clients/{navi.id}/link-order/cities", uf="SP"),
        ):
            assert answer.status_code == 403

    def test_strangers_find_nothing_and_visitors_the_login(self, app, stranger, navi) -> None:
        for path in ("new", "quote", "cities", ""):
            address = f"/clients/{navi.id}/link-order/{path}".rstrip("/")
            answer = stranger.get(address) if path == "new" else stranger.post(address, document=CNPJ)
            assert answer.status_code == 404
        assert Visitor(app).get(f"/clients/{navi.id}/link-order/new").status_code == 303
        assert Visitor(app).post(f"/clients/{navi.id}/link-order").status_code == 303


class TestTheOrder:
    def test_suporte_orders_without_script_and_gets_the_code(self, web_of, navi, make) -> None:
        make.charge(navi, 4_990)  # open additional charges never block a migration
        web, path = web_of(Role.SUPPORT), f"/clients/{navi.id}/link-order"
        values = web.post(path, **begun(web, navi) | {"waiter": "2"})
        text = plain(values)
        assert "Total: R$ 139,70" in text
        assert "Vem do Navi: Padaria Pão" in text
        for sentence in SAID:
            assert sentence in text
        assert links() == [], "nothing is done before it is confirmed"
        assert f'action="{path}"' in text
        done = web.post(path, **shown(values))
        (link,) = links()
        assert (done.status_code, done.location) == (303, f"/clients/{link.id}/registration")
        assert (link.document, link.name, link.city_code, link.renewal_method) == (
            CNPJ, "Padaria Pão", "3550308", RenewalMethod.BILLING,
        )  # fmt: skip
        code = db.session.scalar(select(RegistrationCode.code).where(RegistrationCode.client_id == link.id))
        receipt = web.get(done.location).text
        assert "-".join(re.findall("....", code)) in receipt
        assert f'href="/clients/{link.id}/migration">Ver migração</a>' in receipt
        assert db.session.scalar(select(NaviMigration.navi_id)) == navi.id

    def test_with_htmx_the_window_opens_over_the_form(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        window = web.post(path, htmx=True, **begun(web, navi))
        assert window.text.lstrip().startswith("<section")
        assert f'hx-post="{path}" hx-target="#window"' in window.text
        done = web.post(path, htmx=True, **shown(window))
        (link,) = links()
        assert done.headers["HX-Redirect"] == f"/clients/{link.id}/registration"

    def test_the_same_form_twice_is_answered_with_the_same_client(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        fields = shown(web.post(path, **begun(web, navi)))
        answers = [web.post(path, **fields) for _ in range(2)]
        assert {answer.location for answer in answers} == {f"/clients/{links()[0].id}/registration"}
        assert db.session.scalar(select(func.count()).select_from(Charge)) == 1

    def test_a_step_or_a_mistake_keeps_what_was_typed(self, web, navi) -> None:
        path, fields = f"/clients/{navi.id}/link-order", begun(web, navi) | {"waiter": "2", "name": "Outro nome"}
        assert value_in(web.post(path, step="waiter:+1", **fields).text, "waiter") == "3"
        wrong = web.post(path, **fields | {"city": "Cidade Nenhuma", "mobile": "1"})
        assert wrong.status_code == 422
        assert value_in(wrong.text, "name") == "Outro nome"
        assert "Móvel precisa de Cloud" in wrong.text
        in_place = web.post(path, htmx=True, **fields | {"city": ""})
        assert in_place.headers["HX-Retarget"] == "#registration"

    def test_an_aged_window_is_shown_again(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        fields = shown(web.post(path, **begun(web, navi)))
        again = web.post(path, **fields | {"quote": f"100-{'0' * 64}"})
        assert again.status_code == 409
        assert "O valor mudou: era R$ 1,00, agora R$ 99,90." in plain(again)
        assert links() == []

    def test_without_a_price_the_form_says_so(self, web, navi) -> None:
        fields = begun(web, navi)
        for model in ("prices", "price_versions"):
            db.session.execute(db.metadata.tables[model].delete())
        db.session.commit()
        refused = web.post(f"/clients/{navi.id}/link-order", **fields)
        assert (refused.status_code, "avise o fornecedor" in refused.text) == (409, True)

    def test_a_form_that_was_sent_with_other_content_stands_as_it_was(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        fields = shown(web.post(path, **begun(web, navi)))
        web.post(path, **fields)
        answer = web.post(path, **fields | {"name": "Outro"})
        assert (answer.status_code, "Valeu o primeiro envio" in answer.text) == (409, True)
        assert [link.name for link in links()] == ["Padaria Pão"]


class TestRefusals:
    def test_with_a_link_already_the_order_is_refused_and_the_form_leads_to_the_checklist(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        fields = begun(web, navi)
        web.post(path, **shown(web.post(path, **fields)))
        (link,) = links()
        for form in (fields | {"key": "z" * 24}, fields | {"key": "z" * 24, "quote": "9990-" + "0" * 64}):
            refused = web.post(path, **form)
            assert (refused.status_code, f"cliente {link.id}." in refused.text) == (409, True)
        checklist = f"/clients/{navi.id}/migration"
        assert web.get(f"{path}/new").location == checklist
        menu = web.fragment(f"/clients/{navi.id}/menu").text
        assert "Migrar para o Link" not in menu
        assert f'href="{checklist}">Ver migração</a>' in menu
        assert len(links()) == 1

    def test_two_tabs_make_one_link(self, web, navi) -> None:
        path = f"/clients/{navi.id}/link-order"
        tabs = [shown(web.post(path, **begun(web, navi))) for _ in range(2)]
        assert tabs[0]["key"] != tabs[1]["key"]
        assert [web.post(path, **fields).status_code for fields in tabs] == [303, 409]
        assert len(links()) == 1

    def test_beside_an_older_link_it_is_refused_with_the_reason(self, web, navi, make, partner) -> None:
        link = make.client(partner, document=CNPJ)
        answer = web.get(f"/clients/{navi.id}/link-order/new")
        assert (answer.status_code, f"cliente {link.id}." in answer.text) == (409, True)
        assert "migra" not in web.fragment(f"/clients/{navi.id}/menu").text

    @pytest.mark.parametrize("status", [Status.HIDDEN, Status.PENDING])
    def test_a_status_that_does_not_allow_it_says_why(self, web, client_in, status) -> None:
        client = client_in(status, product=NAVI)
        for answer in (
            web.get(f"/clients/{client.id}/link-order/new"),
            web.post(f"/clients/{client.id}/link-order", document=client.document),
        ):
            assert answer.status_code == 409
            assert "“Migrar para o Link” não é possível agora" in answer.text

    def test_a_link_client_has_nothing_to_migrate(self, web, make, partner) -> None:
        client = make.client(partner)
        answer = web.post(f"/clients/{client.id}/link-order", document=client.document)
        assert (answer.status_code, "não existe para este produto" in answer.text) == (409, True)

    def test_another_document_than_the_navis_is_refused(self, web, navi) -> None:
        fields = begun(web, navi)
        answer = web.post(f"/clients/{navi.id}/link-order", **fields | {"document": OTHER_CNPJ})
        assert answer.status_code == 409
        assert links() == []


def test_new_client_says_the_same_over_a_navi_and_is_a_migration_too(web, navi) -> None:
    values = web.post("/clients", **form_of())
    for sentence in SAID:
        assert sentence in plain(values)
    web.post("/clients", **shown(values))
    assert db.session.scalar(select(NaviMigration.navi_id)) == navi.id
    assert db.session.scalar(select(func.count()).select_from(LicenseItem)) == 3
