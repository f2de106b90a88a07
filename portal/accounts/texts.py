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
    EMAIL_UNKNOWN = "email_unknown", "Não existe usuário ativo com este e-mail."
    EMAIL_INVALID = "email_invalid", "Informe um e-mail válido."
    NAME_INVALID = "name_invalid", "Informe o nome, com até 120 caracteres."
    PASSWORD_PROMPT = "password_prompt", "Senha"
    PASSWORD_AGAIN = "password_again", "Repita a senha"
    PASSWORDS_DIFFER = "passwords_differ", "As duas senhas não são iguais."
    OPERATOR_CREATED = "operator_created", "Operador criado."
    LINK_PRINTED = "link_printed", "Link de uso único, válido por 24 horas:"
