"""A process of programs that ask the portal's services directly, many at once: what they come to, in words.

``python -m drills.programs`` reads a line of JSON, a list of deeds, does them at the same moment with a thread each, and
writes a line: for each deed what it came to. So do the threads of a server, but that no limit of tries stands before them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.access import Viewer
from portal.codes import document, reissue
from portal.config import from_environ
from portal.domain.errors import ProgramRefused, Refusal
from portal.domain.installations import Program
from portal.extensions import db
from portal.factory import create_app
from portal.installations import activation, check_in
from portal.installations.activation import Asking, Device
from portal.installations.check_in import Report
from portal.installations.standing import Settings
from portal.licenses import applying
from portal.models import Client, User

AT_ONCE = 16
DONE, BUSY, FAULT = "done", "busy", "fault"
VERSION = "5.2.1"
DEADLOCK = "40P01"
"""PostgreSQL's code for a circle of waiting, which it broke."""


def activate(deed: dict[str, Any]) -> str:
    """Use a code; returns the key."""
    device = Device(deed["device"], deed["device"])
    asking = Asking(Program.LINK, deed["document"], deed["code"], device, VERSION, deed["request"])
    done = activation.activate(asking, now=clock.now(), settings=Settings())
    return str(getattr(done, "key", DONE))


def check_in_(deed: dict[str, Any]) -> str:
    """Check in with a key."""
    report = Report(Device(deed["device"], deed["device"]), VERSION)
    check_in.check_in(deed["key"], report, now=clock.now(), settings=Settings())
    return DONE


def reissue_(deed: dict[str, Any]) -> str:
    """Send the form of "Reemitir código" for a client as it stands."""
    client = db.session.get_one(Client, deed["client"])
    code_id, installation_id = reissue.target(client).ids
    named = {"code_id": code_id, "installation_id": installation_id}
    reissue.reissue(client, version=client.version, **named, now=clock.now(), actor=_actor(deed))
    return DONE


def change_document(deed: dict[str, Any]) -> str:
    """Send the form of "Alterar CPF/CNPJ"."""
    client = db.session.get_one(Client, deed["client"])
    document.change(client, version=client.version, document=deed["document"], now=clock.now(), actor=_actor(deed))
    return DONE


def fold(_deed: dict[str, Any]) -> str:
    """Do the night's work on licenses."""
    applying.apply_due(clock.now())
    return DONE


DEEDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "activate": activate,
    "check in": check_in_,
    "reissue": reissue_,
    "document": change_document,
    "night": fold,
}


def _actor(deed: dict[str, Any]) -> Viewer:
    user = db.session.get_one(User, deed["user"])
    return Viewer("", 1, user.id, user.name, "", user.role, user.partner_id, "", 0, is_partner_suspended=False)


def _do(app: Flask, deed: dict[str, Any], together: Barrier) -> str:
    with app.app_context():
        together.wait(30)
        try:
            return DEEDS[deed["do"]](deed)
        except ProgramRefused as refused:
            return refused.reason.value
        except Refusal as refused:
            return type(refused).__name__
        except OperationalError as error:  # answered with 503
            is_circle = getattr(error.orig, "sqlstate", "") == DEADLOCK
            return f"{FAULT if is_circle else BUSY}: {error.orig}"
        except Exception as error:  # noqa: BLE001 - answered with 500
            return f"{FAULT}: {error!r}"
        finally:
            db.session.remove()


def main() -> None:
    """Do what the lines ask for, until there are no more."""
    app = create_app(from_environ(os.environ))
    with ThreadPoolExecutor(AT_ONCE) as hands:
        for line in sys.stdin:
            deeds = json.loads(line)
            together = Barrier(len(deeds))
            said = list(hands.map(lambda deed, together=together: _do(app, deed, together), deeds))
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
