"""``flask --app app prices``: load a version of the price table, show what holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import BinaryIO

import click
from flask.cli import AppGroup

from portal import clock, formatting
from portal.catalogue import queries, service, sheet
from portal.catalogue.texts import Text
from portal.domain.prices import PriceTable, valid_on

MOST_NOTE = 200

prices = AppGroup("prices", help="Tabela de preços.")


@prices.command("load")
@click.argument("file", type=click.File("rb"))
@click.option("--from", "valid_from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Desde quando vale.")
@click.option("--note", default="", help="Para que serve, em até 200 caracteres.")
def load(file: BinaryIO, valid_from: datetime, note: str) -> None:
    """Carrega uma tabela completa (CSV: product;item;price). Com qualquer erro, nada é gravado."""
    day, today = valid_from.date(), clock.today()
    read = sheet.read(file.read())
    flaws = read.flaws + _past(day, today)
    if flaws:
        raise click.ClickException("\n".join([*flaws, Text.REFUSED.label]))
    note = note.strip()[:MOST_NOTE]
    version = service.load(read.cents, valid_from=day, note=note, now=clock.now(), actor=None)
    click.echo(Text.LOADED.label.format(version=version.id, day=formatting.day(day)))


def _past(day: date, today: date) -> list[str]:
    """Say why a day that is over cannot be given other prices: what was charged then would no longer be explained."""
    if day >= today or valid_on(queries.price_tables(), day) is None:
        return []
    return [Text.PAST.label.format(day=formatting.day(day), today=formatting.day(today))]


@prices.command("show")
def show() -> None:
    """Mostra a tabela em vigor e as que ainda vão valer."""
    today, tables = clock.today(), queries.price_tables()
    current = valid_on(tables, today)
    if current is None:
        click.echo(Text.NONE.label)
    coming = sorted((table for table in tables if table.valid_from > today), key=lambda table: table.valid_from)
    for table in [*([current] if current else []), *coming]:
        _print(table, is_current=table is current)


def _print(table: PriceTable, *, is_current: bool) -> None:
    mark = Text.CURRENT.label if is_current else ""
    click.echo(Text.VERSION.label.format(version=table.version, day=formatting.day(table.valid_from), mark=mark))
    for (product, item), cents in sorted(table.cents.items()):
        click.echo(f"  {product.label:<5} {item.label:<20} {formatting.money(cents):>12}")


COMMANDS: tuple[click.Command, ...] = (prices,)
