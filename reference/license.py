"""A license: what it says and whether to believe it. Nothing here needs a line, only the portal's public keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jwt

ALGORITHM, TYPE, ISSUER = "EdDSA", "portal-license+jwt", "portal-do-parceiro"
CLOCK_TOLERANCE = timedelta(minutes=10)
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
OWN_ITEM = {"link": "base", "link_mobile": "mobile", "navi": "base"}
"""What a program needs among the items of the day to run itself."""

Key = dict[str, Any]
"""A public key as the portal publishes it: a JSON Web Key (RFC 8037)."""


class NotAccepted(Exception):  # noqa: N818 - an answer, not a fault
    """Why a license is not believed, or does not let the program run now; the text is for the screen."""


@dataclass(frozen=True)
class License:
    """What a license says whose signature, issuer, audience and device are right."""

    claims: dict[str, Any]
    program: str
    issued_at: datetime
    ends_at: datetime

    @property
    def client(self) -> str:
        """The shop's name."""
        return str(self.claims["client"]["name"])

    def items_on(self, day: date) -> dict[str, int]:
        """Return what is held on a day, with quantities: removals that are to come count from their day on."""
        held = self.claims["items"]
        for stretch in self.claims["later"]:
            if date.fromisoformat(stretch["from"]) <= day:
                held = stretch["items"]
        return dict(held)

    def ensure_runs(self, now: datetime, seen: datetime) -> None:
        """Refuse what the license does not allow at this moment; ``seen`` is the latest moment that the program knows of.

        Raises:
            NotAccepted: the clock was turned back, the license has ended, or the program itself was dropped from it.
        """
        if now < max(seen, self.issued_at) - CLOCK_TOLERANCE:
            raise NotAccepted("O relógio deste aparelho está atrasado. Acerte a data e a hora.")
        if now >= self.ends_at:
            raise NotAccepted(
                f"A licença terminou em {screen_moment(self.ends_at)}. Conecte à internet ou fale com seu parceiro."
            )
        if not self.items_on(now.astimezone(SAO_PAULO).date()).get(OWN_ITEM[self.program]):
            raise NotAccepted("Este programa saiu da licença. Fale com seu parceiro.")


def read(token: str, keys: Sequence[Key], *, program: str, device: str) -> License:
    """Return what a license says, if it is one of the portal's for this program on this machine.

    Moments are not judged here but in ``ensure_runs``, by the clock that the program was given.

    Raises:
        NotAccepted: anything about it is wrong.
    """
    try:
        claims = _verified(token, keys, program)
        found = License(claims, program, _moment(claims["iat"]), _moment(claims["exp"]))
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        raise NotAccepted("A licença deste aparelho não confere.") from None
    if claims.get("device") != device:
        raise NotAccepted("Esta licença pertence a outro aparelho.")
    return found


def key_id(token: str) -> str | None:
    """Return the id of the key that a license says it was signed with."""
    try:
        return str(jwt.get_unverified_header(token)["kid"])
    except (jwt.PyJWTError, KeyError):
        return None


def screen_moment(end: datetime) -> str:
    """Return the last minute before an end, as a screen shows it: what ends at midnight is good until 23:59."""
    return f"{(end - timedelta(minutes=1)).astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"


def _verified(token: str, keys: Sequence[Key], program: str) -> dict[str, Any]:
    """Return the claims of a token that is a license, signed with one of the keys, by the one algorithm, for this program."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != TYPE:
        raise jwt.InvalidTokenError
    (key,) = [key for key in keys if (key["kid"], key["kty"], key["crv"]) == (header["kid"], "OKP", "Ed25519")]
    return jwt.decode(
        token,
        jwt.PyJWK(key, ALGORITHM),
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        audience=program,
        options={
            "require": ["iss", "aud", "sub", "iat", "exp"],
            "strict_aud": True,
            "verify_exp": False,  # by the system's clock, which is not the one that counts
            "verify_iat": False,
        },
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
