"""The client's page lists its codes: what has become of each, how it was handed on, what can be reissued."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain import codes
from portal.domain.catalogue import Item, Product
from portal.domain.roles import Role
from portal.domain.statuses import Status
from tests.codes.words import codes_in
from tests.conftest import NOW


def section(text: str) -> str:
    """Return the part of the page that is about codes, or nothing."""
    return text.partition('id="codigos"')[2].partition("</section>")[0]


def test_each_code_with_its_state_and_last_sending_newest_first(web, client_in, make) -> None:
    client = client_in()
    make.code(client, issued_at=NOW - timedelta(days=9), revoked_at=NOW - timedelta(days=5))
    make.code(client, issued_at=NOW - timedelta(days=5), consumed_at=NOW - timedelta(days=4))
    phone = make.code(client, item=Item.MOBILE)
    web.post(f"/codes/{phone.id}/sendings", way="phone", seen="0")
    text = section(web.get(f"/clients/{client.id}").text)
    assert codes_in(text) == [phone.code], "an ended code is nobody's business any more"
    states = ["Não utilizado · Telefone, hoje, por Ana", "Utilizado em 06/07/2025", "Substituído em 05/07/2025"]
    assert [text.index(state) for state in states] == sorted(text.index(state) for state in states)
    assert f'href="/codes/{phone.id}"' in text
    assert f'href="/clients/{client.id}/reissue/new?code={phone.id}"' in text


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.INACTIVE, Status.HIDDEN, Status.PENDING])
def test_what_the_status_does_not_allow_is_not_offered(web, client_in, make, status) -> None:
    client = client_in(status)
    make.code(client)
    text = section(web.get(f"/clients/{client.id}").text)
    assert "reissue" not in text
    assert ("/codes/" in text) is (status is Status.EXPIRED)


def test_no_code_yet(web, client_in) -> None:
    assert "Nenhum código emitido." in section(web.get(f"/clients/{client_in().id}").text)


def test_navi_clients_and_leitura_have_no_such_part(web, web_of, client_in, make) -> None:
    navi, client = client_in(product=Product.NAVI), client_in()
    code = make.code(client)
    assert section(web.get(f"/clients/{navi.id}").text) == ""
    text = web_of(Role.READER).get(f"/clients/{client.id}").text
    assert section(text) == ""
    assert codes.grouped(code.code) not in text


def test_financeiro_sees_them_and_reissues_none(web_of, client_in, make) -> None:
    code = make.code(client_in())
    text = section(web_of(Role.FINANCE).get(f"/clients/{code.client_id}").text)
    assert codes_in(text) == [code.code]
    assert "reissue" not in text
