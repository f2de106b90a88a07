"""Builds the application; the only file that knows every blueprint."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta

from flask import Flask, abort, g, request
from werkzeug.routing import IntegerConverter, ValidationError

from portal import (
    access,
    assets,
    backup,
    clock,
    compression,
    database,
    formatting,
    permissions,
    qr,
    refusing,
    restore,
    saying,
    sealing,
    security,
)
from portal.accounts import (  # noqa: F401 - add their routes to the blueprint of the accounts
    acceptance_routes,
    authenticator_routes,
    people_routes,
    profile_routes,
)
from portal.accounts import commands as account_commands
from portal.accounts import routes as accounts
from portal.api import migration_routes  # noqa: F401 - adds its routes to the blueprint below
from portal.api import routes as api
from portal.backoffice import routes as backoffice
from portal.billing import charge_routes, public_routes, reminder_routes  # noqa: F401 - add their routes to the blueprint below
from portal.billing import routes as billing
from portal.catalogue import commands as catalogue_commands
from portal.catalogue import routes as catalogue
from portal.certificates import routes as certificates
from portal.charges import routes as charges
from portal.clients import bulk_routes, trust_routes  # noqa: F401 - add their routes to the blueprint of the clients
from portal.clients import routes as clients
from portal.closing import routes as closing
from portal.cloud import routes as cloud
from portal.codes import client_routes  # noqa: F401 - adds its routes to the blueprint of the codes
from portal.codes import routes as codes
from portal.config import ROOT, Config, from_environ
from portal.credit import routes as credit
from portal.demo import commands as demo_commands
from portal.domain.ids import parse_id
from portal.evaluations import routes as evaluations
from portal.extensions import csrf, db, limiter, login_manager, migrate
from portal.help import routes as help_pages
from portal.home import routes as home
from portal.imports import routes as imports
from portal.installations import commands as installation_commands
from portal.installations import routes as installations
from portal.invoices import making_routes, month_routes  # noqa: F401 - add their routes to the blueprint of the invoices
from portal.invoices import routes as invoices
from portal.navi_migration import backup_routes as navi_backups
from portal.navi_migration import download_routes as navi_downloads
from portal.navi_migration import routes as navi_migration
from portal.notifications import routes as notifications
from portal.operations import routes as operations
from portal.partners import routes as partners
from portal.partners import visit_routes  # noqa: F401 - adds its routes to the blueprint of the partners
from portal.payments import routes as payments
from portal.payments import staff_routes  # noqa: F401 - adds its routes to the blueprint of the payments
from portal.registrations import (  # noqa: F401 - add their routes to the blueprint below
    contract_routes,
    correction_routes,
    link_order_routes,
    order_routes,
    removal_routes,
)
from portal.registrations import routes as registrations
from portal.renewals import routes as renewals
from portal.requests import asking_routes  # noqa: F401 - adds its routes to the blueprint of the requests
from portal.requests import routes as requests
from portal.requests import staff_routes as request_queue  # noqa: F401 - the same
from portal.trail import routes as trail

MAX_FORM_BYTES = 64 * 1024
FEATURES = (
    home,
    clients,
    registrations,
    navi_migration,
    renewals,
    requests,
    imports,
    charges,
    billing,
    invoices,
    codes,
    cloud,
    installations,
    certificates,
    credit,
    closing,
    notifications,
    accounts,
    operations,
    payments,
    trail,
    help_pages,
    evaluations,
    navi_backups,
    navi_downloads,
    partners,
    catalogue,
    backoffice,
    api,
)
COMMANDS = (account_commands, catalogue_commands, demo_commands, installation_commands, backup, restore, permissions)


class _Number(IntegerConverter):
    """A number in a path that both databases hold as an id; an address with a larger one does not exist."""

    def to_python(self, value: str) -> int:
        """Read the number."""
        number = parse_id(value)
        if number is None:
            raise ValidationError
        return number


def create_app(config: Config | None = None) -> Flask:
    """Return the application for a configuration, by default the environment's.

    Raises:
        ConfigError: the environment makes no sense.
        RuntimeError: a route declares no permission.
    """
    config = config or from_environ(os.environ)
    config.instance.mkdir(parents=True, exist_ok=True)
    clock.configure(config.now)
    app = Flask("portal", root_path=str(ROOT), instance_path=str(config.instance), static_folder=None)
    app.extensions["portal_config"] = config
    app.extensions["schedule"], app.extensions["ticks"] = (), {}  # app.py fills them: the portal knows no jobs
    app.extensions["wake"] = None  # while a runner of works lives in this process, the event that wakes it
    app.url_map.converters["int"] = _Number
    _settings(app, config)
    _plumbing(app, config)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    accounts.init_app(app)
    for commands in COMMANDS:
        for command in commands.COMMANDS:
            app.cli.add_command(command)
    if missing := access.undeclared(app):
        raise RuntimeError(f"routes without a declared permission: {', '.join(missing)}")
    return app


def _settings(app: Flask, config: Config) -> None:
    app.config.update(
        SECRET_KEY=config.secret_key,
        TESTING=config.is_testing,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.engine_options(config.database_url, config.threads),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as its session
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate checks, after it knows who asks
        WTF_CSRF_SSL_STRICT=config.is_https,
        SESSION_COOKIE_NAME="portal",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(fmt=formatting, kept_sayings=saying.kept, today=clock.today, qr_svg=qr.svg)
    app.jinja_env.add_extension("jinja2.ext.do")


def _plumbing(app: Flask, config: Config) -> None:
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        database.listen(db.engine)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.session_protection = None
    login_manager.init_app(app)
    login_manager.user_loader(access.load_viewer)
    compression.init_app(app)  # first in, so that it works last
    published = assets.init_app(app, config.instance / "assets")
    security.init_app(app, published, is_https=config.is_https)
    refusing.init_app(app)
    sealing.init_app(app, config.encryption_keys)
    app.extensions["release"] = _release()

    @app.before_request
    def _reading() -> None:
        only_asks = hasattr(app.view_functions.get(request.endpoint or ""), "asks_for")
        g.reading = database.is_reading.set(only_asks or request.method in {"GET", "HEAD", "OPTIONS"})

    @app.teardown_request
    def _done(_error: BaseException | None) -> None:
        if token := g.pop("reading", None):
            database.is_reading.reset(token)

    @app.before_request
    def _legible() -> None:
        if not request.query_string.isascii():  # no browser sends such bytes bare, and Werkzeug stumbles over them
            abort(400)

    app.before_request(access.gate)


def _release() -> str:
    """Return a hash of everything that shapes a page, so that a new release never answers with an old 304."""
    digest = hashlib.sha256()
    for folder in ("templates", "static", "portal"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
