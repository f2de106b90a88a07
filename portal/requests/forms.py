"""The forms of requests: "TEF", "Importação", a message, a reason, a value."""

from __future__ import annotations

import os
import re
from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, NumberRange

from portal.domain.requests import LENGTHS, MOST_FILE_BYTES, MOST_TERMINALS
from portal.forms import KeyForm, VersionForm, cents_from, lines_stripped, stripped
from portal.requests.files import Upload, sealed

TOO_LARGE = "O arquivo passa de 10 MB. Compacte-o (.zip) ou combine outro envio por mensagem."


def _text(label: str, name: str, missing: str = "") -> Any:
    """Return a field for one line, which must be filled in where ``missing`` says what to do."""
    longest = Length(max=LENGTHS[name], message=f"No máximo {LENGTHS[name]} caracteres.")
    return StringField(label, filters=[stripped], validators=[DataRequired(missing), longest] if missing else [longest])


def _lines(label: str, name: str, missing: str) -> Any:
    """Return a field for some lines."""
    longest = Length(max=LENGTHS[name], message=f"No máximo {LENGTHS[name]} caracteres.")
    return TextAreaField(label, filters=[lines_stripped], validators=[DataRequired(missing), longest])


class TefForm(KeyForm):
    """What a "TEF" needs to be set up."""

    terminals = IntegerField(
        "Terminais",
        validators=[NumberRange(min=1, max=MOST_TERMINALS, message=f"Informe de 1 a {MOST_TERMINALS}.")],
    )
    acquirer = _text("Adquirente", "acquirer", "Informe a adquirente. Exemplo: Stone")
    pinpad = _text("Modelo do PinPad", "pinpad", "Informe o modelo. Exemplo: Gertec PPC930")
    establishment = _text("Número do estabelecimento", "establishment", "Informe o número que a adquirente deu à loja.")
    contact = _text("Contato na loja", "contact", "Informe nome e telefone de quem acompanha a instalação.")

    @property
    def facts(self) -> dict[str, Any]:
        """What a valid form asks for."""
        names = "terminals", "acquirer", "pinpad", "establishment", "contact"
        return {name: self[name].data for name in names}


class ImportForm(KeyForm):
    """What an "Importação" needs to be valued."""

    system = _text("Sistema anterior", "system", "Informe de qual sistema os dados vêm.")
    system_version = _text("Versão (se souber)", "system_version")
    wanted = _lines("O que importar", "wanted", "Diga o que deve vir. Exemplo: produtos, clientes e estoque")
    contact = _text("Contato", "contact", "Informe nome e telefone de quem tira dúvidas sobre os dados.")
    file = FileField("Arquivo com os dados (opcional, até 10 MB)")

    def validate_file(self, field: Any) -> None:
        """Refuse what is larger than a request keeps, or empty."""
        if not self._has_file:
            return
        size = field.data.stream.seek(0, os.SEEK_END)
        field.data.stream.seek(0)
        if size > MOST_FILE_BYTES:
            raise ValidationError(TOO_LARGE)
        if not size:
            raise ValidationError("O arquivo está vazio. Escolha outro ou envie sem arquivo.")

    @property
    def _has_file(self) -> bool:
        return isinstance(self.file.data, FileStorage) and bool(self.file.data.filename)

    @property
    def facts(self) -> dict[str, Any]:
        """What a valid form asks for, the file apart."""
        return {name: self[name].data or "" for name in ("system", "system_version", "wanted", "contact")}

    def upload(self) -> Upload | None:
        """Return the file of a valid form, sealed; its name goes without folders and without what no header may hold."""
        if not self._has_file:
            return None
        name = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[\\/]", str(self.file.data.filename))[-1])
        return sealed(self.file.data.stream, name[-LENGTHS["file"] :] or "arquivo", str(self.key.data))


class MessageForm(KeyForm):
    """Something to say about a request."""

    text = _lines("Mensagem", "text", "Escreva a mensagem.")


class ReasonForm(VersionForm):
    """A refusal, which says why."""

    reason = _text("Motivo", "reason", "Diga por quê: a revenda lê o motivo.")


class NoteForm(VersionForm):
    """A move that may be explained."""

    reason = _text("Motivo (opcional)", "reason")


class ValueForm(VersionForm):
    """What an "Importação" costs."""

    value = StringField("Valor da importação")

    def validate_value(self, field: Any) -> None:
        """Ask for an amount above nothing."""
        if not cents_from(field.data or ""):
            raise ValidationError("Informe o valor em reais. Exemplo: 350,00")

    @property
    def cents(self) -> int:
        """The amount of a valid form."""
        return cents_from(self.value.data or "") or 0
