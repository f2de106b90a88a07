"""Installed programs: which may run and until when, what their licenses say, why one is refused (DOMAIN §2, §7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from portal.domain.catalogue import Item, Product
from portal.domain.labels import LabelEnum
from portal.domain.licenses import Holding
from portal.domain.statuses import Status

CHECK_IN_EVERY = timedelta(hours=6)
"""How often a program that can reach the portal is asked to: several times within the shortest lease of a day."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""By how much a shop's clock may be behind ours before a license that was just issued seems to come from the future."""

PAIRING_LIFE = timedelta(hours=24)
"""For how long a Navi waits for its partner's word."""

MOST_PAIRINGS = 3
"""Programs of one client that may wait at once: more is a stranger's doing, or nobody looks."""

SILENT_DAYS = (3, 7, 15, 30)
"""What the filter "Sem contato há" offers, in days."""


class Program(LabelEnum):
    """What asks for a license. Link and Navi are products; a Link Móvel is an item with a code of its own."""

    LINK = "link", "Link"
    LINK_MOBILE = "link_mobile", "Link Móvel"
    NAVI = "navi", "Navi"

    @property
    def product(self) -> Product:
        """The product of whose registration it is a part."""
        return Product.NAVI if self is Program.NAVI else Product.LINK

    @property
    def item(self) -> Item:
        """The item that its code and its key belong to."""
        return Item.MOBILE if self is Program.LINK_MOBILE else Item.BASE


def program_of(product: Product, item: Item) -> Program:
    """Return the program that an installation runs."""
    return next(one for one in Program if (one.product, one.item) == (product, item))


class Reason(LabelEnum):
    """Why a program is refused: a code that it can rely on, and the sentence that it shows (pt-BR)."""

    ACTIVATION_REFUSED = (
        "activation_refused",
        "CNPJ ou código de registro não confere. Confira os dois; um código já utilizado não ativa de novo.",
    )
    TOO_MANY_ATTEMPTS = "too_many_attempts", "Muitas tentativas. Aguarde alguns minutos e tente de novo."
    KEY_UNKNOWN = "key_unknown", "Esta instalação não é reconhecida. Ative o programa de novo."
    KEY_REPLACED = (
        "key_replaced",
        "Esta instalação foi substituída por outra. Para usar aqui, ative com um novo código.",
    )
    OTHER_DEVICE = "other_device", "Esta licença pertence a outro aparelho."
    DEVICE_REMOVED = "device_removed", "A licença deste aparelho foi retirada. Fale com seu parceiro."
    PAIRING_REFUSED = "pairing_refused", "O parceiro não autorizou este aparelho."
    PENDING = "pending", "Cadastro em avaliação. Fale com seu parceiro."
    SUSPENDED = "suspended", "Acesso suspenso. Fale com seu parceiro."
    EXPIRED = "expired", "Licença vencida. Fale com seu parceiro para renovar."
    INACTIVE = "inactive", "Licença inativa. Fale com seu parceiro para reativar."
    NOT_LICENSED = "not_licensed", "Este produto não está na licença."
    TOO_MANY_SEATS = "too_many_seats", "Todas as licenças estão em uso. Feche o programa em outro aparelho."
    SEAT_FREED = "seat_freed", "O parceiro encerrou o uso neste aparelho. Abra o programa de novo."
    SEAT_LOST = "seat_lost", "Este aparelho não está usando uma licença. Abra o programa de novo."
    TOO_LARGE = "too_large", "O backup é grande demais para o portal. Compartilhe o arquivo por outro meio."
    TOO_MANY_BACKUPS = (
        "too_many_backups",
        "O parceiro já tem backups demais no portal. Tente mais tarde ou compartilhe o arquivo por outro meio.",
    )
    INCOMPLETE = "incomplete", "O envio do backup não terminou. Envie de novo."
    DAMAGED = "damaged", "O backup chegou danificado. Envie de novo."
    NO_MIGRATION = "no_migration", "O portal não conhece uma migração para este cliente."
    CREDENTIALS_REFUSED = "credentials_refused", "E-mail, senha ou código não conferem."
    CODE_NEEDED = "code_needed", "Informe também o código da verificação em duas etapas."
    SECOND_STEP_OWED = (
        "second_step_owed",
        "Sua revenda exige a verificação em duas etapas. Entre no portal, ative-a e tente de novo.",
    )
    GRANT_REFUSED = "grant_refused", "A confirmação do parceiro venceu ou já foi usada. Peça as credenciais de novo."
    MALFORMED = "malformed", "O programa enviou dados que o portal não entende. Atualize o programa."


STATUS_REASON: dict[Status, Reason | None] = {
    Status.ACTIVE: None,
    Status.SUSPENDED: Reason.SUSPENDED,
    Status.EXPIRED: Reason.EXPIRED,
    Status.INACTIVE: Reason.INACTIVE,
    Status.HIDDEN: Reason.INACTIVE,
    Status.PENDING: Reason.PENDING,
}
"""What a program is told where its client's status lets it not run; hiding is the partner's own affair."""


def refusal_of(status: Status, *, may_run: bool, is_suspended: bool = False) -> Reason | None:
    """Return why a client's programs may not run, or None (``trust.may_run`` says whether).

    An Expirado that is suspended too is told of the suspension: paying alone would not give the access back.
    """
    if may_run:
        return None
    if status is Status.EXPIRED and is_suspended:
        return Reason.SUSPENDED
    return STATUS_REASON[status]


class Terms(NamedTuple):
    """How long a signed license lets a program run without asking again."""

    paid_through: date
    runs_through: date
    lease_ends_at: datetime
    ends_at: datetime


def terms(due_on: date, runs_through: date, end_of_last_day: datetime, now: datetime, lease: timedelta) -> Terms:
    """Return the earlier of the two ends (DOMAIN §7): the lease from now, and the last day that the program may run.

    ``end_of_last_day`` is the moment at which the day after ``runs_through`` begins in São Paulo.
    """
    lease_ends_at = now + lease
    return Terms(due_on, runs_through, lease_ends_at, min(lease_ends_at, end_of_last_day))


ISSUER, TYPE = "portal-do-parceiro", "portal-license+jwt"
"""Who issues signed licenses, and what their header calls them: no other token of ours can be taken for one."""


class Licensed(Protocol):
    """Whose license it is."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def document(self) -> str: ...  # noqa: D102


class Stretch(NamedTuple):
    """What is held from a day on."""

    from_on: date
    items: dict[Item, int]


def claims(
    program: Program, *, installation_id: int, device_id: str, client: Licensed, held: Sequence[Stretch], until: Terms
) -> dict[str, Any]:
    """Return what a signed license says, the moments of issue and of expiry apart (docs/api.md, "License").

    Dates are São Paulo's. "items" is what is held on the day of issue; "later" what is held from later days on.
    """
    first, *later = [_as_claim(stretch) for stretch in held]
    return {
        "iss": ISSUER,
        "aud": program.value,
        "sub": str(installation_id),
        "device": device_id,
        "client": {"id": client.id, "name": client.name, "document": client.document},
        "product": program.product.value,
        "items": first["items"],
        "later": later,
        "paid_through": until.paid_through.isoformat(),
        "runs_through": until.runs_through.isoformat(),
        "lease_ends_at": int(until.lease_ends_at.timestamp()),
    }


def _as_claim(stretch: Stretch) -> dict[str, Any]:
    return {
        "from": stretch.from_on.isoformat(),
        "items": {item.value: quantity for item in Item if (quantity := stretch.items.get(item, 0))},
    }


def stretches(holding: Holding, first_on: date, last_on: date) -> list[Stretch]:
    """Return what a client holds on every day of a license, as the stretches that differ, the first from ``first_on``.

    A license that outlives a pending removal says so, and is right offline on both sides of that day.
    """
    days = sorted({first_on} | {one.effective_on for one in holding.pending if first_on < one.effective_on <= last_on})
    return [Stretch(day, holding.on(day)) for day in days]


# Link Móvel


class Bound(Protocol):
    """What a device with a key of its own looks like to the rules."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def leaves_on(self) -> date | None: ...  # noqa: D102


def is_within(device: Bound, devices: Sequence[Bound], quantity: int, today: date) -> bool:
    """Say whether one of a client's living Móvel devices is covered by the seats of today.

    Who was chosen to leave has left; of the others the oldest stay (cutting asks which leaves, so that only what was cut
    past that question is decided here).
    """
    staying = sorted(one.id for one in devices if one.leaves_on is None or one.leaves_on > today)
    return device.id in staying[:quantity]


def to_leave(devices: int, wanted: int) -> int:
    """Return how many devices have to be chosen where seats are cut to ``wanted``: codes that no device uses go first."""
    return max(devices - wanted, 0)
