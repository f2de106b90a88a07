"""What the pages of partners say once something is done."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence on screen."""

    DUE_DAY = "due_day", "Dia de vencimento de {name} alterado: vale para os próximos cadastros."
    SUSPENDED = "suspended", "Revenda {name} suspensa."
    RESUMED = "resumed", "Suspensão de {name} cancelada."
    DONE = "done", "{said} Gravado às {hour}, protocolo {id}."
    REPEATED = "repeated", "Já estava feito: gravado às {hour}, protocolo {id}."
    SAME = "same", "Nada foi alterado: já era assim."
    BEHIND = "behind", "Outra pessoa alterou esta revenda. Nada foi gravado; confira como está agora e repita."
    KNOWN = "known", "Já existe uma revenda com este CNPJ."
    VISITING = "visiting", "Acesso registrado até {hour}. A revenda vê este registro no Perfil."
