"""What the codes' tests share: a partner, its Administrador with a browser, clients of each status."""

from __future__ import annotations

from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of

__all__ = ["admin", "client_in", "partner", "stranger", "web", "web_of"]
