"""Whether a client's Cloud works, from what its program last told (DOMAIN §3, "Status Cloud")."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.domain.catalogue import Product
from portal.domain.labels import LabelEnum
from portal.domain.statuses import LIVE_STATUSES, Status

HEARD_WITHIN = timedelta(hours=24)
"""A Cloud that nobody told of for so long is Offline: programs check in every six hours."""

SYNCED_WITHIN = timedelta(hours=24)
"""One whose data is older than this is not synchronised, however well it can be reached."""

ASKED_AGAIN = timedelta(hours=24)
"""A program that was told to make a backup and said nothing about it for so long is told again."""

MOST_DETAIL = 200
"""How much of what a program says went wrong is kept."""

UNSAID = "?"
"""What is kept of a failure that names no reason."""


class Health(LabelEnum):
    """What a program says of its Cloud."""

    OK = "ok", "funcionando"
    ERROR = "error", "com erro"


class CloudState(LabelEnum):
    """What the screen says, most urgent first."""

    ERROR = "error", "Erro"
    OFFLINE = "offline", "Offline"
    UNSYNCED = "unsynced", "Não sincronizado"
    ONLINE = "online", "Online"


class NoBackup(LabelEnum):
    """Why a backup is not asked for, or not taken back."""

    NOT_LINK = "not_link", "No Navi o backup é feito no próprio programa, em “Configurações”, “Backup”"
    NO_CLOUD = "no_cloud", "Este cliente não tem Cloud"
    NOT_LIVE = "not_live", "A licença deste cliente não está ativa"
    HANDED_OUT = "handed_out", "O programa já recebeu este pedido"
    DONE = "done", "Este backup já terminou"


def why_not(product: Product, status: Status, *, has_cloud: bool) -> NoBackup | None:
    """Return why a client's program cannot be asked for a backup, or None; a suspended one makes it once it may run."""
    if product is not Product.LINK:
        return NoBackup.NOT_LINK
    if status not in LIVE_STATUSES:
        return NoBackup.NOT_LIVE
    return None if has_cloud else NoBackup.NO_CLOUD


def state_of(
    health: Health | None, reported_at: datetime | None, synced_at: datetime | None, now: datetime
) -> CloudState:
    """Return the state of a Cloud: never told of, it has not been synchronised; told of too long ago, it is Offline."""
    if health is None or reported_at is None:
        return CloudState.UNSYNCED
    if now - reported_at >= HEARD_WITHIN:
        return CloudState.OFFLINE
    if health is Health.ERROR:
        return CloudState.ERROR
    if synced_at is None or now - synced_at >= SYNCED_WITHIN:
        return CloudState.UNSYNCED
    return CloudState.ONLINE


def shortened(text: str) -> str:
    """Return what a program says as one line that a database keeps and a screen shows; it may be anything."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:MOST_DETAIL].rstrip()
