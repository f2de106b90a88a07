"""Editar and Reativar over HTTP: the window of values, conflicts, "Desfazer", "Estornar pedido", who may."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from portal import clock
from portal.accounts import service as accounts
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.prices import PriceTable
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.models import PendingChange
from tests.clients.conftest import FACTS
from tests.conftest import NOW
from tests.domain.prices import DEMO
from tests.registrations.conftest import Hand, noon
from tests.revision import form_of
from tests.visitor import Visitor

DAY, NEXT = date(2025, 7, 16), date(2025, 8, 11)
INACTIVE = {"due_on": date(2025, 6, 10)}

HandOn = Callable[..., Hand]


@pytest.fixture(autouse=True)
def day(app) -> Any:
    """Hold the clock at R4's day."""
    with clock.frozen(noon(DAY)):
        yield


def post(web: Visitor, hand: Hand, noun: str = "revision", *, htmx: bool = False, **changes: Any) -> TestResponse:
    hand.refresh()
    return web.post(f"/clients/{hand.client.id}/{noun}", htmx=htmx, **form_of(hand.client, **changes))


def fields_in(text: str) -> dict[str, str]:
    """Return the hidden fields of the window, the token apart."""
    form = text[text.index('id="values"') :]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


def confirm(
    web: Visitor, hand: Hand, window: TestResponse, noun: str = "revision", *, htmx: bool = False
) -> TestResponse:
    return web.post(f"/clients/{hand.client.id}/{noun}", htmx=htmx, **fields_in(window.text))


def said(web: Visitor, answer: TestResponse) -> str:
    """Return what the page says to which a form led."""
    return web.get(answer.headers.get("HX-Redirect") or answer.location).text.replace("\xa0", " ")


def test_the_form_shows_what_is_held_today_and_from_when_on_it_is_less(web, hand_on) -> None:
    hand = hand_on(waiter=3, cloud=1)
    hand.change(DAY, waiter=2)
    text = web.get(f"/clients/{hand.client.id}/revision/new").text
    assert re.search(r'name="waiter" value="2" min="0" max="999"', text)
    assert "hoje 3 · a partir de 11/08: 2" in text
    assert 'name="cloud" value="1" checked' in text
    assert 'name="tef"' not in text
    assert "Link Garçom 3 → 2" in text
    assert "Nada muda na licença." in text


@pytest.mark.parametrize("htmx", [False, True])
def test_an_addition_shows_its_values_and_is_done_when_they_are_confirmed(web, hand_on, htmx) -> None:
    hand = hand_on(waiter=1)
    window = post(web, hand, htmx=htmx, waiter=3)
    text = window.text.replace("\xa0", " ")
    assert (window.status_code, text.startswith("<!doctype")) == (200, not htmx)
    assert "2 × R$ 19,90 ÷ 31 × 26 dias = R$ 33,38" in text
    assert "Total: R$ 33,38" in text
    assert hand.cents() == []
    answer = confirm(web, hand, window, htmx=htmx)
    page = said(web, answer)
    assert "salvo. Gravado às 12:00, protocolo" in page
    assert "Cobrança de R$ 33,38 em aberto." in page
    assert "Estornar pedido" in page
    assert (hand.cents(), hand.holds(DAY)) == ([3338], {"waiter": 3})


@pytest.mark.parametrize("htmx", [False, True])
def test_a_removal_just_saves(web, hand_on, htmx) -> None:
    hand = hand_on(waiter=3)
    page = said(web, post(web, hand, htmx=htmx, waiter=2, name="Outro"))
    assert "Cadastro de Outro salvo." in page
    assert "Link Garçom 3 → 2" in page
    assert (hand.cents(), hand.holds(NEXT)) == ([], {"waiter": 2})


def test_the_summary_says_what_comes_what_goes_and_what_stays(web, hand_on) -> None:
    hand = hand_on(waiter=3, cloud=1, payment_order=1)
    hand.change(DAY, cloud=0)
    wanted = form_of(hand.client, waiter=4, payment_order=0, cloud=1)
    answer = web.post(f"/clients/{hand.client.id}/revision/plan", htmx=True, **wanted)
    text = answer.text.replace("\xa0", " ")
    assert "<b>Entra agora:</b> 1 × Link Garçom." in text
    assert "Total: R$ 16,69" in text
    assert "<b>Sai a partir de 11/08/2025:</b> 1 × Ordem de Pagamento." in text
    assert "<b>Fica:</b> 1 × Cloud." in text
    assert "Próxima renovação: R$ 209,40" in text  # 99.90 + 29.90 + 4 x 19.90
    assert hand.holds(NEXT) == {"waiter": 3, "payment_order": 1}


def test_inside_the_renewal_window_nothing_is_charged_and_the_window_says_so(web_of, hand_on) -> None:
    hand = hand_on()
    with clock.frozen(noon(date(2025, 8, 5))):
        web = web_of()
        window = post(web, hand, waiter=1)
        assert "Entra na próxima renovação, sem cobrança agora." in window.text
        assert "Cobrança de" not in said(web, confirm(web, hand, window))
    assert (hand.cents(), hand.holds(date(2025, 8, 5))) == ([], {"waiter": 1})


def test_a_price_that_changed_meanwhile_is_shown_again_with_the_difference(web, hand_on, make) -> None:
    hand = hand_on()
    window = post(web, hand, waiter=1)
    make.price_version(PriceTable(2, DAY, {**DEMO.cents, (Product.LINK, Item.WAITER): 2190}))
    again = confirm(web, hand, window)
    assert again.status_code == 409
    assert "O valor mudou: era R$ 16,69, agora R$ 18,37." in again.text.replace("\xa0", " ")
    assert hand.cents() == []
    assert confirm(web, hand, again).status_code == 303
    assert hand.cents() == [1837]


def test_a_forged_total_is_just_asked_again(web, hand_on) -> None:
    hand = hand_on()
    for quote in ("0-" + "0" * 64, "x", "1" * 400, "\x00", "<script>"):
        answer = post(web, hand, waiter=1, quote=quote)
        assert answer.status_code == 409
        assert "<script>" not in answer.text
    assert hand.cents() == []


def test_no_price_is_said_and_nothing_typed_is_lost(web, make, partner, actor) -> None:
    hand = Hand(make.client(partner), actor)
    for htmx in (False, True):
        answer = post(web, hand, htmx=htmx, waiter=1, notes="Digitado")
        assert answer.status_code == 409
        assert "Não há preço de Link Garçom (Link) na tabela em vigor." in answer.text
        assert "Digitado</textarea>" in answer.text
    assert post(web, hand, name="Só dados").status_code == 303


@pytest.mark.parametrize(
    "units", ["-1", "1000", "1,5", "1e3", "", " ", "١", "9" * 20, "0x10", "<b>", "\x00", "9" * 300]
)
def test_a_hostile_quantity_is_said_beside_its_field(web, hand_on, units) -> None:
    hand = hand_on(waiter=1)
    for htmx in (False, True):
        answer = post(web, hand, htmx=htmx, waiter=units, notes="Digitado")
        assert answer.status_code == 422
        assert "Nada foi gravado ainda. Confira os campos marcados." in answer.text
        assert "Link Garçom: informe" in answer.text
        assert "Digitado</textarea>" in answer.text
    plan = web.post(f"/clients/{hand.client.id}/revision/plan", htmx=True, **form_of(hand.client, waiter=units))
    assert (plan.status_code, "Link Garçom: informe" in plan.text) == (200, True)
    assert hand.holds(NEXT) == {"waiter": 1}


def test_r10_is_refused_beside_its_field(web, hand_on) -> None:
    hand = hand_on(cloud=1, mobile=1)
    answer = post(web, hand, cloud=0)
    assert (answer.status_code, "Link Móvel precisa de Cloud" in answer.text) == (422, True)
    assert post(web, hand, cloud=0, mobile=0).status_code == 303


def test_what_no_product_offers_and_more_tef_are_refused(web, hand_on) -> None:
    navi, tef = hand_on(facts={"product": Product.NAVI}), hand_on(tef=2)
    for hand, units in ((navi, {"waiter": 1}), (navi, {"base": 2}), (tef, {"tef": 3})):
        assert post(web, hand, **units).status_code == 422
    assert 'name="tef" value="2" min="0" max="2"' in web.get(f"/clients/{tef.client.id}/revision/new").text


@pytest.mark.parametrize("step", ["waiter:+1", "show"])
def test_without_javascript_buttons_change_numbers_and_show_the_summary(web, hand_on, step) -> None:
    hand = hand_on(waiter=1)
    typed = {"show": "1", "waiter": 2} if step == "show" else {"step": step}
    answer = post(web, hand, notes="Digitado", **typed)
    text = answer.text.replace("\xa0", " ")
    assert answer.status_code == 200
    assert re.search(r'name="waiter" value="2"', text)
    assert "Total: R$ 16,69" in text
    assert "Digitado</textarea>" in text
    assert hand.events() == []


def test_a_form_without_the_renewal_method_is_refused(web, hand_on) -> None:
    hand = hand_on(cloud=1)
    answer = post(web, hand, renewal_method="", cloud=0)
    assert (answer.status_code, "Escolha uma opção da lista." in answer.text) == (422, True)


class TestSecond:
    """Two people order for one client."""

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_second_sees_both_quantities_and_may_save_on_purpose(self, web, hand_on, htmx) -> None:
        hand = hand_on(waiter=3, cloud=1)
        mine = form_of(hand.client, waiter=2, cloud=0)
        hand.change(DAY, waiter=1)
        answer = web.post(f"/clients/{hand.client.id}/revision", htmx=htmx, **mine)
        assert answer.status_code == 409
        assert "alterado enquanto você editava" in answer.text
        assert re.search(r'name="waiter" value="2"[^>]*aria-invalid', answer.text)
        assert "Gravado agora: 1." in answer.text
        assert "Gravado agora: sim." in answer.text
        assert hand.holds(NEXT) == {"waiter": 1, "cloud": 1}
        assert post(web, hand, waiter=2, cloud=0).status_code == 303
        assert hand.holds(NEXT) == {"waiter": 2}

    def test_another_renewal_method_stands_beside_the_one_that_was_chosen(self, web, hand_on) -> None:
        hand = hand_on()
        mine = form_of(hand.client, name="Outro")
        hand.save(hand.wish(method=RenewalMethod.BILLING), DAY, "")
        answer = web.post(f"/clients/{hand.client.id}/revision", **mine)
        assert (answer.status_code, "Gravado agora: <b>Gestão de cobranças</b>" in answer.text) == (409, True)

    def test_a_window_from_before_is_a_conflict_too(self, web, hand_on) -> None:
        hand = hand_on()
        window = post(web, hand, htmx=True, waiter=1)
        hand.change(DAY, data={"name": "Outro"})
        answer = confirm(web, hand, window, htmx=True)
        assert answer.status_code == 409
        assert answer.headers["HX-Retarget"] == "#contract"
        assert '<dialog id="window" aria-label="Janela" hx-swap-oob="outerHTML"></dialog>' in answer.text
        assert "<b>Outro</b>" in answer.text
        assert hand.cents() == []


class TestOnce:
    """One effect, the same answer."""

    def test_a_lost_confirmation_sent_again(self, web, hand_on) -> None:
        hand = hand_on()
        window = post(web, hand, waiter=2)
        first, second = confirm(web, hand, window), confirm(web, hand, window)
        assert (first.status_code, first.location) == (second.status_code, second.location)
        page = said(web, second)
        assert "Já estava feito (Edição): gravado às 12:00" in page
        assert "Cobrança de R$ 33,38 em aberto." in page
        assert (hand.cents(), len(hand.events())) == ([3338], 1)

    @pytest.mark.parametrize("noun", ["revision", "reactivation"])
    def test_sent_twenty_times_at_once(self, app, web, admin, hand_on, noun) -> None:
        hand = hand_on(facts=INACTIVE) if noun == "reactivation" else hand_on()
        fields = fields_in(post(web, hand, noun, waiter=2).text)
        path = f"/clients/{hand.client.id}/{noun}"
        browsers = [Visitor(app).sign_in(admin) for _ in range(20)]
        tokens, barrier = [browser.csrf_token() for browser in browsers], Barrier(20)

        def send(number: int) -> TestResponse:
            barrier.wait(timeout=30)
            return browsers[number].post(path, csrf_token=tokens[number], **fields)

        db.session.rollback()
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(send, range(20)))
        assert {(answer.status_code, answer.location) for answer in answers} == {(303, path.removesuffix(f"/{noun}"))}
        assert (len(hand.charges()), len(hand.events())) == (1, 1)

    def test_a_reversal_sent_twice(self, web, hand_on) -> None:
        hand = hand_on()
        hand.change(DAY, waiter=1)
        path = f"/clients/{hand.client.id}/orders/{hand.last_order().id}/reversal"
        for words in ("estornado. Gravado às 12:00", "Já estava feito (Pedido estornado)"):
            answer = web.post(path, version=2)
            assert answer.location == f"/clients/{hand.client.id}"
            assert words in said(web, answer)
        assert (hand.cents(), len(hand.events())) == ([], 2)


class TestReactivation:
    """The same screen for an Inativo client."""

    def test_it_is_in_the_menu_and_always_shows_its_values(self, web, hand_on) -> None:
        hand = hand_on(facts=INACTIVE, waiter=2)
        path = f"/clients/{hand.client.id}/reactivation"
        assert f'href="{path}/new">Reativar</a>' in web.fragment(f"/clients/{hand.client.id}/menu").text
        assert '<button class="btn primary">Reativar cliente</button>' in web.get(f"{path}/new").text
        window = post(web, hand, "reactivation", waiter=0)
        text = window.text.replace("\xa0", " ")
        assert "Total: R$ 83,79" in text  # 99.90 x 26/31, to 10/08
        assert "volta a ficar Ativo até 10/08/2025" in text
        page = said(web, confirm(web, hand, window, "reactivation"))
        assert "reativado. Gravado às 12:00" in page
        assert "Cobrança de R$ 83,79 em aberto." in page
        hand.refresh()
        assert (hand.client.due_on, hand.holds(DAY)) == (date(2025, 8, 10), {})

    def test_pending_changes_that_end_with_it_are_shown(self, web, hand_on) -> None:
        hand = hand_on(facts=INACTIVE, waiter=2)
        db.session.add(PendingChange(client_id=hand.client.id, item=Item.WAITER, effective_on=NEXT, quantity=1))
        db.session.commit()
        window = post(web, hand, "reactivation")
        assert "Mudanças agendadas que deixam de valer: Link Garçom 2 → 1 em 11/08/2025." in window.text

    def test_the_running_total_is_that_of_a_new_client(self, web, hand_on) -> None:
        hand = hand_on(facts=INACTIVE)
        answer = web.post(f"/clients/{hand.client.id}/reactivation/plan", htmx=True, **form_of(hand.client, waiter=1))
        assert "Total: R$ 100,48" in answer.text.replace("\xa0", " ")

    def test_who_owes_is_told_how_much_on_every_road(self, web, hand_on, make) -> None:
        hand = hand_on(facts=INACTIVE)
        make.charge(hand.client)
        path = f"/clients/{hand.client.id}/reactivation"
        for answer in (
            web.get(f"{path}/new"),
            post(web, hand, "reactivation"),
            post(web, hand, "reactivation", htmx=True),
        ):
            assert answer.status_code == 409
            assert "Há R$ 33,38 em cobranças" in answer.text.replace("\xa0", " ")

    def test_what_was_typed_when_the_session_ended_comes_back(self, web, admin, hand_on) -> None:
        hand = hand_on(facts=INACTIVE)
        path = f"/clients/{hand.client.id}/reactivation/new"
        fields = {name: [str(value)] for name, value in form_of(hand.client, waiter=7, name="Digitado").items()}
        token = accounts.keep_draft(admin.id, path, fields, now=clock.now())
        text = web.get(f"{path}?draft={token}").text
        assert re.search(r'name="waiter" value="7"', text)
        assert 'value="Digitado"' in text


class TestTakingBackAndReversing:
    """The two buttons on the client's page."""

    def test_a_pending_change_has_its_button_and_is_taken_back(self, web, hand_on) -> None:
        hand = hand_on(waiter=3)
        hand.change(DAY, waiter=1)
        text = web.get(f"/clients/{hand.client.id}").text
        assert "Link Garçom 3 → 1" in text
        fields = {"item": "waiter", "effective_on": "2025-08-11", "version": 2}
        for words in ("salvo. Gravado", "Já estava feito"):
            assert words in said(web, web.post(f"/clients/{hand.client.id}/restoration", **fields))
        assert hand.holds(NEXT) == {"waiter": 3}

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"item": "waiter", "effective_on": "2025-08-12"}, 404),
            ({"item": "x", "effective_on": "2025-08-11"}, 404),
            ({"item": "waiter", "effective_on": "x"}, 404),
            ({"item": "waiter", "effective_on": "2025-08-11", "version": "x"}, 422),
            ({"item": "waiter", "effective_on": "2025-08-11", "version": "1"}, 409),
        ],
    )
    def test_what_is_not_pending_is_not_taken_back(self, web, hand_on, fields, status) -> None:
        hand = hand_on(waiter=3)
        hand.change(DAY, waiter=1)
        assert web.post(f"/clients/{hand.client.id}/restoration", **({"version": 2} | fields)).status_code == status
        assert hand.holds(NEXT) == {"waiter": 1}

    def test_an_order_of_yesterday_has_no_button_and_its_refusal_names_why(self, web, hand_on) -> None:
        hand = hand_on()
        hand.change(date(2025, 7, 15), waiter=1)
        assert "Estornar pedido" not in web.get(f"/clients/{hand.client.id}").text
        path = f"/clients/{hand.client.id}/orders/{hand.last_order().id}/reversal"
        for htmx in (False, True):
            answer = web.post(path, htmx=htmx, version=2)
            assert answer.status_code == 409
            assert "só dá para estornar no mesmo dia" in answer.text
        assert len(hand.cents()) == 1

    def test_who_may_edit_undoes_a_change_but_no_reactivation(self, web_of, hand_on) -> None:
        changed, revived = hand_on(), hand_on(facts=INACTIVE)
        changed.change(DAY, waiter=1)
        revived.reactivate(DAY)
        finance = web_of(Role.FINANCE)
        for hand, code in ((changed, 303), (revived, 403)):
            hand.refresh()
            assert ("Estornar pedido" in finance.get(f"/clients/{hand.client.id}").text) is (code == 303)
            path = f"/clients/{hand.client.id}/orders/{hand.last_order().id}/reversal"
            assert finance.post(path, version=hand.client.version).status_code == code


@pytest.mark.parametrize(
    ("role", "edits", "reactivates"), [(Role.SUPPORT, 200, 200), (Role.FINANCE, 200, 403), (Role.READER, 403, 403)]
)
def test_who_may(web_of, hand_on, role, edits, reactivates) -> None:
    active, inactive, web = hand_on(), hand_on(facts=INACTIVE), web_of(role)
    assert web.get(f"/clients/{active.client.id}/revision/new").status_code == edits
    assert post(web, active, waiter=1).status_code == edits
    assert web.get(f"/clients/{inactive.client.id}/reactivation/new").status_code == reactivates
    assert post(web, inactive, "reactivation").status_code == reactivates


@pytest.mark.parametrize("status", Status)
def test_each_screen_opens_for_its_statuses_alone(web, hand_on, status) -> None:
    with clock.frozen(NOW):
        hand = hand_on(facts=FACTS[status])
        answers = {
            noun: {
                web.get(f"/clients/{hand.client.id}/{noun}/new").status_code,
                web.post(f"/clients/{hand.client.id}/{noun}/plan", htmx=True, **form_of(hand.client)).status_code,
                post(web, hand, noun, waiter=1).status_code,
                post(web, hand, noun, show="1").status_code,
                post(web, hand, noun, waiter="x").status_code - (422 - 200 if opens(noun, status) else 0),
            }
            for noun in ("revision", "reactivation")
        }
    assert answers == {noun: {200 if opens(noun, status) else 409} for noun in answers}


def opens(noun: str, status: Status) -> bool:
    return status in ({Status.ACTIVE, Status.SUSPENDED} if noun == "revision" else {Status.INACTIVE})


def test_another_partner_and_a_visitor_without_session_find_nothing(stranger, visitor, hand_on) -> None:
    hand = hand_on(waiter=2)
    hand.change(DAY, waiter=3)
    base = f"/clients/{hand.client.id}"
    gets = [f"{base}/revision/new", f"{base}/reactivation/new"]
    posts = [
        f"{base}/{noun}" for noun in ("revision", "revision/plan", "reactivation", "reactivation/plan", "restoration")
    ]
    posts.append(f"{base}/orders/{hand.last_order().id}/reversal")
    fields = form_of(hand.client, item="waiter", effective_on="2025-08-11")
    for who, code in ((stranger, 404), (visitor, 303)):
        assert {who.get(path).status_code for path in gets} == {code}
        assert {who.post(path, **fields).status_code for path in posts} == {code}
    assert len(hand.events()) == 1
