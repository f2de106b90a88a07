"""Certificates made here: honest ones, and those that mean harm. Elliptic keys, made once: they cost next to nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from tests.conftest import NOW

PASSWORD = "sénha-do-certificado"
CNPJ = "11222333000181"
CNPJ_NAME, CPF_NAME = "2.16.76.1.3.3", "2.16.76.1.3.1"
ENDLESS = 20_000_000


@cache
def key(number: int = 1) -> ec.EllipticCurvePrivateKey:
    """Return one of our keys."""
    return ec.derive_private_key(2**200 + number, ec.SECP256R1())


def other_name(kind: str, text: str, tag: int = 0x04) -> x509.OtherName:
    """Return what ICP-Brasil writes about a holder."""
    return x509.OtherName(x509.ObjectIdentifier(kind), bytes([tag, len(text)]) + text.encode())


def certificate(
    name: str = f"EMPRESA LTDA:{CNPJ}",
    *names: x509.GeneralName,
    not_before: datetime = NOW - timedelta(days=30),
    not_after: datetime = NOW + timedelta(days=335),
    is_authority: bool = False,
) -> x509.Certificate:
    """Return a certificate of our first key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC Umbuzeiro v5")])
    builder = x509.CertificateBuilder(issuer, subject, key().public_key(), 0x1F2E, not_before, not_after)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key(), hashes.SHA256())


def pfx(made: x509.Certificate | None = None, password: str = PASSWORD, *, has_key: bool = True) -> bytes:
    """Return a .pfx of a certificate, by default an honest one."""
    sealed = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"a1", key() if has_key else None, made or certificate(), None, sealed)


def pfx_for(document: str, **facts: datetime) -> bytes:
    """Return a .pfx of a company's certificate as ICP-Brasil makes them."""
    return pfx(certificate(f"EMPRESA LTDA:{document}", other_name(CNPJ_NAME, document), **facts))


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1)
    return bytes([tag]) + (size if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body


def _oid(text: str) -> bytes:
    first, second, *others = map(int, text.split("."))
    encoded = bytes([first * 40 + second])
    for arc in others:
        groups = [arc >> 7 * place & 0x7F for place in range((max(1, arc.bit_length()) + 6) // 7)]
        encoded += bytes([*(0x80 | group for group in groups[:0:-1]), groups[0]])
    return _der(0x06, encoded)


def endless(iterations: int = ENDLESS) -> bytes:
    """Return a few bytes that ask for a key to be derived in so many rounds before anything else is known."""
    data = _der(0x30, _oid("1.2.840.113549.1.7.1"), _der(0xA0, _der(0x04, _der(0x30))))
    digest = _der(0x30, _der(0x30, _oid("2.16.840.1.101.3.4.2.1"), _der(0x05)), _der(0x04, bytes(32)))
    mac = _der(0x30, digest, _der(0x04, b"saltsalt"), _der(0x02, iterations.to_bytes(iterations.bit_length() // 8 + 1)))
    return _der(0x30, _der(0x02, b"\x03"), data, mac)


def garbage(count: int, seed: int = 7) -> list[bytes]:
    """Return files that nobody made with care: noise, and honest ones with bytes changed, cut, or doubled."""
    chance, honest = random.Random(seed), pfx()
    makers: list[Callable[[], bytes]] = [
        lambda: chance.randbytes(chance.randrange(1, 4096)),
        lambda: b"\x30\x82" + chance.randbytes(chance.randrange(1, 4096)),
        lambda: honest[: chance.randrange(1, len(honest))],
        lambda: _changed(honest, chance),
        lambda: honest + chance.randbytes(chance.randrange(1, 512)),
    ]
    return [makers[number % len(makers)]() for number in range(count)]


def _changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 30)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
