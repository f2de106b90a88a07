"""What a user is told of an import that could not be carried out (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence for the user."""

    CHANGED = (
        "changed",
        "Algo mudou desde a conferência (preço, dia ou cadastros). Nada foi importado: confira de novo.",
    )
