"""Digital certificates of Navi clients: what is checked, in which order, and what each failure is called (DOMAIN §9)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum

MOST_BYTES = 64 * 1024
NOTICE_DAYS = (30, 7, 0)
"""How many days before its last one a certificate's end is told of."""


class Ended(LabelEnum):
    """Why a certificate is not the current one any more."""

    REPLACED = "replaced", "Substituído"
    INVALIDATED = "invalidated", "Invalidado pela alteração do CPF/CNPJ"
    REMOVED = "removed", "Removido"
