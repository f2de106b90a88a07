"""What the templates of "Migrar para o Link" are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import url_for

from portal.catalogue.queries import price_table
from portal.domain.catalogue import Item
from portal.licenses.queries import holding_of
from portal.models import Client
from portal.registrations import picker, view
from portal.registrations.forms import RegistrationForm
from portal.registrations.selection import Selection

HELD = "o Navi deste cliente tem"


def form_context(navi: Client, form: RegistrationForm, chosen: Selection, today: date) -> dict[str, Any]:
    """Return what the form shows: as "+ Novo cliente", with what the Navi client holds said beside each product."""
    held = holding_of(navi.id, today).now
    lines = picker.lines(chosen, price_table(today))
    return {
        "navi": navi,
        "kind": view.kind_of(navi.document),
        "action": url_for("registrations.link_order_create", client_id=navi.id),
        "form": form,
        "lines": [
            replace(line, note=HELD) if line.item in held and line.item is not Item.BASE else line for line in lines
        ],
        "strangers": picker.strangers(chosen, lines),
        **view.quoted(navi.partner_id, chosen, today),
    }
