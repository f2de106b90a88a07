"""Commands about people: the first Operador of an installation, and the way back in when the password is lost."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.accounts import authenticator, queries, service
from portal.accounts.forms import EMAIL, normal_email
from portal.accounts.texts import Text
from portal.domain.errors import Invalid

MAX_NAME = 120

operator = AppGroup("operator", help="Operadores: a equipe do fornecedor.")


@operator.command("create")
@click.option("--email", required=True, help="E-mail com que o Operador entra.")
@click.option("--name", required=True, help="Nome, como aparece nos registros.")
@click.option("--password-stdin", is_flag=True, help="Lê a senha da entrada padrão em vez de perguntar.")
def create(email: str, name: str, password_stdin: bool) -> None:
    """Cria um Operador."""
    email, name = normal_email(email), name.strip()
    _ensure_sound(email, name)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask_password()
    try:
        service.create_operator(email, name, password, now=clock.now())
    except Invalid as refusal:
        raise click.ClickException(" ".join(m for messages in refusal.errors.values() for m in messages)) from None
    click.echo(Text.OPERATOR_CREATED.label)


@operator.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Mostra um link de uso único para criar uma senha nova."""
    person = queries.active_person(normal_email(email))
    if person is None:
        raise click.ClickException(Text.EMAIL_UNKNOWN.label)
    config = current_app.extensions["portal_config"]
    token = service.issue_link(person, actor=None, now=clock.now())
    click.echo(Text.LINK_PRINTED.label)
    click.echo(service.link_address(config.base_url or f"http://{config.host}:{config.port}", token))


@operator.command("one-step")
@click.argument("email")
def one_step(email: str) -> None:
    """Remove a verificação em duas etapas de quem perdeu o celular e os códigos de recuperação."""
    person = queries.active_person(normal_email(email))
    if person is None:
        raise click.ClickException(Text.EMAIL_UNKNOWN.label)
    was_on = authenticator.reset(person, actor=None, now=clock.now())
    click.echo((Text.STEP_RESET if was_on else Text.STEP_WAS_OFF).label.format(name=person.name))


def _ensure_sound(email: str, name: str) -> None:
    if not EMAIL.fullmatch(email):
        raise click.ClickException(Text.EMAIL_INVALID.label)
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise click.ClickException(Text.NAME_INVALID.label)
    if queries.is_email_taken(email):
        raise click.ClickException(Text.EMAIL_TAKEN.label)


def _ask_password() -> str:
    password: str = click.prompt(Text.PASSWORD_PROMPT.label, hide_input=True)
    repeated: str = click.prompt(Text.PASSWORD_AGAIN.label, hide_input=True)
    if password != repeated:
        raise click.ClickException(Text.PASSWORDS_DIFFER.label)
    return password


COMMANDS: tuple[click.Command, ...] = (operator,)
