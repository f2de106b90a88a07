"""What the templates of a client show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from portal import formatting
from portal.domain.actions import PERMISSION_OF, Action, allowed_actions
from portal.domain.catalogue import Product
from portal.domain.notices import NoticeKind
from portal.domain.roles import Permission
from portal.domain.statuses import Outlook, Status, outlook
from portal.models import AuditEvent, Client, RegistrationCode

DONE_LABELS = {
    "register": "Cadastro",
    Action.EDIT: "Edição",
    Action.SUSPEND: "Suspensão",
    Action.RESUME: "Suspensão cancelada",
    Action.HIDE: "Ocultação",
    Action.UNHIDE: "Reexibição",
    "notice_dismissed": "Aviso dispensado",
    "notice_postponed": "Aviso adiado",
    "notice_reopened": "Aviso reaberto",
    "notice_muted": "Avisos silenciados",
    "notice_unmuted": "Avisos retomados",
}
FIELD_LABELS = {
    "name": "Nome da empresa",
    "uf": "UF",
    "city": "Cidade",
    "email": "E-mail",
    "phone": "Telefone",
    "notes": "Observações",
    "postponed_to": "Avisar de novo em",
}


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A row of the list."""

    id: int
    name: str
    document: str
    registered: str
    product: Product
    due: str
    status: Status
    outlook: Outlook

    @classmethod
    def build(cls, client: Any, today: date) -> ClientRow:
        """Prepare one client; a row of the list's query and a loaded Client both fit."""
        view = outlook(client, today)
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            formatting.day(client.registered_on),
            client.product,
            formatting.day(client.due_on),
            view.status,
            view,
        )

    @classmethod
    def build_all(cls, clients: Iterable[Any], today: date) -> list[ClientRow]:
        """Prepare the rows of a page."""
        return [cls.build(client, today) for client in clients]

    @property
    def is_expandable(self) -> bool:
        """Only Link rows have the arrow (DOMAIN §3)."""
        return self.product is Product.LINK


def menu_actions(row: ClientRow, may: Callable[[Permission], bool]) -> list[Action]:
    """Return the row menu's entries: allowed by status, with a flow, permitted to the user."""
    return [
        action for action in allowed_actions(row.status, row) if action in PERMISSION_OF and may(PERMISSION_OF[action])
    ]


@dataclass(frozen=True)
class HistoryRow:
    """A line of a client's history."""

    protocol: int
    at: str
    label: str
    actor: str
    reason: str
    changes: list[tuple[str, str, str]]

    @classmethod
    def build(cls, event: AuditEvent) -> HistoryRow:
        """Put an event into words; the fields of an edit with their values before and after."""
        before, after = event.before or {}, event.after or {}
        changes = [
            (label, str(before.get(name) or "—"), str(after.get(name) or "—"))
            for name, label in FIELD_LABELS.items()
            if name in after
        ]
        label = DONE_LABELS.get(event.action, event.action)
        if kind := NoticeKind.parse(str(after.get("kind", ""))):
            label = f"{label}: {kind.label}"
        return cls(event.id, formatting.moment(event.at), label, event.actor_name, event.reason, changes)


@dataclass(frozen=True)
class CodeRow:
    """A line of the unused codes window."""

    client_id: int
    name: str
    document: str
    item: str
    code: str
    age: str
    whatsapp: str

    @classmethod
    def build(cls, code: RegistrationCode, client: Client, today: date) -> CodeRow:
        """Prepare a code with the link that opens WhatsApp with a text ready to send."""
        return cls(
            client.id,
            client.name,
            formatting.document(client.document),
            code.item.label,
            formatting.code(code.code),
            age_in_words(formatting.local_date(code.issued_at), today),
            whatsapp_link(code, client),
        )


def age_in_words(since: date, today: date) -> str:
    """Return "hoje", "há 1 dia", "há 12 dias"."""
    days = (today - since).days
    if days <= 0:
        return "hoje"
    return "há 1 dia" if days == 1 else f"há {days} dias"


def whatsapp_link(code: RegistrationCode, client: Client) -> str:
    """Return a link that opens WhatsApp with the code in a ready text; with the client's number where one is known."""
    text = (
        f"Olá! O código de registro do Link para {client.name} "
        f"(CPF/CNPJ {formatting.document(client.document)}) é {formatting.code(code.code)}. "
        "Na tela “Ativação” do Link, informe o CPF/CNPJ e este código e toque em “Continuar”."
    )
    return f"https://wa.me/{'55' + client.phone if client.phone else ''}?text={quote(text)}"
