"""Lembretes: whom to remind today, each with its text, and what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, request, url_for

from portal import clock, database, formatting, htmx
from portal.access import current_partner_id, requires, viewer
from portal.billing import bills, reminders, texts, view
from portal.billing.forms import reminder_from
from portal.billing.reminders import Key, Outcome, ReminderFilter
from portal.billing.routes import bp
from portal.billing.texts import Debt, Message
from portal.domain.retail import Reminder
from portal.domain.roles import Permission
from portal.models.types import AnyRow


@dataclass(frozen=True)
class ReminderRow:
    """A reminder: whose, which, its text ready to send, and whether it was."""

    client_id: int
    name: str
    document: str
    due_on: date
    reminder: Reminder
    charge_id: int | None
    message: Message
    sent: str

    @property
    def id(self) -> str:
        """What its element is called."""
        return f"reminder-{self.client_id}-{self.due_on}"


@bp.get("/billing/reminders")
@requires(Permission.VIEW_INVOICES)
def reminders_index() -> Response:
    """The reminders of today: a page, or the list as a fragment."""
    criteria, today = ReminderFilter.from_args(request.args), clock.today()
    found = reminders.page(current_partner_id(), criteria, today)
    shown = found[: reminders.SIZE]
    last = shown[-1] if len(found) > len(shown) else None
    return htmx.page_or_fragment(
        "billing/reminders_index.html",
        "billing/_reminders_index.html",
        push=url_for(".reminders_index") + criteria.query_string(after=criteria.after),
        criteria=criteria,
        lines=_prepared(shown, today),
        next_query=criteria.query_string(after=(last.remind_on, last.id)) if last else "",
    )


@bp.post("/billing/reminders/sendings")
@requires(Permission.MANAGE_BILLING)
def sending_create() -> Response:
    """Mark a reminder as sent."""
    key = reminder_from(request.form)
    outcome = reminders.mark(key, partner_id=current_partner_id(), now=clock.now(), actor=viewer())
    return _answer(key, outcome, texts.SENT_BEFORE if outcome.is_repeat else texts.SENT)


@bp.post("/billing/reminders/returns")
@requires(Permission.MANAGE_BILLING)
def return_create() -> Response:
    """Take that mark back."""
    key = reminder_from(request.form)
    outcome = reminders.unmark(key, partner_id=current_partner_id(), now=clock.now(), actor=viewer())
    return _answer(key, outcome, texts.UNSENT)


def _answer(key: Key, outcome: Outcome, said: str) -> Response:
    """Answer the line as it stands now; one that nobody is to be reminded of any more goes."""
    database.is_reading.set(True)  # it is committed; rendering the answer must not hold the write lock
    today = clock.today()
    row = reminders.row_of(current_partner_id(), key.client_id, key.due_on, today)
    return htmx.fragment_or_redirect(
        "billing/_reminder.html",
        url_for(".reminders_index"),
        said=said.format(name=outcome.client.name),
        lines=_prepared([row] if row else [], today),
    )


def _prepared(found: Sequence[AnyRow], today: date) -> list[ReminderRow]:
    """Prepare the rows, with what is asked of those without a charge: their retail prices, where there are any."""
    manual = [row for row in found if row.charge_id is None]
    amounts = {bill.client.id: _amount(bill) for bill in bills.of(manual, today)} if manual else {}
    kinds = reminders.kinds_on(today)
    return [_row(row, kinds[row.remind_on], amounts.get(row.id), today) for row in found]


def _amount(bill: Any) -> int | None:
    """Return what the partner asks for a client that it bills itself, as far as the portal knows."""
    return bill.quote.total_cents if bill.prices and bill.quote else None


def _row(row: Any, reminder: Reminder, cents: int | None, today: date) -> ReminderRow:
    if row.charge_id is not None:
        cents = row.amount_cents - row.received_cents
    address = view.address_of(row.token) if row.charge_id is not None else ""
    debt = Debt(row.name, row.product, row.remind_on, cents, address, viewer().partner_name or "")
    return ReminderRow(
        row.id,
        row.name,
        formatting.document(row.document),
        row.remind_on,
        reminder,
        row.charge_id,
        Message.to(row.phone, texts.reminding(debt, reminder, today)),
        f"enviado em {formatting.moment(row.sent_at)} por {row.sent_by}" if row.sent_at else "",
    )
