"""``flask --app app demo``: the small demo, or a large database for benchmarks."""

from __future__ import annotations

from time import monotonic

import click
from click import Command
from flask import current_app
from flask.cli import with_appcontext

from portal import schema
from portal.demo import bulk, service

PARTNERS, CLIENTS, SEED = 50, 10_000, 1
LARGEST_PART = 5
NOT_EMPTY = "The database holds partners already; demo data goes into an empty one only. Nothing was written."


@click.command("demo")
@click.option("--partners", type=int, help=f"How many partners ({PARTNERS}).")
@click.option("--clients", type=int, help=f"How many clients, all partners together ({CLIENTS}).")
@click.option("--largest", type=int, help="How many of them the first partner has; no other has more (a fifth).")
@click.option("--seed", type=int, help=f"The same seed on the same day makes the same clients ({SEED}).")
@with_appcontext
def demo(partners: int | None, clients: int | None, largest: int | None, seed: int | None) -> None:
    """Fill an empty database: without options with the small demo, with any option with a large one for benchmarks."""
    _ensure_allowed()
    if partners is clients is largest is seed is None:
        _small()
    else:
        _large(_order(partners, clients, largest, seed))


def _ensure_allowed() -> None:
    if not current_app.extensions["portal_config"].is_demo:
        raise click.ClickException("Demo data has a known password: it is made in demo mode only (PORTAL_DEMO=1).")
    if not schema.is_current():
        raise click.ClickException("The schema is not up to date; run: flask --app app db upgrade")


def _order(partners: int | None, clients: int | None, largest: int | None, seed: int | None) -> bulk.Order:
    """Complete and check the numbers."""
    partners = PARTNERS if partners is None else partners
    clients = CLIENTS if clients is None else clients
    if largest is None:
        fewest = -(-clients // max(partners, 1))
        largest = max(clients // LARGEST_PART, fewest)
        largest = min(largest, clients - partners + 1)
    try:
        return bulk.Order(partners, clients, largest, SEED if seed is None else seed)
    except bulk.OrderRefused as refused:
        raise click.UsageError(str(refused)) from None


def _small() -> None:
    if not service.seed_if_empty():
        raise click.ClickException(NOT_EMPTY)
    click.echo(_welcome())


def _large(order: bulk.Order) -> None:
    began = monotonic()
    try:
        bulk.fill(order, click.echo)
    except bulk.DatabaseNotEmpty:
        raise click.ClickException(NOT_EMPTY) from None
    click.echo(f"{order.partners} partners, {order.clients} clients in {monotonic() - began:.0f} s.")
    click.echo(_welcome())


def _welcome() -> str:
    config = current_app.extensions["portal_config"]
    return service.welcome(f"http://{config.host}:{config.port}")


COMMANDS: tuple[Command, ...] = (demo,)
