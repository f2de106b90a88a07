"""The forms about a client that ask for a reason."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from portal.forms import VersionForm, stripped

REASON_LENGTH = 200


class SuspensionForm(VersionForm):
    """Why access is taken away; optional."""

    reason = StringField(
        "Motivo (opcional)",
        filters=[stripped],
        validators=[Length(max=REASON_LENGTH, message=f"No máximo {REASON_LENGTH} caracteres.")],
    )


class ReleaseForm(VersionForm):
    """Why the program of an Expirado client may run for some days."""

    reason = StringField(
        "Motivo",
        filters=[stripped],
        validators=[
            DataRequired("Informe o motivo."),
            Length(max=REASON_LENGTH, message=f"No máximo {REASON_LENGTH} caracteres."),
        ],
    )
