"""How names are compared and searched: without accents, without case."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from portal.domain import documents
from portal.domain.ids import parse_id

KEY_LENGTH = 480
"""The longest search key: some signs fold to many (one Arabic ligature to 18), and the column has an end."""

TYPED_LIMIT = 100


def fold(text: str) -> str:
    """Return text lower-cased, without accents, with single blanks: "  JOÃO  Ltda" is "joao ltda"."""
    # Twice, because some signs are capitals only once they are decomposed ("№" is "No").
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(sign for sign in decomposed if sign >= "\t" and not unicodedata.combining(sign))
    return " ".join(bare.split())


def typed(text: str) -> str:
    """Return a typed search in one line, without what no database keeps, cut to TYPED_LIMIT; "" where it finds nothing."""
    line = " ".join(text.replace("\x00", "").split())[:TYPED_LIMIT].rstrip()
    return line if fold(line) else ""


def search_key(name: str, document: str) -> str:
    """Return the one text in which a client is looked for and by which names are sorted: name, then document.

    The separator sorts before every sign of a name, so that "ana" comes before "ana paula".
    """
    tail = f"\t{document.lower()}"
    return fold(name)[: KEY_LENGTH - len(tail)] + tail


class Sought(NamedTuple):
    """What a typed text may mean: parts of a search key, any of which will do, and an ID."""

    parts: tuple[str, ...]
    client_id: int | None


def sought(text: str) -> Sought:
    """Return what finds a client: a part of its name, a part of its document (mask or not), its ID."""
    folded, bare = fold(text), documents.normalise(text).lower()
    is_document = bare != folded and bare.isalnum() and any(sign.isdigit() for sign in bare)
    return Sought((folded, bare) if is_document else (folded,), parse_id(bare))
