"""The commands that bring the first Operador in, and back in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, User
from tests.accounts.conftest import LogIn
from tests.conftest import NOW
from tests.factories import Factory
from tests.visitor import Visitor

NEW = "cavalo bateria grampo"
CREATE = ("create", "--email", " Olga@Fornecedor.test ", "--name", "Olga Operadora")

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Return what runs ``flask operator ...``."""

    def command(*arguments: str, typed: str = "") -> Result:
        return app.test_cli_runner().invoke(args=["operator", *arguments], input=typed)

    return command


def test_an_operator_is_made_from_a_password_typed_twice(run: Run, log_in: LogIn, visitor: Visitor) -> None:
    result = run(*CREATE, typed=f"{NEW}\n{NEW}\n")
    assert result.exit_code == 0, result.output
    assert "Operador criado." in result.output
    assert NEW not in result.output
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.name, user.role, user.partner_id) == (
        "olga@fornecedor.test", "Olga Operadora", Role.OPERATOR, None,
    )  # fmt: skip
    assert db.session.scalars(select(AuditEvent.action)).all() == ["operator_created"]
    assert log_in("olga@fornecedor.test", NEW).status_code == 303
    assert visitor.get("/").location == "/backoffice"


def test_the_password_may_come_from_standard_input(run: Run, log_in: LogIn) -> None:
    assert run(*CREATE, "--password-stdin", typed=f"{NEW}\n").exit_code == 0
    assert log_in("olga@fornecedor.test", NEW).status_code == 303


@pytest.mark.parametrize(
    ("arguments", "typed", "text"),
    [
        (CREATE, f"{NEW}\n{NEW}s\n", "As duas senhas não são iguais."),
        ((*CREATE, "--password-stdin"), "", "Use pelo menos 10 caracteres."),
        ((*CREATE, "--password-stdin"), "1234567890\n", "Esta senha é fácil de adivinhar. Escolha outra."),
        ((*CREATE, "--password-stdin"), "olga@fornecedor.test\n", "A senha não pode ser o seu e-mail."),
        (("create", "--email", "olga", "--name", "Olga"), "", "Informe um e-mail válido."),
        (("create", "--email", "o@f.test", "--name", " "), "", "Informe o nome, com até 120 caracteres."),
        (("create", "--email", "o@f.test", "--name", "x" * 121), "", "Informe o nome, com até 120 caracteres."),
        (("link", "ninguem@fornecedor.test"), "", "Não existe usuário ativo com este e-mail."),
    ],
)
def test_nonsense_is_refused_with_its_reason(run: Run, arguments: tuple[str, ...], typed: str, text: str) -> None:
    result = run(*arguments, typed=typed)
    assert result.exit_code == 1
    assert text in result.output
    assert db.session.scalars(select(User)).all() == []


def test_an_existing_email_is_refused_before_the_password_is_asked(run: Run, make: Factory) -> None:
    make.user(make.partner(), email="olga@fornecedor.test")
    result = run(*CREATE)
    assert result.exit_code == 1
    assert "Já existe um usuário com este e-mail." in result.output


def test_an_email_taken_meanwhile_is_refused(run: Run, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    make.user(make.partner(), email="olga@fornecedor.test")
    monkeypatch.setattr("portal.accounts.queries.is_email_taken", lambda _email: False)
    result = run(*CREATE, "--password-stdin", typed=NEW)
    assert result.exit_code == 1
    assert "Já existe um usuário com este e-mail." in result.output


def test_a_lost_password_is_replaced_by_a_printed_link(
    run: Run, make: Factory, visitor: Visitor, log_in: LogIn
) -> None:
    make.user(None, Role.OPERATOR, email="olga@fornecedor.test")
    result = run("link", "OLGA@fornecedor.test")
    assert result.exit_code == 0, result.output
    path = result.output.strip().rpartition("127.0.0.1:8000")[2]
    assert path.startswith("/password/")
    assert visitor.post(path, password=NEW, repeated=NEW).status_code == 303
    assert log_in("olga@fornecedor.test", NEW).status_code == 303


def test_the_second_step_of_somebody_without_a_colleague_is_removed_on_the_server(run: Run, make: Factory) -> None:
    olga = make.user(None, Role.OPERATOR, email="olga@fornecedor.test", name="Olga", sealed_totp="1:x", totp_since=NOW)
    assert "Verificação em duas etapas de Olga removida." in run("one-step", " OLGA@fornecedor.test").output
    assert "Olga já está sem verificação" in run("one-step", "olga@fornecedor.test").output
    assert run("one-step", "ninguem@fornecedor.test").exit_code == 1
    db.session.expire_all()
    assert (olga.sealed_totp, olga.totp_since, olga.totp_reset_by) == (None, None, "Portal")
    assert db.session.scalars(select(AuditEvent.action)).all() == ["second_step_reset"]
