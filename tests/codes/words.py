"""Reading codes off a page."""

from __future__ import annotations

import re


def codes_in(text: str) -> list[str]:
    """Return the codes that a page shows, in their order."""
    return [code.replace("-", "") for code in re.findall(r"<code>([\w-]{19})</code>", text)]
