"""The only reader of time. Moments are aware and in UTC; "today" is São Paulo's civil date (DOMAIN §1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def configure(spec: str | None) -> None:
    """Choose where time comes from: the system, a fixed moment, or ``@file`` that is read again at each question.

    Raises:
        ValueError: the moment is no ISO 8601 date and time with an offset, or the file cannot be read.
    """
    global _source  # noqa: PLW0603 - the one switch of the one clock
    source = _source_of(spec)
    try:
        source()  # what cannot be read is refused before the clock is switched
    except OSError as error:
        raise ValueError(str(error)) from error
    _source = source


def _source_of(spec: str | None) -> Callable[[], datetime]:
    if not spec:
        return _system
    if spec.startswith("@"):
        path = Path(spec[1:])
        return lambda: parse_moment(path.read_text(encoding="utf-8"))
    moment = parse_moment(spec)
    return lambda: moment


def parse_moment(text: str) -> datetime:
    """Return an aware UTC moment from ISO 8601 text such as ``2025-07-10T12:00:00-03:00``.

    Raises:
        ValueError: not ISO 8601, without an offset, or at an end of the calendar.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset, as in 2025-07-10T12:00:00-03:00")
    try:
        return local(moment).astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment that has no date in São Paulo") from None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _source()


def today() -> date:
    """Return today's date in São Paulo; 23:30 there is still today."""
    return local_date(now())


def local(moment: datetime) -> datetime:
    """Return a moment as São Paulo's clock shows it."""
    return moment.astimezone(SAO_PAULO)


def local_date(moment: datetime) -> date:
    """Return the civil date of a moment in São Paulo."""
    return local(moment).date()


def moment_of(day: date, hour: time) -> datetime:
    """Return the moment at which an hour of a civil day comes in São Paulo; the first, where the clock shows it twice."""
    return datetime.combine(day, hour, SAO_PAULO).astimezone(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at one moment for the length of a block (tests, reproducible demo data)."""
    global _source  # noqa: PLW0603
    before, _source = _source, lambda: moment
    try:
        yield
    finally:
        _source = before
