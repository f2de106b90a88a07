"""Writes what the demo's partner Alfa is told of in sixty days if nobody does anything: docs/notices-sixty-days.md.

Run from the project's folder: ``python -m tests.notifications.sixty_days``. What was concluded is in docs/notices.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import ColumnElement, select

from portal import clock, formatting, schema
from portal.config import ROOT
from portal.demo import service as demo
from portal.demo.people import ALFA
from portal.domain.catalogue import RenewalMethod
from portal.domain.notices import CERTIFICATE_DAYS, CODE_AGES, NoticeKind
from portal.extensions import db
from portal.factory import create_app
from portal.models import Certificate, Client, Notice, Partner, RegistrationCode
from portal.models.types import AnySelect
from portal.notifications import service
from tests.conftest import test_config

PAGE = ROOT / "docs" / "notices-sixty-days.md"
START = date(2025, 7, 10)
DAYS = 60
HEAD = """# Sixty days of notices

What the demo's partner Alfa is told of from {first} to {last} if nobody renews, decides or hands out a code: every
notice on the day on which it comes, in place of the one before it about the same due date or code. Written by
`python -m tests.notifications.sixty_days`; read line by line in [notices.md](notices.md).

| Day | Notice | Clients (due date, the code's date of issue, or the certificate's last day) |
| --- | --- | --- |
"""


def main() -> None:
    with TemporaryDirectory() as folder:
        app = create_app(test_config(f"sqlite:///{folder}/portal.db", Path(folder)))
        with app.app_context(), clock.frozen(clock.moment_of(START, time(10))):
            schema.upgrade()
            demo.seed_if_empty()
            lines = list(_told())
            db.session.remove()
            db.engine.dispose()
    last = START + timedelta(days=DAYS - 1)
    PAGE.write_text(HEAD.format(first=f"{START}", last=f"{last}") + "".join(_rows(lines)), encoding="utf-8")


def _told() -> Iterator[tuple[date, str, str]]:
    """Yield the day, the kind and the client of every notice in the order of days."""
    newest = 0
    for number in range(DAYS):
        today = START + timedelta(days=number)
        service.notify(clock.moment_of(today, time(6)))
        for notice, client, *moments in db.session.execute(_made_after(newest)):
            newest = notice.id
            yield today, notice.kind.label, _in_words(notice, client, next(filter(None, moments), None))


def _made_after(newest: int) -> AnySelect:
    partner = select(Partner.id).where(Partner.name == ALFA.name).scalar_subquery()
    return (
        select(Notice, Client, RegistrationCode.issued_at, Certificate.not_after)
        .join(Client, Client.id == Notice.client_id)
        .outerjoin(RegistrationCode, _is_about(RegistrationCode, CODE_AGES))
        .outerjoin(Certificate, _is_about(Certificate, CERTIFICATE_DAYS))
        .where(Notice.id > newest, Notice.partner_id == partner)
        .order_by(Notice.id)
    )


def _is_about(model: Any, kinds: Collection[NoticeKind]) -> ColumnElement[bool]:
    return (model.id == Notice.subject_id) & Notice.kind.in_(list(kinds))


def _in_words(notice: Notice, client: Client, moment: datetime | None) -> str:
    day = clock.local_date(moment) if moment else notice.due_on
    marks = [client.product.label, formatting.day(day)]
    if client.suspended_at:
        marks.append("suspenso")
    if client.renewal_method is RenewalMethod.BILLING:
        marks.append("cobranças")
    return f"{client.name[:40].strip()} ({', '.join(marks)})"


def _rows(lines: list[tuple[date, str, str]]) -> Iterator[str]:
    for (day, kind), of_kind in groupby(lines, key=lambda line: line[:2]):
        names = [name for _, _, name in of_kind]
        yield f"| {formatting.day(day)} | {kind} ({len(names)}) | {'; '.join(names)} |\n"


if __name__ == "__main__":
    main()
