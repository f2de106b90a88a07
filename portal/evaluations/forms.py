"""What the vendor's staff send about a registration."""

from __future__ import annotations

from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from portal.forms import VersionForm, stripped

REASON_LENGTH = 200


class ApprovalForm(VersionForm):
    """Says which values were seen."""

    quote = HiddenField()


class RejectionForm(VersionForm):
    """Says why; the partner reads it."""

    reason = StringField(
        "Motivo da recusa",
        filters=[stripped],
        validators=[
            DataRequired("Informe o motivo: a revenda precisa dele para corrigir."),
            Length(max=REASON_LENGTH, message=f"No máximo {REASON_LENGTH} caracteres."),
        ],
    )
