"""Encryption at rest: what is sealed opens only with our key, and only in the place that it was sealed for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app

NONCE_BYTES = 12


class SealError(Exception):
    """Something sealed cannot be opened: another key, another place, or bytes that changed."""


class Sealer:
    """Seals with the newest key and opens with whichever it was: AES-256-GCM, the key's id in front.

    A place is "table:column:row" and is not stored: a sealed text that is copied into another row stays shut.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the keys by id, the newest first."""
        self._keys = dict(keys)
        self._newest = next(iter(self._keys))

    def seal(self, content: bytes, place: str) -> str:
        """Return what may be stored of a secret."""
        return f"{self._newest}:{b64encode(self._shut(content, place)).decode()}"

    def unseal(self, sealed: str, place: str) -> bytes:
        """Return the secret.

        Raises:
            SealError: it was sealed with a key that is not ours, for another place, or has been changed.
        """
        key_id, _, text = sealed.partition(":")
        try:
            content = b64decode(text, validate=True)
        except ValueError:
            content = b""
        return self._open(key_id, content, place)

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Return what may be stored of something large: as bytes, where text would take a third more room."""
        return self._newest.encode() + b":" + self._shut(content, place)

    def unseal_bytes(self, sealed: bytes, place: str) -> bytes:
        """Return what ``seal_bytes`` sealed.

        Raises:
            SealError: as ``unseal``.
        """
        key_id, _, content = sealed.partition(b":")
        return self._open(key_id.decode(errors="replace"), content, place)

    def _shut(self, content: bytes, place: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self._newest]).encrypt(nonce, content, self._bound(self._newest, place))

    def _open(self, key_id: str, content: bytes, place: str) -> bytes:
        if key_id not in self._keys:
            raise SealError(f"sealed with key {key_id!r}, which PORTAL_ENCRYPTION_KEYS does not hold")
        try:
            bound = self._bound(key_id, place)
            return AESGCM(self._keys[key_id]).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise SealError(f"{place} is not what was sealed there") from None

    def digest(self, content: bytes) -> str:
        """Return what tells a secret from another one, and lets nobody without our key try guesses."""
        return hmac.new(self._keys[self._newest], b"digest:" + content, hashlib.sha256).hexdigest()

    @staticmethod
    def _bound(key_id: str, place: str) -> bytes:
        return f"{key_id}:{place}".encode()


def init_app(app: Flask, keys: Mapping[str, bytes]) -> None:
    """Give an application its sealer."""
    app.extensions["sealer"] = Sealer(keys)


def sealer() -> Sealer:
    """Return the application's sealer."""
    return cast(Sealer, current_app.extensions["sealer"])
