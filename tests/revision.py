"""What "Editar" asks for, by the service and by the form, where only some of its data differ from what is stored."""

from __future__ import annotations

from datetime import datetime

from portal import clock
from portal.audit import Actor
from portal.clients import service
from portal.clients.service import Outcome
from portal.licenses.queries import holding_of
from portal.models import Client
from portal.registrations import contract
from portal.registrations.contract import Wish


def revise(client: Client, *, version: int, data: dict[str, str], now: datetime, actor: Actor) -> Outcome:
    """Save data alone; licenses and renewal method stay."""
    wish = Wish(data, holding_of(client.id, clock.local_date(now)).final, client.renewal_method)
    return contract.change(client, wish, version=version, quote_seen="", now=now, actor=actor)


def form_of(client: Client, **changes: object) -> dict[str, object]:
    """Return what the form posts when nothing but the changes was typed; a quantity of 0 leaves its checkbox out."""
    data = {name: getattr(client, name) for name in service.REVISED if name != "city_code"}
    held = {item.value: count for item, count in holding_of(client.id, clock.today()).final.items()}
    asked = data | {"version": client.version, "renewal_method": client.renewal_method.value} | held | changes
    return {name: value for name, value in asked.items() if value != 0}
