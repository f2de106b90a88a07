"""CPF and CNPJ, numeric and alphanumeric (DOMAIN §6). The check digits are python-stdnum's work, not ours."""

from __future__ import annotations

import re

from stdnum.br import cnpj, cpf
from stdnum.exceptions import ValidationError

CPF_LENGTH = 11
CNPJ_LENGTH = 14
_MASK = re.compile(r"[\s./-]")


def normalise(text: str) -> str:
    """Return a document as it is stored: no mask, upper case."""
    return _MASK.sub("", text).upper()


def is_valid(document: str) -> bool:
    """Say whether a normalised document is a valid CPF or CNPJ; one digit repeated is neither."""
    if len(set(document)) == 1:
        return False
    module = {CPF_LENGTH: cpf, CNPJ_LENGTH: cnpj}.get(len(document))
    if module is None:
        return False
    try:
        return bool(module.validate(document) == document)
    except ValidationError:
        return False


def mask(document: str) -> str:
    """Return a stored document as people write it: 123.456.789-09 or 12.ABC.345/01DE-35."""
    d = document
    if len(d) == CPF_LENGTH:
        return f"{d[:3]}.{d[3:6]}.{d[6:9]}-{d[9:]}"
    if len(d) == CNPJ_LENGTH:
        return f"{d[:2]}.{d[2:5]}.{d[5:8]}/{d[8:12]}-{d[12:]}"
    return d
