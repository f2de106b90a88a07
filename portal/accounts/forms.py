"""The accounts' forms. The gate has checked the CSRF token before a form is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # old stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from portal import passwords
from portal.accounts.texts import Text
from portal.domain.errors import Invalid
from portal.domain.roles import Role
from portal.forms import BareForm, KeyForm, phone_digits, stripped

EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
NAME_MISSING = Text.NAME_INVALID.label


def normal_email(value: str | None) -> str:
    """Return an e-mail as it is stored and compared: stripped, lower-case."""
    return (value or "").strip().lower()


class _Form(BareForm):
    first = ""
    """The field that has the focus while nothing is wrong."""

    @property
    def focus(self) -> str:
        """Return the name of the field that gets the focus: the first one with an error, if any."""
        return next((field.name for field in self if field.errors), self.first)


def _email_field() -> EmailField:
    return EmailField(
        "E-mail",
        filters=[normal_email],
        validators=[
            InputRequired("Informe o e-mail."),
            Regexp(re.compile(f"{EMAIL.pattern}$"), message=Text.EMAIL_INVALID.label),
        ],
    )


def _not_too_long() -> Length:
    return Length(max=passwords.MAX_LENGTH, message=passwords.Weakness.LONG.label)


def code_field(label: str = "Código") -> StringField:
    """Return a field for six digits or a recovery code."""
    return StringField(
        label, validators=[InputRequired("Informe o código."), Length(max=40, message="Código longo demais.")]
    )


class LoginForm(_Form):
    """Who signs in, and where to go then."""

    email = _email_field()
    password = PasswordField(
        "Senha",
        validators=[
            InputRequired("Informe a senha."),
            _not_too_long(),
        ],
    )
    next = HiddenField()


class SecondStepForm(_Form):
    """The code of the second step, and where to go then."""

    first = "code"
    code = code_field()
    next = HiddenField()


class ForgottenForm(_Form):
    """Who wants a link by mail."""

    email = _email_field()


class NewPasswordForm(_Form):
    """A new password, typed twice, for the person with an e-mail."""

    password = PasswordField("Senha nova", validators=[InputRequired("Informe a senha nova.")])
    repeated = PasswordField("Repita a senha nova", validators=[InputRequired("Repita a senha nova.")])

    def __init__(self, email: str, **values: Any) -> None:
        """Remember whose password it will be."""
        super().__init__(**values)
        self.email, self.first = email, "password"

    def validate_password(self, field: StringField) -> None:
        """Refuse weak passwords."""
        if weak := passwords.weakness(field.data or "", self.email):
            raise ValidationError(weak.label)

    def validate_repeated(self, field: StringField) -> None:
        """Refuse a repetition that differs."""
        if field.data != self.password.data:
            raise ValidationError(Text.PASSWORDS_DIFFER.label)


def name_field() -> StringField:
    """Return a field for a person's name."""
    checks = [DataRequired(NAME_MISSING), Length(max=120, message=NAME_MISSING)]
    return StringField("Nome", filters=[stripped], validators=checks)


class InvitationForm(KeyForm, _Form):
    """Whom to invite, and as what."""

    first = "name"
    name = name_field()
    email = _email_field()
    role = SelectField("Perfil de acesso", validate_choice=False)

    def __init__(self, roles: Sequence[Role], **values: Any) -> None:
        """Offer the roles of the company."""
        super().__init__(**values)
        self._roles = roles
        self.role.choices = [SelectChoice(role.value, role.label) for role in roles]

    def validate_role(self, field: SelectField) -> None:
        """Accept the roles of the company only."""
        if Role.parse(field.data) not in self._roles:
            raise ValidationError("Escolha um perfil da lista.")


class AcceptanceForm(NewPasswordForm):
    """An invited person's name and new password."""

    name = name_field()


class RoleForm(BareForm):
    """The role that a user is given, and the one that the page showed."""

    role = SelectField("Perfil de acesso", validate_choice=False)
    was = HiddenField()

    def __init__(self, current: Role | None = None, roles: Sequence[Role] = ()) -> None:
        """Offer the roles of the company, the user's own chosen."""
        super().__init__(role=current and current.value, was=current and current.value)
        self.role.choices = [SelectChoice(role.value, role.label) for role in roles]

    def values(self) -> tuple[Role, Role]:
        """Return the wanted role and the shown one.

        Raises:
            Invalid: one of them is none.
        """
        role, was = Role.parse(self.role.data), Role.parse(self.was.data)
        if role is None or was is None:
            raise Invalid({"role": ["Escolha um perfil da lista."]})
        return role, was


class NameForm(_Form):
    """One's own name."""

    first = "name"
    name = name_field()


class OwnPasswordForm(NewPasswordForm):
    """The current password and a new one."""

    current = PasswordField("Senha atual", validators=[InputRequired("Informe a senha atual."), _not_too_long()])

    def __init__(self, email: str) -> None:
        """Remember whose password it will be."""
        super().__init__(email)
        self.first = "current"


class FirstCodeForm(_Form):
    """The first code of an authenticator, and where to go then. The name of the field keeps it out of drafts."""

    first = "secret_code"
    secret_code = code_field("Código de 6 números")
    next = HiddenField()


class ProofForm(_Form):
    """Password and code: what turns the second step off, or makes new recovery codes."""

    first = "password"
    password = PasswordField("Senha", validators=[InputRequired("Informe a senha."), _not_too_long()])
    secret_code = code_field("Código do aplicativo ou de recuperação")


class ContactForm(_Form):
    """How the vendor reaches the company."""

    first = "email"
    email = StringField(
        "E-mail da empresa",
        filters=[normal_email],
        validators=[Optional(), Regexp(re.compile(f"{EMAIL.pattern}$"), message=Text.EMAIL_INVALID.label)],
    )
    phone = StringField("Telefone", filters=[stripped])

    def validate_phone(self, field: StringField) -> None:
        """Ask for area code and number: 10 or 11 digits, 55 before them allowed."""
        if phone_digits(field.data or "") is None:
            raise ValidationError("Informe DDD e número. Exemplo: (11) 98765-4321")

    def values(self) -> tuple[str, str]:
        """Return e-mail and phone as they are stored."""
        return self.email.data or "", phone_digits(self.phone.data or "") or ""
