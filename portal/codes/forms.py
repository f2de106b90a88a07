"""The forms about codes: how one was handed on, whose one is, what to reissue, another document."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import StringField, ValidationError
from wtforms.validators import DataRequired

from portal.domain import codes, documents
from portal.domain.codes import SendingWay
from portal.domain.errors import Invalid
from portal.domain.ids import parse_id
from portal.forms import BareForm, VersionForm, stripped
from portal.models import Client


def sending_from(form: MultiDict[str, str]) -> tuple[SendingWay, int]:
    """Read how a code was handed on, and the last sending that the page showed (0 for none).

    Raises:
        Invalid: no such way.
    """
    way = SendingWay.parse(form.get("way"))
    if way is None:
        raise Invalid({"way": ["Escolha como o código foi enviado."]})
    return way, parse_id(form.get("seen", "")) or 0


class SearchForm(BareForm):
    """A code that somebody reads out or pastes."""

    code = StringField("Código de registro", filters=[stripped], validators=[DataRequired("Informe o código.")])

    @property
    def normalised(self) -> str:
        """The code as it is stored."""
        return codes.normalise(str(self.code.data or ""))

    def validate_code(self, field: Any) -> None:
        """Catch a slip of the hand before anybody is asked."""
        if typo := codes.typo(codes.normalise(field.data)):
            raise ValidationError(typo.label)


class ReissueForm(VersionForm):
    """The version, and what the question was about."""

    code = StringField()
    installation = StringField()

    @property
    def target(self) -> tuple[int | None, int | None]:
        """The code and the installation that the page named."""
        return parse_id(str(self.code.data or "")), parse_id(str(self.installation.data or ""))


class DocumentForm(VersionForm):
    """Another document for a client."""

    document = StringField("Novo CPF/CNPJ", filters=[stripped], validators=[DataRequired("Informe o novo CPF/CNPJ.")])

    def __init__(self, client: Client, *arguments: Any, **options: Any) -> None:
        """Remember whose document it is about to replace."""
        super().__init__(*arguments, **options)
        self._client = client

    @property
    def normalised(self) -> str:
        """The document as it is stored."""
        return documents.normalise(str(self.document.data or ""))

    def validate_document(self, field: Any) -> None:
        """Refuse what is no document, and the one that the client has (a form sent again apart)."""
        typed = documents.normalise(field.data)
        if not documents.is_valid(typed):
            raise ValidationError("CPF/CNPJ inválido: confira os dígitos. Um CNPJ pode ter letras.")
        if typed == self._client.document and self.version.data == self._client.version:
            raise ValidationError("Este já é o CPF/CNPJ do cliente.")
