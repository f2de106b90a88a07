"""The interface that installed programs speak, version 1: JSON in, JSON out, a key in place of a session (docs/api.md)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, request

from portal import clock
from portal.access import machine, takes
from portal.accounts import throttle
from portal.accounts.throttle import Limit
from portal.api import answers, description, shapes
from portal.api.limits import keyed, told_key
from portal.config import Config
from portal.domain import codes, documents
from portal.domain.errors import ProgramRefused, TooManyAttempts
from portal.domain.installations import Program, Reason
from portal.domain.shapes import Shape, Unreadable, read
from portal.errors import in_words
from portal.extensions import db
from portal.installations import activation, check_in, seats, signing
from portal.installations.activation import Asking, Device, Waiting
from portal.installations.check_in import BackupReport, CloudReport, Report
from portal.installations.standing import Settings
from portal.refusing import problem

bp = Blueprint("api", __name__, url_prefix="/api/v1")

OF_DOCUMENT = Limit("activation", 10, timedelta(minutes=15))
OF_ADDRESS = Limit("activation_addr", 60, timedelta(minutes=15))
"""Tries to activate, for one document and from one line; a success forgives the document's (DOMAIN R19)."""


@bp.post("/activations")
@machine
@takes(shapes.MOST_BYTES)
def activation_create() -> Response:
    """Turn a document and a code into a key and a license."""
    asking, now = _asking(read_body(shapes.ACTIVATION)), clock.now()
    if not activation.is_known(asking):
        address = throttle.of_address(request.remote_addr or "")
        throttle.take((OF_DOCUMENT, asking.document), (OF_ADDRESS, address), now=now)
    done = activation.activate(asking, now=now, settings=_settings())
    if isinstance(done, Waiting):
        return answers.waiting(done)
    throttle.forgive(OF_DOCUMENT, asking.document)
    db.session.commit()
    return answers.activated(done, now)


@bp.post("/check-ins")
@keyed
def check_in_create() -> Response:
    """Take note of how a program is, and answer the license of the moment."""
    report, now = _report(read_body(shapes.CHECK_IN)), clock.now()
    return answers.checked_in(check_in.check_in(own_key(), report, now=now, settings=_settings()), now)


@bp.post("/seats")
@keyed
def seat_create() -> Response:
    """Give a device a seat."""
    body = read_body(shapes.SEAT)
    device = _device(body)
    return answers.leased(seats.take(own_key(), body["item"], device, now=clock.now(), settings=_settings()))


@bp.post("/seats/renewals")
@keyed
def seat_renewal_create() -> Response:
    """Keep a device's seat."""
    body = read_body(shapes.SEAT)
    device = _device(body)
    return answers.leased(seats.renew(own_key(), body["item"], device, now=clock.now(), settings=_settings()))


@bp.post("/seats/returns")
@keyed
def seat_return_create() -> Response:
    """Give a device's seat back."""
    body = read_body(shapes.SEAT)
    return answers.given_back(seats.give_back(own_key(), body["item"], _device(body), now=clock.now()))


@bp.get("/keys")
@machine
def keys() -> Response:
    """The public keys that licenses are verified with."""
    return answers.keys(list(signing.published(clock.now())))


@bp.get("/openapi.json")
@machine
def openapi() -> Response:
    """The description of all this."""
    return jsonify(description.document())


@bp.errorhandler(ProgramRefused)
def _refused(refusal: ProgramRefused) -> Response:
    db.session.rollback()
    return answers.refused(refusal)


@bp.errorhandler(Unreadable)
def _unreadable(refusal: Unreadable) -> Response:
    return answers.unreadable(refusal.flaws)


@bp.errorhandler(TooManyAttempts)
def _too_many(refusal: TooManyAttempts) -> Response:
    db.session.rollback()
    response = problem(in_words(refusal), Reason.TOO_MANY_ATTEMPTS.value)
    response.headers["Retry-After"] = str(int(refusal.retry_after.total_seconds()))
    return response


def read_body(shape: Shape) -> dict[str, Any]:
    """Return what a program sent."""
    return read(shape, request.get_data())


def own_key() -> str:
    """Return the key that a program carries."""
    key = told_key()
    if key is None:
        raise ProgramRefused(Reason.KEY_UNKNOWN)
    return key


def _asking(body: dict[str, Any]) -> Asking:
    program: Program = body["program"]
    return Asking(
        program,
        documents.normalise(body["document"]),
        "" if program is Program.NAVI else codes.normalise(body.get("code", "")),
        _device(body),
        body["version"],
        body["request"],
    )


def _device(body: dict[str, Any]) -> Device:
    return Device(body["device"]["id"], body["device"]["name"].strip())


def _report(body: dict[str, Any]) -> Report:
    cloud = body.get("cloud")
    return Report(
        _device(body),
        body["version"],
        {peak["item"]: peak["most"] for peak in body.get("peaks", ())},
        CloudReport(cloud["health"], cloud.get("detail", ""), cloud.get("synced_at")) if cloud else None,
        [BackupReport(one["id"], one.get("failure", ""), one.get("size_bytes")) for one in body.get("backups", ())],
    )


def _settings() -> Settings:
    return Settings.of(cast(Config, current_app.extensions["portal_config"]))
