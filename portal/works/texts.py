"""What a user is told of a work that stopped (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence for the user."""

    FAULT = "fault", "Algo falhou aqui; o erro foi registrado e nada ficou pela metade."
    BUSY = "busy", "O portal está ocupado ou sem espaço em disco; nada ficou pela metade."
    INTERRUPTED = "interrupted", "O servidor foi interrompido várias vezes; nada ficou pela metade."
