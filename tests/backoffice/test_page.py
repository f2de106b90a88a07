"""The first page of the vendor's staff: what waits, with the way there."""

from __future__ import annotations

import re
from datetime import timedelta

from portal.domain.jobs import RunState
from portal.extensions import db
from portal.models import JobRun
from tests.conftest import NOW
from tests.partners.conftest import olga, staff, web
from tests.registrations.conftest import admin, partner

__all__ = ["admin", "olga", "partner", "staff", "web"]


def cards(page: str) -> dict[str, str]:
    found = re.findall(r'<a class="card kpi" href="([^"]+)">[^<]+<b>([^<]+)</b>', page)
    return dict(found)


def test_it_counts_what_waits_and_leads_there(staff, make, partner) -> None:
    make.client(partner, due_on=None, pending_at=NOW)
    make.client(partner, due_on=None, pending_at=NOW, rejected_at=NOW)
    today = NOW.date()
    db.session.add_all([
        JobRun(name="expire", day=today, state=RunState.FAILED, attempts=3),
        JobRun(name="clean", day=today - timedelta(1), state=RunState.FAILED, attempts=3),
        JobRun(name="clean", day=today, state=RunState.DONE, attempts=1),
    ])  # fmt: skip
    db.session.commit()
    page = staff.get("/backoffice").text
    assert cards(page) == {
        "/evaluations": "1", "/queue?state=sent": "0", "/payments?tab=unmatched": "0", "/payments?tab=returned": "0", "/operations": "1",
        "/partners": "1",
    }  # fmt: skip
    assert "Tudo tem destino" in page


def test_it_is_the_vendors_alone_and_stands_in_the_menu(staff, web, visitor) -> None:
    assert 'href="/backoffice" aria-current="page"' in staff.get("/backoffice").text
    assert web.get("/backoffice").status_code == 403
    assert visitor.get("/backoffice").location.startswith("/login")
