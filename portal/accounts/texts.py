"""What the accounts' routes and commands say (pt-BR)."""

from __future__ import annotations

from portal.domain.labels import LabelEnum


class Text(LabelEnum):
    """A sentence on screen or in the terminal."""

    WRONG = "wrong", "E-mail ou senha incorretos."
    CODE_WRONG = "code_wrong", "Código incorreto ou já utilizado. Espere o próximo código e tente de novo."
    START_AGAIN = "start_again", "O tempo para informar o código acabou. Entre de novo."
    SECOND_STEP_TAKEN = (
        "second_step_taken",
        "{name} removeu a verificação em duas etapas do seu acesso. Ative-a de novo em Perfil.",
    )
    ENDED = "ended", "Sua sessão terminou. Entre de novo."
    ENDED_KEPT = "ended_kept", "Sua sessão terminou. Entre de novo: o que você digitou foi guardado."
    NOT_KEPT = "not_kept", "O que foi enviado passava do limite e não pôde ser guardado."
    STALE_PAGE = "stale_page", "A página estava aberta há muito tempo. Confira e envie de novo."
    PASSWORD_WRONG = "password_wrong", "Senha incorreta."
    PASSWORD_CHANGED = "password_changed", "Senha trocada. As outras sessões foram encerradas."
    NAME_SAVED = "name_saved", "Nome gravado."
    CONTACT_SAVED = "contact_saved", "Contato da empresa gravado."
    SESSION_ENDED = "session_ended", "Sessão encerrada."
    SESSIONS_ENDED = "sessions_ended", "As outras sessões foram encerradas."
    STEP_OFF = "step_off", "Verificação em duas etapas desativada."
    STEP_ON_ALREADY = "step_on_already", "A verificação em duas etapas já está ativa."
    STEP_RESET = "step_reset", "Verificação em duas etapas de {name} removida. As sessões abertas foram encerradas."
    STEP_WAS_OFF = "step_was_off", "{name} já está sem verificação em duas etapas."
    DEMANDED = "demanded", "A verificação em duas etapas agora é exigida de todos."
    LEFT_OPEN = "left_open", "A verificação em duas etapas agora é opcional."
    RESET_SUBJECT = "reset_subject", "Portal do Parceiro: sua verificação em duas etapas foi removida"
    RESET_BODY = (
        "reset_body",
        """Olá, {name}.

{actor} removeu a verificação em duas etapas do seu acesso ao Portal do Parceiro.
Suas sessões foram encerradas. Entre com a sua senha e ative a verificação de novo em Perfil.

Se você não pediu isto, troque sua senha e fale com a sua revenda ou com o fornecedor.
""",
    )
    SIGNED_OUT = "signed_out", "Você saiu do portal."
    LINK_MAILED = (
        "link_mailed",
        "Se este e-mail tem acesso ao portal, o link chega em alguns minutos. Confira também a caixa de spam.",
    )
    PASSWORD_SET = "password_set", "Senha nova gravada. Entre com ela."
    STRANGE_PAGE_TITLE = "strange_page_title", "Página sem validade"
    STRANGE_PAGE = (
        "strange_page",
        "Nada foi gravado: a página é antiga ou o navegador não aceita cookies. Abra a página de novo e repita.",
    )
    MAIL_SUBJECT = "mail_subject", "Portal do Parceiro: link para criar uma senha nova"
    MAIL_BODY = (
        "mail_body",
        """Olá, {name}.

Alguém, provavelmente você, pediu uma senha nova para o Portal do Parceiro.
Para criá-la, abra este link, que vale por 24 horas e uma única vez:

{address}

Se não foi você, ignore esta mensagem: sua senha continua a mesma.
""",
    )
    EMAIL_TAKEN = "email_taken", "Já existe um usuário com este e-mail."
    EMAIL_DEACTIVATED = "email_deactivated", "Este e-mail é de um acesso desativado. Reative-o na lista de usuários."
    EMAIL_IN_USE = (
        "email_in_use",
        "Este e-mail já tem acesso ao portal. Entre com ele ou peça um convite para outro e-mail.",
    )
    INVITED_ALREADY = "invited_already", "Já há um convite para este e-mail. Envie-o de novo na lista de usuários."
    VENDOR = "vendor", "O fornecedor"
    INVITATION_WITHDRAWN = "invitation_withdrawn", "Convite de {name} cancelado."
    INVITATION_SUBJECT = "invitation_subject", "Convite para o Portal do Parceiro"
    INVITATION_BODY = (
        "invitation_body",
        """Olá, {name}.

{company} convidou você para o Portal do Parceiro.
Para criar sua senha e entrar, abra este link, que vale por 7 dias e uma única vez:

{address}

Se você não esperava este convite, ignore esta mensagem.
""",
    )
    ROLE_SAVED = "role_saved", "Perfil de {name}: {role}."
    DEACTIVATED = "deactivated", "Acesso de {name} desativado. As sessões abertas foram encerradas."
    REACTIVATED = "reactivated", "Acesso de {name} reativado."
    EMAIL_UNKNOWN = "email_unknown", "Não existe usuário ativo com este e-mail."
    EMAIL_INVALID = "email_invalid", "Informe um e-mail válido."
    NAME_INVALID = "name_invalid", "Informe o nome, com até 120 caracteres."
    PASSWORD_PROMPT = "password_prompt", "Senha"
    PASSWORD_AGAIN = "password_again", "Repita a senha"
    PASSWORDS_DIFFER = "passwords_differ", "As duas senhas não são iguais."
    OPERATOR_CREATED = "operator_created", "Operador criado."
    LINK_PRINTED = "link_printed", "Link de uso único, válido por 24 horas:"
