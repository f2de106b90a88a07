"""Every page that the URL map has, with addresses made of the demo's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select
from werkzeug.routing import Rule

from drills.props import Secrets
from jobs.schedule import SCHEDULE
from portal import clock
from portal.access import PUBLIC
from portal.domain.roles import GRANTS, Role
from portal.domain.statuses import Status
from portal.extensions import db
from portal.help.topics import Topic
from portal.models import (
    AuditEvent,
    BulkOrder,
    Charge,
    Client,
    ImportRun,
    Invoice,
    NaviBackup,
    NaviMigration,
    Notice,
    Partner,
    Payment,
    PriceVersion,
    RegistrationCode,
    RetailCharge,
    ServiceRequest,
    StaffVisit,
    User,
)

MANY = 40
"""So many rows are tried until a page has been seen often enough."""

Column = Any
PARTNERS: dict[str, tuple[Column, ...]] = {
    "request_id": (ServiceRequest.id,),
    "charge_id": (Charge.id,),
    "invoice_id": (Invoice.id,),
    "retail_charge_id": (RetailCharge.id,),
    "code_id": (RegistrationCode.id,),
    "event_id": (AuditEvent.id,),
    "user_id": (User.id,),
    "key": (BulkOrder.key,),
    "backup_key+client_id": (NaviBackup.key, NaviBackup.client_id),
}
"""For path parameters, joined by "+": columns of a partner's rows, the first to the last."""

VENDORS: dict[str, tuple[Column, ...]] = {
    "queued_id": (ServiceRequest.id,),
    "partner_id": (Partner.id,),
    "version_id": (PriceVersion.id,),
    "payment_id": (Payment.id,),
    "partner_id+visited_id": (Client.partner_id, Client.id),
}
"""The same, of all partners."""


OF_A_MONTH = {"invoices.month_new", "renewals.guard_new", "renewals.row"}
"""Routes that have nothing to show unless their address names the month."""


@dataclass(frozen=True)
class Place:
    """A route, and the addresses at which it may have a page; the first that has one will do, or the first few."""

    endpoint: str
    paths: Sequence[str]

    @property
    def is_list(self) -> bool:
        """Whether it is the one page of its route."""
        return len(self.paths) == 1


@dataclass
class Map:
    """The URL map, seen by somebody of the demo."""

    app: Flask
    role: Role | None
    partner_id: int
    secrets: Secrets

    def places(self) -> Iterator[Place]:
        """Yield every route that answers GET and that the role may ask for; to those without a session, the public ones."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if "GET" in (rule.methods or ()) and self._may(rule) and rule.endpoint != "static":
                yield Place(rule.endpoint, self._paths(rule))

    def _may(self, rule: Rule) -> bool:
        view: Any = self.app.view_functions[rule.endpoint]
        if self.role is None:
            return bool(view.permission == PUBLIC)
        return view.permission != PUBLIC and view.permission in GRANTS[self.role]

    def _paths(self, rule: Rule) -> list[str]:
        names = sorted(rule.arguments)
        adapter = self.app.url_map.bind("portal")
        found = [()] if not names else self._values["+".join(names) if names != ["token"] else rule.rule]
        query = {"month": f"{clock.today():%Y-%m}"} if rule.endpoint in OF_A_MONTH else {}
        asked = (adapter.build(rule.endpoint, dict(zip(names, row, strict=True)) | query) for row in found)
        return list(dict.fromkeys(asked))

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        ours = {name: _rows(columns, self.partner_id) for name, columns in PARTNERS.items()}
        theirs = {name: _rows(columns, None) for name, columns in VENDORS.items()}
        whose = self.partner_id if self.role is not Role.OPERATOR else None
        return ours | theirs | self._secret | {
            "client_id": _clients(self.partner_id),
            "registration_id": _all(select(Client.id).where(Client.pending_at.is_not(None))),
            "run_key": _rows((ImportRun.key,), whose),
            "partner_id+visited_id": _visited(),
            "kind": _all(select(Notice.kind).where(Notice.partner_id == self.partner_id).distinct(), lambda one: one.value),
            "name": [(job.name,) for job in SCHEDULE],
            "topic": [(one.value,) for one in (*Topic, *Status)],
        }  # fmt: skip

    @property
    def _secret(self) -> dict[str, list[tuple[str]]]:
        retail = db.session.scalars(select(RetailCharge.token).order_by(RetailCharge.id)).all()
        return {
            "/b/<token>": [(self.secrets.backup,)],
            "/b/<token>/file": [],
            "/c/<token>": [(token,) for token in retail],
            "/invitations/<token>": [(self.secrets.invitation,), ("unknown",)],
            "/password/<token>": [(self.secrets.password,), ("unknown",)],
        }


def _rows(columns: tuple[Column, ...], partner_id: int | None) -> list[Any]:
    query = select(*columns).order_by(columns[-1]).limit(MANY)
    if partner_id is not None:
        query = query.where(columns[0].class_.partner_id == partner_id)
    return [tuple(row) for row in db.session.execute(query)]


def _all(query: Select[Any], spelled: Callable[[Any], Any] = lambda one: one) -> list[tuple[Any]]:
    return [(spelled(one),) for one in db.session.scalars(query)]


def _clients(partner_id: int) -> list[tuple[int]]:
    """Return clients that differ: those that migrated first, then one after the other of each product and status."""
    mine = select(Client).where(Client.partner_id == partner_id, Client.archived_at.is_(None))
    pairs = select(NaviMigration.navi_id, NaviMigration.link_id).where(NaviMigration.partner_id == partner_id)
    facts = (
        Client.product,
        func.strftime("%Y-%m", Client.due_on),
        Client.suspended_at,
        Client.hidden_at,
        Client.pending_at,
    )
    turn = func.row_number().over(
        partition_by=[facts[0], facts[1], *[fact.is_(None) for fact in facts[2:]]], order_by=Client.id
    )
    ids = db.session.scalars(mine.with_only_columns(Client.id).order_by(turn, Client.id))
    first = [client_id for row in db.session.execute(pairs) for client_id in row]
    return [(client_id,) for client_id in dict.fromkeys([*first, *ids])]


def _visited() -> list[tuple[int, int]]:
    query = select(Client.partner_id, Client.id).join(StaffVisit, StaffVisit.partner_id == Client.partner_id)
    return [
        (partner_id, client_id) for partner_id, client_id in db.session.execute(query.order_by(Client.id).limit(MANY))
    ]
