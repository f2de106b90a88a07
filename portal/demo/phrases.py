"""What people write into free text: reasons, notes."""

from __future__ import annotations

SUSPENSION_REASONS = (
    "Cliente em atraso com a mensalidade do suporte.",
    "A pedido do cliente, loja fechada para reforma.",
    "Férias coletivas até o fim do mês.",
    "Negociação em andamento, liberar após o acordo.",
)
PENDING_REASONS = (
    "CNPJ já cadastrado com este produto. Aguarda avaliação do fornecedor.",
    "Situação cadastral do documento não confirmada. Aguarda avaliação do fornecedor.",
)
NOTES = (
    "Prefere contato por WhatsApp, sempre depois das 14h.",
    "Falar com a Dona Márcia. O contador é o Sr. Válter, da Contábil União.",
    "Internet ruim: só 4G. Atualizações somente às segundas-feiras.",
    "Duas impressoras (cozinha e balcão).\nO servidor fica no escritório, nos fundos da loja.",
    "Troca de equipamento prevista para o próximo trimestre.",
)
