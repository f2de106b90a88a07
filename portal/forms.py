"""What forms of several features share: a random key, the version of the client that the page showed, its data, money."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # old stubs
from wtforms.validators import DataRequired, Email, Length, Optional, Regexp, StopValidation
from wtforms.widgets import HiddenInput

from portal import municipalities
from portal.domain.ids import parse_id

NOTES_LENGTH = 2_000
PHONE_DIGITS = (10, 11)
KEY = re.compile(r"[\w-]{16,32}", re.ASCII)
_MONEY = re.compile(r"(?:R\$ ?)?([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,9})(?:,([0-9]{1,2}))?")
MOST_CENTS = 99_999_999_999


def stripped(value: str | None) -> str:
    """Return typed text in one line, without blanks around it and without what PostgreSQL cannot keep."""
    return " ".join((value or "").replace("\x00", "").split())


def lines_stripped(value: str | None) -> str:
    """Return typed text without blanks around it and without what PostgreSQL cannot keep; its lines stay."""
    return (value or "").replace("\x00", "").replace("\r\n", "\n").strip()


def new_key() -> str:
    """Return a random key for a form that creates something, by which sending it twice is known."""
    return secrets.token_urlsafe(18)


def cents_from(text: str) -> int | None:
    """Return the cents of an amount as it is typed in pt-BR (1.234,56 or 1234,5 or R$ 20); None where it is none.

    1.5 is refused: it may be meant as either.
    """
    found = _MONEY.fullmatch(stripped(text))
    cents = int(found[1].replace(".", "")) * 100 + int((found[2] or "").ljust(2, "0")) if found else None
    return cents if cents is not None and cents <= MOST_CENTS else None


class VersionField(IntegerField):
    """A number that both databases hold; whatever else arrives makes the form incomplete, said in the user's words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        self.data = parse_id(valuelist[0]) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        """Refuse a form without it."""
        if self.data is None:
            raise StopValidation("O formulário está incompleto.")


class BareForm(FlaskForm):
    """A form without a token of its own: the gate has checked it."""

    class Meta:
        """The gate checks one token per session for every POST."""

        csrf = False


class KeyForm(BareForm):
    """Creates something: carries the random key by which sending it twice is known."""

    key = HiddenField()

    def validate_key(self, field: Any) -> None:
        """Refuse a form that cannot be told from its copies."""
        if not KEY.fullmatch(field.data or ""):
            raise StopValidation("O formulário está incompleto.")


class VersionForm(BareForm):
    """Carries the version of the client that the page showed."""

    version = VersionField(widget=HiddenInput())

    @property
    def base_version(self) -> int:
        """The version that the form was rendered from; a valid form has one."""
        return int(self.version.data or 0)


class ClientForm(BareForm):
    """What is known about a client beside its document: the data of "+ Novo cliente" and of "Editar"."""

    name = StringField(
        "Nome da empresa",
        filters=[stripped],
        validators=[DataRequired("Informe o nome."), Length(max=150, message="No máximo 150 caracteres.")],
    )
    uf = SelectField(
        "UF",
        choices=[SelectChoice("", "Escolha"), *(SelectChoice(uf, uf) for uf in municipalities.UFS)],
        validate_choice=False,
    )
    city = StringField("Cidade", filters=[stripped], validators=[DataRequired("Informe a cidade.")])
    email = StringField(
        "E-mail",
        filters=[stripped],
        validators=[
            Optional(),
            Length(max=254, message="No máximo 254 caracteres."),
            Email("E-mail inválido. Exemplo: loja@exemplo.com.br"),
        ],
    )
    phone = StringField(
        "Telefone",
        filters=[stripped],
        validators=[Optional(), Regexp(r"^[\d\s()+.-]*$", message="Use só números, com DDD. Exemplo: (11) 98765-4321")],
    )
    notes = TextAreaField(
        "Observações",
        filters=[lines_stripped],
        validators=[Length(max=NOTES_LENGTH, message=f"No máximo {NOTES_LENGTH} caracteres.")],
    )

    def validate_uf(self, field: Any) -> None:
        """Accept the 27 states only."""
        if field.data not in municipalities.UFS:
            raise ValidationError("Escolha uma UF da lista.")

    def validate_city(self, field: Any) -> None:
        """Accept the municipalities of the chosen state, however they are accented; suggest where it is none."""
        found = municipalities.find(self.uf.data, field.data)
        if found is None and self.uf.data in municipalities.UFS:
            near = municipalities.suggest(self.uf.data, field.data, 3)
            hint = f" Seria {' ou '.join(near)}?" if near else ""
            raise ValidationError(f"Não há essa cidade em {self.uf.data}.{hint}")

    def validate_phone(self, field: Any) -> None:
        """Ask for area code and number: 10 or 11 digits, 55 before them allowed."""
        if phone_digits(field.data) is None:
            raise ValidationError("Informe DDD e número. Exemplo: (11) 98765-4321")

    def values(self) -> dict[str, str]:
        """Return the checked data as it is stored: the city by its official name, the phone as digits."""
        typed = {
            name: str(getattr(self, name).data or "") for name in ("name", "uf", "city", "email", "phone", "notes")
        }
        city, code = municipalities.find(typed["uf"], typed["city"]) or ("", "")
        return typed | {"city": city, "city_code": code, "phone": phone_digits(typed["phone"]) or ""}


def phone_digits(text: str) -> str | None:
    """Return the 10 or 11 digits of a Brazilian number ("" for none given), or None where it is no such number."""
    digits = re.sub(r"\D", "", text)
    if len(digits) in {12, 13} and digits.startswith("55"):
        digits = digits[2:]
    return digits if not digits or len(digits) in PHONE_DIGITS else None
