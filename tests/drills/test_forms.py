"""The drills' browser without scripts: which forms it sees, and what of them it sends."""

from __future__ import annotations

import pytest

from drills.forms import Page, Reader

HTML = """
<style>b{color:red}</style><h1>Fatura &amp; mais</h1>
<form action="/a" method="post"><input type="hidden" name="key" value="k"><input name="off" type="checkbox">
<input type="radio" name="way" value="one"><input type="radio" name="way" value="two" checked>
<textarea name="note">
linha</textarea><select name="uf"><option value="RJ">RJ<option value="SP" selected>SP</select>
<button name="step" value="waiter:+1">+</button><button type="button">JS</button><button>Salvar <b>tudo</b></button></form>
<select name="d7" form="desk"><option value="renew">Sim<option value="skip" selected>Não</select>
<form id="desk" method="post" action="/desk"><button formaction="/elsewhere">Salvar decisões</button></form>
"""


@pytest.fixture
def page() -> Page:
    reader = Reader()
    reader.feed(HTML)
    reader.close()
    return Page(200, "/", HTML, reader.forms)


def test_a_form_holds_what_a_browser_would_send(page: Page) -> None:
    form, button = page.form_with("+")
    assert form.fields == {"key": "k", "way": "two", "note": "linha", "uf": "SP"}
    assert (button.name, button.value) == ("step", "waiter:+1")
    assert [one.label for one in form.buttons] == ["+", "Salvar tudo"]


def test_a_control_may_stand_outside_of_its_form(page: Page) -> None:
    form, button = page.form_with("Salvar decisões")
    assert (form.fields, button.action) == ({"d7": "skip"}, "/elsewhere")


def test_what_is_not_there_is_told_with_what_is(page: Page) -> None:
    with pytest.raises(LookupError, match=r"no button 'Apagar'.*Fatura & mais"):
        page.form_with("Apagar")
