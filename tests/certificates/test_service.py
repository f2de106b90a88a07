"""A client's certificate from its upload to its end: sealed while it is current, one at a time, in one step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.certificates import fence, service
from portal.codes import document
from portal.domain.catalogue import Product
from portal.domain.certificates import CertificateRefused, Ended, Fault
from portal.domain.errors import ActionRefused, NotFound, RepeatMismatch, StaleState
from portal.domain.notices import NoticeKind
from portal.extensions import db
from portal.models import AuditEvent, Certificate, Notice
from portal.notifications import service as notifications
from portal.sealing import SealError, sealer
from tests.certificates.files import CNPJ, PASSWORD, pfx_for
from tests.conftest import NOW

OTHER = "10203040000194"


def certificates() -> list[Certificate]:
    db.session.expire_all()
    return list(db.session.scalars(select(Certificate).order_by(Certificate.id)))


def unsealed(what: str, one: Certificate) -> bytes:
    return sealer().unseal(getattr(one, f"sealed_{what}"), f"certificates:{what}:{one.id}")


def test_what_is_secret_is_sealed_for_its_own_place_and_the_facts_stand_beside_it(client, sent, by) -> None:
    outcome = service.upload(client, sent, version=1, now=NOW, actor=by)
    [one] = certificates()
    assert (unsealed("content", one), unsealed("password", one)) == (sent.content, PASSWORD.encode())
    assert (unsealed("csc", one), one.csc_id) == (b"SEGREDO-DA-SEFAZ", "000001")
    assert (one.document, one.uploaded_by_id, one.uploaded_at, one.ended_at) == (CNPJ, by.user_id, NOW, None)
    with pytest.raises(SealError):
        sealer().unseal(one.sealed_password, f"certificates:password:{one.id + 1}")
    assert outcome.event.after["holder"] == f"EMPRESA LTDA:{CNPJ}"
    assert client.version == 2


def test_nothing_secret_stands_in_the_record_or_in_what_is_printed(client, sent, by) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    [event] = db.session.scalars(select(AuditEvent))
    said = f"{event.before} {event.after} {event.reason} {sent!r}"
    assert PASSWORD not in said
    assert sent.csc not in said


def test_a_new_one_replaces_the_old_which_keeps_its_facts_and_loses_what_was_sealed(client, sent, by) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    again = replace(sent, content=pfx_for(CNPJ), csc_id="", csc="")
    service.upload(client, again, version=2, now=NOW, actor=by)
    old, new = certificates()
    assert (old.ended_at, old.ended_as, old.csc_id, old.document) == (NOW, Ended.REPLACED, "000001", CNPJ)
    assert (old.sealed_content, old.sealed_password, old.sealed_csc) == (None, None, None)
    assert (new.ended_at, new.csc_id, new.sealed_csc) == (None, "", None)
    assert unsealed("content", new) == again.content


def test_the_csc_of_the_former_one_may_stay(client, sent, by) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    kept = replace(sent, content=pfx_for(CNPJ), csc_id="", csc="", keeps_csc=True)
    service.upload(client, kept, version=2, now=NOW, actor=by)
    new = certificates()[-1]
    assert (new.csc_id, unsealed("csc", new)) == ("000001", b"SEGREDO-DA-SEFAZ")
    typed = replace(sent, content=pfx_for(CNPJ), csc_id="2", csc="OUTRO", keeps_csc=True)
    service.upload(client, typed, version=3, now=NOW, actor=by)
    assert unsealed("csc", certificates()[-1]) == b"OUTRO"


def test_a_csc_that_was_sealed_with_a_lost_key_is_asked_for_again_and_the_former_certificate_stays(
    client, sent, by
) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    certificates()[0].sealed_csc = "lost:AAAA"
    db.session.commit()
    kept = replace(sent, content=pfx_for(CNPJ), csc_id="", csc="", keeps_csc=True)
    with pytest.raises(CertificateRefused) as refused:
        service.upload(client, kept, version=2, now=NOW, actor=by)
    assert refused.value.fault is Fault.CSC_LOST
    db.session.rollback()
    assert [one.ended_at for one in certificates()] == [None]


def test_the_same_form_twice_is_one_certificate_and_another_content_is_refused(client, sent, by) -> None:
    first = service.upload(client, sent, version=1, now=NOW, actor=by)
    again = service.upload(client, sent, version=1, now=NOW + timedelta(minutes=1), actor=by)
    assert (again.is_repeat, again.event.id) == (True, first.event.id)
    for other in (replace(sent, csc="OUTRO"), replace(sent, content=pfx_for(CNPJ))):
        with pytest.raises(RepeatMismatch):
            service.upload(client, other, version=1, now=NOW, actor=by)
    with pytest.raises(StaleState):
        service.upload(client, sent, version=7, now=NOW, actor=by)
    assert len(certificates()) == 1


def test_a_client_that_changes_while_its_file_is_read_refuses_it(client, sent, by, monkeypatch) -> None:
    read = fence.read_certificate

    def meanwhile(content: bytes, password: str):
        client.version += 1
        db.session.commit()
        return read(content, password)

    monkeypatch.setattr(fence, "read_certificate", meanwhile)
    with pytest.raises(StaleState):
        service.upload(client, sent, version=1, now=NOW, actor=by)
    assert certificates() == []


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"not_after": NOW - timedelta(minutes=1)}, Fault.EXPIRED),
        ({"not_before": NOW + timedelta(minutes=1)}, Fault.NOT_YET_VALID),
    ],
)
def test_one_that_does_not_hold_today_leaves_the_old_one_alone(client, sent, by, facts, fault) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    with pytest.raises(CertificateRefused) as refusal:
        service.upload(client, replace(sent, content=pfx_for(CNPJ, **facts)), version=2, now=NOW, actor=by)
    assert refusal.value.fault is fault
    assert unsealed("content", certificates()[0]) == sent.content


def test_the_table_of_actions_decides_before_anything_is_read(client, sent, by, monkeypatch, make, partner) -> None:
    monkeypatch.setattr(fence, "read_certificate", None)
    link = make.client(partner, document=OTHER)
    client.due_on = NOW.date() - timedelta(days=1)
    db.session.commit()
    for refused in (link, client):
        with pytest.raises(ActionRefused):
            service.upload(refused, sent, version=1, now=NOW, actor=by)
        with pytest.raises(ActionRefused):
            service.remove(refused, version=1, now=NOW, actor=by)


def test_removing_forgets_it_once(client, sent, by) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    done = service.remove(client, version=2, now=NOW, actor=by)
    assert service.remove(client, version=2, now=NOW, actor=by).event.id == done.event.id
    [one] = certificates()
    assert (one.ended_as, one.sealed_content, one.sealed_password, one.sealed_csc) == (Ended.REMOVED, None, None, None)
    with pytest.raises(NotFound):
        service.remove(client, version=3, now=NOW, actor=by)


def test_another_document_invalidates_it(client, sent, by) -> None:
    service.upload(client, sent, version=1, now=NOW, actor=by)
    outcome = document.change(client, version=2, document=OTHER, now=NOW, actor=by)
    assert outcome.event.after["certificate_ended"] is True
    assert certificates()[0].ended_as is Ended.INVALIDATED
    assert certificates()[0].sealed_content is None
    assert "certificate_ended" not in document.change(client, version=3, document=CNPJ, now=NOW, actor=by).event.after


@pytest.mark.parametrize("end", ["replace", "remove", "change"])
def test_whatever_ends_it_closes_its_notices(client, sent, by, end) -> None:
    service.upload(
        client, replace(sent, content=pfx_for(CNPJ, not_after=NOW + timedelta(days=5))), version=1, now=NOW, actor=by
    )
    notifications.notify_ending_certificates(NOW.date(), NOW)
    [notice] = db.session.scalars(select(Notice))
    assert (notice.kind, notice.is_settled) == (NoticeKind.CERTIFICATE_7, False)
    match end:
        case "replace":
            service.upload(client, sent, version=2, now=NOW, actor=by)
        case "remove":
            service.remove(client, version=2, now=NOW, actor=by)
        case "change":
            document.change(client, version=2, document=OTHER, now=NOW, actor=by)
    db.session.expire_all()
    assert [one.is_settled for one in db.session.scalars(select(Notice))] == [True]


def test_a_navi_client_with_a_cpf_takes_the_certificate_of_a_person(make, partner, by, unfenced, sent) -> None:
    person = make.client(partner, product=Product.NAVI, document="12345678909")
    with pytest.raises(CertificateRefused):
        service.upload(person, sent, version=1, now=NOW, actor=by)
