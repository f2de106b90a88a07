"""What the forms of every change carry: the version of the client that the page showed."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import StopValidation
from wtforms.widgets import HiddenInput

from portal.domain.ids import parse_id


class VersionField(IntegerField):
    """A number that both databases hold; whatever else arrives makes the form incomplete, said in the user's words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        self.data = parse_id(valuelist[0]) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        """Refuse a form without it."""
        if self.data is None:
            raise StopValidation("O formulário está incompleto.")


class VersionForm(FlaskForm):
    """Carries the version of the client that the page showed; the gate has checked the CSRF token."""

    class Meta:
        """The gate checks one token per session for every POST."""

        csrf = False

    version = VersionField(widget=HiddenInput())

    @property
    def base_version(self) -> int:
        """The version that the form was rendered from; a valid form has one."""
        return int(self.version.data or 0)
