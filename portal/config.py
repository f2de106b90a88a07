"""The environment, read once; what makes no sense is refused with the variable's name (docs/configuration.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal import clock
from portal.domain.emv import Malformed
from portal.domain.pix import Receiver
from portal.environ import KEYS_LOOK_LIKE, ConfigError, address, flag, keys, number, own_secret, secret, url
from portal.variables import KNOWN, RANGES

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")
"""What stands in an address and in a header as it is: a bank's message carries the secret in whichever it can."""

DEMO_RECEIVER = Receiver("pix@portal.example", "PORTAL DO PARCEIRO DEMO", "SAO PAULO")


@dataclass(frozen=True)
class Pix:
    """Who is paid by Pix, and the secret that the bank's messages about payments have to carry."""

    receiver: Receiver
    webhook_secret: str


@dataclass(frozen=True)
class Config:
    """Everything the environment decides."""

    database_url: str
    secret_key: str
    instance: Path
    is_demo: bool = False
    now: str | None = None
    host: str = "127.0.0.1"
    port: int = RANGES["PORT"].default
    threads: int = RANGES["PORTAL_THREADS"].default
    base_url: str | None = None
    trusted_proxy: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    is_scheduling: bool = True
    pix: Pix | None = None
    trust_days: int = RANGES["PORTAL_TRUST_DAYS"].default
    grace_days: int = RANGES["PORTAL_GRACE_DAYS"].default
    lease_days: int = RANGES["PORTAL_LEASE_DAYS"].default
    encryption_keys: Mapping[str, bytes] = field(default_factory=dict)
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
    is_demo = flag(environ, "PORTAL_DEMO")
    host = address(environ, "PORTAL_HOST", besides="localhost") or "127.0.0.1"
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
        port=number(environ, "PORT"),
        threads=number(environ, "PORTAL_THREADS"),
        base_url=url(environ, "PORTAL_BASE_URL", {"http", "https"}),
        trusted_proxy=address(environ, "PORTAL_TRUSTED_PROXY", besides="*"),
        smtp_url=url(environ, "PORTAL_SMTP_URL", {"smtp", "smtps"}),
        mail_from=_mail_from(environ),
        is_scheduling=flag(environ, "PORTAL_SCHEDULER", default="1"),
        pix=_pix(environ, instance, is_demo=is_demo),
        trust_days=number(environ, "PORTAL_TRUST_DAYS"),
        grace_days=number(environ, "PORTAL_GRACE_DAYS"),
        lease_days=number(environ, "PORTAL_LEASE_DAYS"),
        encryption_keys=_encryption_keys(environ, instance, is_demo=is_demo),
    )


def _instance(environ: Mapping[str, str]) -> Path:
    folder = Path(environ.get("PORTAL_INSTANCE") or ROOT / "instance").resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"PORTAL_INSTANCE={folder}: {error.strerror}") from None
    return folder


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    value = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}"
    if value.startswith("postgres://"):  # the spelling of many hosting panels
        value = value.replace("postgres://", "postgresql://", 1)
    try:
        place = make_url(value)
    except (ArgumentError, ValueError):  # the latter from a port that is no number
        raise ConfigError("DATABASE_URL: not a database URL, such as postgresql://user:password@host/name") from None
    if place.drivername not in DRIVERS:
        raise ConfigError(f"DATABASE_URL: {place.drivername} is not served; use sqlite or postgresql")
    is_sqlite = place.get_backend_name() == "sqlite"
    if is_sqlite and (not place.database or ":memory:" in place.database or place.query.get("mode") == "memory"):
        raise ConfigError("DATABASE_URL: SQLite needs a file, as in sqlite:////var/lib/portal/portal.db")
    if place.drivername == "postgresql":
        place = place.set(drivername="postgresql+psycopg")
    return place.render_as_string(hide_password=False)


def _secret_key(environ: Mapping[str, str], instance: Path, *, is_demo: bool) -> str:
    value = secret(environ, "PORTAL_SECRET_KEY")
    if not value and not is_demo:
        raise ConfigError("PORTAL_SECRET_KEY: required outside demo mode (PORTAL_DEMO=1); try: openssl rand -hex 32")
    return value or own_secret(instance / "demo-secret-key")


def _encryption_keys(environ: Mapping[str, str], instance: Path, *, is_demo: bool) -> dict[str, bytes]:
    name = "PORTAL_ENCRYPTION_KEYS"
    found = keys(environ, name)
    if not found and not is_demo:
        raise ConfigError(f"{name}: required outside demo mode (PORTAL_DEMO=1): {KEYS_LOOK_LIKE}")
    return found or {"demo": bytes.fromhex(own_secret(instance / "demo-encryption-key"))}


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


def _pix(environ: Mapping[str, str], instance: Path, *, is_demo: bool) -> Pix | None:
    name = "PORTAL_PIX_WEBHOOK_SECRET"
    receiver, webhook_secret = _receiver(environ, is_demo=is_demo), secret(environ, name)
    if receiver is None:
        if webhook_secret:
            raise ConfigError(f"PORTAL_PIX_KEY: required where {name} is set")
        return None
    if not webhook_secret and not is_demo:
        raise ConfigError(f"{name}: required where PORTAL_PIX_KEY is set; try: openssl rand -hex 32")
    if webhook_secret and not _UNRESERVED.fullmatch(webhook_secret):
        raise ConfigError(f"{name}: may hold letters, digits and -._~ only; try: openssl rand -hex 32")
    return Pix(receiver, webhook_secret or own_secret(instance / "demo-pix-webhook-secret"))


def _receiver(environ: Mapping[str, str], *, is_demo: bool) -> Receiver | None:
    names = ("PORTAL_PIX_KEY", "PORTAL_PIX_NAME", "PORTAL_PIX_CITY")
    missing = [name for name in names if not environ.get(name)]
    if len(missing) == len(names):
        return DEMO_RECEIVER if is_demo else None
    if missing:
        raise ConfigError(f"{', '.join(missing)}: {', '.join(names)} are set together or not at all")
    try:
        return Receiver(*(environ[name] for name in names))
    except Malformed as error:
        raise ConfigError(f"PORTAL_PIX_{error.part.upper()}: {error.reason}") from None
