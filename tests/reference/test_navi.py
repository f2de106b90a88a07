"""Navi: a shop that sells and is owed money, its backup as of one moment, the way to a "Link de Download"."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stdnum import ean
from stdnum.br import cpf

from portal.domain.navi_backup import Entity
from portal.domain.navi_checks import Checker
from reference import command, navi, navi_backup, navi_counter, navi_sample
from reference.backup import open_backup
from reference.backup_format import ENTITIES
from reference.command import Impossible
from reference.home import Home
from reference.installation import Installation
from reference.navi_counter import Sale
from reference.navi_shop import Shop
from reference.wire import Refused, Unreachable

NOW = datetime(2025, 7, 10, 15, 30, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop with 40 sales."""
    shop = Shop(tmp_path / "navi.db")
    shop.belong_to(navi_sample.OWNER)
    navi_sample.fill(shop, 7, 40, NOW)
    yield shop
    shop.close()


def sampled(path: Path, sales: int, *words: str) -> bytes:
    assert navi.main(["samples", str(path), "--sales", str(sales), *words]) == command.RUNS
    return path.read_bytes()


# samples


def test_the_same_seed_makes_the_same_bytes_and_another_others(tmp_path: Path) -> None:
    one, again, other = (sampled(tmp_path / "s.zip", 10, "--seed", seed) for seed in ("1", "1", "2"))
    assert one == again != other


def test_a_sample_is_sound_for_both_readers_and_has_something_of_everything(tmp_path: Path) -> None:
    checker, found = Checker(), {entity: list[dict[str, Any]]() for entity in ENTITIES}
    with open_backup(io.BytesIO(sampled(tmp_path / "s.zip", 600))) as backup:
        for line in backup.lines():
            found[line.entity].append(line.row)
    with open_backup(tmp_path / "s.zip") as backup:
        for entity in Entity:
            assert [flaw for line in backup._archive.lines(entity.file) for flaw in checker.line(entity, line)] == []
    assert len(found["sales"]) == 600
    assert 0 < checker.sums.open_credits < len(found["credits"])
    parts = [part for credit in found["credits"] for part in credit["instalments"]]
    assert any(0 < part["paid_cents"] < part["amount_cents"] for part in parts), "one is paid in part"
    assert any(len(sale["payments"]) > 1 for sale in found["sales"]), "one is paid in two ways"
    assert {product["unit"] for product in found["products"]} >= {"KG", "UN"}
    assert all(cpf.is_valid(customer["document"]) for customer in found["customers"] if "document" in customer)
    assert all(ean.is_valid(one["barcode"]) for one in found["products"] if len(one["barcode"]) == 13)


def test_a_sample_of_ten_sales_has_a_credit(tmp_path: Path) -> None:
    sampled(tmp_path / "s.zip", 10)
    with open_backup(tmp_path / "s.zip") as backup:
        assert backup.counts["credits"] == 1


# a day


def test_a_sale_takes_from_stock_and_grants_a_credit_for_what_is_not_paid(shop: Shop) -> None:
    (before,) = (row["quantity_milli"] for row in shop.rows("stock") if row["product_id"] == 1)
    credits_, owed = shop.receivable()
    sold = Sale([(1, 804)], [("cash", 500)], customer=2, discount_cents=100, instalments=3)
    row = navi_counter.sell(shop, sold, NOW)
    assert (row["id"], row["sold_at"], row["total_cents"]) == (41, "2025-07-10T12:30:00-03:00", 1500)
    assert shop.receivable() == (credits_ + 1, owed + 1000)
    *_, credit = shop.rows("credits")
    assert [(part["due_on"], part["amount_cents"]) for part in credit["instalments"]] == [
        ("2025-08-10", 334), ("2025-09-10", 333), ("2025-10-10", 333),
    ]  # fmt: skip
    (after,) = (row["quantity_milli"] for row in shop.rows("stock") if row["product_id"] == 1)
    assert after == before - 804
    assert navi_counter.receive(shop, credit["id"], 400) == 600
    *_, credit = shop.rows("credits")
    assert [part["paid_cents"] for part in credit["instalments"]] == [334, 66, 0], "the oldest first"


@pytest.mark.parametrize(
    "sale",
    [
        Sale([(999, 1000)]),
        Sale([(1, 1000)], [("cash", 999_999)]),
        Sale([(1, 1)], discount_cents=500),
        Sale([(1, 1000)], instalments=2),
        Sale([(1, 1000)], customer=999),
    ],
)
def test_what_does_not_fit_is_not_sold(shop: Shop, sale: Sale) -> None:
    with pytest.raises(Impossible):
        navi_counter.sell(shop, sale, NOW)
    assert shop.count("sales") == 40


def test_nobody_pays_more_than_is_owed(shop: Shop) -> None:
    with pytest.raises(Impossible, match="falta receber"):
        navi_counter.receive(shop, 1, 10**9)


def test_the_last_day_of_a_shorter_month_is_its_own() -> None:
    credit = three_parts(datetime(2025, 12, 31, tzinfo=UTC))
    assert [part["due_on"] for part in credit["instalments"]] == ["2026-01-31", "2026-02-28", "2026-03-31"]


def three_parts(day: datetime) -> dict[str, Any]:
    return navi_sample.credit_of({"id": 1, "customer_id": 1}, 1, day.date(), 300, 3)


# the backup


class Portal:
    """Takes backups as the portal does; the line is cut when a test says so."""

    def __init__(self) -> None:
        self.pieces: dict[str, dict[int, bytes]] = {}
        self.announced: dict[str, Any] = {}
        self.cut_at, self.busy_seconds = list[int](), 0

    def post(self, path: str, body: dict[str, Any], key: str | None = None, *, expects: Any) -> dict[str, Any]:
        if path == "/backups":
            self.announced = body
            have = self.pieces.setdefault(body["sha256"], {})
            count = -(-body["size_bytes"] // 1000)
            return {"id": body["sha256"], "piece_bytes": 1000, "pieces": count, "have": sorted(have)}
        whole = self.whole(path.split("/")[2])
        if hashlib.sha256(whole).hexdigest() != path.split("/")[2]:
            raise Refused("damaged", "O backup chegou danificado.")
        return {"url": "https://portal.example/b/" + "x" * 43, "expires_at": "2025-07-11T15:30:00+00:00"}

    def send(self, path: str, content: bytes, key: str) -> None:
        _, _, sha256, _, number = path.split("/")
        if int(number) in self.cut_at:
            self.cut_at.remove(int(number))
            raise Unreachable(self.busy_seconds)
        assert int(number) not in self.pieces[sha256], "sent once"
        self.pieces[sha256][int(number)] = content

    def whole(self, sha256: str) -> bytes:
        return b"".join(content for _, content in sorted(self.pieces[sha256].items()))


class Machine:
    """A shop whose Navi is activated, and its line to the portal."""

    def __init__(self, shop: Shop, home: Path) -> None:
        self.shop, self.home, self.portal = shop, Home(home), Portal()
        self.pauses = list[float]()

    def upload(self, now: datetime = NOW) -> navi_backup.Download:
        main = Installation(self.home, now)
        main.state.key, main.portal = "KEY", self.portal
        return navi_backup.upload(main, self.shop, lambda done, total: None, self.pauses.append)


@pytest.fixture
def machine(shop: Shop, tmp_path: Path) -> Machine:
    """Return a machine with the shop."""
    return Machine(shop, tmp_path)


def test_a_backup_is_sent_in_pieces_and_read_at_the_other_end(machine: Machine) -> None:
    found = machine.upload()
    (sha256,) = machine.portal.pieces
    with open_backup(io.BytesIO(machine.portal.whole(sha256))) as backup:
        assert sum(1 for _ in backup.lines()) == sum(backup.counts.values())
        assert (backup.manifest["document"], backup.sha256) == (navi_sample.OWNER.document, sha256)
    assert (found.url[-3:], found.expires_at.tzinfo) == ("xxx", UTC)
    assert not (machine.home.folder / "backup.zip").exists(), "nothing stays behind"


def test_a_piece_is_sent_again_until_the_line_is_gone_for_long(machine: Machine) -> None:
    machine.portal.cut_at = [2, 2, 2]
    machine.upload()
    assert machine.pauses == [2.0, 4.0, 8.0]


@pytest.mark.parametrize(("seconds", "pauses"), [(30, [30]), (3600, [])])
def test_a_busy_portal_is_waited_for_but_not_for_ever(machine: Machine, seconds: int, pauses: list[float]) -> None:
    machine.portal.cut_at, machine.portal.busy_seconds = [2], seconds
    if pauses:
        machine.upload()
    else:
        with pytest.raises(Unreachable):
            machine.upload()
    assert machine.pauses == pauses


def test_what_was_cut_off_is_continued_though_time_has_passed(machine: Machine) -> None:
    machine.portal.cut_at = [3] * navi_backup.MOST_TRIES
    with pytest.raises(Unreachable):
        machine.upload()
    machine.upload(NOW.replace(hour=18))
    (pieces,) = machine.portal.pieces.values()
    assert len(pieces) == -(-machine.portal.announced["size_bytes"] // 1000)
    machine.upload(NOW.replace(hour=19))
    assert len(machine.portal.pieces) == 2, "what was finished is not taken for unfinished"


def test_after_a_sale_it_is_another_backup(machine: Machine) -> None:
    machine.portal.cut_at = [3] * navi_backup.MOST_TRIES
    with pytest.raises(Unreachable):
        machine.upload()
    navi_counter.sell(machine.shop, Sale([(1, 1000)]), NOW)
    machine.upload()
    assert len(machine.portal.pieces) == 2


def test_a_backup_that_is_too_large_is_refused_in_words(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navi_backup, "MOST_BYTES", 100)
    with pytest.raises(Impossible, match="Compartilhar"):
        machine.upload()
    assert machine.portal.pieces == {}


# the command


def done(home: Path, *words: str) -> int:
    return navi.main(["--home", str(home), "--portal", "http://127.0.0.1:1", "--now", NOW.isoformat(), *words])


def test_a_day_by_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert done(tmp_path, "fill", "--sales", "20", "--document", "12.ABC.345/01DE-35", "--name", "Mercearia Zé") == 0
    assert done(tmp_path, "fill") == command.REFUSED
    assert done(tmp_path, "sell", "1=0,804", "2", "--paid", "pix=5,00", "--customer", "1", "--instalments", "2") == 0
    assert done(tmp_path, "receive", "3", "1,50") == 0
    assert done(tmp_path, "status") == 0
    said = capsys.readouterr().out
    assert "Venda 21: R$ 58,90" in said
    assert "Mercearia Zé – 12.ABC.345/01DE-35" in said
    assert done(tmp_path, "link") == command.NOT_ACTIVATED
    assert done(tmp_path, "activate", "11222333000181") == command.UNREACHABLE
    assert done(tmp_path, "share", "/nowhere/b.zip") == command.REFUSED


def test_the_menu_leads_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done(tmp_path, "fill", "--sales", "10")
    path = tmp_path / "backup.zip"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Configurações\nBackup\nFazer backup\nCompartilhar\n{path}\n"))
    assert done(tmp_path, "menu") == 0
    with open_backup(path) as backup:
        assert backup.counts["sales"] == 10
    monkeypatch.setattr("sys.stdin", io.StringIO("Sair\n"))
    assert done(tmp_path, "menu") == 0


def test_a_shop_of_nobody_has_no_backup(tmp_path: Path) -> None:
    assert done(tmp_path, "share", str(tmp_path / "b.zip")) == command.REFUSED
    assert not (tmp_path / "b.zip").exists()
