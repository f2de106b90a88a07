"""What a night executes, each statement built once in a process; the days of the night are its parameters (``days``)."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.domain.notices import CERTIFICATE_DAYS, CODE_AGES, EXPIRY_RULES, NoticeKind
from portal.models import Client, Notice, RegistrationCode
from portal.models.types import AnySelect
from portal.notifications import candidates, ending
from portal.notifications.days import OLDEST

CLIENT_IDS: Any = bindparam("client_ids", expanding=True)
"""Of whom, where ``is_some`` says that it is not about all clients."""

_IS_SETTLED = Notice.is_settled == true()


@cache
def making(kind: NoticeKind, dialect: str, *, is_some: bool = False) -> Any:
    """Insert what a SELECT finds; a notice that another process made meanwhile stays the only one."""
    rows = _found(kind, dialect)
    rows = rows.where(Client.id.in_(CLIENT_IDS)) if is_some else rows
    new = (sqlite if dialect == "sqlite" else postgresql).insert(Notice.__table__)
    return new.from_select(candidates.COLUMNS, rows, include_defaults=False).on_conflict_do_nothing()


@cache
def reopening(kind: NoticeKind, *, is_some: bool = False) -> Any:
    """Open closed notices of license expiry or of certificates that ask again."""
    return update(Notice).where(*_asking_again(kind), *_of_some(is_some)).values(is_settled=False)


@cache
def replacing(kind: NoticeKind, *, is_some: bool = False) -> Any:
    """Close the notices that a kind of license expiry takes the place of."""
    return _settling(*candidates.replaced(kind), *_of_some(is_some))


@cache
def closing(kind: NoticeKind, *, is_some: bool = False) -> Any:
    """Close the notices of a kind that have nothing left to ask."""
    about = candidates.answered if kind in EXPIRY_RULES else ending.answered
    return _settling(*(candidates.pointless if kind in CODE_AGES else about)(kind), *_of_some(is_some))


@cache
def counting(kind: NoticeKind, dialect: str) -> list[AnySelect]:
    """Count what ``making`` and ``reopening`` would do."""
    found = [_found(kind, dialect)]
    if kind not in CODE_AGES:
        found.append(select(Notice.id).where(*_asking_again(kind)))
    return [select(func.count()).select_from(rows.subquery()) for rows in found]


def _found(kind: NoticeKind, dialect: str) -> AnySelect:
    """Return the rows of COLUMNS that are to be notices of a kind and are none yet."""
    if kind in EXPIRY_RULES:
        return candidates.expiring(kind)
    return (candidates.unused_codes if kind in CODE_AGES else ending.candidates_of)(kind, dialect)


def _asking_again(kind: NoticeKind) -> list[ColumnElement[bool]]:
    return ending.asked_again(kind) if kind in CERTIFICATE_DAYS else candidates.asked_again(kind)


def _of_some(is_some: bool) -> list[ColumnElement[bool]]:
    return [Notice.client_id.in_(CLIENT_IDS)] if is_some else []


def _settling(*which: ColumnElement[bool]) -> Any:
    return update(Notice).where(*which).values(is_settled=True)


def _forgetting(*which: ColumnElement[bool]) -> Any:
    return delete(Notice).where(_IS_SETTLED, *which)


SETTLING_OUTLIVED = _settling(*candidates.outlived())
FORGETTING = _forgetting(Notice.due_on < OLDEST), _forgetting(*candidates.forgettable())
FORGETTING_CERTIFICATES = _forgetting(*ending.past())

_UNUSED = select(RegistrationCode.id).where(
    RegistrationCode.consumed_at.is_(None), RegistrationCode.revoked_at.is_(None)
)
_IS_OF_CODE = Notice.due_on.is_(None), Notice.kind.in_(list(CODE_AGES))
FORGETTING_CODES = _forgetting(*_IS_OF_CODE, Notice.subject_id.not_in(_UNUSED))
"""Forget closed notices whose code is used, revoked or gone: none like them is ever made again."""
