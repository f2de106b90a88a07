"""What the record calls what was done: one table, and who besides the vendor's staff may read it."""

from __future__ import annotations

from collections.abc import Mapping

from portal.clients.history import DONE_LABELS

LABELS: Mapping[str, str] = DONE_LABELS | {
    "notices_dismissed": "Avisos dispensados",
    "notices_postponed": "Avisos adiados",
    "notices_reopened": "Avisos reabertos",
    "renewals_decided": "Decisões de renovação em lote",
    "renewals_undecided": "Decisões de renovação desfeitas",
    "invoice_made": "Fatura gerada",
    "invoice_paid": "Fatura paga",
    "invoice_cancelled": "Fatura cancelada",
    "import_confirmed": "Importação confirmada",
    "import_undone": "Importação desfeita",
    "password_link_issued": "Link de senha emitido",
    "password_set": "Senha nova gravada",
    "password_changed": "Senha alterada",
    "invitation_sent": "Convite enviado",
    "invitation_withdrawn": "Convite cancelado",
    "invitation_accepted": "Convite aceito",
    "role_changed": "Perfil de acesso alterado",
    "user_deactivated": "Acesso desativado",
    "user_reactivated": "Acesso reativado",
    "name_changed": "Nome alterado",
    "contact_changed": "Dados da revenda alterados",
    "second_step_enabled": "Verificação em duas etapas ligada",
    "second_step_disabled": "Verificação em duas etapas desligada",
    "second_step_reset": "Verificação em duas etapas redefinida",
    "partner_registered": "Revenda cadastrada",
    "staff_visit": "Acesso do fornecedor aos dados",
    "admin_invited": "Administrador convidado",
    "request_sent": "Pedido enviado",
    "request_message": "Mensagem no pedido",
    "request_taken_over": "Pedido assumido pelo fornecedor",
    "request_file_read": "Arquivo do pedido baixado",
    "request_analysis": "Pedido em análise",
    "request_awaiting": "Pedido aguardando pagamento",
    "request_approved": "Pedido aprovado",
    "request_running": "Pedido em execução",
    "request_done": "Pedido concluído",
    "request_refused": "Pedido recusado",
    "request_cancelled": "Pedido cancelado",
    "payment_registered": "Pagamento registrado",
    "payment_assigned": "Pagamento com destino",
    "add_prices": "Nova tabela de preços",
    "withdraw_prices": "Tabela de preços retirada",
    "request_run": "Rotina pedida",
    "operator_created": "Operador criado",
    "signing_key_rotated": "Chave de assinatura trocada",
}
"""Every action that is recorded; one that is not here is shown by the name that the record has for it, to staff alone."""

INTERNAL = frozenset({"payment_registered", "payment_assigned", "add_prices", "withdraw_prices", "request_run",
                      "operator_created", "signing_key_rotated"})  # fmt: skip
"""What the vendor's staff do among themselves: no partner reads it, even where it is about one."""

TOLD = frozenset(LABELS) - INTERNAL
"""What a partner reads of what is its own."""


def label_of(action: str) -> str:
    """Return an action in words."""
    return LABELS.get(action, action)


def choices(*, is_staff: bool) -> list[tuple[str, str]]:
    """Return the actions that a filter offers, by their words."""
    offered = LABELS if is_staff else TOLD
    return sorted(((str(action), label_of(action)) for action in offered), key=lambda choice: choice[1])
