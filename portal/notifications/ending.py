"""Whom a notice of a certificate's end is due for, over all partners at once (DOMAIN §9, §10)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, join, select

from portal.clients.conditions import any_status
from portal.domain.notices import CERTIFICATE_DAYS, TOLD_OF_CERTIFICATES, NoticeKind, ending_range
from portal.models import Certificate, Client, Notice, Partner
from portal.models.notice import IS_UNSETTLED
from portal.models.types import AnySelect
from portal.notifications.candidates import Subject, days_after, is_heard, is_made, on_days, rows_about


def candidates_of(kind: NoticeKind, today: date, now: datetime) -> AnySelect:
    """Return a notice for every current certificate whose last day has come to a kind, and whose client may get another."""
    effective_on = days_after(Certificate.not_after, -CERTIFICATE_DAYS[kind])
    subject = Subject(join(Client, Certificate, Certificate.client_id == Client.id), Certificate.id, effective_on)
    return rows_about(kind, subject, today, now).where(
        *current_certificates(kind, today), is_heard(kind), ~is_made(kind, Certificate.id, effective_on)
    )


def current_certificates(kind: NoticeKind, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of the certificates, joined with their clients, that a kind is about today."""
    through = on_days(Certificate.not_after, ending_range(kind, today))
    is_of_partner = Certificate.partner_id.in_(select(Partner.id))  # leads into the index, partner by partner
    return [is_of_partner, Certificate.ended_at.is_(None), *through, *any_status(TOLD_OF_CERTIFICATES, today)]


def asked_again(kind: NoticeKind, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of closed notices of certificates that ask again: their client was not one to ask for a while."""
    return [Notice.kind == kind, ~IS_UNSETTLED, _is_about_certificate(kind, today, is_heard(kind))]


def answered(kind: NoticeKind, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of open notices of certificates that a later kind replaced, or that ask nobody any more."""
    return [Notice.kind == kind, IS_UNSETTLED, ~_is_about_certificate(kind, today)]


def _is_about_certificate(kind: NoticeKind, today: date, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    same = Certificate.id == Notice.subject_id, Client.id == Certificate.client_id
    return exists().where(*same, *current_certificates(kind, today), *which)


def past() -> list[ColumnElement[bool]]:
    """Return the conditions of notices whose certificate is not current: none like them is ever made again."""
    current = select(Certificate.id).where(Certificate.ended_at.is_(None))
    return [Notice.kind.in_(list(CERTIFICATE_DAYS)), Notice.subject_id.not_in(current)]
