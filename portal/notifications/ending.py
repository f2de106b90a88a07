"""Whom a notice of a certificate's end is due for, over all partners at once (DOMAIN §9, §10)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, join, select

from portal.clients.conditions import any_status
from portal.domain.notices import CERTIFICATE_DAYS, TOLD_OF_CERTIFICATES, NoticeKind
from portal.models import Certificate, Client, Notice, Partner
from portal.models.notice import IS_UNSETTLED
from portal.models.types import AnySelect
from portal.notifications.candidates import Subject, days_after, is_heard, is_made, rows_about
from portal.notifications.days import is_covered


def candidates_of(kind: NoticeKind, dialect: str) -> AnySelect:
    """Return a notice for every current certificate whose last day has come to a kind, and whose client may get another."""
    effective_on = days_after(Certificate.not_after, -CERTIFICATE_DAYS[kind], dialect)
    subject = Subject(join(Client, Certificate, Certificate.client_id == Client.id), Certificate.id, effective_on)
    return rows_about(kind, subject).where(
        *current_certificates(kind), is_heard(kind), ~is_made(kind, Certificate.id, effective_on)
    )


def current_certificates(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of the certificates, joined with their clients, that a kind is about today."""
    through = is_covered(Certificate.not_after, kind)
    is_of_partner = Certificate.partner_id.in_(select(Partner.id))  # leads into the index, partner by partner
    return [is_of_partner, Certificate.ended_at.is_(None), *through, *any_status(TOLD_OF_CERTIFICATES, None)]


def asked_again(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of closed notices of certificates that ask again: their client was not one to ask for a while."""
    return [Notice.kind == kind, ~IS_UNSETTLED, _is_about_certificate(kind, is_heard(kind))]


def answered(kind: NoticeKind) -> list[ColumnElement[bool]]:
    """Return the conditions of open notices of certificates that a later kind replaced, or that ask nobody any more."""
    return [Notice.kind == kind, IS_UNSETTLED, ~_is_about_certificate(kind)]


def _is_about_certificate(kind: NoticeKind, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    same = Certificate.id == Notice.subject_id, Client.id == Certificate.client_id
    return exists().where(*same, *current_certificates(kind), *which)


def past() -> list[ColumnElement[bool]]:
    """Return the conditions of notices whose certificate is not current: none like them is ever made again."""
    current = select(Certificate.id).where(Certificate.ended_at.is_(None))
    return [Notice.kind.in_(list(CERTIFICATE_DAYS)), Notice.subject_id.not_in(current)]
