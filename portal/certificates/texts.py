"""What is said of a certificate that was refused (pt-BR): why, and what it says of itself where that helps."""

from __future__ import annotations

from portal import formatting
from portal.domain.certificates import CertificateRefused, Facts, Fault

AGAIN = "Nada foi gravado. O navegador não guarda o arquivo nem a senha: escolha e digite de novo."


def refused_in_words(refusal: CertificateRefused) -> str:
    """Return why a certificate is not taken."""
    facts = refusal.facts
    return f"{refusal.fault.label} {_more(refusal.fault, facts)}".strip() if facts else refusal.fault.label


def _more(fault: Fault, facts: Facts) -> str:
    match fault:
        case Fault.NOT_YET_VALID:
            return f"Ele vale a partir de {formatting.day_of(facts.not_before)}."
        case Fault.EXPIRED:
            return f"Ele valeu até {formatting.day_of(facts.not_after)}."
        case Fault.OTHER_HOLDER:
            return f"Titular: {facts.holder}, {formatting.document(facts.document)}."
    return ""
