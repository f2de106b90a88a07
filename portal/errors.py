"""Refusals and HTTP errors, put into words (pt-BR) and status codes; ``portal.refusing`` answers them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal import formatting
from portal.domain import licenses
from portal.domain.actions import ALLOWED
from portal.domain.catalogue import Item, Product
from portal.domain.certificates import CertificateRefused
from portal.domain.errors import (
    ActionRefused,
    AlreadyRegistered,
    BackupRefused,
    BelowCost,
    ChargeHindered,
    CodeClosed,
    CreditShort,
    DevicesToChoose,
    DocumentTaken,
    Invalid,
    InvoiceClosed,
    MethodBilled,
    NotFound,
    NothingSelected,
    NotPermitted,
    OpenCharges,
    OrderFixed,
    PairingRefused,
    PartnerSuspended,
    PersonRefused,
    PriceMissing,
    ProgramRefused,
    QuoteAged,
    Refusal,
    ReleaseRefused,
    RenewalBlocked,
    RepeatMismatch,
    RetailClosed,
    RoleChanged,
    SetRefused,
    StaleState,
    TooManyAttempts,
    TooManySelected,
)
from portal.domain.imports import FileRefused
from portal.domain.installations import Reason
from portal.domain.licenses import Flaw, Problem
from portal.domain.requests import RequestRefused
from portal.domain.statuses import Status

REASONS: dict[Status, str] = {
    Status.PENDING: "o cadastro ainda está em avaliação",
    Status.HIDDEN: "o cliente está oculto e sem licença ativa",
    Status.INACTIVE: "a licença não foi renovada",
    Status.EXPIRED: "a licença venceu e aguarda renovação",
    Status.SUSPENDED: "o acesso está suspenso",
    Status.ACTIVE: "a licença está ativa",
}

AWAITING_VENDOR = "Cadastro em avaliação pelo fornecedor."
"""Why a registration is Pendente whose document somebody else holds; it names and reveals nobody (DOMAIN §1)."""

HTTP_TEXTS: dict[int, tuple[str, str]] = {
    400: ("Pedido incompleto", "O navegador enviou algo que não dá para ler. Volte e tente de novo."),
    404: ("Não encontrado", "Esta página não existe ou não pertence à sua revenda."),
    405: ("Pedido não aceito", "Este endereço não aceita esse tipo de pedido."),
    413: (
        "Conteúdo grande demais",
        "O que foi enviado passa do limite. Nada foi gravado; reduza o texto e envie de novo.",
    ),
    429: ("Muitas tentativas", "Aguarde um pouco e tente de novo."),
    500: ("Algo falhou aqui", "O erro foi registrado e nada foi gravado pela metade. Tente de novo em instantes."),
    503: ("Portal ocupado", "O portal está ocupado e nada foi gravado. Envie de novo em alguns segundos."),
    507: (
        "Servidor sem espaço",
        "O servidor está sem espaço em disco: nada foi gravado, mas dá para consultar. Avise o suporte e envie de novo.",
    ),
}

STATUS_OF_REASON: dict[Reason, int] = {
    Reason.TOO_MANY_ATTEMPTS: 429,
    Reason.KEY_UNKNOWN: 401,
    Reason.TOO_MANY_SEATS: 409,
    Reason.SEAT_FREED: 409,
    Reason.SEAT_LOST: 409,
    Reason.TOO_LARGE: 413,
    Reason.TOO_MANY_BACKUPS: 409,
    Reason.INCOMPLETE: 409,
    Reason.DAMAGED: 422,
    Reason.NO_MIGRATION: 409,
    Reason.MALFORMED: 400,
}
"""The HTTP status with which a program is told a reason; 403 where none is named."""


@dataclass(frozen=True)
class Answer:
    """A refusal in words: status code, title, text."""

    status: int
    title: str
    text: str


def in_words(refusal: Refusal) -> Answer:  # noqa: C901 - one case for each refusal
    """Return what a refusal says on screen."""
    match refusal:
        case NotFound():
            return Answer(404, *HTTP_TEXTS[404])
        case NotPermitted():
            return Answer(403, "Sem permissão", "Seu perfil não permite isto. Peça a um Administrador da sua revenda.")
        case PartnerSuspended():
            return Answer(
                403, "Revenda suspensa", "Sua revenda está suspensa: dá para consultar e pagar, mas não alterar."
            )
        case ActionRefused(action=action, status=status):
            reason = REASONS[status] if action not in ALLOWED[status] else "esta ação não existe para este produto"
            return Answer(409, f"{action.label}: não é possível", f"“{action.label}” não é possível agora: {reason}.")
        case PairingRefused(why=why):
            reason = REASONS[why] if isinstance(why, Status) else why.label
            return Answer(409, "Pedido do aparelho", f"Nada mudou para este aparelho: {reason}.")
        case StaleState() | RepeatMismatch() | AlreadyRegistered() | DocumentTaken() | CodeClosed():
            return _of_conflict(refusal)
        case NothingSelected() | TooManySelected():
            return _of_selection(refusal)
        case TooManyAttempts(retry_after=wait):
            return Answer(429, "Muitas tentativas", f"Muitas tentativas. Tente de novo em {_minutes(wait)}.")
        case SetRefused() | PriceMissing() | QuoteAged() | OpenCharges() | OrderFixed() | DevicesToChoose():
            return _of_order(refusal)
        case ReleaseRefused() | MethodBilled() | CreditShort() | RenewalBlocked() | InvoiceClosed():
            return _of_money(refusal)
        case BelowCost() | ChargeHindered() | RetailClosed():
            return _of_billing(refusal)
        case BackupRefused(why=why) | RequestRefused(why=why):
            return Answer(409, "Pedido não é possível", f"{why.label}. Nada foi gravado.")
        case PersonRefused(why=why):
            return Answer(409, "Não é possível", f"Nada foi gravado: {why.label}.")
        case RoleChanged(current=role):
            return Answer(409, "Perfil alterado", f"Outra pessoa mudou o perfil para {role.label}. Confira e repita.")
        case Invalid() | FileRefused() | CertificateRefused():
            return _of_input(refusal)
        case ProgramRefused(reason=why):
            return Answer(STATUS_OF_REASON.get(why, 403), "Programa não liberado", why.label)
    return Answer(400, *HTTP_TEXTS[400])


def _of_conflict(refusal: StaleState | RepeatMismatch | AlreadyRegistered | DocumentTaken | CodeClosed) -> Answer:
    match refusal:
        case RepeatMismatch():
            text = "Este formulário já foi enviado com outro conteúdo. Valeu o primeiro envio."
            return Answer(409, "Envio repetido", text)
        case AlreadyRegistered(client_id=client_id):
            text = f"Este CPF/CNPJ já está cadastrado com este produto: cliente {client_id}. Nada foi gravado."
            return Answer(409, "Cliente já cadastrado", text)
        case DocumentTaken():
            text = "Este CPF/CNPJ não pode ser usado aqui. Fale com o fornecedor."
            return Answer(409, "CPF/CNPJ não aceito", text)
        case CodeClosed():
            text = "Este código já foi utilizado ou substituído, ou a licença do cliente terminou. Nada foi registrado."
            return Answer(409, "Código fora de uso", text)
    return Answer(409, "Cadastro alterado", "Outra pessoa alterou este cliente. Nada foi gravado; confira e repita.")


def _of_selection(refusal: NothingSelected | TooManySelected) -> Answer:
    if isinstance(refusal, NothingSelected):
        return Answer(422, "Nenhum cliente marcado", "Marque ao menos um cliente da lista e repita.")
    text = f"São clientes demais para uma vez: o limite é {formatting.number(refusal.most)}. Divida com os filtros."
    return Answer(422, "Clientes demais", text)


def _of_input(refusal: Invalid | FileRefused | CertificateRefused) -> Answer:
    if isinstance(refusal, FileRefused | CertificateRefused):
        return Answer(422, "Arquivo recusado", f"{refusal.fault.label} Nada foi gravado.")
    text = " ".join(str(message) for messages in refusal.errors.values() for message in messages)
    return Answer(422, "Confira os dados", text)


def _of_order(
    refusal: SetRefused | PriceMissing | QuoteAged | OpenCharges | OrderFixed | DevicesToChoose,
) -> Answer:
    match refusal:
        case SetRefused(problems=problems):
            return Answer(422, "Confira os produtos", " ".join(map(problem_in_words, problems)))
        case PriceMissing(product=product, item=item):
            what = f"de {item.label} ({product.label}) " if product and item else ""
            return Answer(
                409, "Sem preço", f"Não há preço {what}na tabela em vigor. Nada foi gravado; avise o fornecedor."
            )
        case QuoteAged():
            return Answer(
                409, "Valores alterados", "Os valores mudaram desde que foram mostrados. Confira-os e confirme de novo."
            )
        case OpenCharges(amount_cents=cents):
            text = f"Há {formatting.money(cents)} em cobranças adicionais em aberto deste cliente. Pague-as antes."
            return Answer(409, "Cobranças em aberto", text)
        case DevicesToChoose(count=count):
            which = "o aparelho que deixa" if count == 1 else f"os {count} aparelhos que deixam"
            return Answer(422, "Escolha quem sai", f"Marque {which} o Link Móvel. Nada foi gravado ainda.")
        case OrderFixed(why=why):
            return Answer(409, "Pedido não pode ser estornado", f"Não dá para estornar este pedido: {why.label}.")


def _of_money(refusal: ReleaseRefused | MethodBilled | CreditShort | RenewalBlocked | InvoiceClosed) -> Answer:
    match refusal:
        case ReleaseRefused(why=why, through=through):
            until = f", até {formatting.day(through)}" if through else ""
            return Answer(409, "Liberação não é possível", f"Não dá para liberar em confiança: {why.label}{until}.")
        case MethodBilled():
            text = (
                "A próxima renovação já foi cobrada. Nada foi gravado: escolha quando a forma de renovação deve mudar."
            )
            return Answer(409, "Renovação já cobrada", text)
        case CreditShort(balance_cents=cents):
            return Answer(409, "Crédito insuficiente", f"O crédito é de {formatting.money(cents)}. Nada foi gravado.")
        case InvoiceClosed(state=state):
            return Answer(409, "Fatura encerrada", f"Esta fatura já está {state.label.lower()}. Nada mudou.")
        case RenewalBlocked(why=why, amount_cents=cents):
            owed = f": {formatting.money(cents)}" if cents else ""
            return Answer(409, "Renovação não é possível", f"{why.label}{owed}. Nada foi gravado.")


def _of_billing(refusal: BelowCost | ChargeHindered | RetailClosed) -> Answer:
    match refusal:
        case BelowCost(cost=cost):
            return Answer(422, "Preço abaixo do custo", " ".join(map(cost_in_words, cost, cost.values())))
        case ChargeHindered(why=why):
            return Answer(409, "Cobrança não é possível", f"{why.label}. Nada foi emitido.")
        case RetailClosed():
            return Answer(409, "Cobrança paga", "Esta cobrança já foi paga. Nada mudou.")


def cost_in_words(item: Item, cents: int) -> str:
    """Return why a retail price is refused."""
    return f"{item.label} custa {formatting.money(cents)}: informe ao menos esse valor."


def problem_in_words(problem: Problem, product: Product | None = None) -> str:
    """Return what is wrong with a set of items, and what would be right; more exactly where the product is known."""
    name = problem.item.label
    match problem.flaw:
        case Flaw.NOT_OFFERED:
            return f"{name} não existe para {f'o {product.label}' if product else 'este produto'}."
        case Flaw.NEEDS if problem.needed:
            needed, short = problem.needed.label, name.removeprefix("Link ")
            return f"{name} precisa de {needed}: marque {needed} ou tire o {short}."
        case Flaw.WITHHELD:
            what = "Este produto" if problem.item is Item.BASE else name
            return f"{what} não está sendo oferecido no momento."
        case Flaw.OWN_MENU:
            return f"{name} só se contrata pelo menu TEF."
    if product is None:
        return f"{name}: quantidade fora do permitido."
    low, high = licenses.least(problem.item), licenses.most(product, problem.item)
    return f"{name}: informe {low if low == high else f'de {low} a {high}'}."


def _minutes(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return "1 minuto" if minutes == 1 else f"{minutes} minutos"
