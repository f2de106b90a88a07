"""What the screen says, to the letter, accents included (DOMAIN), and what the tables store."""

from __future__ import annotations

import unicodedata

import pytest

from portal.domain.actions import Action
from portal.domain.bulk import LineResult
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.certificates import CscFault, Ended, Fault, Match, Validity
from portal.domain.charges import ChargeKind, ChargeState, OrderKind
from portal.domain.closing import Check
from portal.domain.cloud import CloudState, Health, NoBackup
from portal.domain.codes import Age, SendingWay, State, Typo
from portal.domain.devices import PairingEnd
from portal.domain.import_rows import RowFault
from portal.domain.imports import Column, FileFault, ImportState, Verdict
from portal.domain.installations import Program, Reason
from portal.domain.invoices import CreditKind, InvoiceKind, InvoiceState, LineOutcome, PaymentEffect, PaymentSource
from portal.domain.jobs import RunState
from portal.domain.labels import LabelEnum
from portal.domain.licenses import Flaw
from portal.domain.migration import BackupSource, BackupState, Lapse, Step, StepState
from portal.domain.navi_backup import Entity, PaymentMethod
from portal.domain.navi_checks import Misfit
from portal.domain.notices import NoticeKind
from portal.domain.orders import Fixed
from portal.domain.people import InvitationState, PersonProblem
from portal.domain.preflight import BackupFault, UploadFault, Whose
from portal.domain.renewals import Blocker, Decision, Guard, Place
from portal.domain.requests import Move, Obstacle, RequestKind, RequestState, Side
from portal.domain.retail import Hindrance, Reminder, RetailState
from portal.domain.roles import Role
from portal.domain.shapes import Must
from portal.domain.statuses import Status
from portal.domain.trust import NoRelease
from portal.domain.works import WorkKind

LABELS = {
    Status: {
        "pending": "Pendente",
        "hidden": "Oculto",
        "inactive": "Inativo",
        "expired": "Expirado",
        "suspended": "Suspenso",
        "active": "Ativo",
    },
    Product: {"link": "Link", "navi": "Navi"},
    Item: {
        "base": "Licença",
        "cloud": "Cloud",
        "payment_order": "Ordem de Pagamento",
        "integrated_payment": "Pagamento Integrado",
        "self_service": "Link Autoatendimento",
        "waiter": "Link Garçom",
        "mobile": "Link Móvel",
        "tef": "TEF",
    },
    RenewalMethod: {"manual": "Renovação manual", "billing": "Gestão de cobranças"},
    Role: {
        "admin": "Administrador",
        "finance": "Financeiro",
        "support": "Suporte",
        "reader": "Leitura",
        "operator": "Operador",
    },
    Action: {
        "edit": "Editar",
        "renew": "Renovar",
        "reactivate": "Reativar",
        "release_on_trust": "Liberar em confiança",
        "pay_additionals": "Pagar adicionais",
        "certificate": "Certificado digital",
        "reissue_code": "Reemitir código",
        "change_document": "Alterar CPF/CNPJ",
        "migrate": "Migrar para o Link",
        "suspend": "Suspender",
        "resume": "Cancelar suspensão",
        "hide": "Ocultar",
        "unhide": "Reexibir",
        "evaluate": "Avaliar",
        "correct": "Corrigir e reenviar",
        "withdraw": "Desistir do cadastro",
    },
    LineResult: {"done": "Feito", "refused": "Não permitido", "stale": "Alterado por outra pessoa"},
    NoticeKind: {
        "last_day": "Último dia para renovar",
        "due_today": "Vence hoje",
        "due_in_3": "Vence em até 3 dias",
        "expired": "Expirado",
        "due_in_7": "Vence em até 7 dias",
        "request_moved": "Solicitação mudou de situação",
        "request_answered": "Mensagem do fornecedor em uma solicitação",
        "inactive": "Ficou Inativo",
        "code_30": "Código não utilizado há 30 dias",
        "code_7": "Código não utilizado há 7 dias",
        "code_1": "Código não utilizado há 1 dia",
        "certificate_0": "Certificado vence hoje ou já venceu",
        "certificate_7": "Certificado vence em até 7 dias",
        "certificate_30": "Certificado vence em até 30 dias",
        "charge_blocked": "Cobrança não emitida: adicional em aberto",
        "retail_below_cost": "Preço de venda abaixo do custo",
        "registration_approved": "Cadastro aprovado",
        "registration_rejected": "Cadastro recusado",
        "credited": "Pagamento virou crédito",
    },
    ChargeState: {"open": "Em aberto", "paid": "Paga", "reversed": "Estornada"},
    ChargeKind: {
        "registration": "Novo cliente",
        "addition": "Adicional",
        "reactivation": "Reativação",
        "renewal": "Renovação",
        "return": "Pagamento devolvido",
        "import": "Importação",
    },
    OrderKind: {
        "registration": "Novo cliente",
        "change": "Alteração da licença",
        "reactivation": "Reativação",
        "return": "Pagamento devolvido",
        "import": "Importação",
    },
    Decision: {"renew": "Renovar", "skip": "Não renovar", "later": "Decidir depois"},
    Hindrance: {why.value: why.label for why in Hindrance},  # sentences; tests/billing reads them
    Blocker: {blocker.value: blocker.label for blocker in Blocker},  # sentences; tests/renewals reads them
    Guard: {guard.value: guard.label for guard in Guard},
    Place: {
        "ready": "A renovar",
        "waiting": "Abrem depois",
        "blocked": "Com impedimento",
        "later": "Decidir depois",
        "skip": "Não renovar",
        "invoiced": "Em fatura",
    },
    NoRelease: {
        "used": "este vencimento já foi liberado uma vez",
        "suspended": "o acesso está suspenso e a liberação não o devolveria",
    },
    InvoiceKind: {"renewal": "Renovação", "additions": "Adicionais"},
    InvoiceState: {"open": "Em aberto", "paid": "Paga", "cancelled": "Cancelada"},
    LineOutcome: {"moved": "Concluída", "credited": "Virou crédito"},
    CreditKind: {kind.value: kind.label for kind in CreditKind},
    Check: {check.value: check.label for check in Check},  # tests/closing reads them
    PaymentSource: {"webhook": "Pix", "staff": "Fornecedor"},
    PaymentEffect: {
        "settled": "Quitou",
        "partial": "Parcial",
        "credited": "Virou crédito",
        "unmatched": "Sem destino",
    },
    RetailState: {"open": "Em aberto", "paid": "Paga", "cancelled": "Cancelada"},
    Reminder: {"before_10": "10 dias antes", "before_3": "3 dias antes", "after_1": "1 dia depois"},
    Age: {"today": "Hoje", "week": "1 a 7 dias", "month": "8 a 30 dias", "older": "Mais de 30 dias"},
    State: {"unused": "Não utilizado", "used": "Utilizado", "revoked": "Substituído"},
    Typo: {typo.value: typo.label for typo in Typo},  # sentences; tests/codes/test_search.py reads them
    SendingWay: {"whatsapp": "WhatsApp", "slip": "Impresso", "email": "E-mail", "phone": "Telefone"},
    Flaw: {
        "not_offered": "não existe para este produto",
        "out_of_range": "quantidade fora do permitido",
        "needs": "depende de outro produto",
        "own_menu": "só se contrata pelo menu TEF",
        "withheld": "não está sendo oferecido",
    },
    Fixed: {
        "reversed": "o pedido já foi estornado",
        "another_day": "só dá para estornar no mesmo dia",
        "paid": "a cobrança já foi paga",
        "code_used": "um código emitido por ele já foi usado",
        "invoiced": "está em uma fatura em aberto: cancele a fatura antes",
        "changed": "a licença mudou depois dele",
    },
    Column: {
        "name": "Nome",
        "document": "CPF/CNPJ",
        "product": "Produto",
        "uf": "UF",
        "city": "Cidade",
        "email": "E-mail",
        "phone": "Telefone",
        "method": "Renovação",
        "base": "Licenças",
        "cloud": "Cloud",
        "payment_order": "Ordem de Pagamento",
        "integrated_payment": "Pagamento Integrado",
        "self_service": "Link Autoatendimento",
        "waiter": "Link Garçom",
        "mobile": "Link Móvel",
        "due_on": "Vencimento",
    },
    ImportState: {
        "uploaded": "Aguardando colunas",
        "checked": "Conferida",
        "confirmed": "Importando",
        "finished": "Importada",
        "undone": "Desfeita",
    },
    Verdict: {"ready": "Pronta", "pending": "Ficará Pendente", "bad": "Com erro"},
    FileFault: {fault.value: fault.label for fault in FileFault},  # sentences; tests/imports reads them
    RowFault: {fault.value: fault.label for fault in RowFault},
    RunState: {"requested": "Pedida", "running": "Em execução", "done": "Concluída", "failed": "Falhou"},
    Program: {"link": "Link", "link_mobile": "Link Móvel", "navi": "Navi"},
    Reason: {reason.value: reason.label for reason in Reason},  # sentences for programs; tests/installations read them
    PairingEnd: {end.value: end.label for end in PairingEnd},  # sentences; tests/installations/test_page.py reads them
    CloudState: {
        "error": "Erro",
        "offline": "Offline",
        "unsynced": "Não sincronizado",
        "online": "Online",
    },
    Health: {"ok": "funcionando", "error": "com erro"},
    NoBackup: {why.value: why.label for why in NoBackup},  # sentences; tests/cloud read them
    Validity: {"valid": "Válido", "ending": "Vence em breve", "over": "Vencido"},
    Ended: {
        "replaced": "Substituído",
        "invalidated": "Invalidado pela alteração do CPF/CNPJ",
        "removed": "Removido",
    },
    Fault: {fault.value: fault.label for fault in Fault},  # sentences; tests/certificates read them
    CscFault: {fault.value: fault.label for fault in CscFault},
    Match: {match.value: match.label for match in Match},
    Step: {
        "ordered": "Link contratado",
        "backup": "Backup do Navi recebido",
        "restored": "Backup restaurado no Link",
        "activated": "Link ativado",
        "users": "Usuários criados no Link",
        "renewal": "Renovação decidida",
    },
    StepState: {"done": "Feito", "next": "Próximo passo", "later": "Depois"},
    BackupSource: {"navi": "Link de Download", "partner": "Enviado para conferência"},
    BackupState: {
        "receiving": "Recebendo",
        "received": "Disponível",
        "used": "Usado",
        "expired": "Expirado",
        "replaced": "Substituído",
        "deleted": "Excluído",
    },
    Lapse: {
        "open": "",
        "lapsed": "O Navi não foi renovado",
        "skipped": "Só o Link será renovado",
        "both": "O cliente usa os dois",
        "renewed": "O Navi também foi renovado",
    },
    Entity: {
        "customers": "Clientes",
        "products": "Produtos",
        "stock": "Estoque",
        "sales": "Vendas",
        "credits": "Crediários",
        "fiscal_notes": "Notas fiscais",
    },
    PaymentMethod: {
        "cash": "Dinheiro",
        "debit": "Cartão de débito",
        "credit_card": "Cartão de crédito",
        "pix": "Pix",
        "instalments": "Crediário",
        "other": "Outro",
    },
    Must: {must.value: must.label for must in Must},  # sentences for programs; tests/api read them
    Misfit: {misfit.value: misfit.label for misfit in Misfit},
    RequestKind: {"tef": "TEF", "import": "Importação"},
    RequestState: {
        "sent": "Enviada",
        "analysis": "Em análise",
        "awaiting": "Aguardando pagamento",
        "running": "Em execução",
        "done": "Concluída",
        "refused": "Recusada",
        "cancelled": "Cancelada",
    },
    Side: {"partner": "Revenda", "vendor": "Fornecedor"},
    Move: {move.value: move.label for move in Move},  # buttons; tests/requests reads them
    Obstacle: {why.value: why.label for why in Obstacle},  # sentences; tests/requests reads them
    BackupFault: {fault.value: fault.label for fault in BackupFault},  # sentences; tests/navi_migration read them
    UploadFault: {fault.value: fault.label for fault in UploadFault},
    Whose: {whose.value: whose.label for whose in Whose},
    PersonProblem: {problem.value: problem.label for problem in PersonProblem},  # sentences; tests/accounts read them
    InvitationState: {"open": "Aguardando", "expired": "Vencido", "accepted": "Aceito", "withdrawn": "Cancelado"},
    WorkKind: {
        "bulk": "Alteração em lote",
        "import": "Importação de clientes",
        "preflight": "Conferência de backup",
    },
}


@pytest.mark.parametrize("enum", LABELS, ids=lambda enum: enum.__name__)
def test_every_stored_value_has_the_label_of_the_screen(enum) -> None:
    assert {member.value: member.label for member in enum} == LABELS[enum]


def test_no_labelled_enum_is_forgotten_here() -> None:
    in_domain = {enum for enum in LabelEnum.__subclasses__() if enum.__module__.startswith("portal.domain.")}
    assert in_domain == set(LABELS)


def test_navi_has_a_whole_name_beside_its_short_label() -> None:
    assert Product.NAVI.full_label == "Navi Vendas/PDV+"
    assert Product.LINK.full_label == "Link"


@pytest.mark.parametrize("enum", LABELS, ids=lambda enum: enum.__name__)
def test_accented_letters_are_single_signs_and_stored_values_fit_their_column(enum) -> None:
    assert all(unicodedata.is_normalized("NFC", member.label) for member in enum)
    assert all(member.value.isascii() and len(member.value) <= 24 for member in enum)


def test_a_member_is_its_stored_value() -> None:
    assert Status.ACTIVE == "active"
    assert f"{Status.ACTIVE}" == "active"
    assert Status("active") is Status.ACTIVE


def test_parse_returns_the_member_or_nothing() -> None:
    assert Status.parse("expired") is Status.EXPIRED
    assert [Status.parse(text) for text in ("", None, "Expirado", "EXPIRED", "nonsense")] == [None] * 5
