"""Navi's backups on their way to Link, and what Link tells of its migration (docs/api.md, "From Navi to Link")."""

from __future__ import annotations

from flask import Response, request

from portal import clock
from portal.api import answers
from portal.api import migration_shapes as shapes
from portal.api.limits import keyed, keyed_piece
from portal.api.routes import bp, own_key, read_body
from portal.navi_migration import addresses, receiving, restoring
from portal.navi_migration.restoring import Credentials, Restored


@bp.post("/backups")
@keyed
def backup_create() -> Response:
    """Announce a backup."""
    body = read_body(shapes.ANNOUNCEMENT)
    return answers.begun(receiving.begin(own_key(), body["sha256"], body["size_bytes"], now=clock.now()))


@bp.post("/backups/<backup_key>/pieces/<int:number>")
@keyed_piece
def backup_piece_create(backup_key: str, number: int) -> Response:
    """Take a piece of a backup in."""
    receiving.keep_piece(own_key(), backup_key, number, request.get_data(), now=clock.now())
    return answers.done()


@bp.post("/backups/<backup_key>/completion")
@keyed
def backup_completion_create(backup_key: str) -> Response:
    """Check a backup that is whole, and answer the link to it."""
    read_body(shapes.COMPLETION)
    link = receiving.complete(own_key(), backup_key, now=clock.now())
    return answers.linked(addresses.of_backup(link.token), link)


@bp.post("/restores")
@keyed
def restore_create() -> Response:
    """Note what a Link took over."""
    body = read_body(shapes.RESTORE)
    restored = Restored(body["sha256"], body["restored_at"], body["counts"], body["receivable_cents"])
    restoring.report(own_key(), restored, now=clock.now())
    return answers.done()


@bp.post("/grants")
@keyed
def grant_create() -> Response:
    """Turn a partner's credentials into a grant."""
    body = read_body(shapes.GRANT)
    asked = Credentials(body["email"], body["password"], body.get("code", ""), request.remote_addr or "")
    return answers.granted(restoring.grant(own_key(), asked, now=clock.now()))


@bp.post("/setups")
@keyed
def setup_create() -> Response:
    """Use a grant up: the shop's users were made."""
    body = read_body(shapes.SETUP)
    restoring.set_up(own_key(), body["grant"], body["users"], now=clock.now())
    return answers.done()
