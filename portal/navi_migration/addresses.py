"""Addresses of backups, as they are handed on."""

from __future__ import annotations

from flask import current_app, request, url_for


def of_backup(token: str) -> str:
    """Return the whole address of a "Link de Download"."""
    config = current_app.extensions["portal_config"]
    base = str(config.base_url or request.url_root).rstrip("/")
    return f"{base}{url_for('navi_downloads.backup', token=token)}"
