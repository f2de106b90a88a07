"""What programs may send, as data (``portal.domain.shapes``): one table for the reader and for the description."""

from __future__ import annotations

from portal.domain.catalogue import Item
from portal.domain.cloud import Health
from portal.domain.ids import LARGEST_ID
from portal.domain.installations import Program
from portal.domain.seats import has_leases
from portal.domain.shapes import MOMENT, Field, Many, Shape, one_of, text, whole

MOST_BYTES = 16 * 1024
LINE = text(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*", 120)
NOTE = text(r"[^\x00-\x1f\x7f]*", 200, 0)

DEVICE = Shape(
    "Device",
    (
        Field("id", text(r"[A-Za-z0-9._:-]+", 64, 8), "The program's own name for the machine; it never changes."),
        Field("name", LINE, "What people call the machine; shown to the partner."),
    ),
)
VERSION = Field("version", text(r"[0-9A-Za-z.+-]+", 20), "The version of the program.")

ACTIVATION = Shape(
    "Activation",
    (
        Field("program", one_of({one.value: one for one in Program}), "What asks to be activated."),
        Field("document", text(r"[0-9A-Za-z./ -]+", 24), "The shop's CNPJ (or CPF), with or without its mask."),
        Field(
            "code",
            text(r"[0-9A-Za-z -]+", 32),
            "The registration code, in groups or not. Navi has none.",
            is_required=False,
        ),
        Field("device", DEVICE, "The machine."),
        VERSION,
        Field(
            "request",
            text(r"[A-Za-z0-9_-]+", 64, 32),
            "A random text of this activation, kept until it is answered: sent again, it is the same activation.",
        ),
    ),
)
COUNTED = {item.value: item for item in Item if has_leases(item)}
PEAK = Shape(
    "Peak",
    (
        Field("item", one_of(COUNTED), "The item."),
        Field("most", whole(0, 999), "The most units that were in use at once since the last check-in."),
    ),
)
CLOUD = Shape(
    "Cloud",
    (
        Field("health", one_of({one.value: one for one in Health}), "Whether the Cloud works."),
        Field("detail", NOTE, "What is wrong, for the partner to read.", is_required=False),
        Field("synced_at", MOMENT, "When the data was last synchronised.", is_required=False),
    ),
)
BACKUP = Shape(
    "Backup",
    (
        Field("id", whole(1, LARGEST_ID), "Which of the backups that the portal asked for."),
        Field("failure", NOTE, "What went wrong; left out where the backup is done.", is_required=False),
        Field("size_bytes", whole(0, 2**53), "How large it is.", is_required=False),
    ),
)
CHECK_IN = Shape(
    "CheckIn",
    (
        Field("device", DEVICE, "The machine."),
        VERSION,
        Field("peaks", Many(PEAK, 8), "The use of the shop's seats.", is_required=False),
        Field("cloud", CLOUD, "The state of the Cloud, where the license has one.", is_required=False),
        Field("backups", Many(BACKUP, 20), "What became of backups that were asked for.", is_required=False),
    ),
)
SEAT = Shape(
    "Seat",
    (
        Field("item", one_of(COUNTED), "What the seat is for; base is a computer beside the main one."),
        Field("device", DEVICE, "The machine that sits on it."),
    ),
)
BODIES = (ACTIVATION, CHECK_IN, SEAT)
"""What is sent."""
