"""Which passwords are refused, and how they are hashed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from time import sleep

import pytest

from portal import passwords
from portal.passwords import Weakness


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", Weakness.SHORT),
        ("nove-nove", Weakness.SHORT),
        ("x-" * 101, Weakness.LONG),
        ("Ana.Maria@Revenda.test", Weakness.IS_EMAIL),
        ("ana.maria.", None),
        ("ANA.maria@revenda.TEST", Weakness.IS_EMAIL),
        ("1234567890", Weakness.TRIVIAL),
        ("Senha123456", Weakness.TRIVIAL),
        ("aaaaaaaaaaaa", Weakness.TRIVIAL),
        ("1212121212", Weakness.TRIVIAL),
        ("cavalo bateria", None),
        ("açaí-com-granola", None),
        ("dez-signos", None),
    ],
)
def test_weak_passwords_are_refused_with_their_reason(password: str, why: Weakness | None) -> None:
    assert passwords.weakness(password, "ana.maria@revenda.test") == why


def test_the_part_before_the_at_is_refused_too() -> None:
    assert passwords.weakness("Administradora", "administradora@revenda.test") == Weakness.IS_EMAIL


def test_the_hash_is_argon2id_with_the_parameters_decided() -> None:
    stored = passwords.hash_password("cavalo bateria")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify(stored, "cavalo bateria")
    assert not passwords.verify(stored, "cavalo baterias")
    assert not passwords.needs_rehash(stored)


def test_nobodys_password_is_never_right() -> None:
    assert not passwords.verify(None, "")
    assert not passwords.verify("not a hash", "cavalo bateria")


def test_an_accent_may_be_composed_either_way() -> None:
    assert passwords.verify(passwords.hash_password("a\u00e7a\u00ed na tigela"), "ac\u0327ai\u0301 na tigela")


def test_two_are_hashed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, running, most, both = Lock(), 0, 0, Barrier(2)

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            both.wait(60)  # never less than two
            sleep(0.02)  # and time enough for a third
            with lock:
                running -= 1
            return "hashed"

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(passwords.hash_password, ["x"] * 8))
    assert most == 2
