"""DOMAIN §9: whose a certificate is, when it holds, what goes with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.certificates import (
    CertificateRefused,
    CscFault,
    Facts,
    Fault,
    Match,
    Validity,
    csc_faults,
    ensure_fitting,
    holder_document,
    match_of,
    validity,
)
from tests.conftest import NOW

CNPJ, BRANCH, OTHER, LETTERS, CPF = (
    "11222333000181",
    "11222333000262",
    "10203040000194",
    "12ABC34501DE35",
    "12345678909",
)


def facts(**changes) -> Facts:
    return Facts(**{
        "holder": "EMPRESA LTDA", "document": CNPJ, "issuer": "AC Teste", "serial": "1f", "fingerprint": "aa" * 32,
        "not_before": NOW - timedelta(days=1), "not_after": NOW + timedelta(days=1),
    } | changes)  # fmt: skip


def test_a_certificate_of_the_client_fits_on_both_of_its_last_moments() -> None:
    assert ensure_fitting(facts(), CNPJ, NOW) is Match.SAME
    assert ensure_fitting(facts(not_before=NOW, not_after=NOW), CNPJ, NOW) is Match.SAME


@pytest.mark.parametrize(
    ("days", "stands"),
    [(-1, Validity.OVER), (0, Validity.ENDING), (30, Validity.ENDING), (31, Validity.VALID)],
)
def test_its_end_is_near_in_the_days_of_the_notices(days: int, stands: Validity) -> None:
    assert validity(NOW.date() + timedelta(days=days), NOW.date()) is stands


def test_one_of_another_establishment_fits_with_a_warning() -> None:
    assert ensure_fitting(facts(document=BRANCH), CNPJ, NOW) is Match.ROOT
    assert Match.ROOT.label
    assert not Match.SAME.label


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"not_before": NOW + timedelta(seconds=1), "document": OTHER}, Fault.NOT_YET_VALID),
        ({"not_after": NOW - timedelta(seconds=1), "document": OTHER}, Fault.EXPIRED),
        ({"document": ""}, Fault.NO_HOLDER),
        ({"document": OTHER}, Fault.OTHER_HOLDER),
        ({"document": CPF}, Fault.OTHER_HOLDER),
    ],
)
def test_what_does_not_fit_is_refused_in_the_order_of_the_domain(changes, fault: Fault) -> None:
    with pytest.raises(CertificateRefused) as refusal:
        ensure_fitting(facts(**changes), CNPJ, NOW)
    assert refusal.value.fault is fault
    assert refusal.value.facts == facts(**changes)


@pytest.mark.parametrize(
    ("holder", "client", "match"),
    [
        (LETTERS, LETTERS, Match.SAME),
        (LETTERS, "12ABC345000000", Match.ROOT),
        (LETTERS, "12ABD34501DE35", None),
        (CPF, CPF, Match.SAME),
        (CPF, "12345678000000", None),
        ("12345678000", CPF, None),
    ],
)
def test_companies_share_a_root_and_persons_share_nothing(holder: str, client: str, match: Match | None) -> None:
    assert match_of(holder, client) is match


@pytest.mark.parametrize(
    ("cnpjs", "births", "name", "document"),
    [
        ([CNPJ], ["0101198012345678909"], f"EMPRESA LTDA:{OTHER}", CNPJ),
        (["11.222.333/0001-81"], [], "", CNPJ),
        (["12abc34501de35"], [], "", LETTERS),
        (["123"], [], f"EMPRESA LTDA:{CNPJ}", CNPJ),
        ([], [f"01011980{CPF}1234"], "FULANA:00000000191", CPF),
        ([], ["01011980", "0101198000000000000"], f"FULANA DE TAL:{CPF}", CPF),
        ([], [], "Empresa 2000 Ltda:12.ABC.345/01DE-35", LETTERS),
        ([], [], f"EMPRESA/{OTHER}-{CNPJ}", CNPJ),
        ([], [], "EMPRESA LTDA 112223330001810", ""),
        ([], [], "", ""),
    ],
)
def test_the_holder_is_who_the_names_say(cnpjs, births, name: str, document: str) -> None:
    assert holder_document(cnpjs, births, name) == document


@pytest.mark.parametrize(
    ("csc_id", "csc", "faults"),
    [
        ("", "", []),
        ("1", "x", []),
        ("000001", "A" * 36, []),
        ("", "A", [CscFault.ID_MISSING]),
        ("1", "", [CscFault.CSC_MISSING]),
        ("1234567", "A" * 37, [CscFault.ID_SHAPE, CscFault.CSC_SHAPE]),
        ("a", "com espaço", [CscFault.ID_SHAPE, CscFault.CSC_SHAPE]),
        ("²", "A", [CscFault.ID_SHAPE]),
    ],
)
def test_a_csc_is_given_whole_or_not_at_all(csc_id: str, csc: str, faults: list[CscFault]) -> None:
    assert csc_faults(csc_id, csc) == faults
    assert [fault.is_about_id for fault in faults] == [fault.value.startswith("id_") for fault in faults]
