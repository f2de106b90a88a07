"""Reissuing: what a new code replaces, and what ends when it is used (DOMAIN §7, "Reemitir código")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from portal.audit import Actor
from portal.clients import service as clients
from portal.clients.service import Order, Outcome
from portal.codes.queries import UNUSED, living
from portal.domain import codes
from portal.domain.actions import Action
from portal.domain.catalogue import Item
from portal.domain.errors import NotFound, StaleState
from portal.extensions import db
from portal.licenses import service as licenses
from portal.models import AuditEvent, Client, Installation, RegistrationCode


@dataclass(frozen=True)
class Target:
    """What a reissue works on: the unused code that it revokes, the installation whose key lives on until the new one is used.

    Either may be missing: a client that was never activated has no installation, an activated one no unused code.
    """

    item: Item
    code: RegistrationCode | None
    installation: Installation | None

    @property
    def ids(self) -> tuple[int | None, int | None]:
        """Code and installation as a form carries them."""
        return self.code.id if self.code else None, self.installation.id if self.installation else None


def target(client: Client, code_id: int | None = None, installation_id: int | None = None) -> Target:
    """Return what a reissue works on: the code or the installation that is named, else the base license's.

    Raises:
        NotFound: what is named is not this client's, or no longer open.
    """
    if code_id is not None:
        code = _open(RegistrationCode, client, RegistrationCode.id == code_id, *UNUSED)
        if code.item is not Item.BASE:
            return Target(code.item, code, _superseded_by(code))
    elif installation_id is not None:
        one = _open(Installation, client, Installation.id == installation_id)
        if one.item is not Item.BASE:
            return Target(
                one.item, _newest(RegistrationCode, client, RegistrationCode.supersedes_id == one.id, *UNUSED), one
            )
    code = _newest(RegistrationCode, client, RegistrationCode.item == Item.BASE, *UNUSED)
    return Target(Item.BASE, code, _newest(Installation, client, Installation.item == Item.BASE))


def target_now(client: Client, code_id: int | None, installation_id: int | None) -> Target | None:
    """Return what a form that was refused is about as things stand; None where what it named is gone for good.

    The main computer is always there: its code may have been used, its key issued meanwhile.
    """
    try:
        return target(client, code_id, installation_id)
    except NotFound:
        model, named_id = (RegistrationCode, code_id) if code_id else (Installation, installation_id)
        item = db.session.scalar(select(model.item).where(model.id == named_id, model.client_id == client.id))
        return target(client) if item is Item.BASE else None


def _superseded_by(code: RegistrationCode) -> Installation | None:
    """Return the living installation that a reissued code was made to replace."""
    one = db.session.get(Installation, code.supersedes_id) if code.supersedes_id else None
    return one if one is not None and one.revoked_at is None else None


def _newest(model: Any, client: Client, *clauses: ColumnElement[bool]) -> Any:
    query = select(model).where(model.client_id == client.id, model.revoked_at.is_(None), *clauses)
    return db.session.scalar(query.order_by(model.id.desc()).limit(1))


def _open(model: Any, client: Client, *clauses: ColumnElement[bool]) -> Any:
    found = _newest(model, client, *clauses)
    if found is None:
        raise NotFound
    return found


def reissue(
    client: Client, *, version: int, code_id: int | None, installation_id: int | None, now: datetime, actor: Actor
) -> Outcome:
    """Revoke the unused code that the form named, if any, and issue a new one; a living key is left to its last day.

    The event keeps the new code's id ("code_id"), never the code.

    Raises:
        StaleState: the client changed since, or the code was used, or another one issued.
    """
    order = Order(
        Action.REISSUE_CODE,
        version,
        actor,
        now,
        {"code": str(code_id or ""), "installation": str(installation_id or "")},
    )

    def issue(event: AuditEvent) -> None:
        wanted = _target_as_shown(client, code_id, installation_id, version)
        revoked = revoke_unused(client.id, _replaced(wanted), now=now)
        if wanted.code and not revoked:
            raise StaleState(version)
        [new] = licenses.issue_codes(client, wanted.item, 1, now=now)
        new.supersedes_id = wanted.installation.id if wanted.installation else None
        event.after = {"item": wanted.item.value, "code_id": new.id, "codes_revoked": revoked}

    return clients.apply(order, client, {}, issue)


def _target_as_shown(client: Client, code_id: int | None, installation_id: int | None, version: int) -> Target:
    """Return the target that the form was about, if it still is what the form said."""
    try:
        found = target(client, code_id, installation_id)
    except NotFound:
        raise StaleState(version) from None
    if found.ids != (code_id, installation_id):
        raise StaleState(version)
    return found


def _replaced(wanted: Target) -> ColumnElement[bool]:
    """Return which unused codes a new one replaces: all of the main computer; of Link Móvel the one that was named."""
    if wanted.item is Item.BASE:
        return RegistrationCode.item == Item.BASE
    return RegistrationCode.id == (wanted.code.id if wanted.code else None)


def revoke_unused(client_id: int, which: ColumnElement[bool], *, now: datetime) -> int:
    """Revoke a client's unused codes of a condition; one that is used at this very moment stays used. Does not commit."""
    statement = update(RegistrationCode).where(RegistrationCode.client_id == client_id, which, *UNUSED)
    done = db.session.execute(statement.values(revoked_at=now), execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


def end_keys_of(code: RegistrationCode, *, but: int | None = None, now: datetime) -> list[Installation]:
    """Revoke the keys that end because a code is used; ``but`` is the installation that it made. Does not commit.

    The activation calls this in the transaction that consumes the code.
    """
    ended = [one for one in codes.ended_by(code, living(code.client_id)) if one.id != but]
    for one in ended:
        one.revoked_at = now
    return ended
