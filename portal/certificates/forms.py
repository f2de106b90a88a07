"""The form of a certificate: the file, its password, the CSC."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, PasswordField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from portal.certificates.service import Upload
from portal.domain.certificates import CSC_ID_LENGTH, CSC_LENGTH, MOST_BYTES, MOST_PASSWORD, Fault, csc_faults
from portal.forms import VersionForm, stripped


class CertificateForm(VersionForm):
    """A certificate for a client; the password is taken as it is typed, and never shown again."""

    file = FileField("Arquivo do certificado A1 (.pfx ou .p12)")
    password = PasswordField(
        "Senha",
        validators=[
            InputRequired("Informe a senha do certificado."),
            Length(max=MOST_PASSWORD, message=f"No máximo {MOST_PASSWORD} caracteres."),
        ],
    )
    csc_id = StringField("ID CSC", filters=[stripped])
    csc = StringField("CSC", filters=[stripped])
    keeps_csc = BooleanField("Manter o CSC já gravado", default=True)

    def validate_file(self, field: Any) -> None:
        """Ask for a file, and for none that is no certificate by its size."""
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError("Escolha o arquivo do certificado.")
        self.content = field.data.read(MOST_BYTES + 1)
        if len(self.content) > MOST_BYTES:
            raise ValidationError(Fault.TOO_LARGE.label)

    def validate_csc_id(self, field: Any) -> None:
        """Ask for six digits at most, together with the CSC."""
        self._ensure_whole(is_about_id=True)

    def validate_csc(self, field: Any) -> None:
        """Ask for the CSC that belongs to an id."""
        self._ensure_whole(is_about_id=False)

    def _ensure_whole(self, *, is_about_id: bool) -> None:
        for fault in csc_faults(str(self.csc_id.data or ""), str(self.csc.data or "")):
            if fault.is_about_id is is_about_id:
                raise ValidationError(fault.label)

    @property
    def sent(self) -> Upload:
        """What a valid form sent."""
        csc_id, csc = str(self.csc_id.data or ""), str(self.csc.data or "")
        keeps_csc = bool(self.keeps_csc.data) and not csc
        return Upload(self.content, str(self.password.data), csc_id, csc, keeps_csc)


LENGTHS = {"csc_id": CSC_ID_LENGTH, "csc": CSC_LENGTH, "password": MOST_PASSWORD}
"""What the fields take, for the browser to know."""
