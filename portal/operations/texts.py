"""What the page "Rotinas" says (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence on screen or in the terminal."""

    REQUESTED = "requested", "{label}: execução pedida. Começa em até um minuto."
    UNDER_WAY = "under_way", "{label}: já foi pedida ou está em execução."
    INTERRUPTED = "interrupted", "O processo terminou antes do fim da execução."
    NOTHING = "nothing", "nada a fazer"
    NO_PREVIEW = "no_preview", "não foi possível calcular"
    SOON = "soon", "em até um minuto"
    NOW = "now", "em execução"
