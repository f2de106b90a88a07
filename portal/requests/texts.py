"""What is said of a request's state (pt-BR): what it means, and the next step, to the partner and to the vendor's staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from portal.domain.requests import LIFE, Facts, RequestKind, RequestState, Side, states_of

_S = RequestState

MEANINGS: Mapping[RequestState, str] = {
    _S.SENT: "O fornecedor recebeu a solicitação e ainda não começou a analisá-la.",
    _S.ANALYSIS: "O fornecedor confere os dados e pode perguntar por mensagem.",
    _S.AWAITING: "O valor foi definido e cobrado; o trabalho só começa depois do pagamento.",
    _S.RUNNING: "O fornecedor está fazendo o trabalho.",
    _S.DONE: "O trabalho terminou.",
    _S.REFUSED: "O fornecedor não fará o trabalho; o motivo está na linha do tempo.",
    _S.CANCELLED: "A revenda desistiu da solicitação.",
}

_FOR_PARTNER: Mapping[RequestState, str] = {
    _S.SENT: "Aguarde: o próximo passo é a análise do fornecedor.",
    _S.ANALYSIS: "Acompanhe as mensagens: o fornecedor pode precisar de mais dados.",
    _S.AWAITING: "Pague a fatura da importação: o trabalho só começa depois do pagamento.",
    _S.RUNNING: "Aguarde: você será avisado da conclusão.",
    _S.DONE: "Nada mais a fazer.",
    _S.REFUSED: "Leia o motivo abaixo; se quiser, corrija e envie outra solicitação.",
    _S.CANCELLED: "Nada mais a fazer. Para retomar, envie outra solicitação.",
}
_FOR_VENDOR: Mapping[RequestState, str] = {
    _S.SENT: "Assuma a análise, ou recuse com o motivo.",
    _S.ANALYSIS: "Confira os dados; pergunte por mensagem o que faltar.",
    _S.AWAITING: "Aguarde o pagamento da revenda.",
    _S.RUNNING: "Faça o trabalho e conclua.",
    _S.DONE: "Nada mais a fazer.",
    _S.REFUSED: "Nada mais a fazer.",
    _S.CANCELLED: "Nada mais a fazer: a revenda cancelou.",
}
_AFTER_ANALYSIS: Mapping[RequestKind, str] = {
    RequestKind.TEF: "Aprove para liberar os terminais na licença, com a cobrança mostrada.",
    RequestKind.IMPORT: "Informe o valor e peça o pagamento.",
}


def next_step(standing: Facts, side: Side) -> str:
    """Return the next step of a request in words."""
    if standing.state is _S.AWAITING and standing.is_paid:
        is_vendor = side is Side.VENDOR
        return "O pagamento chegou: inicie a execução." if is_vendor else "Pago. O fornecedor vai iniciar o trabalho."
    if side is Side.PARTNER:
        return _FOR_PARTNER[standing.state]
    more = f" {_AFTER_ANALYSIS[standing.kind]}" if standing.state is _S.ANALYSIS else ""
    return _FOR_VENDOR[standing.state] + more


class Help(NamedTuple):
    """A state explained: what it means, and what may be done in it, by whom."""

    state: RequestState
    meaning: str
    moves: str


def explained(kind: RequestKind) -> Iterator[Help]:
    """Yield every state that a kind can be in, read from the table that rules them."""
    for state in states_of(kind):
        steps = [(move, step) for move, step in LIFE[state].items() if kind in step.kinds]
        said = "; ".join(f"“{move.label}” ({step.by.label.lower()}): {step.to.label}" for move, step in steps)
        yield Help(state, MEANINGS[state], said)
