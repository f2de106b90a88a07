"""What the templates of certificates show, prepared: no rule, no query, nothing secret."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from portal import clock, formatting
from portal.domain.certificates import Validity, match_of, validity


class CertificateRow(NamedTuple):
    """A certificate, current or past; ``warning`` says that only the root of the CNPJ is the client's."""

    id: int
    client_id: int
    client_name: str
    client_document: str
    holder: str
    document: str
    issuer: str
    csc_id: str
    through: str
    validity: Validity
    warning: str
    uploaded: str
    uploaded_by: str
    ended: str
    ended_as: str

    @classmethod
    def build(cls, row: Any, today: date) -> CertificateRow:
        """Prepare a row of the queries."""
        match = match_of(row.document, row.client_document)
        return cls(
            row.id,
            row.client_id,
            row.client_name,
            formatting.document(row.client_document),
            row.holder,
            formatting.document(row.document),
            row.issuer,
            row.csc_id,
            formatting.day_of(row.not_after),
            validity(clock.local_date(row.not_after), today),
            match.label if match else "",
            formatting.moment(row.uploaded_at),
            getattr(row, "uploaded_by", ""),
            formatting.day_of(row.ended_at),
            row.ended_as.label if row.ended_as else "",
        )

    @classmethod
    def build_all(cls, rows: Iterable[Any], today: date) -> list[CertificateRow]:
        """Prepare a list of them."""
        return [cls.build(row, today) for row in rows]
