"""How a variable of the environment is read; what makes no sense is refused with its name."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from portal.variables import RANGES

MIN_SECRET_LENGTH = 32
KEYS_LOOK_LIKE = "an id, a colon and 64 hexadecimal digits, no id twice; try: echo 1:$(openssl rand -hex 32)"
_KEY = re.compile(r"([A-Za-z0-9]{1,8}):([0-9A-Fa-f]{64})")


class ConfigError(Exception):
    """The environment holds something that cannot be meant; the message names the variable."""


def flag(environ: Mapping[str, str], name: str, default: str = "0") -> bool:
    """Read a 0 or 1."""
    value = environ.get(name) or default
    if value not in {"0", "1"}:
        raise ConfigError(f"{name}={value}: must be 0 or 1")
    return value == "1"


def number(environ: Mapping[str, str], name: str) -> int:
    """Read a whole number within its limits (``portal.variables``)."""
    default, least, most = RANGES[name]
    value = environ.get(name) or str(default)
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if not is_number or not least <= int(value) <= most:
        raise ConfigError(f"{name}={value}: must be a number from {least} to {most}")
    return int(value)


def address(environ: Mapping[str, str], name: str, *, besides: str) -> str | None:
    """Read an IP address, or the one word that may stand for some."""
    value = environ.get(name) or None
    try:
        if value and value != besides:
            ip_address(value)
    except ValueError:
        raise ConfigError(f"{name}={value}: must be an IP address, such as 127.0.0.1, or {besides}") from None
    return value


def url(environ: Mapping[str, str], name: str, schemes: set[str]) -> str | None:
    """Read a URL of one of the schemes, without a slash at its end."""
    value = environ.get(name)
    if not value:
        return None
    try:
        parts = urlsplit(value)
        is_sound = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_sound = False
    if not is_sound:
        raise ConfigError(f"{name}: must be a URL that begins with {' or '.join(sorted(s + '://' for s in schemes))}")
    return value.rstrip("/")


def secret(environ: Mapping[str, str], name: str) -> str | None:
    """Read a secret that nobody guesses."""
    value = environ.get(name) or None
    if value and len(value) < MIN_SECRET_LENGTH:
        raise ConfigError(f"{name}: at least {MIN_SECRET_LENGTH} characters; try: openssl rand -hex 32")
    return value


def keys(environ: Mapping[str, str], name: str) -> dict[str, bytes]:
    """Read keys of 32 bytes with their ids, the newest first: ``2:<64 hexadecimal digits>,1:<64 hexadecimal digits>``."""
    found = dict[str, bytes]()
    for part in filter(None, (environ.get(name) or "").split(",")):
        match = _KEY.fullmatch(part.strip())
        if match is None or match[1] in found:
            raise ConfigError(f"{name}: {KEYS_LOOK_LIKE}")
        found[match[1]] = bytes.fromhex(match[2])
    return found


def own_secret(path: Path) -> str:
    """Return the secret that the demo made for itself; it appears whole or not at all, however many processes start."""
    if not path.exists():
        scratch = path.with_suffix(f".{secrets.token_hex(4)}")
        scratch.touch(mode=0o600)
        scratch.write_text(secrets.token_hex(32), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(scratch)
        scratch.unlink()
    return path.read_text(encoding="ascii")
