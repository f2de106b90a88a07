"""What the templates of notices show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal import formatting
from portal.domain import cycle
from portal.domain.catalogue import Item
from portal.domain.invoices import CreditKind
from portal.domain.notices import EXPIRY_RULES, NoticeKind, expiry_kind
from portal.models import CreditEntry, ServiceRequest
from portal.models.types import AnyRow
from portal.notifications.queries import Group, Page


@dataclass(frozen=True)
class GroupRow:
    """A group with what its sentence needs.

    ``shown`` is what the sentence says: the kind that its due dates have come to today, which until the night's job has
    run may be a later one than the notices' own.
    """

    kind: NoticeKind
    shown: NoticeKind
    count: int
    first_due: date
    last_due: date

    @classmethod
    def build(cls, group: Group, today: date) -> GroupRow:
        """Prepare a group."""
        shown = (expiry_kind(group.last_due, today) or group.kind) if group.kind in EXPIRY_RULES else group.kind
        return cls(group.kind, shown, group.notices, group.first_due, group.last_due)

    @property
    def is_of_one_month(self) -> bool:
        """Whether all due dates are of one month."""
        return cycle.first_of_month(self.first_due) == cycle.first_of_month(self.last_due)

    @property
    def renewable_until(self) -> date:
        """The last day on which the last of them may be renewed."""
        return cycle.last_of_month(self.last_due)

    @property
    def inactive_on(self) -> date:
        """The day on which they become Inativo."""
        return cycle.inactive_from(self.last_due)


@dataclass(frozen=True)
class Banner:
    """What every page says on top: the most urgent group, and how many other notices there are."""

    first: GroupRow
    others: int
    today: date

    @classmethod
    def build(cls, groups: Sequence[Group], today: date) -> Banner | None:
        """Prepare the banner; none where nothing waits for a decision."""
        if not groups:
            return None
        return cls(GroupRow.build(groups[0], today), sum(group.notices for group in groups[1:]), today)

    @property
    def total(self) -> int:
        """All open notices."""
        return self.first.count + self.others


class Credit(NamedTuple):
    """What a payment became instead of what it was meant for; ``is_of_client`` says that it was one client's."""

    cents: int
    kind: CreditKind
    booked_on: date
    is_of_client: bool

    @classmethod
    def build(cls, entry: CreditEntry) -> Credit:
        """Prepare a line of the credit ledger."""
        return cls(entry.amount_cents, entry.kind, entry.booked_on, entry.client_id is not None)


@dataclass(frozen=True)
class NoticeRow:
    """A line of an opened group: the client, and the due date, the code, the credit, the request, the certificate's end."""

    id: int
    client_id: int
    name: str
    document: str
    due_on: date | None
    issued_on: date | None
    item: Item | None
    credit: Credit | None
    certificate_through_on: date | None
    request: ServiceRequest | None

    @classmethod
    def build_all(cls, page: Page) -> list[NoticeRow]:
        """Prepare the lines of a page."""
        return [
            cls(
                notice.id,
                client.id,
                client.name,
                formatting.document(client.document),
                notice.due_on,
                formatting.local_date(issued_at) if issued_at else None,
                item,
                Credit.build(entry) if entry else None,
                formatting.local_date(ends_at) if ends_at else None,
                request,
            )
            for notice, client, issued_at, item, entry, ends_at, request in page.rows
        ]


class MuteRow(NamedTuple):
    """A line of the list of what is not told."""

    client_id: int
    name: str
    kind: NoticeKind
    since: str

    @classmethod
    def build_all(cls, rows: Sequence[AnyRow]) -> list[MuteRow]:
        """Prepare the list."""
        return [cls(row.client_id, row.name, row.kind, formatting.moment(row.muted_at)) for row in rows]
