"""The environment, read once; what makes no sense is refused with the variable's name (docs/configuration.md)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal import clock

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
MIN_SECRET_LENGTH = 32
KNOWN = frozenset(
    """PORTAL_DEMO PORTAL_NOW PORTAL_SECRET_KEY PORTAL_HOST PORTAL_BASE_URL PORTAL_THREADS PORTAL_INSTANCE
    PORTAL_TRUSTED_PROXY PORTAL_SMTP_URL PORTAL_MAIL_FROM PORTAL_SCHEDULER PORTAL_CHROMIUM""".split()
)


class ConfigError(Exception):
    """The environment holds something that cannot be meant; the message names the variable."""


@dataclass(frozen=True)
class Config:
    """Everything the environment decides."""

    database_url: str
    secret_key: str
    instance: Path
    is_demo: bool = False
    now: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    base_url: str | None = None
    trusted_proxy: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    is_scheduling: bool = True
    is_testing: bool = False

    @property
    def is_https(self) -> bool:
        """Whether users reach the portal by HTTPS, so that its cookies are for HTTPS only."""
        return (self.base_url or "").startswith("https://")


def from_environ(environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    Raises:
        ConfigError: an unknown PORTAL_ variable, or a value that makes no sense.
    """
    unknown = sorted(name for name in environ if name.startswith("PORTAL_") and name not in KNOWN)
    if unknown:
        raise ConfigError(f"{', '.join(unknown)}: no such setting; known are {', '.join(sorted(KNOWN))}")
    is_demo = _flag(environ, "PORTAL_DEMO")
    host = _address(environ, "PORTAL_HOST", besides="localhost") or "127.0.0.1"
    if is_demo and host not in LOOPBACK:
        raise ConfigError(f"PORTAL_HOST={host}: the demo has known passwords and serves this machine only (127.0.0.1)")
    instance = _instance(environ)
    return Config(
        database_url=_database_url(environ, instance),
        secret_key=_secret_key(environ, instance, is_demo=is_demo),
        instance=instance,
        is_demo=is_demo,
        now=_frozen_now(environ, is_demo=is_demo),
        host=host,
        port=_number(environ, "PORT", 8000, 1, 65535),
        threads=_number(environ, "PORTAL_THREADS", 8, 1, 64),
        base_url=_url(environ, "PORTAL_BASE_URL", {"http", "https"}),
        trusted_proxy=_address(environ, "PORTAL_TRUSTED_PROXY", besides="*"),
        smtp_url=_url(environ, "PORTAL_SMTP_URL", {"smtp", "smtps"}),
        mail_from=_mail_from(environ),
        is_scheduling=_flag(environ, "PORTAL_SCHEDULER", default="1"),
    )


def _flag(environ: Mapping[str, str], name: str, default: str = "0") -> bool:
    value = environ.get(name) or default
    if value not in {"0", "1"}:
        raise ConfigError(f"{name}={value}: must be 0 or 1")
    return value == "1"


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name) or str(default)
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(most))
    if not is_number or not least <= int(value) <= most:
        raise ConfigError(f"{name}={value}: must be a number from {least} to {most}")
    return int(value)


def _address(environ: Mapping[str, str], name: str, *, besides: str) -> str | None:
    value = environ.get(name) or None
    try:
        if value and value != besides:
            ip_address(value)
    except ValueError:
        raise ConfigError(f"{name}={value}: must be an IP address, such as 127.0.0.1, or {besides}") from None
    return value


def _instance(environ: Mapping[str, str]) -> Path:
    folder = Path(environ.get("PORTAL_INSTANCE") or ROOT / "instance").resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"PORTAL_INSTANCE={folder}: {error.strerror}") from None
    return folder


def _url(environ: Mapping[str, str], name: str, schemes: set[str]) -> str | None:
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


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    value = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}"
    if value.startswith("postgres://"):  # the spelling of many hosting panels
        value = value.replace("postgres://", "postgresql://", 1)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the latter from a port that is no number
        raise ConfigError("DATABASE_URL: not a database URL, such as postgresql://user:password@host/name") from None
    if url.drivername not in DRIVERS:
        raise ConfigError(f"DATABASE_URL: {url.drivername} is not served; use sqlite or postgresql")
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and (not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"):
        raise ConfigError("DATABASE_URL: SQLite needs a file, as in sqlite:////var/lib/portal/portal.db")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _secret_key(environ: Mapping[str, str], instance: Path, *, is_demo: bool) -> str:
    value = environ.get("PORTAL_SECRET_KEY")
    if value:
        if len(value) < MIN_SECRET_LENGTH:
            raise ConfigError(f"PORTAL_SECRET_KEY: at least {MIN_SECRET_LENGTH} characters; try: openssl rand -hex 32")
        return value
    if not is_demo:
        raise ConfigError("PORTAL_SECRET_KEY: required outside demo mode (PORTAL_DEMO=1); try: openssl rand -hex 32")
    return _demo_secret_key(instance / "demo-secret-key")


def _demo_secret_key(path: Path) -> str:
    """Return the key that the demo made for itself; it appears whole or not at all, however many processes start."""
    if not path.exists():
        scratch = path.with_suffix(f".{secrets.token_hex(4)}")
        scratch.touch(mode=0o600)
        scratch.write_text(secrets.token_hex(32), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(scratch)
        scratch.unlink()
    return path.read_text(encoding="ascii")


def _frozen_now(environ: Mapping[str, str], *, is_demo: bool) -> str | None:
    value = environ.get("PORTAL_NOW")
    if not value:
        return None
    if not is_demo:
        raise ConfigError("PORTAL_NOW: the clock may be set in demo mode only (PORTAL_DEMO=1)")
    try:
        clock.parse_moment(Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value)
    except (ValueError, OSError) as error:
        raise ConfigError(f"PORTAL_NOW={value}: {error}") from None
    return value


def _mail_from(environ: Mapping[str, str]) -> str | None:
    value = environ.get("PORTAL_MAIL_FROM") or None
    if environ.get("PORTAL_SMTP_URL") and not value:
        raise ConfigError("PORTAL_MAIL_FROM: the sender's address is required where PORTAL_SMTP_URL is set")
    if environ.get("PORTAL_SMTP_URL") and not environ.get("PORTAL_BASE_URL"):
        # Links in mails are made of it: a request's Host header is its sender's to choose.
        raise ConfigError("PORTAL_BASE_URL: required where PORTAL_SMTP_URL is set, for the links in the mails")
    if value and "@" not in value:
        raise ConfigError(f"PORTAL_MAIL_FROM={value}: must be an e-mail address")
    return value
