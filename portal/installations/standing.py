"""What a client's license lets its programs do at a moment, and the signed license that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from portal import clock
from portal.config import Config
from portal.domain import installations, trust
from portal.domain.errors import ProgramRefused
from portal.domain.installations import Reason, Terms
from portal.domain.licenses import Holding
from portal.domain.statuses import derive_status
from portal.installations import signing
from portal.licenses import queries as licenses
from portal.models import Client, Installation


@dataclass(frozen=True)
class Settings:
    """What the operator decided about running programs."""

    grace_days: int = 0
    lease: timedelta = timedelta(days=15)

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Return what the configuration says."""
        return cls(config.grace_days, timedelta(days=config.lease_days))


@dataclass(frozen=True)
class License:
    """A signed license with the key of its installation and when it ends."""

    key: str
    token: str
    terms: Terms


def reason_not_to_run(client: Client, now: datetime, settings: Settings) -> Reason | None:
    """Return why a client's programs may not run now, or None (DOMAIN §2)."""
    today = clock.local_date(now)
    status, is_suspended = derive_status(client, today), client.suspended_at is not None
    released = trust.is_released(client.due_on, client.released_due_on, client.released_through_on, today)
    may_run = trust.may_run(
        status,
        client.due_on,
        today,
        grace_days=settings.grace_days,
        is_released=released,
        is_suspended=is_suspended,
    )
    return installations.refusal_of(status, may_run=may_run, is_suspended=is_suspended)


def ensure_running(client: Client, now: datetime, settings: Settings) -> None:
    """Refuse what a client's license does not let its programs do.

    Raises:
        ProgramRefused: suspended, expired, inactive or pending.
    """
    if reason := reason_not_to_run(client, now, settings):
        raise ProgramRefused(reason)


def license_for(
    client: Client, installation: Installation, holding: Holding, now: datetime, settings: Settings
) -> License:
    """Return the signed license of an installation whose client's programs may run."""
    if client.due_on is None:
        raise ProgramRefused(Reason.PENDING)
    is_release_of_cycle = client.released_due_on == client.due_on
    released = client.released_through_on if is_release_of_cycle else None
    runs_through = trust.runs_through(client.due_on, grace_days=settings.grace_days, released_through=released)
    if installation.leaves_on is not None:
        runs_through = min(runs_through, installation.leaves_on - timedelta(days=1))
    end = clock.moment_of(runs_through + timedelta(days=1), time())
    until = installations.terms(client.due_on, runs_through, end, now, settings.lease)
    claims = installations.claims(
        installations.program_of(client.product, installation.item),
        installation_id=installation.id,
        device_id=installation.device_id,
        client=client,
        held=installations.stretches(holding, clock.local_date(now), runs_through),
        until=until,
    )
    return License(installation.key, signing.sign(claims, issued_at=now, ends_at=until.ends_at), until)


def holding_at(client: Client, now: datetime) -> Holding:
    """Return what a client holds on the day of a moment, and what later days bring."""
    return licenses.holding_of(client.id, clock.local_date(now))
