"""The row menu (by status, product and role) and what a Link row expands to."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product

import pytest

from portal.domain.actions import ALLOWED, PERMISSION_OF, PRODUCT_OF
from portal.domain.catalogue import Item, Product
from portal.domain.roles import GRANTS, Role
from portal.domain.statuses import Status
from portal.extensions import db
from tests.conftest import NOW

PARTNERS_ROLES = [role for role in Role if role is not Role.OPERATOR]


def offered(status: Status, kind: Product, role: Role) -> list[str]:
    """Return the labels that the table of actions, the products and the role's permissions leave."""
    return [
        action.label
        for action in ALLOWED[status]
        if PRODUCT_OF.get(action, kind) is kind and action in PERMISSION_OF and PERMISSION_OF[action] in GRANTS[role]
    ]


def entries(text: str) -> list[str]:
    return re.findall(r'class="btn"[^>]*>([^<]+)<', text)


@pytest.mark.parametrize("role", PARTNERS_ROLES)
def test_the_menu_offers_what_status_product_and_role_allow(web_of, client_in, make, role) -> None:
    web, offers = web_of(role), []
    for status, kind in product(Status, Product):
        client = client_in(status, product=kind)
        make.charge(client)
        text = web.fragment(f"/clients/{client.id}/menu").text
        assert text.lstrip().startswith(f'<div id="menu-{client.id}"')
        assert entries(text) == offered(status, kind, role), (status, kind)
        assert f'<a href="/clients/{client.id}">Ver cliente</a>' in text
        page = web.get(f"/clients/{client.id}").text
        assert entries(page.split('id="acoes"')[1].split("</section>")[0]) == offered(status, kind, role)
        offers += offered(status, kind, role)
    assert bool(offers) == (role is not Role.READER)


@pytest.mark.parametrize("status", list(Status))
def test_every_entry_of_the_menu_is_accepted_when_it_is_followed(web, client_in, status) -> None:
    client = client_in(status)
    text = web.fragment(f"/clients/{client.id}/menu").text
    for href in re.findall(r'<a class="btn" href="([^"]+)"', text):
        assert web.get(href, follow_redirects=True).status_code == 200
    for action in re.findall(r'<form method="post" action="([^"]+)"', text):
        assert web.post(action, version=re.search(r'name="version" value="(\d+)"', text)[1]).status_code == 303


def test_forms_of_the_menu_carry_token_and_version(web, client_in) -> None:
    client = client_in(Status.INACTIVE)
    client.version = 7
    text = web.fragment(f"/clients/{client.id}/menu").text
    assert f'name="csrf_token" value="{web.csrf_token()}"' in text
    assert 'name="version" value="1"' in text, "the version that is stored, not one that only this test holds"


def test_without_javascript_the_menu_is_on_the_clients_page(web, client_in) -> None:
    client = client_in()
    for noun in ("menu", "detail", "row"):
        answer = web.get(f"/clients/{client.id}/{noun}")
        assert (answer.status_code, answer.location) == (303, f"/clients/{client.id}")
        assert "HX-Request" in answer.headers["Vary"]


def test_a_reader_is_told_why_there_is_no_action(web_of, client_in) -> None:
    text = web_of(Role.READER).get(f"/clients/{client_in().id}").text
    assert "Nenhuma ação disponível" in text
    assert "perfil" in text


@pytest.mark.parametrize("noun", ["menu", "detail", "row"])
def test_nothing_of_it_for_strangers_and_visitors(web, stranger, visitor, client_in, noun) -> None:
    client = client_in(name="Cliente alheio")
    path = f"/clients/{client.id}/{noun}"
    answer = stranger.fragment(path)
    assert answer.status_code == 404
    assert "alheio" not in answer.text
    answer = visitor.fragment(path)
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"].startswith("/login")
    assert web.post(path).status_code == 405
    assert web.fragment(f"/clients/{10**30}/{noun}").status_code == 404


def test_htmx_is_sent_back_to_the_page_that_it_was_on(visitor, client_in) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/clients?status=expired"}
    answer = visitor.browser.get(f"/clients/{client_in().id}/detail", headers=headers)
    assert answer.headers["HX-Redirect"] == "/login?next=/clients?status%3Dexpired"


class TestDetail:
    """Version, licenses, auxiliary products, code or key (DOMAIN §3)."""

    def test_a_new_client_shows_its_code(self, web, client_in, make) -> None:
        client = client_in()
        code = make.code(client).code
        text = web.fragment(f"/clients/{client.id}/detail").text
        assert text.lstrip().startswith(f'<tbody id="client-{client.id}"')
        assert f"<code>{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}</code>" in text
        assert "Ainda não informada" in text
        assert "Chave" not in text

    def test_an_activated_client_shows_its_key_and_version(self, web, client_in, make) -> None:
        client = client_in()
        make.code(client, consumed_at=NOW)
        installation = make.installation(client)
        text = web.fragment(f"/clients/{client.id}/detail").text
        assert f"<code>{installation.key}</code>" in text
        assert "5.2.1" in text
        assert "visto em 10/07/2025 12:00" in text
        assert "Código de registro" not in text

    def test_a_code_issued_again_stands_beside_the_key(self, web, client_in, make) -> None:
        client = client_in()
        make.installation(client)
        make.code(client, revoked_at=NOW)
        make.code(client)
        text = web.fragment(f"/clients/{client.id}/detail").text
        assert "Chave" in text
        assert text.count("Código de registro") == 1

    def test_dead_keys_and_those_of_other_items_are_not_the_clients_key(self, web, client_in, make) -> None:
        client = client_in()
        dead = make.installation(client, revoked_at=NOW)
        mobile = make.installation(client, item=Item.MOBILE)
        make.code(client, item=Item.MOBILE)
        text = web.fragment(f"/clients/{client.id}/detail").text
        assert dead.key not in text
        assert mobile.key not in text
        assert "Nenhum código em aberto" in text

    def test_licenses_and_auxiliary_products_are_counted(self, web, client_in, make) -> None:
        client = client_in()
        make.item(client, Item.WAITER, 3)
        make.item(client, Item.CLOUD)
        text = web.fragment(f"/clients/{client.id}/detail").text
        assert "<dt>Licenças</dt><dd>1</dd>" in text
        assert "Cloud, Link Garçom × 3" in text

    def test_nobody_keeps_a_copy_of_it(self, web, client_in) -> None:
        client = client_in()
        for answer in (web.fragment(f"/clients/{client.id}/detail"), web.get(f"/clients/{client.id}")):
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers


@pytest.mark.parametrize("query", ["open={id}", "open={id}&q=bar"])
def test_a_list_with_an_open_row_is_kept_by_nobody_and_never_a_304(web, client_in, make, query) -> None:
    client = client_in(name="Bar")
    make.code(client)
    answer = web.get("/clients?" + query.format(id=client.id))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_a_list_of_silent_clients_is_never_a_304_because_contacts_move_no_revision(web, client_in, make) -> None:
    client = client_in(name="Bar Calado")
    contact = make.contact(client, last_seen_at=NOW - timedelta(days=8))
    answer = web.get("/clients?silent=7")
    assert ("Bar Calado" in answer.text, "ETag" in answer.headers) == (True, False)
    assert "Sem contato há 7 dias" in answer.text
    contact.last_seen_at = NOW
    db.session.commit()
    assert "Bar Calado" not in web.get("/clients?silent=7").text


@pytest.mark.parametrize(
    ("query", "role", "is_compressed"),
    [
        ("?open={id}&q=bar", Role.ADMIN, False),
        ("?open={id}", Role.ADMIN, True),
        ("?q=bar", Role.ADMIN, True),
        ("?open={id}&q=bar", Role.READER, True),
    ],
)
def test_a_code_beside_a_text_of_the_request_is_not_compressed(
    web_of, client_in, make, query, role, is_compressed
) -> None:
    client = client_in(name="Bar")
    make.code(client)
    headers = {"Accept-Encoding": "br"}
    answer = web_of(role).browser.get("/clients" + query.format(id=client.id), headers=headers)
    assert answer.status_code == 200
    assert (answer.headers.get("Content-Encoding") == "br") is is_compressed


def test_an_edit_form_refused_below_an_open_row_never_shows_the_code(web, client_in, make) -> None:
    client = client_in()
    code = make.code(client).code
    answer = web.post(f"/clients/{client.id}/revision", htmx=True, name="x", version=1)
    assert answer.status_code == 422
    assert code[:4] + "-" not in answer.text
