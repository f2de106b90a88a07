"""Encryption at rest: opens with our keys, in its own place, unchanged; and with nothing else."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from portal.sealing import Sealer, SealError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = "certificates:password:7"


def test_what_is_sealed_opens_again_and_never_looks_the_same_twice() -> None:
    sealer = Sealer({"1": OLD})
    sealed = sealer.seal(b"segredo", PLACE)
    assert sealer.unseal(sealed, PLACE) == b"segredo"
    assert sealed != sealer.seal(b"segredo", PLACE)
    assert "segredo" not in sealed


def test_a_newer_key_seals_and_older_ones_still_open() -> None:
    before = Sealer({"1": OLD}).seal(b"segredo", PLACE)
    sealer = Sealer({"2": NEW, "1": OLD})
    assert sealer.unseal(before, PLACE) == b"segredo"
    assert sealer.seal(b"segredo", PLACE).startswith("2:")


def test_another_place_another_key_and_the_same_id_with_another_key_do_not_open() -> None:
    sealed = Sealer({"1": OLD}).seal(b"segredo", PLACE)
    with pytest.raises(SealError, match="not what was sealed there"):
        Sealer({"1": OLD}).unseal(sealed, "certificates:password:8")
    with pytest.raises(SealError, match="does not hold"):
        Sealer({"2": NEW}).unseal(sealed, PLACE)
    with pytest.raises(SealError, match="not what was sealed there"):
        Sealer({"1": NEW}).unseal(sealed, PLACE)


def test_every_changed_byte_is_noticed_and_so_is_what_was_never_sealed() -> None:
    sealer = Sealer({"1": OLD})
    content = b64decode(sealer.seal(b"segredo", PLACE)[2:])
    for place in range(len(content)):
        changed = bytes(byte ^ 1 if at == place else byte for at, byte in enumerate(content))
        with pytest.raises(SealError):
            sealer.unseal(f"1:{b64encode(changed).decode()}", PLACE)
    for nonsense in ("", "1:", "1:????", "segredo", "1:AAAA"):
        with pytest.raises(SealError):
            sealer.unseal(nonsense, PLACE)


def test_bytes_are_sealed_as_bytes_with_the_same_care() -> None:
    content = bytes(range(256)) * 100
    sealed = Sealer({"1": OLD}).seal_bytes(content, PLACE)
    assert len(sealed) - len(content) < 40
    assert Sealer({"2": NEW, "1": OLD}).unseal_bytes(sealed, PLACE) == content
    for wrong in (sealed[:-1], b"1:", b"\xff:" + sealed[2:], b"", sealed[2:]):
        with pytest.raises(SealError):
            Sealer({"1": OLD}).unseal_bytes(wrong, PLACE)
    with pytest.raises(SealError, match="not what was sealed there"):
        Sealer({"1": OLD}).unseal_bytes(sealed, "certificates:password:8")
