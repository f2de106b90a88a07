"""The accounts' forms. The gate has checked the CSRF token before a form is read."""

from __future__ import annotations

import re

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from portal import passwords
from portal.accounts.texts import Text
from portal.forms import BareForm

EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
MAX_SEARCH = 80


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
            Length(max=passwords.MAX_LENGTH, message=passwords.Weakness.LONG.label),
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

    def __init__(self, email: str) -> None:
        """Remember whose password it will be."""
        super().__init__()
        self.email, self.first = email, "password"

    def validate_password(self, field: StringField) -> None:
        """Refuse weak passwords."""
        if weak := passwords.weakness(field.data or "", self.email):
            raise ValidationError(weak.label)

    def validate_repeated(self, field: StringField) -> None:
        """Refuse a repetition that differs."""
        if field.data != self.password.data:
            raise ValidationError(Text.PASSWORDS_DIFFER.label)
