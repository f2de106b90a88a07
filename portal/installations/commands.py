"""``flask --app app signing-key``: change the key that signs licenses, show which are published."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal import audit, clock
from portal.installations import signing

keys = AppGroup("signing-key", help="Chaves que assinam licenças.")


@keys.command("list")
def list_keys() -> None:
    """Mostra as chaves publicadas, a que assina primeiro."""
    for key in signing.published(clock.now()):
        retired = f"retired {clock.local(key.retired_at):%Y-%m-%d %H:%M}" if key.retired_at else "signs"
        click.echo(f"{key.kid}  made {clock.local(key.created_at):%Y-%m-%d %H:%M}  {retired}")


@keys.command("rotate")
def rotate() -> None:
    """Faz uma chave nova, que assina a partir de agora; as anteriores seguem publicadas por 61 dias."""
    now = clock.now()
    audit.record("signing_key_rotated", actor=None, now=now)
    click.echo(f"{signing.rotate(now).kid} signs from now on")


COMMANDS = (keys,)
