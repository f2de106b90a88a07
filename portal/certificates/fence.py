"""Has certificates opened behind a fence (``portal.fence``): their iteration counts are their authors' to choose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.domain.certificates import MOST_BYTES, CertificateRefused, Facts, Fault
from portal.fence import Busy, Fence, TooHeavy

certificates = Fence("portal.certificates.pfx_reader")


def read_certificate(content: bytes, password: str) -> Facts:
    """Return what may be shown of a certificate; the password goes the way of the file, seen by nobody else.

    Raises:
        CertificateRefused: it does not open, or lacks its key or its holder's certificate.
    """
    if len(content) > MOST_BYTES:
        raise CertificateRefused(Fault.TOO_LARGE)
    try:
        said = certificates.ask(json.dumps(password).encode() + b"\n" + content)
    except Busy:
        raise CertificateRefused(Fault.BUSY) from None
    except TooHeavy:
        raise CertificateRefused(Fault.TOO_HEAVY) from None
    if fault := Fault.parse(said.get("fault")):
        raise CertificateRefused(fault)
    return facts_from(said)


def facts_from(said: Mapping[str, Any]) -> Facts:
    """Return the facts that the reader tells as JSON."""
    moments = {name: datetime.fromisoformat(said[name]) for name in ("not_before", "not_after")}
    return Facts(**{**said, **moments})
