"""Two weeks of a shop: its programs as they are, a portal as it runs, HTTP between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import update

from portal.config import DEMO_RECEIVER
from portal.domain import pix
from portal.domain.catalogue import Item, Product
from portal.extensions import db
from portal.models import Client, Installation, LicenseItem, Pairing, RegistrationCode, Seat
from reference import link, navi
from reference.backup import open_backup
from reference.download import secret_of
from reference.wire import Portal
from tests.factories import Factory
from tests.money import Purse, at
from tests.psp import Psp
from tests.reference.day import Clock, Desk, Machine, newest, portal_at
from tests.serving import Running

HELD = "Computadores 2, Cloud, Garçom 3, Móvel"
FIRST = f"Licença de Padaria Pão Quente válida até 10/07/2025 23:59; {HELD}"
RENEWED = f"Licença de Padaria Pão Quente válida até 26/07/2025 08:59; {HELD}"
WRONG = "CNPJ ou código de registro não confere. Confira os dois; um código já utilizado não ativa de novo."
FULL = "Todas as licenças estão em uso. Feche o programa em outro aparelho."
FREED = "O parceiro encerrou o uso neste aparelho. Abra o programa de novo."
SUSPENDED = "Acesso suspenso. Fale com seu parceiro."
ENDED = "A licença terminou em {}. Conecte à internet ou fale com seu parceiro."
EXPIRED = "Licença vencida. Fale com seu parceiro para renovar."
REPLACED = "Esta instalação foi substituída por outra. Para usar aqui, ative com um novo código."
NO_LINE = "Sem conexão com o portal."
TURNED_BACK = "O relógio deste aparelho está atrasado. Acerte a data e a hora."


@dataclass
class Day:
    """Everything that takes part."""

    documents: dict[Product, str]
    codes: dict[Item, str]
    clock: Clock
    folder: Path
    server: Running
    desk: Desk
    kiosk: Desk

    def machine(self, name: str, program: ModuleType = link) -> Machine:
        """Return the machine of a name."""
        return Machine(self.folder / name, self.clock, self.server.url, program)


@pytest.fixture
def shop(make: Factory, partner, prices) -> Client:
    """Return a client due today: two computers, Cloud, three Garçom, one Móvel."""
    client = make.client(partner, name="Padaria Pão Quente", due_on=date(2025, 7, 10))
    db.session.execute(update(LicenseItem).values(quantity=2))
    for item, quantity in ((Item.CLOUD, 1), (Item.WAITER, 3), (Item.MOBILE, 1)):
        make.item(client, item, quantity)
    return client


@pytest.fixture
def kiosk(make: Factory, partner) -> Client:
    """Return the shop's Navi, which needs no code."""
    return make.client(partner, name="Quiosque da Padaria", product=Product.NAVI)


@pytest.fixture
def day(app, database_url, tmp_path, make, shop, kiosk, admin, purse) -> Iterator[Day]:
    """Yield the first day at noon; the portal runs until a step is to go without it."""
    clock = Clock(tmp_path / "now", "2025-07-10T12:00:00")
    codes = {item: str(make.code(shop, item=item).code) for item in (Item.BASE, Item.MOBILE)}
    documents = {Product.LINK: str(shop.document), Product.NAVI: str(kiosk.document)}
    desks = [Desk(app, clock, client, admin) for client in (shop, kiosk)]
    with portal_at(clock, tmp_path, database_url) as server:
        yield Day(documents, codes, clock, tmp_path, server, *desks)


def test_a_shop_lives_with_its_portal_and_without(day: Day, shop: Client, purse: Purse) -> None:
    activation(day)
    pairing(day)
    backup(day)
    seats(day)
    suspension(day)
    renewal(day, shop, purse)
    replacement(day)
    day.server.stop()
    on_its_own(day)


def activation(day: Day) -> None:
    """Not without a code, not with another one, once with the right one; a Móvel's code is for one device."""
    main, document = day.machine("main"), day.documents[Product.LINK]
    assert main.process("start")[0] == 2
    assert main.does("activate", document, day.codes[Item.MOBILE]) == (1, WRONG)
    status, screen = main.process("activate", document, day.codes[Item.BASE], "--name", "CAIXA-01")
    assert (status, screen.splitlines()[1:]) == (0, [FIRST])
    mobile = "activate", document, day.codes[Item.MOBILE], "--program", "link_mobile"
    assert day.machine("mobile").does(*mobile)[0] == 0
    assert day.machine("second mobile").does(*mobile) == (1, WRONG)


def pairing(day: Day) -> None:
    """A Navi tells a number; once the partner has authorised it, the same question is answered with a license."""
    kiosk, asks = day.machine("navi", navi), ("activate", day.documents[Product.NAVI])
    status, screen = kiosk.does(*asks)
    assert (status, newest(Pairing.number) in screen) == (2, True)
    assert kiosk.does(*asks) == (status, screen)
    day.kiosk.post(day.server, f"pairings/{newest(Pairing.id)}/authorisation")
    assert kiosk.does(*asks) == (0, "Ativado: Quiosque da Padaria")
    assert kiosk.does("start") == (0, "Licença de Quiosque da Padaria válida até 25/07/2025 11:59")


def backup(day: Day) -> None:
    """Navi's shop goes to the portal in pieces, and comes back by the link that is shown, to the last line."""
    shop = day.machine("navi", navi)
    assert shop.does("fill", "--sales", "5000")[0] == 0
    status, screen = shop.does("link")
    (url,) = re.findall(r"Link de Download: (\S+)", screen)
    assert (status, "Vale até 11/07/2025 12:00." in screen, "▄" in screen) == (0, True, True)
    with Portal(day.server.url).open(f"/b/{secret_of(url)}/file") as answer:
        file = BytesIO(answer.read())
    with open_backup(file) as found:
        assert found.document == day.documents[Product.NAVI]
        assert len(list(found.lines())) == sum(found.counts.values()) > 5000


def seats(day: Day) -> None:
    """The second computer sits beside the first; a fourth Garçom waits until one is given back, a fifth until one is freed."""

    def seat(action: str, item: str, name: str) -> tuple[int, str]:
        return day.machine("main").does("seat", action, item, "--device", name)

    assert seat("take", "base", "CAIXA-02") == (0, "CAIXA-02: Computadores em uso: 2 de 2.")
    assert seat("take", "base", "CAIXA-03") == (1, FULL)
    assert [seat("take", "waiter", name)[0] for name in ("G1", "G2", "G3")] == [0, 0, 0]
    assert seat("take", "waiter", "G4") == (1, FULL)
    assert seat("return", "waiter", "G2") == (0, "G2: Garçom em uso: 2 de 3.")
    assert seat("take", "waiter", "G4") == (0, "G4: Garçom em uso: 3 de 3.")
    day.desk.post(day.server, f"seats/{newest(Seat.id, device='G1')}/release")
    assert seat("take", "waiter", "G5") == (0, "G5: Garçom em uso: 3 de 3.")
    assert seat("renew", "waiter", "G1") == (1, FREED)
    assert day.machine("main").does("check-in") == (0, FIRST)


def suspension(day: Day) -> None:
    """It reaches the program at its next check-in, and stays without a line until the next good one."""
    main, mobile = day.machine("main"), day.machine("mobile")
    day.desk.post(day.server, "suspension", reason="Em atraso")
    assert main.does("run") == (0, FIRST)
    day.clock.set("2025-07-10T18:00:00")
    assert (main.does("run"), mobile.does("run")) == ((1, SUSPENDED), (1, SUSPENDED))
    day.desk.post(day.server, "resumption")
    assert main.does("start", offline=True) == (1, SUSPENDED)
    assert (main.does("start"), mobile.does("start")) == ((0, FIRST), (0, FIRST))


def renewal(day: Day, shop: Client, purse: Purse) -> None:
    """Due yesterday, it stopped at midnight; paid for, it runs again from the next check-in on."""
    main, today = day.machine("main"), date(2025, 7, 11)
    day.clock.set("2025-07-11T09:00:00")
    assert main.does("start", offline=True) == (1, ENDED.format("10/07/2025 23:59"))
    assert main.does("start") == (1, EXPIRED)
    invoice, bank = purse.renew(shop, today), Psp(day.server.webhook)
    code = pix.br_code(DEMO_RECEIVER, txid=invoice.txid, amount_cents=invoice.total_cents)
    db.session.rollback()
    assert bank.tell(bank.pay(code, at(today))).status == 200
    assert main.does("start") == (0, RENEWED)


def replacement(day: Day) -> None:
    """The old computer works until the reissued code is used on the new one."""
    main, new = day.machine("main"), day.machine("new")
    day.desk.post(day.server, "reissue", installation=newest(Installation.id, device="CAIXA-01"))
    assert main.does("start") == (0, RENEWED)
    assert new.does("activate", day.documents[Product.LINK], newest(RegistrationCode.code))[0] == 0
    assert (main.does("start"), main.does("start", offline=True)) == ((2, REPLACED), (2, REPLACED))


def on_its_own(day: Day) -> None:
    """Nobody answers: the license is enough until the lease ends, and turning the clock back buys nothing."""
    new = day.machine("new")
    day.clock.set("2025-07-25T12:00:00")
    assert new.process("start") == (0, f"{RENEWED}\n{NO_LINE}")
    assert new.does("check-in") == (3, NO_LINE)
    assert '"runs_through": "2025-08-10"' in new.does("license")[1]
    assert new.does("status")[1].endswith(RENEWED)
    seat = "seat", "take", "waiter", "--device", "G1"
    assert new.does(*seat) == (0, "G1: Garçom em uso: 1 de 3 (sem conexão).")
    assert new.does("start", now="2025-07-25T11:00:00-03:00") == (1, TURNED_BACK)
    day.clock.set("2025-07-26T09:00:00")
    assert new.does("start") == (1, ENDED.format("26/07/2025 08:59"))
    assert new.does("start", now="2025-07-25T12:00:00-03:00") == (1, TURNED_BACK)
