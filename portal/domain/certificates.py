"""Digital certificates of Navi clients: what is checked, in which order, and what each failure is called (DOMAIN §9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain import documents
from portal.domain.errors import Refusal
from portal.domain.labels import LabelEnum

MOST_BYTES = 64 * 1024
NOTICE_DAYS = (30, 7, 0)
"""How many days before its last one a certificate's end is told of."""

MOST_PASSWORD = 128
CSC_ID_LENGTH, CSC_LENGTH = 6, 36
ROOT_LENGTH = 8
"""The characters of a CNPJ that all establishments of a company share."""

_CNPJ = r"[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}"
_CPF = r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}"
_IN_NAME = re.compile(rf"(?<![0-9A-Z])(?:{_CNPJ}|{_CPF})(?![0-9A-Z])", re.ASCII)
_CSC_ID = re.compile(r"[0-9]{1,6}", re.ASCII)
_CSC = re.compile(r"[!-~]{1,36}")


class Ended(LabelEnum):
    """Why a certificate is not the current one any more."""

    REPLACED = "replaced", "Substituído"
    INVALIDATED = "invalidated", "Invalidado pela alteração do CPF/CNPJ"
    REMOVED = "removed", "Removido"


class Fault(LabelEnum):
    """Why a file is not taken as a client's certificate, in the order in which it is looked at."""

    TOO_LARGE = "too_large", "O arquivo passa de 64 KB e não é um certificado A1. Escolha o arquivo .pfx ou .p12."
    BUSY = "busy", "O portal já está lendo outros certificados. Envie de novo em alguns segundos."
    TOO_HEAVY = (
        "too_heavy",
        "A leitura do certificado passou do limite de tempo ou memória. Exporte-o de novo e repita.",
    )
    DAMAGED = "damaged", "O arquivo não é um certificado A1 (.pfx ou .p12) ou está danificado."
    WRONG_PASSWORD = "wrong_password", "A senha não abre este certificado. Confira maiúsculas e minúsculas."
    NO_KEY = "no_key", "O arquivo não tem a chave privada. Exporte o certificado com a chave privada."
    NO_LEAF = "no_leaf", "O arquivo não tem o certificado do titular para a chave privada. Exporte-o de novo."
    NOT_YET_VALID = (
        "not_yet_valid",
        "O certificado ainda não está valendo. Confira a data de início e envie depois dela.",
    )
    EXPIRED = "expired", "O certificado já venceu. Envie o que foi emitido no lugar dele."
    NO_HOLDER = "no_holder", "O certificado não diz o CPF/CNPJ do titular. Use um e-CNPJ ou e-CPF da ICP-Brasil."
    OTHER_HOLDER = "other_holder", "O certificado é de outro CPF/CNPJ, não do cliente."
    CSC_LOST = "csc_lost", "O CSC gravado não pode mais ser lido. Informe ID CSC e CSC de novo."


class CertificateRefused(Refusal):
    """A file is not taken as a client's certificate, and why; nothing of it is kept."""

    def __init__(self, fault: Fault, facts: Facts | None = None) -> None:
        """Remember why and, of a certificate that opened, what it says."""
        super().__init__(fault.value)
        self.fault, self.facts = fault, facts


class CscFault(LabelEnum):
    """What is wrong with an "ID CSC" and its "CSC"."""

    ID_MISSING = "id_missing", "Informe também o ID do CSC, ou deixe os dois em branco."
    CSC_MISSING = "csc_missing", "Informe também o CSC, ou deixe os dois em branco."
    ID_SHAPE = "id_shape", "O ID do CSC tem de 1 a 6 números. Exemplo: 000001"
    CSC_SHAPE = "csc_shape", "O CSC tem até 36 letras, números e sinais, sem espaços."

    @property
    def is_about_id(self) -> bool:
        """Whether the ID is where it has to be mended."""
        return self in {CscFault.ID_MISSING, CscFault.ID_SHAPE}


class Validity(LabelEnum):
    """How a current certificate stands, by its last day."""

    VALID = "valid", "Válido"
    ENDING = "ending", "Vence em breve"
    OVER = "over", "Vencido"


def validity(through_on: date, today: date) -> Validity:
    """Return how a certificate stands whose last day is ``through_on``; in the days of the notices its end is near."""
    if through_on < today:
        return Validity.OVER
    return Validity.ENDING if through_on <= today + timedelta(days=max(NOTICE_DAYS)) else Validity.VALID


class Match(LabelEnum):
    """How a certificate's holder and its client go together; the label is the warning that is shown."""

    SAME = "same", ""
    ROOT = "root", "O certificado é de outro estabelecimento da mesma empresa: só a raiz do CNPJ é a do cliente."


@dataclass(frozen=True)
class Facts:
    """What may be shown of a certificate; ``document`` is its holder's CNPJ or else CPF, normalised, "" where it says none."""

    holder: str
    document: str
    issuer: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


def ensure_fitting(facts: Facts, document: str, now: datetime) -> Match:
    """Check an opened certificate's dates and holder for a client's document.

    Raises:
        CertificateRefused: it does not hold today, or is somebody else's.
    """
    if now < facts.not_before:
        raise CertificateRefused(Fault.NOT_YET_VALID, facts)
    if now > facts.not_after:
        raise CertificateRefused(Fault.EXPIRED, facts)
    if not facts.document:
        raise CertificateRefused(Fault.NO_HOLDER, facts)
    match = match_of(facts.document, document)
    if match is None:
        raise CertificateRefused(Fault.OTHER_HOLDER, facts)
    return match


def match_of(holder: str, client: str) -> Match | None:
    """Return how two normalised documents go together, or None where they are two persons'.

    A CPF has no establishments: it is the same or another.
    """
    if holder == client:
        return Match.SAME
    are_companies = len(holder) == len(client) == documents.CNPJ_LENGTH
    return Match.ROOT if are_companies and holder[:ROOT_LENGTH] == client[:ROOT_LENGTH] else None


def holder_document(cnpjs: Iterable[str], birth_and_cpfs: Iterable[str], name: str) -> str:
    """Return the document of a certificate's holder, normalised, or "" where it says none.

    The CNPJ stands in the subjectAltName (2.16.76.1.3.3), the CPF there (2.16.76.1.3.1) behind the eight digits of a birth
    date; where neither does, either stands in the common name: "EMPRESA LTDA:11222333000181".
    """
    for cnpj in map(documents.normalise, cnpjs):
        if len(cnpj) == documents.CNPJ_LENGTH:
            return cnpj
    for text in birth_and_cpfs:
        if re.fullmatch(r"[0-9]{11}", cpf := text[8:19]) and set(cpf) != {"0"}:
            return cpf
    found = _IN_NAME.findall(name.upper())
    return documents.normalise(found[-1]) if found else ""


def csc_faults(csc_id: str, csc: str) -> list[CscFault]:
    """Return what is wrong with an "ID CSC" and its "CSC": both or neither are given."""
    if not csc_id and not csc:
        return []
    faults = []
    if not csc_id:
        faults.append(CscFault.ID_MISSING)
    elif not _CSC_ID.fullmatch(csc_id):
        faults.append(CscFault.ID_SHAPE)
    if not csc:
        faults.append(CscFault.CSC_MISSING)
    elif not _CSC.fullmatch(csc):
        faults.append(CscFault.CSC_SHAPE)
    return faults
