"""Whom the night tells of a certificate's end, once a kind, and when that needs no decision any more."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from jobs import remind_certificates
from portal import clock
from portal.domain.catalogue import Product
from portal.domain.notices import CERTIFICATE_DAYS, TOLD_OF_CERTIFICATES, NoticeKind, certificate_kind
from portal.domain.statuses import derive_status
from portal.extensions import db
from portal.models import Certificate, Client, Notice, NoticeMute
from tests.conftest import NOW

K = NoticeKind
TODAY = NOW.date()
ENDS = (-400, -1, 0, 1, 6, 7, 8, 29, 30, 31, 90)


CERTIFICATE_COUNTS = [*CERTIFICATE_DAYS, "certificates_settled", "certificates_forgotten"]


def night(days: int = 0) -> dict[str, int]:
    moment = clock.moment_of(TODAY + timedelta(days=days), time(6))
    expected = remind_certificates.preview(moment)
    done = remind_certificates.run(moment)
    assert {kind: done[kind] for kind in expected} == expected, "the preview says what the run does"
    return done


def standing(**which) -> list[tuple[NoticeKind, bool]]:
    db.session.expire_all()
    return [
        (one.kind, one.is_settled) for one in db.session.scalars(select(Notice).filter_by(**which).order_by(Notice.id))
    ]


@pytest.fixture
def navi(make, partner):
    def make_client(**facts) -> Client:
        return make.client(partner, product=Product.NAVI, **{"due_on": TODAY + timedelta(days=90)} | facts)

    return make_client


@pytest.mark.parametrize("hour", [0, 23])
def test_sql_and_python_tell_of_the_same_certificates(make, navi, hour: int) -> None:
    facts = [{}, {"suspended_at": NOW}, {"due_on": TODAY - timedelta(days=1)}, {"due_on": date(2025, 5, 10)}]
    clients = [navi(**one) for one in facts for _ in ENDS]
    for client, days in zip(clients, ENDS * len(facts), strict=True):
        not_after = clock.moment_of(TODAY + timedelta(days=days), time(hour, 30))
        make.certificate(client, not_after=not_after)
        make.certificate(client, not_after=not_after, ended_at=NOW)
    night()
    found = {one.subject_id: (one.kind, one.effective_on) for one in db.session.scalars(select(Notice))}
    assert found == dict(_told(list(db.session.scalars(select(Certificate)))))
    assert {kind for kind, _ in found.values()} == set(CERTIFICATE_DAYS)


def _told(certificates: list[Certificate]):
    for one in certificates:
        client, through_on = db.session.get(Client, one.client_id), clock.local_date(one.not_after)
        kind = certificate_kind(through_on, TODAY)
        if kind and one.ended_at is None and derive_status(client, TODAY) in TOLD_OF_CERTIFICATES:
            yield one.id, (kind, through_on - timedelta(days=CERTIFICATE_DAYS[kind]))


def test_each_kind_is_told_once_and_takes_the_place_of_the_one_before(make, navi) -> None:
    make.certificate(navi(), not_after=NOW + timedelta(days=30))
    assert night()["certificate_30"] == 1
    assert set(night().values()) == {0}
    assert night(23) | {"certificate_7": 0, "certificates_settled": 0} == dict.fromkeys(CERTIFICATE_COUNTS, 0)
    night(35)
    assert standing() == [(K.CERTIFICATE_30, True), (K.CERTIFICATE_7, True), (K.CERTIFICATE_0, False)]
    assert set(night(60).values()) == {0}, "the last one stays until there is another certificate"


def test_missed_nights_are_caught_up_with_what_is_true_then(make, navi) -> None:
    make.certificate(navi(), not_after=NOW + timedelta(days=30))
    night(27)
    assert standing() == [(K.CERTIFICATE_7, False)]


def test_a_client_that_may_get_no_other_is_not_told_and_told_again_once_it_may(make, navi) -> None:
    client = navi()
    make.certificate(client, not_after=NOW + timedelta(days=5))
    night()
    due_on, client.due_on = client.due_on, TODAY - timedelta(days=1)
    db.session.commit()
    assert night()["certificates_settled"] == 1
    client.due_on = due_on
    db.session.commit()
    assert night()["certificate_7"] == 1
    assert standing() == [(K.CERTIFICATE_7, False)]


def test_what_was_put_off_hands_its_day_on_and_what_was_dismissed_asks_again_nearer_the_end(make, navi) -> None:
    for _ in range(2):
        make.certificate(navi(), not_after=NOW + timedelta(days=30))
    night()
    first, second = db.session.scalars(select(Notice).order_by(Notice.id))
    first.postponed_to, second.dismissed_at = TODAY + timedelta(days=25), NOW
    db.session.commit()
    night(23)
    later = {
        one.subject_id: one.postponed_to for one in db.session.scalars(select(Notice).filter_by(kind=K.CERTIFICATE_7))
    }
    assert later == {first.subject_id: TODAY + timedelta(days=25), second.subject_id: None}


def test_a_muted_client_is_not_told(make, navi, partner) -> None:
    client = navi()
    make.certificate(client, not_after=NOW + timedelta(days=5))
    db.session.add(NoticeMute(client_id=client.id, kind=K.CERTIFICATE_7, partner_id=partner.id, muted_at=NOW))
    db.session.commit()
    assert set(night().values()) == {0}


def test_notices_of_past_certificates_are_forgotten(make, navi) -> None:
    one = make.certificate(navi(), not_after=NOW + timedelta(days=5))
    night()
    one.ended_at = NOW
    db.session.commit()
    assert night()["certificates_forgotten"] == 1
    assert standing() == []


def test_banner_inbox_and_list_know_them(web, make, navi) -> None:
    client = navi(name="Mercearia Sol")
    make.certificate(client, not_after=NOW + timedelta(days=5))
    night()
    assert "1 certificado digital vence em até 7 dias" in web.get("/clients").text
    inbox = web.get("/notices?open=certificate_7").text
    assert "certificado válido até 15/07/2025" in inbox
    assert 'href="/certificates"' in inbox
    assert "Mercearia Sol" in web.get("/clients?notice=certificate_7").text
    make.certificate(navi(), not_after=datetime.fromisoformat("2025-07-10T23:59:59-03:00"))
    make.certificate(navi(), not_after=NOW - timedelta(days=9))
    night()
    assert "2 certificados digitais vencem hoje ou já venceram" in web.get("/notices").text


def test_home_counts_those_that_end(web, make, navi) -> None:
    navi()
    assert "Nenhum certificado vence em 30 dias" in web.get("/").text
    for days in (-3, 30, 31):
        make.certificate(navi(), not_after=NOW + timedelta(days=days))
    page = web.get("/").text
    assert 'href="/certificates">Certificados a vencer <b>2</b> <small>vencem em até 30 dias ou já venceram' in page
