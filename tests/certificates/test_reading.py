"""What is read of a .pfx behind its fence, and what is refused there."""

from __future__ import annotations

import io
import json
import sys
from threading import BoundedSemaphore

import pytest

from portal import fence as fences
from portal.certificates import fence, pfx_reader
from portal.domain.certificates import MOST_BYTES, CertificateRefused, Fault
from tests.certificates.files import (
    CNPJ,
    CNPJ_NAME,
    CPF_NAME,
    PASSWORD,
    certificate,
    endless,
    garbage,
    key,
    other_name,
    pfx,
    pfx_for,
)
from tests.conftest import NOW

pytestmark = pytest.mark.filterwarnings("ignore:PKCS#12 bundle could not be parsed as DER")


def fault_of(content: bytes, password: str = PASSWORD, read=pfx_reader.read) -> Fault:
    with pytest.raises(CertificateRefused) as refusal:
        read(content, password)
    return refusal.value.fault


def test_behind_the_fence_the_facts_are_read_and_nothing_else() -> None:
    facts = fence.read_certificate(pfx_for(CNPJ, not_after=NOW), PASSWORD)
    assert (facts.holder, facts.document, facts.issuer) == (f"EMPRESA LTDA:{CNPJ}", CNPJ, "AC Umbuzeiro v5")
    assert (facts.serial, len(facts.fingerprint), facts.not_after) == ("1f2e", 64, NOW)


@pytest.mark.parametrize("tag", [0x04, 0x0C, 0x13, 0x16])
def test_the_holder_is_read_from_the_names_that_icp_brasil_writes(tag: int) -> None:
    company = certificate("EMPRESA LTDA:10203040000194", other_name(CNPJ_NAME, CNPJ, tag))
    person = certificate("FULANA DE TAL", other_name(CPF_NAME, "0101198012345678909", tag))
    assert pfx_reader.read(pfx(company), PASSWORD)["document"] == CNPJ
    assert pfx_reader.read(pfx(person), PASSWORD)["document"] == "12345678909"


def test_else_from_the_common_name() -> None:
    assert pfx_reader.read(pfx(), PASSWORD)["document"] == CNPJ
    bent = certificate(f"EMPRESA LTDA:{CNPJ}", other_name(CNPJ_NAME, "10203040000194", 0x02))
    assert pfx_reader.read(pfx(bent), PASSWORD)["document"] == CNPJ, "a number is no text"
    nameless = pfx_reader.read(pfx(certificate("")), PASSWORD)
    assert (nameless["holder"], nameless["document"]) == ("", "")


def test_a_name_is_kept_in_one_line_of_what_can_be_shown() -> None:
    made = certificate(f"EMPRESA\u202e\n LTDA\t{'x' * 40}")
    assert pfx_reader.read(pfx(made), PASSWORD)["holder"] == f"EMPRESA LTDA {'x' * 40}"


@pytest.mark.parametrize(
    ("make", "password", "fault"),
    [
        (lambda: b"x" * (MOST_BYTES + 1), PASSWORD, Fault.TOO_LARGE),
        (lambda: b"", PASSWORD, Fault.DAMAGED),
        (pfx, "outra", Fault.WRONG_PASSWORD),
        (lambda: pfx(has_key=False), PASSWORD, Fault.NO_KEY),
        (lambda: pfx(certificate(is_authority=True)), PASSWORD, Fault.NO_LEAF),
    ],
)
def test_what_is_no_certificate_with_its_key_is_refused(make, password: str, fault: Fault) -> None:
    assert fault_of(make(), password) is fault


def test_a_certificate_of_another_key_is_not_the_keys(monkeypatch) -> None:
    opened = pfx_reader.pkcs12.load_pkcs12(pfx(), PASSWORD.encode())
    lone = pfx_reader.pkcs12.PKCS12KeyAndCertificates(opened.key, None, [opened.cert])
    strange = pfx_reader.pkcs12.PKCS12KeyAndCertificates(key(2), opened.cert, [])
    for one in (lone, strange):
        monkeypatch.setattr(pfx_reader, "_opened", lambda *_, one=one: one)
        assert fault_of(b"") is Fault.NO_LEAF


def test_two_hundred_files_of_garbage_harm_nobody() -> None:
    said = [_said(content) for content in garbage(200)]
    assert {*said} == {CNPJ, Fault.DAMAGED, Fault.WRONG_PASSWORD}
    assert said.count(CNPJ) == 40, "only junk behind an honest file is passed over"


def _said(content: bytes) -> object:
    try:
        return pfx_reader.read(content, PASSWORD)["document"]
    except CertificateRefused as refusal:
        return refusal.fault


def test_an_endless_derivation_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(fences, "SECONDS", 0.5)  # how long it takes as it is, the drill measures
    assert fault_of(endless(2**31 - 1), read=fence.read_certificate) is Fault.TOO_HEAVY


def test_refusals_come_through_the_fence_and_what_is_too_large_never_gets_there(monkeypatch) -> None:
    assert fault_of(pfx(), "outra", fence.read_certificate) is Fault.WRONG_PASSWORD
    monkeypatch.setattr(fence, "certificates", None)
    assert fault_of(b"x" * (MOST_BYTES + 1), read=fence.read_certificate) is Fault.TOO_LARGE


def test_who_comes_while_all_readers_are_busy_is_told_so(monkeypatch) -> None:
    busy = BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(fence.certificates, "turns", busy)
    monkeypatch.setattr(fences, "WAITING_SECONDS", 0.01)
    assert fault_of(pfx(), read=fence.read_certificate) is Fault.BUSY


def _without_memory(*_: object) -> None:
    raise MemoryError


def _without_sense(*_: object) -> None:
    raise UnicodeError


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda content, password: {"holder": password, "size": len(content)}, {"holder": "com\nlinha", "size": 3}),
        (_without_memory, {"fault": "too_heavy"}),
        (_without_sense, {"fault": "damaged"}),
        (pfx_reader.read, {"fault": "damaged"}),
    ],
)
def test_the_program_takes_the_password_from_standard_input_and_says_what_it_found(
    monkeypatch, capsys, read, said: object
) -> None:
    monkeypatch.setattr(pfx_reader, "read", read)
    given = json.dumps("com\nlinha").encode() + b"\n" + b"\n\x00\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    pfx_reader.main()
    assert json.loads(capsys.readouterr().out) == said
