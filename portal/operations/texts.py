"""What the page "Rotinas" says (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence on screen or in the terminal."""

    REQUESTED = "requested", "{label}: execução pedida. Começa em até um minuto."
    UNDER_WAY = "under_way", "{label}: já foi pedida ou está em execução."
    INTERRUPTED = "interrupted", "O processo terminou antes do fim da execução."
    RETRY = "retry", "Nova tentativa: {when}."
    UNDER_WAY_AGAIN = "under_way_again", "Nova tentativa em andamento."
    GIVEN_UP = "given_up", "Não haverá outra tentativa hoje: resolva e use “Executar agora”."
    LEFT_TO_THE_NEXT = "left_to_the_next", "O que faltou fica para a execução seguinte."
    NOTHING = "nothing", "nada a fazer"
    NO_PREVIEW = "no_preview", "não foi possível calcular"
    SOON = "soon", "em até um minuto"
    NOW = "now", "em execução"
