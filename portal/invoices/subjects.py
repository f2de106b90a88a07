"""What the page "Nova fatura" is about: the open charges of some clients, or the renewal of one at the partner's cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal import addresses
from portal.audit import Actor
from portal.clients import conditions
from portal.clients.bulk import Selection
from portal.clients.filters import ClientFilter
from portal.clients.queries import get_client
from portal.domain.actions import ALLOWED, Action, ensure_allowed
from portal.domain.errors import NotFound, TooManySelected
from portal.domain.ids import parse_id
from portal.domain.invoices import InvoiceKind
from portal.domain.renewals import Blocker
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.invoices import drafting, making
from portal.invoices.drafting import Draft
from portal.invoices.making import Asked, Outcome
from portal.models import Client
from portal.renewals import offers

MOST_CLIENTS = 5_000
"""Whose charges one invoice may ask for."""

PAYING = frozenset(status for status, actions in ALLOWED.items() if Action.PAY_ADDITIONALS in actions)
"""The statuses in which additional charges are paid (DOMAIN §2)."""


@dataclass(frozen=True)
class Subject:
    """Whom an invoice is for: ``client_ids`` that were named, or, where none is, all of the criteria that owe something."""

    kind: InvoiceKind
    client_ids: tuple[int, ...]
    criteria: ClientFilter

    @classmethod
    def from_args(cls, args: MultiDict[str, str]) -> Subject:
        """Read a query string or a form; what is unknown is as if it were not there."""
        kind = InvoiceKind.parse(args.get("kind", "")) or InvoiceKind.ADDITIONS
        ids = dict.fromkeys(filter(None, map(parse_id, args.getlist("client"))))
        criteria = ClientFilter.from_args(args)
        asked = criteria.statuses if args.getlist("status") else frozenset(Status)
        return cls(kind, tuple(ids), _whole(criteria, asked))

    @classmethod
    def of(cls, selection: Selection) -> Subject:
        """Return what the ticked rows of the list mean, or all of its filter."""
        ids = tuple(sorted(selection.client_ids or ()))
        return cls(InvoiceKind.ADDITIONS, ids, _whole(selection.criteria, selection.criteria.statuses))

    def to_args(self) -> list[tuple[str, str]]:
        """Return the pairs that lead to the same subject."""
        kind = [("kind", self.kind.value)]
        if self.client_ids:
            return kind + [("client", str(client_id)) for client_id in self.client_ids]
        statuses = [] if self.criteria.statuses == PAYING else [s.value for s in Status if s in self.criteria.statuses]
        named = self.criteria.to_args(statuses=frozenset(), has_open_charge=False)
        return kind + named + [("status", value) for value in statuses]

    def query_string(self) -> str:
        """Return "?..." that leads to the same subject."""
        return addresses.query_string(self.to_args())


def _whole(criteria: ClientFilter, statuses: frozenset[Status]) -> ClientFilter:
    """Return the criteria of all who owe something, whatever the order and the page of the list."""
    start = ClientFilter(statuses=statuses & PAYING, has_open_charge=True)
    kept = ("search", "product", "due_within", "method", "uf", "is_code_unused", "notice")
    return replace(start, **{name: getattr(criteria, name) for name in kept})


@dataclass(frozen=True)
class Prepared:
    """What an invoice made now would hold; for a renewal, what stands in the way of it and how much that is."""

    drafts: Sequence[Draft]
    blocker: Blocker | None = None
    owed_cents: int = 0

    @property
    def total_cents(self) -> int:
        """The sum of the lines."""
        return sum(draft.amount_cents for draft in self.drafts)


def payers(partner_id: int, subject: Subject, today: date) -> list[int]:
    """Return the clients whose charges are asked for.

    Raises:
        TooManySelected: more than one invoice may hold.
    """
    selection = Selection(subject.criteria, subject.client_ids or None)
    query = selection.rows(partner_id, today, Client.id).where(*conditions.any_status(PAYING, today))
    ids = list(db.session.scalars(query.order_by(Client.id).limit(MOST_CLIENTS + 1)))
    if len(ids) > MOST_CLIENTS:
        raise TooManySelected(MOST_CLIENTS)
    return ids


def ensure_possible(partner_id: int, subject: Subject, today: date) -> None:
    """Refuse what the menu would not offer: clients of nobody here, a status that does not allow it (DOMAIN §2).

    Raises:
        NotFound: none of the named clients is the partner's; a renewal names exactly one.
        ActionRefused: the status of the only one named.
    """
    is_renewal = subject.kind is InvoiceKind.RENEWAL
    if len(subject.client_ids) == 1:
        client = get_client(partner_id, subject.client_ids[0])
        if not is_renewal:
            ensure_allowed(Action.PAY_ADDITIONALS, derive_status(client, today), client)
    elif is_renewal or (subject.client_ids and not payers(partner_id, subject, today)):
        raise NotFound


def prepared(partner_id: int, subject: Subject, today: date) -> Prepared:
    """Return what confirming would make an invoice of."""
    if subject.kind is InvoiceKind.ADDITIONS:
        return Prepared(drafting.charge_drafts(partner_id, payers(partner_id, subject, today)))
    own = _own_offers(partner_id, subject.client_ids, today)
    blocker = next((offer.blocker for offer in own), Blocker.STATUS)
    owed = sum(offer.case.open_cents for offer in own)
    return Prepared(drafting.renewal_drafts(own) if blocker is None else (), blocker, owed)


def _own_offers(partner_id: int, client_ids: Collection[int], today: date) -> list[offers.Offer]:
    mine = Client.partner_id == partner_id, Client.archived_at.is_(None), Client.due_on.is_not(None)
    clients = db.session.scalars(select(Client).where(*mine, Client.id.in_(client_ids))).all()
    return [drafting.on_own_account(offer) for offer in offers.of(clients, today)]


def bill(asked: Asked, subject: Subject, *, now: datetime, today: date, actor: Actor) -> Outcome:
    """Make the invoice that was confirmed; the same form again answers the same. Commits.

    Raises:
        NothingSelected, RenewalBlocked, RepeatMismatch, QuoteAged, CreditShort: as ``making`` has them.
    """
    if subject.kind is InvoiceKind.RENEWAL:
        return making.bill_client(asked, next(iter(subject.client_ids), 0), now=now, actor=actor)
    return making.bill_charges(asked, payers(asked.partner_id, subject, today), now=now, actor=actor)
