"""A client's history as its page tells it: recorded events in words, with what they changed and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from portal import formatting
from portal.clients import timeline
from portal.domain.actions import Action
from portal.domain.catalogue import Item, RenewalMethod
from portal.domain.charges import ChargeState, state_of
from portal.domain.notices import NoticeKind
from portal.domain.renewals import Decision
from portal.domain.requests import RequestState
from portal.licenses.applying import CHANGES_APPLIED
from portal.models import AuditEvent, Charge, LicenseOrder

DONE_LABELS = {
    "register": "Cadastro",
    "registration_approved": "Cadastro aprovado pelo fornecedor",
    "registration_rejected": "Cadastro recusado pelo fornecedor",
    Action.CORRECT: "Cadastro corrigido e reenviado",
    Action.WITHDRAW: "Desistência do cadastro",
    Action.EDIT: "Edição",
    Action.RELEASE_ON_TRUST: "Liberação em confiança",
    Action.SUSPEND: "Suspensão",
    Action.RESUME: "Suspensão cancelada",
    Action.HIDE: "Ocultação",
    Action.UNHIDE: "Reexibição",
    Action.REACTIVATE: "Reativação",
    "order_reversed": "Pedido estornado",
    "payment_returned": "Pagamento devolvido",
    Action.CERTIFICATE: "Certificado digital",
    "certificate_removed": "Certificado digital removido",
    Action.REISSUE_CODE: "Código de registro reemitido",
    Action.CHANGE_DOCUMENT: "Alteração de CPF/CNPJ",
    Action.MIGRATE: "Migração para o Link",
    CHANGES_APPLIED: "Mudança em vigor",
    "activated": "Programa ativado",
    "seat_freed": "Licença liberada em um aparelho",
    "pairing_authorised": "Aparelho autorizado",
    "pairing_refused": "Aparelho recusado",
    "renewed": "Renovação",
    "retail_prices_set": "Preços de venda",
    "billing_paused": "Cobranças e lembretes pausados",
    "billing_resumed": "Cobranças e lembretes retomados",
    "retail_charge_issued": "Cobrança ao cliente emitida",
    "retail_charge_paid": "Cobrança paga pelo cliente",
    "retail_charge_cancelled": "Cobrança ao cliente cancelada",
    "code_sent_whatsapp": "Código enviado por WhatsApp",
    "code_sent_email": "Código enviado por e-mail",
    "code_sent_slip": "Código impresso",
    "code_sent_phone": "Código informado por telefone",
    "backup_asked": "Backup do Cloud pedido",
    "backup_cancelled": "Pedido de backup cancelado",
    "navi_backup_received": "Backup do Navi recebido",
    "navi_backup_used": "Backup do Navi restaurado e excluído do portal",
    "navi_backup_deleted": "Backup do Navi excluído do portal",
    "navi_restored": "Backup do Navi restaurado no Link",
    "partner_grant_given": "Credenciais do parceiro confirmadas no Link",
    "link_users_made": "Usuários criados no Link",
    "reminder_sent": "Lembrete enviado",
    "reminder_undone": "Envio de lembrete desfeito",
    "notice_dismissed": "Aviso dispensado",
    "notice_postponed": "Aviso adiado",
    "notice_reopened": "Aviso reaberto",
    "notice_muted": "Avisos silenciados",
    "notice_unmuted": "Avisos retomados",
    "renewal_decided": "Decisão de renovação",
    "use_both": "Usa Navi e Link",
    "use_both_end": "Não usa mais Navi e Link",
    **{f"request_{state.value}": f"Solicitação: {state.label.lower()}" for state in RequestState},
    "request_approved": "TEF aprovado",
    "request_taken_over": "Solicitação: outro atendente",
    "request_message": "Mensagem em solicitação",
    "request_file_read": "Arquivo de solicitação aberto pelo fornecedor",
}
FIELD_LABELS = {
    "name": "Nome da empresa",
    "uf": "UF",
    "city": "Cidade",
    "email": "E-mail",
    "phone": "Telefone",
    "notes": "Observações",
    "document": "CPF/CNPJ",
    "renewal_method": "Renovação de licença",
    "next_method": "Renovação de licença, no próximo ciclo",
    "due_on": "Vencimento",
    "released_through_on": "Pode usar até",
    "codes_revoked": "Códigos revogados",
    "holder": "Titular do certificado",
    "valid_through_on": "Certificado válido até",
    "postponed_to": "Avisar de novo em",
    "decision": "Decisão",
    "cycle": "Vencimento",
    "devices_leaving": "Aparelhos que saem",
    "devices_revoked": "Aparelhos que saíram",
    "item": "Produto",
    "device": "Aparelho",
    "number": "Número",
    "version": "Versão",
    "predecessor": "Navi de onde vem (ID)",
    "successor": "Link para onde vai (ID)",
}


class ChargeMark(NamedTuple):
    """What an order cost, and what became of that."""

    id: int
    amount: str
    state: ChargeState


@dataclass(frozen=True)
class HistoryRow:
    """A line of a client's history."""

    protocol: int
    at: str
    label: str
    actor: str
    reason: str
    changes: list[tuple[str, str, str]]
    charge: ChargeMark | None = None
    is_reversed: bool = False

    @classmethod
    def build(cls, event: AuditEvent, order: LicenseOrder | None = None, charge: Charge | None = None) -> HistoryRow:
        """Put an event into words: fields and quantities before and after, and the charge of the order that it made."""
        before, after = event.before or {}, event.after or {}
        changes = [
            (label, _in_words(name, before.get(name)), _in_words(name, after.get(name)))
            for name, label in FIELD_LABELS.items()
            if name in after
            and (after[name] or "") != (before.get(name) or "")  # empty where there was nothing is no change
        ]
        label = DONE_LABELS.get(event.action, event.action)
        if kind := NoticeKind.parse(str(after.get("kind", ""))):
            label = f"{label}: {kind.label}"
        mark = ChargeMark(charge.id, formatting.money(charge.amount_cents), state_of(charge)) if charge else None
        whole = order if order and "licenses" in order.after else event  # the event keeps only what changed
        changes += timeline.held_changes(whole.before or {}, whole.after or {})
        changes += _price_changes(before.get("retail", {}), after.get("retail", {}))
        is_reversed = order is not None and order.reversed_at is not None
        at = formatting.moment(event.at)
        return cls(event.id, at, label, event.actor_name, event.reason, changes, mark, is_reversed)


def _price_changes(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> list[tuple[str, str, str]]:
    """Return what became of retail prices; an item without one is billed at cost."""
    return [
        (item.label, _price_in_words(before.get(item.value)), _price_in_words(after[item.value]))
        for item in Item
        if item.value in after
    ]


def _price_in_words(cents: int | None) -> str:
    return "a preço de custo" if cents is None else formatting.money(cents)


def _in_words(name: str, value: Any) -> str:
    """Return a recorded value as it is read; what is not what it should be stays as it is."""
    if not value:
        return "—"
    text = str(value)
    if name == "document":
        return formatting.document(text)
    if name in {"renewal_method", "next_method"}:
        return getattr(RenewalMethod.parse(text), "label", text)
    if name == "item":
        return getattr(Item.parse(text), "label", text)
    if name == "decision":
        return getattr(Decision.parse(text), "label", text)
    if name.endswith("_on") or name == "cycle":
        return _day_in_words(text)
    return text


def _day_in_words(text: str) -> str:
    try:
        return formatting.day(date.fromisoformat(text))
    except ValueError:
        return text
