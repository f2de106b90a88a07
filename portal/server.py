"""Serving: waitress with our limits, and a SIGTERM that lets what is in flight finish."""

from __future__ import annotations

import copy
import logging
import re
import select
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import WSGITask

from portal.config import Config

log = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
QUIET_SECONDS = 0.05
MOST_WAITING = 1024
"""As many connections as waitress lets the kernel keep waiting (its ``backlog``)."""

BODY_LIMIT = 3 * 1024 * 1024
"""More than any upload that a route takes; the portal itself refuses what is more than its route takes."""

LARGE_BODY_LIMIT = 51 * 1024 * 1024
LARGE_BODIES = re.compile(r"/clients/[0-9]{1,10}/navi-upload")
"""Where a whole backup is sent in. What is large lies in a file without a name while it comes in."""

NOTHING = nullcontext()

Channels = dict[int, Any]
"""What waitress' loop watches: listening sockets and connections."""


class _Task(WSGITask):
    """A request that keeps its connection after an answer without a body (304, 204).

    Waitress closes it, for want of a Content-Length; on a line of 800 ms that costs the next request as much.
    """

    def set_close_on_finish(self) -> None:
        """Close, except after such an answer to a browser that did not ask for it."""
        request: Any = self.request
        wants_close = request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or self.version != "1.1" or wants_close:
            super().set_close_on_finish()


class _Parser(HTTPRequestParser):
    """Reads a request, whose body may be larger where a backup is sent in."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header; then the address is known, and the body's limit is looked at next."""
        super().parse_header(header_plus)
        request: Any = self
        if request.command == "POST" and LARGE_BODIES.fullmatch(request.path):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = LARGE_BODY_LIMIT


class _Channel(HTTPChannel):
    task_class = _Task
    parser_class = _Parser


def serve(app: Flask, config: Config, beside: AbstractContextManager[None] = NOTHING) -> None:
    """Serve until SIGTERM or SIGINT; then accept nothing new, finish what is in flight, and return.

    ``beside`` is entered once the address is ours, and left when the last answer is out.

    Raises:
        OSError: the address cannot be had (port in use).
    """
    channels: Channels = {}
    server: Any = create_server(app, map=channels, **_settings(config))
    for listener in channels.values():
        listener.channel_class = _Channel
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with beside:
        while not stopping:
            _turn(channels, 0.5)
        log.info("signal %s: finishing what is in flight", stopping[0])
        _drain(channels)
    server.task_dispatcher.shutdown(timeout=1)


def _settings(config: Config) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "host": config.host,
        "port": config.port,
        "threads": config.threads,
        "connection_limit": 1000,
        "asyncore_use_poll": True,
        "channel_timeout": 20,
        "cleanup_interval": 10,
        "max_request_body_size": BODY_LIMIT,
        "max_request_header_size": 16 * 1024,
        "ident": None,
        "expose_tracebacks": False,
    }
    if config.trusted_proxy:
        settings |= {
            "trusted_proxy": config.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
            "clear_untrusted_proxy_headers": True,
        }
    return settings


def _turn(channels: Channels, timeout: float) -> None:
    wasyncore.loop(timeout=timeout, use_poll=True, map=channels, count=1)


def _drain(channels: Channels) -> None:
    """Take in what has arrived, accept nothing more, and turn the loop until no connection has anything left to do."""
    listeners = [entry for entry in channels.values() if getattr(entry, "accepting", False)]
    _accept_waiting(channels, listeners)
    for listener in listeners:
        listener.del_channel()
        listener.socket.close()
    deadline = time.monotonic() + DRAIN_SECONDS
    _turn(channels, QUIET_SECONDS)  # a request that has arrived is read now; before that its connection looks idle
    while _is_busy(channels) and time.monotonic() < deadline:
        _turn(channels, QUIET_SECONDS)


def _accept_waiting(channels: Channels, listeners: list[Any]) -> None:
    """Accept the connections that the kernel has made for us: closing a listening socket would cut them off."""
    poll = select.poll()
    for listener in listeners:
        poll.register(listener.socket, select.POLLIN)
    for _ in range(MOST_WAITING):
        if not poll.poll(0):
            return
        _turn(channels, 0)


def _is_busy(channels: Channels) -> bool:
    connections = [entry for entry in channels.values() if hasattr(entry, "requests")]
    return any(entry.requests or entry.request or entry.total_outbufs_len for entry in connections)
