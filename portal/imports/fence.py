"""Has strangers' spreadsheets read behind a fence (``portal.fence``)."""

from __future__ import annotations

from portal.domain.imports import MOST_BYTES, FileFault, FileRefused
from portal.fence import Busy, Fence, TooHeavy

sheets = Fence("portal.imports.sheet_reader")

Sheet = list[tuple[int, list[str]]]
"""Numbered rows of cells; the first one holds the titles."""


def read_sheet(content: bytes) -> Sheet:
    """Return what a CSV or XLSX file holds; nothing is known of the file's harm until then.

    Raises:
        FileRefused: it cannot be imported, and why.
    """
    if len(content) > MOST_BYTES:
        raise FileRefused(FileFault.TOO_LARGE)
    try:
        said = sheets.ask(content)
    except Busy:
        raise FileRefused(FileFault.BUSY) from None
    except TooHeavy:
        raise FileRefused(FileFault.TOO_HEAVY) from None
    if fault := FileFault.parse(said.get("fault")):
        raise FileRefused(fault)
    return [(number, cells) for number, cells in said["rows"]]
