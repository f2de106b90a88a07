"""Documents and codes made fast are those that the libraries and the domain find valid."""

from __future__ import annotations

from random import Random

import pytest
from stdnum.br import cnpj, cpf

from portal.demo import identifiers
from portal.demo.identifiers import DocumentMint
from portal.domain import codes, documents

SAMPLE = 2_000


@pytest.fixture
def mint() -> DocumentMint:
    return DocumentMint(Random(7))


def test_numeric_cnpjs_are_valid(mint: DocumentMint) -> None:
    assert all(cnpj.is_valid(mint.cnpj(branch)) for branch in range(1, SAMPLE))


def test_cnpjs_with_letters_are_valid_and_hold_letters(mint: DocumentMint) -> None:
    made = [mint.lettered_cnpj() for _ in range(SAMPLE)]
    assert all(cnpj.is_valid(document) and not document.isdigit() for document in made)


def test_cpfs_are_valid(mint: DocumentMint) -> None:
    assert all(cpf.is_valid(mint.cpf()) for _ in range(SAMPLE))


def test_check_digits_of_the_domains_example() -> None:
    assert identifiers.check_digits("12ABC34501DE") == "35"


@pytest.mark.parametrize("base", [0, 111_111_111, 999_999_999])
def test_one_digit_repeated_is_never_made(base: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bases = iter([base, 123_456_789])
    monkeypatch.setattr(DocumentMint, "_next", lambda _mint, _count: next(bases))
    made = DocumentMint(Random(1)).cpf()
    assert documents.is_valid(made)
    assert made.startswith("123456789")


def test_no_document_is_made_twice(mint: DocumentMint) -> None:
    made = [make() for _ in range(SAMPLE) for make in (mint.cnpj, mint.lettered_cnpj, mint.cpf)]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("count", [identifiers.ROOTS, identifiers.CPF_BASES, identifiers.LETTERED_ROOTS])
def test_the_stride_meets_every_number_before_any_twice(count: int) -> None:
    from math import gcd

    assert gcd(count, identifiers.STRIDE) == 1


def test_codes_are_valid_and_differ() -> None:
    rng = Random(7)
    made = [identifiers.code(rng) for _ in range(SAMPLE)]
    assert all(codes.is_valid(code) for code in made)
    assert len(set(made)) == SAMPLE


def test_seeds_repeat() -> None:
    assert identifiers.code(Random(3)) == identifiers.code(Random(3))
    assert DocumentMint(Random(3)).cnpj() == DocumentMint(Random(3)).cnpj()
