"""From a sketch to a client: document, place, contacts, and dates that give the sketch's status today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from portal import clock
from portal.demo import cast, places
from portal.demo.cast import Sketch
from portal.demo.due_dates import LAST_DUE_DAY, MONTHS_BACK, Calendar, Due
from portal.demo.identifiers import DocumentMint
from portal.domain.cycle import RENEWAL_WINDOW_DAYS
from portal.domain.prices import PriceTable
from portal.domain.search import fold, search_key
from portal.domain.statuses import Status
from portal.models import Client, Partner, User

LONGEST_DAYS = 1_800
USUAL_DUE_DAY_SHARE, RENEWED_SHARE, SILENT_SHARE = 0.75, 0.3, 0.1


@dataclass
class Scene:
    """Where and when a partner's clients are made. ``staff`` are its users, the administrator first."""

    partner: Partner
    staff: list[User]
    rng: Random
    mint: DocumentMint
    now: datetime
    prices: PriceTable
    today: date = field(init=False)
    calendar: Calendar = field(init=False)

    def __post_init__(self) -> None:
        """Take the date from the moment."""
        self.today = clock.local_date(self.now)
        self.calendar = Calendar(self.today)

    def at(self, day: date, hour: int) -> datetime:
        """Return a moment in an hour of a day, never one that is still to come."""
        moment = datetime.combine(day, time(hour, self.rng.randrange(60), self.rng.randrange(60)), clock.SAO_PAULO)
        return min(moment, self.now).astimezone(UTC)

    def days_ago(self, days: int) -> date:
        """Return a date before today."""
        return self.today - timedelta(days=days)


def client_of(sketch: Sketch, scene: Scene) -> Client:
    """Return the client of a sketch, not yet added to the session."""
    document = _document(sketch, scene)
    place = _place(document)
    registered_on, due_on, due_day = _dates(sketch, scene)
    client = Client(
        partner_id=scene.partner.id,
        name=sketch.name,
        search_key=search_key(sketch.name, document),
        document=document,
        product=sketch.product,
        registered_on=registered_on,
        due_on=due_on,
        due_day=due_day,
        renewal_method=sketch.method,
        uf=place.uf,
        city=place.city,
        city_code=place.code,
        notes=sketch.notes,
        **_contacts(sketch, place, scene.rng),
    )
    _set_flags(client, sketch, scene)
    return client


def _document(sketch: Sketch, scene: Scene) -> str:
    make = {cast.CPF: scene.mint.cpf, cast.LETTERS: scene.mint.lettered_cnpj, "": scene.mint.cnpj}.get(sketch.document)
    return make() if make else sketch.document


def _place(document: str) -> places.Place:
    """Return where a document lives: in a large city every other time, and always in the same one."""
    rng = Random(document)  # noqa: S311 - made to be repeated
    return rng.choice(rng.choice((places.large_places(), places.places())))


def _contacts(sketch: Sketch, place: places.Place, rng: Random) -> dict[str, str]:
    """Return e-mail and phone; one shop in ten gives neither, unless its history tells of them."""
    if rng.random() < SILENT_SHARE and not sketch.was_edited:
        return {}
    host = "".join(sign for sign in fold(sketch.name) if sign.isascii() and sign.isalnum())[:30]
    return {"email": f"contato@{host}.example", "phone": places.phone(place, rng.randrange(10**8))}


def _dates(sketch: Sketch, scene: Scene) -> tuple[date, date | None, int]:
    """Return date of registration, due date and due day."""
    usual = scene.partner.due_day if scene.rng.random() < USUAL_DUE_DAY_SHARE else scene.rng.randint(1, LAST_DUE_DAY)
    if sketch.status is Status.PENDING:
        return scene.days_ago(scene.rng.randint(1, 10)), None, usual
    if sketch.due_in is not None:
        due_on = scene.today + timedelta(days=sketch.due_in)
        return _registered_on(sketch, scene), due_on, min(due_on.day, LAST_DUE_DAY)
    if sketch.status in {Status.ACTIVE, Status.SUSPENDED}:
        return _paid_dates(sketch, scene, usual)
    due = _unpaid_due(sketch, scene, usual)
    days = sketch.unused_for or due.days_ago + scene.rng.randint(35, LONGEST_DAYS)
    return scene.days_ago(days), due.on, due.due_day


def _registered_on(sketch: Sketch, scene: Scene) -> date:
    return scene.days_ago(sketch.registered_for or scene.rng.randint(40, LONGEST_DAYS))


def _paid_dates(sketch: Sketch, scene: Scene, due_day: int) -> tuple[date, date, int]:
    """Return the dates of a paid client; one registered within the renewal window begins with the next cycle (R7)."""
    due = scene.calendar.running(due_day)
    if sketch.unused_for is None:
        registered_on = _registered_on(sketch, scene)
        is_renewed = scene.rng.random() < RENEWED_SHARE
    else:
        registered_on = scene.days_ago(sketch.unused_for)
        is_renewed = registered_on >= due.on - timedelta(days=RENEWAL_WINDOW_DAYS)
    return registered_on, scene.calendar.running(due_day, is_renewed=is_renewed).on, due_day


def _unpaid_due(sketch: Sketch, scene: Scene, due_day: int) -> Due:
    if sketch.status is Status.EXPIRED:
        return scene.calendar.expired(due_day)
    first = 2 if sketch.status is Status.HIDDEN or sketch.was_hidden else 1  # Inativo long enough to be hidden
    last = 4 if sketch.unused_for else MONTHS_BACK[-1]
    return scene.calendar.past(scene.rng.randint(first, last), due_day)


def _set_flags(client: Client, sketch: Sketch, scene: Scene) -> None:
    """Note who suspended or hid the client and when, or what its registration waits for."""
    rng, manager = scene.rng, scene.staff[0]
    if sketch.status is Status.PENDING:
        client.pending_at, client.pending_reason = scene.at(client.registered_on, 11), sketch.reason
    if sketch.status is Status.SUSPENDED or sketch.is_suspended_too:
        reference = min(client.due_on or scene.today, scene.today)
        client.suspended_at = scene.at(reference - timedelta(days=rng.randint(1, 8)), 14)
        client.suspended_by_id, client.suspension_reason = scene.staff[-1].id, sketch.reason
    if sketch.status is Status.HIDDEN:
        client.hidden_at, client.hidden_by_id = scene.at(scene.days_ago(rng.randint(1, 27)), 16), manager.id
