"""Mail by SMTP: to a real server on the loopback, and to pretended ones where the network would be needed."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from threading import Event
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from flask import Flask, current_app

from portal import mail
from portal.config import Config
from portal.models import User
from tests.visitor import Visitor


class Inbox:
    """An SMTP server's memory."""

    def __init__(self) -> None:
        self.mails: Queue[tuple[list[str], EmailMessage]] = Queue()
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        self.mails.put((envelope.rcpt_tos, message))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=True)


@pytest.fixture
def inbox() -> Inbox:
    """Return an empty inbox."""
    return Inbox()


@pytest.fixture
def config(app: Flask, inbox: Inbox) -> Iterator[Config]:
    """Run an SMTP server and return the configuration that uses it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Controller(
        inbox, hostname="127.0.0.1", port=port, authenticator=inbox.authenticate, auth_require_tls=False, ready_timeout=60
    )  # fmt: skip
    server.start()
    yield replace(
        app.extensions["portal_config"],
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="Portal <portal@fornecedor.test>",
        base_url="https://portal.example",
    )
    server.stop()


def test_a_mail_arrives_as_plain_text_with_its_accents(config: Config, inbox: Inbox) -> None:
    mail.send(config, "ana@revenda.test", "Senha nova: já", "Olá, Ação\n\nhttps://portal.example/password/" + "x" * 60)
    to, message = inbox.mails.get(timeout=60)
    assert to == ["ana@revenda.test"]
    assert message["Subject"] == "Senha nova: já"
    assert message["From"] == "Portal <portal@fornecedor.test>"
    assert message["Date"] == "Thu, 10 Jul 2025 12:00:00 -0300"
    assert message["Message-ID"].endswith("@fornecedor.test>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert "Olá, Ação" in message.get_content()
    assert "/password/" + "x" * 60 in message.get_content()


def test_user_and_password_come_from_the_url(config: Config, inbox: Inbox) -> None:
    url = (config.smtp_url or "").replace("smtp://", "smtp://portal%40fornecedor.test:p%3Aw@")
    mail.send(replace(config, smtp_url=url), "ana@revenda.test", "Oi", "Oi")
    assert inbox.logins == [(b"portal@fornecedor.test", b"p:w")]
    inbox.mails.get(timeout=60)


def test_the_whole_way_from_the_form_to_the_inbox(
    ana: User, app: Flask, config: Config, inbox: Inbox, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "portal_config", config)
    assert visitor.post("/password/forgotten", email="ana@revenda.test").status_code == 303
    to, message = inbox.mails.get(timeout=60)
    assert to == ["ana@revenda.test"]
    link = next(line for line in message.get_content().splitlines() if line.startswith("https://portal.example/"))
    assert visitor.get(link.removeprefix("https://portal.example")).status_code == 200


def test_the_answer_does_not_wait_for_the_mail(app: Flask) -> None:
    go_on, done = Event(), Event()

    def slow() -> None:
        assert current_app.name == "portal"
        go_on.wait(60)
        done.set()

    assert mail.later(app, slow)
    assert not done.is_set()
    go_on.set()
    assert done.wait(60)


def test_a_crowd_of_mails_is_not_taken_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, done = Event(), Event()
    monkeypatch.setattr(mail, "_slots", mail.BoundedSemaphore(1))
    assert mail.later(app, lambda: bool(go_on.wait(60)) and done.set())
    assert not mail.later(app, lambda: None)
    go_on.set()
    assert done.wait(60)


def test_a_failure_is_logged_without_the_address(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> None:
        raise smtplib.SMTPRecipientsRefused({"ana@revenda.test": (550, b"no such user")})

    assert mail._slots.acquire(blocking=False)
    mail._run(app, refused)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "ana@revenda.test" not in caplog.text


class Pretended:
    """An SMTP connection that notes what is done with it."""

    extensions: tuple[str, ...] = ()
    made: list[Pretended]

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.host, self.port, self.options = host, port, options
        self.done: list[str] = []
        self.sock: object = object()
        self.made.append(self)

    def __enter__(self) -> Pretended:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def ehlo_or_helo_if_needed(self) -> None:
        self.done.append("ehlo")

    def has_extn(self, name: str) -> bool:
        return name in self.extensions

    def starttls(self, *, context: ssl.SSLContext) -> None:
        assert context.check_hostname
        self.sock = ssl.SSLSocket.__new__(ssl.SSLSocket)
        self.done.append("starttls")

    def login(self, user: str, password: str) -> None:
        self.done.append(f"login {user} {password}")

    def send_message(self, _message: EmailMessage) -> None:
        self.done.append("send")

    def close(self) -> None:
        self.done.append("close")


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> type[Pretended]:
    """Replace smtplib's connections; return the class that notes them."""
    kind = type("Noted", (Pretended,), {"made": []})
    monkeypatch.setattr(smtplib, "SMTP", kind)
    monkeypatch.setattr(smtplib, "SMTP_SSL", kind)
    return kind


def config_with(app: Flask, url: str) -> Config:
    return replace(app.extensions["portal_config"], smtp_url=url, mail_from="portal@fornecedor.test")


def test_starttls_is_used_where_it_is_offered(app: Flask, pretended: type[Pretended]) -> None:
    pretended.extensions = ("starttls",)
    mail.send(config_with(app, "smtp://portal:secreta@mail.example:587"), "a@b", "Oi", "Oi")
    [connection] = pretended.made
    assert (connection.host, connection.port, connection.options) == ("mail.example", 587, {"timeout": 10})
    assert connection.done == ["ehlo", "starttls", "login portal secreta", "send", "close"]


def test_a_password_is_not_said_in_clear(app: Flask, pretended: type[Pretended]) -> None:
    with pytest.raises(smtplib.SMTPNotSupportedError):
        mail.send(config_with(app, "smtp://portal:secreta@mail.example"), "a@b", "Oi", "Oi")
    assert not any(step.startswith(("login", "send")) for step in pretended.made[0].done)


def test_without_a_password_a_server_may_lack_starttls(app: Flask, pretended: type[Pretended]) -> None:
    mail.send(config_with(app, "smtp://mail.example"), "a@b", "Oi", "Oi")
    assert pretended.made[0].port == 25
    assert pretended.made[0].done == ["ehlo", "send", "close"]


def test_smtps_speaks_tls_from_the_start(app: Flask, pretended: type[Pretended]) -> None:
    mail.send(config_with(app, "smtps://mail.example"), "a@b", "Oi", "Oi")
    [connection] = pretended.made
    assert connection.port == 465
    assert connection.options["context"].verify_mode == ssl.CERT_REQUIRED
    assert connection.done == ["send", "close"]
