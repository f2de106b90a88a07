"""What the staff's pages of payments say once something is done."""

from __future__ import annotations

from portal.domain.invoices import PaymentEffect
from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence for the announcing region."""

    REGISTERED = "registered", "Pagamento {id} registrado: {effect}."
    ASSIGNED = "assigned", "Destino do pagamento {id} gravado: {effect}."
    RETURNED = "returned", "Devolução do pagamento {id} registrada."
    REPEATED = "repeated", "Já estava feito: pagamento {id}."
    KNOWN_ID = "known_id", "O pagamento {id} já tem este identificador, com outro valor ou destino."


EFFECTS = {
    PaymentEffect.SETTLED: "quitou",
    PaymentEffect.PARTIAL: "é parte do valor",
    PaymentEffect.CREDITED: "virou crédito da revenda",
    PaymentEffect.UNMATCHED: "ainda sem destino",
}
