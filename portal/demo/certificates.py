"""The certificates of some Navi clients of the demo: made here, with one key that everybody may know, and handed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from portal.certificates import pfx_reader, service
from portal.certificates.fence import facts_from
from portal.certificates.service import Upload
from portal.demo.people import PASSWORD
from portal.domain import documents
from portal.domain.certificates import ROOT_LENGTH
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, User

KEY = Ed25519PrivateKey.from_private_bytes(b"the key of the demo certificates")
"""Fixed, and of a kind that signs the same way every time, so that the demo stays what it is."""

ENDS_IN = {
    "Mercadinho Bom Jesus": 7,
    "Mercearia do Zé Antônio": 25,
    "Pet Shop Arara-Azul": 200,
    "Maria José Conceição Simões": 300,
    "Sorveteria Cruzeiro do Sul": 120,
    "Cláudia Beltrão": 60,
}
"""Who has a certificate, and in how many days it ends."""

HEADQUARTERS = "Cooperativa Agropecuária e de Consumo dos Trabalhadores Rurais do Vale do Jequitinhonha e Região Ltda"
"""Who uses that of another establishment, which is taken with a warning."""

YEAR = timedelta(days=365)


def hand_in(now: datetime) -> None:
    """Have the clients' certificates kept, by an Administrador of their partner. Commits, one by one."""
    admins = {user.partner_id: Hand(user.id, user.name) for user in db.session.scalars(select(User)) if _is_admin(user)}
    wanted = select(Client).where(Client.name.in_([*ENDS_IN, HEADQUARTERS])).order_by(Client.id)
    for client in db.session.scalars(wanted).all():
        _hand_in(client, admins[client.partner_id], now)


class Hand(NamedTuple):
    """Who hands something in."""

    user_id: int
    name: str


def _is_admin(user: User) -> bool:
    return user.role is Role.ADMIN


def _hand_in(client: Client, hand: Hand, now: datetime) -> None:
    content = _pfx(client, now + timedelta(days=ENDS_IN.get(client.name, 150)))
    facts = facts_from(pfx_reader.read(content, PASSWORD))
    service.keep(client, Upload(content, PASSWORD), facts, version=client.version, now=now, actor=hand)


def _pfx(client: Client, not_after: datetime) -> bytes:
    """Return an A1 certificate as ICP-Brasil makes them, but for who signs it."""
    document = client.document
    if client.name == HEADQUARTERS:
        document = document[:ROOT_LENGTH] + "000200"
    holder = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{client.name.upper()[:45]}:{document}")])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC Demonstração (sem valor)")])
    builder = x509.CertificateBuilder(issuer, holder, KEY.public_key(), client.id, not_after - YEAR, not_after)
    names = x509.SubjectAlternativeName([_holders_document(document)])
    made = builder.add_extension(names, critical=False).sign(KEY, None)
    return pkcs12.serialize_key_and_certificates(b"A1", KEY, made, None, BestAvailableEncryption(PASSWORD.encode()))


def _holders_document(document: str) -> x509.OtherName:
    is_company = len(document) == documents.CNPJ_LENGTH
    kind = pfx_reader.CNPJ if is_company else pfx_reader.BIRTH_AND_CPF
    text = document if is_company else f"01011980{document}"
    return x509.OtherName(kind, bytes([0x04, len(text)]) + text.encode())
