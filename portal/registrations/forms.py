"""The forms of a new client and of a change of its license. Their products are read by ``selection``."""

from __future__ import annotations

from typing import Any

from wtforms import Field, HiddenField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # old stubs
from wtforms.validators import DataRequired

from portal.domain import documents
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.ids import parse_id
from portal.forms import BareForm, ClientForm, KeyForm, VersionForm, stripped
from portal.registrations.methods import When


def document_flaw(document: str) -> str:
    """Return what is wrong with a normalised document, in words; "" for nothing."""
    if documents.is_valid(document):
        return ""
    if len(document) not in {documents.CPF_LENGTH, documents.CNPJ_LENGTH}:
        return f"O CPF tem 11 dígitos e o CNPJ, 14 caracteres; aqui há {len(document)}."
    if len(set(document)) == 1:
        return "Um documento não repete sempre o mesmo dígito."
    kind = "CPF" if len(document) == documents.CPF_LENGTH else "CNPJ"
    return f"{kind} inválido: os dígitos verificadores não conferem. Confira a digitação."


class MethodForm(BareForm):
    """Who bills the end client: "Renovação de licença"."""

    renewal_method = SelectField(
        "Renovação de licença",
        choices=[SelectChoice(method.value, method.label) for method in RenewalMethod],
        validate_choice=False,
    )

    def validate_renewal_method(self, field: Any) -> None:
        """Accept the two methods."""
        if RenewalMethod.parse(field.data) is None:
            raise ValidationError("Escolha uma opção da lista.")

    @property
    def chosen_method(self) -> RenewalMethod:
        """The renewal method of a checked form."""
        return RenewalMethod.parse(self.renewal_method.data) or RenewalMethod.MANUAL


class DocumentForm(BareForm):
    """Whom it is about, by CPF or CNPJ."""

    document = StringField("CPF/CNPJ", filters=[stripped], validators=[DataRequired("Informe o CPF ou o CNPJ.")])

    def validate_document(self, field: Any) -> None:
        """Accept a CPF or CNPJ, with or without its mask."""
        if flaw := document_flaw(documents.normalise(field.data)):
            raise ValidationError(flaw)

    @property
    def normal_document(self) -> str:
        """The document as it is stored."""
        return documents.normalise(str(self.document.data or ""))


class CorrectionForm(ClientForm, MethodForm, DocumentForm, VersionForm):
    """A registration that is Pendente, as it should have been."""


class RegistrationForm(ClientForm, MethodForm, DocumentForm, KeyForm):
    """A new client; ``quote`` is what the window has shown, and only the window sends it."""

    quote = HiddenField()
    product = SelectField(
        "Produto",
        choices=[SelectChoice(product.value, product.full_label) for product in Product],
        validate_choice=False,
    )

    def validate_product(self, field: Any) -> None:
        """Accept the two products."""
        if Product.parse(field.data) is None:
            raise ValidationError("Escolha um produto da lista.")

    @property
    def chosen_product(self) -> Product:
        """The product whose items are shown: Link, until another is chosen."""
        return Product.parse(self.product.data) or Product.LINK


class IdsField(Field):
    """Ids: ticked one by one, or sent again as one text; anything else counts as nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read them."""
        ids = (parse_id(part) for value in valuelist for part in value.split(","))
        self.data = frozenset(filter(None, ids))


class ContractForm(ClientForm, MethodForm, VersionForm):
    """What "Editar" and "Reativar" share; ``quote`` is what the window has shown, ``back`` the list that one came from.

    ``method_when`` is what was chosen where another renewal method cannot count at once, ``leaves`` are the Link Móvel
    devices that leave; None says that the form was not sent yet.
    """

    quote = HiddenField()
    back = HiddenField()
    method_when = HiddenField()
    leaves = IdsField()

    @property
    def chosen_when(self) -> When | None:
        """What the window of a billed cycle was answered with; anything else counts as no answer."""
        return When.parse(self.method_when.data)

    @property
    def leaving(self) -> frozenset[int]:
        """The devices that were chosen to leave."""
        return self.leaves.data or frozenset()
