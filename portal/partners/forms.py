"""What the vendor's staff send about a partner."""

from __future__ import annotations

from typing import Any

from wtforms import EmailField, IntegerField, StringField, ValidationError
from wtforms.validators import DataRequired, Email, InputRequired, Length, NumberRange

from portal.domain import documents
from portal.domain.cycle import DEFAULT_DUE_DAY
from portal.domain.ids import parse_id
from portal.forms import BareForm, KeyForm, VersionForm, stripped

REASON_LENGTH = 200
LAST_DUE_DAY = 28
DAY_WRONG = f"Informe um dia de 1 a {LAST_DUE_DAY}."


def _lower(value: str | None) -> str:
    return stripped(value).lower()


def _reason(label: str) -> StringField:
    most = Length(max=REASON_LENGTH, message=f"No máximo {REASON_LENGTH} caracteres.")
    return StringField(label, filters=[stripped], validators=[DataRequired("Informe o motivo."), most])


class DueDayField(IntegerField):
    """A due day; what is none is said in the form's own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        self.data = parse_id(valuelist[0].strip()) if valuelist else None


def _due_day() -> DueDayField:
    return DueDayField(
        "Dia de vencimento dos novos clientes",
        default=DEFAULT_DUE_DAY,
        validators=[InputRequired(DAY_WRONG), NumberRange(1, LAST_DUE_DAY, DAY_WRONG)],
    )


class AdminForm(KeyForm):
    """Who is a partner's Administrador."""

    admin_name = StringField(
        "Nome do Administrador",
        filters=[stripped],
        validators=[DataRequired("Informe o nome."), Length(max=120, message="No máximo 120 caracteres.")],
    )
    admin_email = EmailField(
        "E-mail do Administrador",
        filters=[_lower],
        validators=[
            DataRequired("Informe o e-mail."),
            Length(max=254),
            Email("E-mail inválido. Exemplo: ana@revenda.com.br"),
        ],
    )


class PartnerForm(AdminForm):
    """A new partner with its first Administrador."""

    name = StringField(
        "Nome da revenda",
        filters=[stripped],
        validators=[DataRequired("Informe o nome."), Length(max=120, message="No máximo 120 caracteres.")],
    )
    document = StringField("CNPJ", filters=[stripped], validators=[DataRequired("Informe o CNPJ.")])
    due_day = _due_day()

    def validate_document(self, field: Any) -> None:
        """Accept a CNPJ, with or without its mask."""
        document = documents.normalise(field.data)
        if len(document) != documents.CNPJ_LENGTH:
            raise ValidationError(f"O CNPJ tem 14 caracteres; aqui há {len(document)}.")
        if not documents.is_valid(document):
            raise ValidationError("CNPJ inválido: os dígitos verificadores não conferem. Confira a digitação.")


class DueDayForm(VersionForm):
    """Another due day."""

    due_day = _due_day()


class SuspensionForm(VersionForm):
    """Why a partner is suspended."""

    reason = _reason("Motivo da suspensão")


class VisitForm(BareForm):
    """Why somebody of the vendor's has to see a partner's clients."""

    reason = _reason("Motivo do acesso")
