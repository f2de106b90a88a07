"""The keys that sign licenses: made when first needed, sealed in the database, changed by a command, published for all."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app
from sqlalchemy import or_, select, update

from portal.domain.installations import TYPE
from portal.extensions import db
from portal.models import SigningKey
from portal.sealing import sealer

ALGORITHM = "EdDSA"
PUBLISHED_FOR = timedelta(days=61)
"""How long a retired key is published: longer than the longest lease, so that every license that it signed is verified."""


@dataclass(frozen=True)
class _Signer:
    kid: str
    key: Ed25519PrivateKey


def sign(claims: dict[str, Any], *, issued_at: datetime, ends_at: datetime) -> str:
    """Return a license as a signed token (JWS, Ed25519); adds the moments of issue and of expiry, in whole seconds."""
    signer = _current(issued_at)
    moments = {"iat": int(issued_at.timestamp()), "exp": int(ends_at.timestamp())}
    return jwt.encode(claims | moments, signer.key, ALGORITHM, {"kid": signer.kid, "typ": TYPE})


def published(now: datetime) -> Sequence[SigningKey]:
    """Return the keys with which a license that still counts may have been signed, the newest first."""
    is_current = or_(SigningKey.retired_at.is_(None), SigningKey.retired_at > now - PUBLISHED_FOR)
    return db.session.scalars(select(SigningKey).where(is_current).order_by(SigningKey.id.desc())).all()


def rotate(now: datetime) -> SigningKey:
    """Retire the keys in use and make a new one, which signs from now on. Commits.

    Licenses that were signed before stay good: their keys are published until the last of them has run out.
    """
    db.session.execute(update(SigningKey).where(SigningKey.retired_at.is_(None)).values(retired_at=now))
    row = _make(now)
    db.session.commit()
    return row


def _current(now: datetime) -> _Signer:
    """Return the newest key, ready to sign; it is unsealed once in each process."""
    row = db.session.scalar(_NEWEST) or _make(now)
    known = cast(dict[str, _Signer], current_app.extensions.setdefault("signers", {}))
    if row.kid not in known:
        seed = sealer().unseal(row.sealed_private_key, _place(row.kid))
        known[row.kid] = _Signer(row.kid, Ed25519PrivateKey.from_private_bytes(seed))
    return known[row.kid]


_NEWEST = select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.id.desc()).limit(1)


def _make(now: datetime) -> SigningKey:
    key, kid = Ed25519PrivateKey.generate(), secrets.token_hex(8)
    public = urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    sealed = sealer().seal(key.private_bytes_raw(), _place(kid))
    row = SigningKey(kid=kid, public_key=public, sealed_private_key=sealed, created_at=now)
    db.session.add(row)
    db.session.flush()
    return row


def _place(kid: str) -> str:
    return f"signing_keys:sealed_private_key:{kid}"
