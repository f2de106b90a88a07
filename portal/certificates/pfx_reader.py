"""The program that opens a certificate: a process of its own, held by limits, whose death harms nobody (``portal.fence``).

On standard input come the password, as a line of JSON, and the file; out goes JSON: the facts, or {"fault": why}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from portal.domain.certificates import MOST_BYTES, CertificateRefused, Fault, holder_document

CNPJ, BIRTH_AND_CPF = (x509.ObjectIdentifier(f"2.16.76.1.3.{number}") for number in (3, 1))
"""What ICP-Brasil writes into the subjectAltName of companies and of persons."""

TEXT_TAGS = {0x04, 0x0C, 0x13, 0x16}
"""OCTET STRING, UTF8String, PrintableString, IA5String: how their texts are found there."""

MOST_INPUT = MOST_BYTES + 4 * 1024
"""A file and the line of a password."""

LONGEST = 200


def read(content: bytes, password: str) -> dict[str, Any]:
    """Return the facts of the certificate that a file holds, in the words of ``domain.certificates.Facts``.

    Raises:
        CertificateRefused: it does not open, or has not both a key and the certificate of its holder.
    """
    if len(content) > MOST_BYTES:
        raise CertificateRefused(Fault.TOO_LARGE)
    leaf = _leaf(_opened(content, password))
    name = _common_name(leaf.subject)
    return {
        "holder": _tidy(name or leaf.subject.rfc4514_string()),
        "document": holder_document(_others(leaf, CNPJ), _others(leaf, BIRTH_AND_CPF), name),
        "issuer": _tidy(_common_name(leaf.issuer) or leaf.issuer.rfc4514_string()),
        "serial": f"{leaf.serial_number:x}"[-64:],
        "fingerprint": leaf.fingerprint(hashes.SHA256()).hex(),
        "not_before": leaf.not_valid_before_utc.isoformat(),
        "not_after": leaf.not_valid_after_utc.isoformat(),
    }


def _opened(content: bytes, password: str) -> pkcs12.PKCS12KeyAndCertificates:
    try:
        return pkcs12.load_pkcs12(content, password.encode())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file makes of the library
        is_shut = "password" in str(error).lower()
        raise CertificateRefused(Fault.WRONG_PASSWORD if is_shut else Fault.DAMAGED) from None


def _leaf(opened: pkcs12.PKCS12KeyAndCertificates) -> x509.Certificate:
    """Return the certificate of the key, which is its holder's own and no authority's."""
    if opened.key is None:
        raise CertificateRefused(Fault.NO_KEY)
    if (
        opened.cert is None
        or not _belongs(opened.key, opened.cert.certificate)
        or _is_of_authority(opened.cert.certificate)
    ):
        raise CertificateRefused(Fault.NO_LEAF)
    return opened.cert.certificate


def _belongs(key: Any, certificate: x509.Certificate) -> bool:
    shape = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return bool(key.public_key().public_bytes(*shape) == certificate.public_key().public_bytes(*shape))


def _is_of_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _others(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> Iterator[str]:
    """Yield the texts of a kind that the subjectAltName holds."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for other in names.get_values_for_type(x509.OtherName):
        tag, length, text = other.value[0], other.value[1], other.value[2:]
        if other.type_id == kind and tag in TEXT_TAGS and length == len(text):
            yield text.decode("ascii", "replace")


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[-1].value) if found else ""


def _tidy(text: str) -> str:
    """Return a text in one line of what can be shown."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST]


def main() -> None:
    """Read standard input and tell what was found."""
    try:
        password, _, content = sys.stdin.buffer.read(MOST_INPUT).partition(b"\n")
        said = read(content, json.loads(password))
    except CertificateRefused as refusal:
        said = {"fault": refusal.fault.value}
    except MemoryError:
        said = {"fault": Fault.TOO_HEAVY.value}
    except Exception:  # noqa: BLE001 - a certificate whose parts the library reads only now
        said = {"fault": Fault.DAMAGED.value}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
