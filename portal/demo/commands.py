"""Commands that make data."""

from __future__ import annotations

from click import Command

COMMANDS: tuple[Command, ...] = ()
