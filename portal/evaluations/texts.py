"""What the pages of the queue say once something is decided, or why nothing was."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence on screen."""

    APPROVED = "approved", "Cadastro de {name} aprovado: gravado às {hour}, protocolo {id}. A revenda foi avisada."
    REJECTED = "rejected", "Cadastro de {name} recusado: gravado às {hour}, protocolo {id}. A revenda foi avisada."
    REPEATED = "repeated", "Já estava feito: gravado às {hour}, protocolo {id}."
    BEHIND = "behind", "Nada foi gravado: outra pessoa decidiu, ou a revenda mudou o cadastro. Confira como está agora."
    AGED = "aged", "Nada foi gravado: os valores mudaram desde que foram mostrados. Confira-os e aprove de novo."
