"""What the pages of a closed month show, prepared: no rule, no query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal import formatting
from portal.closing.queries import Closing
from portal.domain.closing import Share

SHEET_HEAD = (
    "ID do cliente", "Cliente", "CPF/CNPJ", "Renovações", "Adicionais", "Créditos", "Pagamentos", "Diferença",
)  # fmt: skip
NOBODYS = "Sem cliente"
"""What is of an invoice as a whole."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A client's part of a month; no id where it is no single client's."""

    client_id: int | None
    name: str
    document: str
    has_page: bool
    share: Share

    @classmethod
    def build_all(cls, closing: Closing) -> Iterator[ShareRow]:
        """Prepare every part, by name, and what is nobody's after them."""
        for client in closing.clients:
            document = formatting.document(client.document)
            yield cls(client.id, client.name, document, client.archived_at is None, closing.shares[client.id])
        if None in closing.shares:
            yield cls(None, NOBODYS, "", has_page=False, share=closing.shares[None])


def sheet_rows(closing: Closing) -> Iterator[list[str]]:
    """Yield the month as lines of the export, the total last."""
    for row in ShareRow.build_all(closing):
        yield [str(row.client_id or ""), row.name, row.document, *_amounts(row.share)]
    yield ["", "Total", "", *_amounts(closing.total)]


def _amounts(share: Share) -> list[str]:
    cents = share.renewals_cents, share.additions_cents, share.credits_cents, share.payments_cents, share.difference
    return [formatting.decimal(amount) for amount in cents]
