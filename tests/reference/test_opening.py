"""The first hours of a Link: asked in its dialogue's order, refused where it must be, gone on with wherever it stopped."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reference import download, restore, shop
from reference.license import NotAccepted
from reference.opening import Opening
from reference.screen import Interrupted, Screen
from reference.shop import Role
from reference.wire import Refused, Unreachable
from tests import navi_corpus as corpus
from tests.reference.shop import CODE, Shop
from tests.reference.signing import NOW

MINE, OTHERS = "11.222.333/0001-81", "11.444.777/0001-61"
SECRET = "s" * 43
RESTORE, ACTIVATE = ("2", "1"), (MINE, CODE, "")
PARTNER, REVIEW = ("ana@parceiro.example", "uma senha longa"), ("Sim",)
USERS = ("Ana", "1", "Bia", "Caixa", "")


class Portal:
    """A portal that answers as ours does, or cannot be reached, and remembers what it was told."""

    def __init__(self, machine: Shop) -> None:
        self.machine, self.told, self.lost, self.backup = machine, list[tuple[str, Any]](), set[str](), b""
        self.refuses: dict[str, list[Refused]] = {}

    def post(self, path: str, body: dict[str, Any], key: str | None = None, *, expects: Any) -> dict[str, Any]:
        self.told.append((path, json.loads(json.dumps(body))))
        if path in self.lost:
            raise Unreachable
        if self.refuses.get(path):
            raise self.refuses[path].pop(0)
        grant = {"grant": "g" * 43, "expires_at": (NOW + timedelta(minutes=15)).isoformat(), "user": "Ana"}
        activated = {"state": "activated", "key": "KEY"} | self.machine.licensed()
        return {"/activations": activated, "/check-ins": activated, "/grants": grant}.get(path, {})

    def get(self, path: str, expects: Any) -> dict[str, Any]:
        return self.machine.portal.get(path, expects)

    def open(self, path: str, headers: Any = None, body: Any = None) -> Any:
        self.told.append((path, body))
        if path in self.lost:
            raise Unreachable
        return io.BytesIO()

    def paths(self) -> list[str]:
        return [path for path, _ in self.told]


class Machine(Shop):
    """A computer at which somebody types."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(home)
        self.line, self._monkeypatch, self._capsys = Portal(self), monkeypatch, capsys

    def open(self, *typed: str) -> str:
        """Open the dialogue and type; return the screen, with why it ended in its last line."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        main = self.program
        main.portal = self.line
        ended: object = ""
        try:
            Opening(main, Screen()).run()
        except (Interrupted, Refused, Unreachable, NotAccepted) as why:
            ended = why
        return f"{self._capsys.readouterr().out}{ended}"

    def has(self, name: str) -> bool:
        return (self.home / name).exists()

    @property
    def users(self) -> list[tuple[str, Role]]:
        with shop.opened(self.home / "shop.db") as own:
            return own.users()


@dataclass
class Stopped:
    """A portal's clock, which goes on telling the right time."""

    said: dict[str, Any]
    portal: Any

    def licensed(self) -> dict[str, Any]:
        return self.said


@pytest.fixture
def machine(tmp_path, monkeypatch, capsys) -> Machine:
    """Return a machine beside which lies a backup of its shop."""
    (tmp_path / "backup.zip").write_bytes(corpus.sound())
    (tmp_path / "other.zip").write_bytes(corpus.of_another_shop())
    return Machine(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "backup.zip")


@pytest.fixture
def other(tmp_path: Path) -> str:
    return str(tmp_path / "other.zip")


def test_a_shop_comes_over_from_navi(machine: Machine, file: str) -> None:
    screen = machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER, *REVIEW, *USERS)
    assert machine.line.paths() == ["/activations", "/restores", "/grants", "/setups"]
    assert machine.line.told[1][1] == {
        "sha256": machine.line.told[1][1]["sha256"],
        "restored_at": NOW.isoformat(),
        "counts": {"customers": 2, "products": 2, "stock": 2, "sales": 2, "credits": 1},
        "receivable_cents": corpus.RECEIVABLE_CENTS,
    }
    assert machine.line.told[3][1] == {"grant": "g" * 43, "users": 2}
    assert machine.users == [("Ana", Role.ADMIN), ("Bia", Role.CASHIER)]
    for text in (
        "Backup de Padaria Pão Quente, 11.222.333/0001-81, feito em 01/07/2025 08:00",
        "Notas fiscais não são migradas.",
        "Vendas: 2 de 2 (100 %)",
        "Confira os dados restaurados",
        "A receber em crediários abertos: R$ 6,50",
    ):
        assert text in screen
    assert machine.open().splitlines() == ["Link está pronto."]


def test_a_new_shop_begins_with_nothing(machine: Machine) -> None:
    machine.open("1", *ACTIVATE, *PARTNER, *USERS)
    assert machine.line.paths() == ["/activations", "/grants", "/setups"]
    assert machine.users == [("Ana", Role.ADMIN), ("Bia", Role.CASHIER)]


EVERYTHING = (*RESTORE, "{file}", "Sim", "", *ACTIVATE, *PARTNER, *REVIEW, *USERS)


@pytest.mark.parametrize("typed", range(len(EVERYTHING)))
def test_whoever_goes_away_finds_it_as_they_left_it(machine: Machine, file: str, typed: int) -> None:
    words = [word.format(file=file) for word in EVERYTHING]
    assert machine.open(*words[:typed]).endswith("continuar de onde parou.")
    asked_again = {3: 3, 4: 5, 5: 5, 6: 5, 7: 5, 8: 8, 9: 8}  # where each interrupted step begins
    begins = asked_again.get(typed, 0 if typed < 3 else 10)
    resumed = ["Sim"] if typed == 3 else []
    machine.open(*resumed, *words[begins:])
    assert machine.users == [("Ana", Role.ADMIN), ("Bia", Role.CASHIER)]
    assert [machine.line.paths().count(path) for path in ("/activations", "/restores", "/setups")] == [1, 1, 1]


@pytest.mark.parametrize("lost", ["/activations", "/restores", "/grants", "/setups"])
def test_without_a_line_it_waits_and_goes_on_later(machine: Machine, file: str, lost: str) -> None:
    machine.line.lost = {lost}
    everything = [*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER, *REVIEW, *USERS]
    assert machine.open(*everything).endswith("Sem conexão com o portal.")
    machine.line.lost = set()
    rest = {"/activations": 5, "/restores": 8, "/grants": 8, "/setups": len(everything)}[lost]
    assert machine.open(*everything[rest:]).endswith("Link está pronto.\n")
    assert machine.line.paths()[-1] == "/setups"
    assert machine.users == [("Ana", Role.ADMIN), ("Bia", Role.CASHIER)]


def test_a_backup_of_another_shop_waits_and_uses_no_code(machine: Machine, other: str, file: str) -> None:
    screen = machine.open(*RESTORE, other, "Sim", "", MINE)
    assert "O backup é de 11.444.777/0001-61, e não de 11.222.333/0001-81." in screen
    assert (machine.line.told, machine.has("staged.db"), machine.has("shop.db")) == ([], True, False)
    machine.open(MINE, "Restaurar outro backup", "1", file, "Sim", "", *ACTIVATE)
    assert machine.has("shop.db")
    assert not machine.has("staged.db")


def test_restored_data_are_thrown_away_only_when_somebody_says_so(machine: Machine, other: str) -> None:
    machine.open(*RESTORE, other, "Sim", "", MINE, "Corrigir o CNPJ", MINE)
    assert machine.has("staged.db")
    assert "Ou restaure um backup" in machine.open(MINE, "Descartar os dados restaurados")
    assert not machine.has("staged.db")


def test_once_activated_a_backup_of_another_shop_is_not_even_restored(machine: Machine, other: str, file: str) -> None:
    machine.open("1", MINE, CODE)
    machine.line.lost = {"/grants"}
    machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER)
    screen = machine.open(*PARTNER)
    assert "Sem conexão" in screen
    machine.line.lost = set()
    screen = machine.open(*PARTNER, "Não", "1", other)
    assert "O backup é de 11.444.777/0001-61" in screen
    assert "Confira os dados restaurados" in machine.open()
    assert (machine.has("staged.db"), machine.has("shop.db")) == (False, True)


def test_what_is_wrong_at_the_review_is_restored_anew(machine: Machine, file: str) -> None:
    machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER, "Não", "1", file, "Sim", "", *REVIEW, *USERS)
    assert machine.line.paths() == ["/activations", "/restores", "/grants", "/restores", "/setups"]


@pytest.mark.parametrize("bad", [bad for bad in corpus.BAD if bad.name in {"truncated", "a sale's wrong total"}])
def test_a_bad_backup_is_refused_with_its_reason_and_another_may_be_chosen(
    machine: Machine, file: str, tmp_path: Path, bad: corpus.Bad
) -> None:
    (tmp_path / "bad.zip").write_bytes(bad.make())
    screen = machine.open(*RESTORE, str(tmp_path / "bad.zip"), "Sim", *RESTORE, str(tmp_path / "no.zip"))
    assert "O backup não foi restaurado." in screen
    assert "Não foi possível ler" in screen or bad.line == 0
    assert not machine.has("staged.db")
    assert "Backup restaurado" in machine.open(*RESTORE, file, "Sim", "")


def test_a_wrong_code_is_typed_again(machine: Machine, file: str) -> None:
    machine.line.refuses["/activations"] = [Refused("activation_refused", "CNPJ ou código não confere.")]
    assert "não confere" in machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *ACTIVATE)
    assert machine.has("shop.db")


def test_an_activation_by_a_clock_that_stood_wrong_is_gone_on_with_once_it_is_right(
    machine: Machine, file: str
) -> None:
    machine.program.save()  # its name for the portal
    activated = machine.licensed()
    machine.now -= timedelta(hours=1)
    machine.line.machine = Stopped(activated, machine.portal)
    assert "atrasado" in machine.open(*RESTORE, file, "Sim", "", *ACTIVATE)
    machine.now = NOW
    assert machine.open(*PARTNER, *REVIEW, *USERS).endswith("Link está pronto.\n")
    assert machine.line.paths()[:3] == ["/activations", "/check-ins", "/restores"]


def test_wrong_credentials_are_asked_again_with_the_code_and_kept_nowhere(machine: Machine, file: str) -> None:
    machine.line.refuses["/grants"] = [
        Refused("credentials_refused", "E-mail, senha ou código não conferem."),
        Refused("code_needed", "Informe também o código."),
    ]
    typed = (*PARTNER, *PARTNER, *PARTNER, "123456", *REVIEW)
    assert "não conferem" in machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *typed)
    codes = [body.get("code") for path, body in machine.line.told if path == "/grants"]
    assert codes == [None, None, "123456"]
    kept = b"".join(path.read_bytes() for path in machine.home.iterdir())
    assert not any(word.encode() in kept for word in (*PARTNER, "123456"))


@pytest.mark.parametrize("aged", [True, False])
def test_a_word_that_counts_no_more_is_asked_for_anew_and_the_users_stay(
    machine: Machine, file: str, aged: bool
) -> None:
    machine.line.refuses["/setups"] = [] if aged else [Refused("grant_refused", "A confirmação venceu.")]
    everything = (*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER)
    machine.open(*everything, *(() if aged else (*REVIEW, *USERS)))
    machine.now += timedelta(minutes=16) if aged else timedelta()
    machine.line.machine.now = NOW
    machine.open(*(REVIEW + USERS if aged else ()))
    assert len(machine.users) == 2
    machine.now = NOW
    assert machine.open(*PARTNER).endswith("Link está pronto.\n")
    assert machine.line.paths().count("/setups") == (1 if aged else 2)


def test_a_portal_that_knows_of_no_migration_stops_nothing(machine: Machine, file: str) -> None:
    machine.line.refuses["/restores"] = [Refused("no_migration", "?")]
    assert machine.open(*RESTORE, file, "Sim", "", *ACTIVATE, *PARTNER, *REVIEW, *USERS).endswith("pronto.\n")


def test_a_suspended_shop_waits(machine: Machine, file: str) -> None:
    machine.line.refuses["/restores"] = [Refused("suspended", "Acesso suspenso.")]
    assert machine.open(*RESTORE, file, "Sim", "", *ACTIVATE).endswith("Acesso suspenso.")
    assert machine.line.paths().count("/restores") == 1
    machine.program.state.refusal = None
    machine.open(*PARTNER)
    assert machine.line.paths().count("/restores") == 2


def test_a_link_is_fetched_restored_and_told_of_once_it_is_the_shops_own(
    machine: Machine, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(portal: object, secret: str, folder: Path, *, tell: Callable[[int, int], None]) -> Path:
        tell(1, 2)
        whole = folder / download.WHOLE
        whole.write_bytes(Path(file).read_bytes())
        return whole

    monkeypatch.setattr(download, "download", fetch)
    link, receipt = f"https://elsewhere.example/b/{SECRET}", f"/b/{SECRET}/receipt"
    machine.line.lost = {receipt}
    screen = machine.open(*RESTORE, link, "Sim", "", *ACTIVATE)
    assert "Download: 1 de 2" in screen
    assert not machine.has(download.WHOLE)
    assert machine.line.paths() == ["/activations", "/restores", receipt]
    machine.line.lost = set()
    machine.open(*PARTNER)
    assert machine.line.paths()[3:] == [receipt, "/grants"]
    assert list(machine.line.told[3][1]) == ["sha256"]


def test_a_chosen_backup_may_be_let_go_of(machine: Machine, file: str) -> None:
    machine.open(*RESTORE, file)
    assert "Ou restaure um backup" in machine.open("Não")


def test_what_a_killed_run_was_building_is_thrown_away(machine: Machine) -> None:
    machine.home.mkdir()
    draft = restore.draft_of(machine.home / "staged.db")
    draft.write_bytes(b"half")
    machine.open()
    assert not draft.exists()


def test_only_the_main_computer_keeps_the_shop(machine: Machine) -> None:
    main = machine.program
    main.state.program = "link_mobile"
    main.save()
    assert "computador principal" in machine.open()
