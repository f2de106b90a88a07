"""The vendor's page "Preços": versions to come, whom they touch, what is offered. Without JavaScript."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from portal.catalogue import effects, queries
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import SetRefused
from portal.domain.prices import PRICED
from portal.extensions import db
from portal.models import AuditEvent, PriceVersion, RetailPrice
from portal.registrations import service as registrations
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.partners.conftest import admin, client_in, olga, partner, staff, stranger, web, web_of
from tests.partners.test_routes import text_of
from tests.registrations.conftest import prices

__all__ = ["admin", "client_in", "olga", "partner", "prices", "staff", "stranger", "web", "web_of"]

LINK, NAVI = Product.LINK, Product.NAVI
TODAY = NOW.date()


def form(**changes: str) -> dict[str, str]:
    """Return what the form sends with the demo's prices, some of them changed (link_base="119,90")."""
    typed = {
        f"{product.value}-{item.value}": f"{DEMO.of(product, item) / 100:.2f}".replace(".", ",")
        for product, item in PRICED
    }
    typed |= {"key": "k" * 24, "valid_from": "2025-08-01", "note": "Reajuste anual", "replaces": ""}
    return typed | {name.replace("link_", "link-").replace("navi_", "navi-"): value for name, value in changes.items()}


def versions() -> list[PriceVersion]:
    db.session.rollback()
    return list(
        db.session.scalars(select(PriceVersion).order_by(PriceVersion.id).execution_options(populate_existing=True))
    )


class TestAVersionToCome:
    def test_it_is_shown_whom_it_touches_before_it_is_confirmed(self, staff, prices, partner, make) -> None:
        for _ in range(2):
            client = make.client(partner, renewal_method=RenewalMethod.BILLING)
            make.item(client, Item.WAITER, 3)
            db.session.add(RetailPrice(client_id=client.id, item=Item.WAITER, cents=2000))
        make.client(make.partner(), product=NAVI)
        make.client(partner, due_on=date(2025, 5, 10))
        db.session.commit()
        page = text_of(staff.post("/catalogue/versions/preview", **form(link_waiter="21,90", navi_base="40,00")).text)
        for part in ("3 de 2 revendas", "+ R$ 2,10", "2 clientes de 1 revenda", "+ R$ 2,00", "− R$ 9,90", "01/08/2025"):
            assert part in page, part  # 6 × 2,00 − 9,90
        assert len(versions()) == 1

    def test_confirmed_it_waits_for_its_day_and_the_same_form_again_is_the_same(self, staff, prices) -> None:
        for _ in range(2):
            assert staff.post("/catalogue/versions", **form(link_base="109,90")).location == "/catalogue/versions/2"
        assert len(versions()) == 2
        assert queries.price_table(TODAY).of(LINK, Item.BASE) == 9990
        assert queries.price_table(date(2025, 8, 1)).of(LINK, Item.BASE) == 10990
        assert staff.post("/catalogue/versions", **form(link_base="99,90")).status_code == 409
        page = text_of(staff.get("/catalogue").text)
        assert ("Agendada" in page, "Em vigor" in page, "Reajuste anual" in page) == (True,) * 3

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"link_base": "99.90"}, "Exemplo: 99,90"),
            ({"navi_cloud": ""}, "Exemplo: 99,90"),
            ({"link_tef": "4.000,00"}, "de 0,00 a 3.999,99"),
            ({"valid_from": "2025-07-10"}, "de amanhã em diante"),
            ({"valid_from": "ontem"}, "de amanhã em diante"),
            ({"note": "x" * 201}, "No máximo 200"),
            ({"key": ""}, "incompleto"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_stored(self, staff, prices, wrong, said) -> None:
        for path in ("/catalogue/versions/preview", "/catalogue/versions"):
            answer = staff.post(path, **form(**wrong))
            assert (answer.status_code, said in answer.text) == (422, True)
        assert len(versions()) == 1

    def test_it_is_changed_by_another_that_takes_its_place(self, staff, prices) -> None:
        staff.post("/catalogue/versions", **form(link_base="109,90"))
        page = staff.get("/catalogue/versions/new?replaces=2").text
        assert ('value="109,90"' in page, 'value="2025-08-01"' in page) == (True, True)
        key = re.search(r'name="key" value="([^"]+)"', page)[1]
        staff.post("/catalogue/versions", **form(link_base="104,90", key=key, replaces="2", valid_from="2025-09-01"))
        _first, second, third = versions()
        assert (second.withdrawn_at, third.withdrawn_at) == (NOW, None)
        assert queries.price_table(date(2025, 8, 20)).of(LINK, Item.BASE) == 9990
        assert queries.price_table(date(2025, 9, 1)).of(LINK, Item.BASE) == 10490
        again = staff.post("/catalogue/versions", **form(key="l" * 24, replaces="2"))
        assert (again.location, len(versions())) == ("/catalogue", 3)
        assert "alguém já a retirou" in staff.get("/catalogue").text

    def test_it_is_withdrawn_once_and_one_that_has_begun_never(self, staff, prices) -> None:
        staff.post("/catalogue/versions", **form(link_base="109,90"))
        for said in ("Tabela 2 retirada", "Nada foi gravado"):
            staff.post("/catalogue/versions/2/withdrawal")
            assert said in staff.get("/catalogue").text
        staff.post("/catalogue/versions/1/withdrawal")
        assert "já começou a valer" in staff.get("/catalogue").text
        assert versions()[0].withdrawn_at is None
        assert staff.get("/catalogue/versions/new?replaces=1").status_code == 404
        assert "Esta tabela não muda mais" in staff.get("/catalogue/versions/1").text

    def test_back_to_the_form_everything_typed_is_kept(self, staff, prices) -> None:
        page = staff.post("/catalogue/versions/preview", **form(link_base="109,90", show="1")).text
        assert ('value="109,90"' in page, "Ver quem é afetado" in page) == (True, True)

    def test_the_effects_cost_three_queries(self, prices) -> None:
        from tests.test_budgets import counted

        after = {key: cents + 1 for key, cents in DEMO.cents.items()}
        with counted() as sent:
            found = effects.of(DEMO.cents, after, TODAY)
        assert (len(sent), found.touched.clients, found.monthly_cents) == (3, 0, 0)

    def test_it_is_the_vendors_alone(self, web, visitor, prices) -> None:
        for path in ("", "/versions/new", "/versions/1"):
            assert web.get(f"/catalogue{path}").status_code == 403
            assert visitor.get(f"/catalogue{path}").location.startswith("/login")
        for path in ("/versions/preview", "/versions", "/versions/1/withdrawal", "/switches"):
            assert web.post(f"/catalogue{path}").status_code == 403
        assert web.get("/catalogue/versions/9").status_code == 403


class TestSwitches:
    def switch(self, staff, item: str, offered: str, product: str = "link") -> str:
        staff.post("/catalogue/switches", product=product, item=item, offered=offered)
        return staff.get("/catalogue").text

    def test_what_is_not_offered_is_gone_from_the_form_and_refused(self, staff, web, prices, partner) -> None:
        assert "não é mais oferecido" in self.switch(staff, "waiter", "no")
        assert "Já estava assim" in self.switch(staff, "waiter", "no")
        assert 'name="waiter"' not in web.get("/clients/new").text
        with pytest.raises(SetRefused):
            registrations.quote(partner.id, LINK, {Item.BASE: 1, Item.WAITER: 1}, TODAY)
        assert "voltou a ser oferecido" in self.switch(staff, "waiter", "yes")
        assert 'name="waiter"' in web.get("/clients/new").text
        actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions == ["item_withheld", "item_offered"]

    def test_what_is_held_stays_held_and_no_more_is_added(self, staff, web, prices, client_in, make) -> None:
        client = client_in()
        make.item(client, Item.WAITER, 2)
        self.switch(staff, "waiter", "no")
        page = f"/clients/{client.id}/revision"
        assert re.search(r'name="waiter" value="2"', web.get(f"{page}/new").text)
        data = {
            "version": "1",
            "name": client.name,
            "uf": "SP",
            "city": "São Paulo",
            "base": "1",
            "renewal_method": "manual",
        }
        more = web.post(page, **data, waiter="3")
        assert "Link Garçom não está sendo oferecido no momento." in more.text
        assert web.post(page, **data, waiter="2").status_code == 303

    def test_a_product_is_closed_by_its_base_license(self, staff, web, prices) -> None:
        self.switch(staff, "base", "no", "navi")
        answer = web.post("/clients/quote", product="navi", base="1")
        assert "Este produto não está sendo oferecido no momento." in answer.text

    @pytest.mark.parametrize("wrong", [{"item": "x"}, {"product": "x"}, {"offered": "x"}])
    def test_nonsense_is_refused(self, staff, prices, wrong) -> None:
        answer = staff.post("/catalogue/switches", **({"product": "link", "item": "cloud", "offered": "no"} | wrong))
        assert answer.status_code == 422

    def test_what_a_product_does_not_know_cannot_be_switched(self, staff, prices) -> None:
        assert "Já estava assim" in self.switch(staff, "waiter", "no", "navi")
