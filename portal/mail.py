"""Mail by SMTP, sent behind the request's back so that its duration tells nothing about the addressee."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from threading import BoundedSemaphore, Thread
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask

from portal import clock
from portal.config import LOOPBACK, Config

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
MOST_AT_ONCE = 20

_slots = BoundedSemaphore(MOST_AT_ONCE)


def can_send(config: Config) -> bool:
    """Say whether mails with links can be sent: a server, a sender, and an address that no request can choose."""
    return bool(config.smtp_url and config.mail_from and config.base_url)


def later(app: Flask, work: Callable[[], None]) -> bool:
    """Do something that sends a mail, soon, in a thread with an application context; False if too much waits already.

    The threads are daemons: a server that stops does not wait for a slow mail server, and who misses a mail asks again.
    """
    if not _slots.acquire(blocking=False):
        log.error("mail: %s already waiting, one dropped", MOST_AT_ONCE)
        return False
    Thread(target=_run, args=(app, work), name="mail", daemon=True).start()
    return True


def _run(app: Flask, work: Callable[[], None]) -> None:
    try:
        with app.app_context():
            work()
    except Exception as error:  # noqa: BLE001 - a thread's last resort
        log.error("mail: failed with %s", type(error).__name__)  # its text may hold the address
    finally:
        _slots.release()


def send(config: Config, to: str, subject: str, text: str) -> None:
    """Send a plain-text mail.

    Raises:
        OSError: no connection, no trust in the server's certificate, or (smtplib.SMTPException) the server refused.
    """
    server = urlsplit(config.smtp_url or "")
    message = _message(config.mail_from or "", to, subject, text)
    with _connect(server) as smtp:
        if server.username:
            _ensure_private(smtp, server)
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _connect(server: SplitResult) -> smtplib.SMTP:
    host = server.hostname or ""
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(host, server.port or 25, timeout=TIMEOUT_SECONDS)
    smtp.ehlo_or_helo_if_needed()
    if smtp.has_extn("starttls") and host not in LOOPBACK:  # a local server's certificate proves nothing
        smtp.starttls(context=ssl.create_default_context())
    return smtp


def _ensure_private(smtp: smtplib.SMTP, server: SplitResult) -> None:
    """Refuse to say the password where others can listen."""
    if not isinstance(smtp.sock, ssl.SSLSocket) and server.hostname not in LOOPBACK:
        smtp.close()
        raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS; the password was not sent")
