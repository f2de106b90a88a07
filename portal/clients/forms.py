"""The form about a client that asks for a reason."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import Length

from portal.forms import VersionForm, stripped

REASON_LENGTH = 200


class SuspensionForm(VersionForm):
    """Why access is taken away; optional."""

    reason = StringField(
        "Motivo (opcional)",
        filters=[stripped],
        validators=[Length(max=REASON_LENGTH, message=f"No máximo {REASON_LENGTH} caracteres.")],
    )
