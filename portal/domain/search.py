"""How names are compared and searched: without accents, without case."""

from __future__ import annotations

import unicodedata

KEY_LENGTH = 480
"""The longest search key: some signs fold to many (one Arabic ligature to 18), and the column has an end."""


def fold(text: str) -> str:
    """Return text lower-cased, without accents, with single blanks: "  JOÃO  Ltda" is "joao ltda"."""
    # Twice, because some signs are capitals only once they are decomposed ("№" is "No").
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(sign for sign in decomposed if sign >= "\t" and not unicodedata.combining(sign))
    return " ".join(bare.split())


def search_key(name: str, document: str) -> str:
    """Return the one text in which a client is looked for and by which names are sorted: name, then document.

    The separator sorts before every sign of a name, so that "ana" comes before "ana paula".
    """
    tail = f"\t{document.lower()}"
    return fold(name)[: KEY_LENGTH - len(tail)] + tail
