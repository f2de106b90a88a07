"""What a license is believed for: each of docs/api.md's conditions alone, and any byte of it changed."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reference import license as licenses
from reference.license import CLOCK_TOLERANCE, License, NotAccepted
from tests.reference.signing import DEVICE, ENDS_AT, KEYS, NOW, PRIVATE, packed, signed, unsigned


def read(token: str, **changes: Any) -> License:
    return licenses.read(token, KEYS, **{"program": "link", "device": DEVICE} | changes)


def test_a_sound_license_says_what_is_held_on_which_day() -> None:
    found = read(signed())
    found.ensure_runs(NOW, NOW)
    assert (found.client, found.ends_at) == ("Padaria Pão Quente", ENDS_AT)
    assert found.items_on(date(2025, 7, 19))["waiter"] == 3
    assert found.items_on(date(2025, 7, 20)) == {"base": 1, "waiter": 2}


def test_no_byte_of_it_can_be_another() -> None:
    token = signed().encode()
    flips = [(place, bit) for place in range(len(token)) for bit in (1, 32)]
    flips += [(len(token) - 1, other) for other in range(1, 128)]  # of the last sign, two bits of six are signature
    believed = []
    for place, flip in flips:
        other = (token[:place] + bytes([token[place] ^ flip]) + token[place + 1 :]).decode()
        with suppress(NotAccepted):
            believed.append((place, flip, read(other)))
    assert believed == []


@pytest.mark.parametrize("shape", ["", ".", "..", "a.b", "{}.{}.{}", "é.é.é"])
def test_what_is_no_token_is_refused(shape: str) -> None:
    for token in (shape, signed() + shape, signed() + "=", signed() + "\n", signed().rpartition(".")[0] + "."):
        if token != signed():
            with pytest.raises(NotAccepted):
                read(token)


def test_a_token_that_is_not_signed_is_refused() -> None:
    for alg in ("none", "None", "NONE", "", None):
        with pytest.raises(NotAccepted):
            read(f"{unsigned({'alg': alg})}.")


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    public = PRIVATE.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (public.public_bytes_raw(), pem, KEYS[1]["x"].encode(), urlsafe_b64decode(KEYS[1]["x"] + "=")):
        said = unsigned({"alg": "HS256"})
        forged = f"{said}.{packed(hmac.digest(secret, said.encode(), hashlib.sha256))}"
        with pytest.raises(NotAccepted):
            read(forged)


FAULTS: list[dict[str, Any]] = [
    {"header": {"kid": "key-0"}},
    {"header": {"kid": "key-9"}},
    {"header": {"kid": None}},
    {"header": {"typ": "JWT"}},
    {"header": {"typ": "at+jwt"}},
    {"header": {"typ": None}},
    {"key": Ed25519PrivateKey.generate()},
    {"iss": "portal-do-cliente"},
    {"iss": None},
    {"aud": "link_mobile"},
    {"aud": ["link"]},
    {"aud": ["link", "navi"]},
    {"aud": None},
    {"sub": None},
    {"iat": None},
    {"exp": None},
    {"exp": "amanhã"},
    {"exp": 10**30},
    {"device": "caixa-02-bbbb"},
    {"device": None},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_license_that_is_anothers_or_not_whole_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(NotAccepted):
        read(signed(**fault))


def test_a_license_of_another_program_or_machine_is_refused_though_it_is_good_there() -> None:
    assert read(signed(aud="navi"), program="navi")
    with pytest.raises(NotAccepted, match="não confere"):
        read(signed(), program="navi")
    with pytest.raises(NotAccepted, match="outro aparelho"):
        read(signed(), device="caixa-02-bbbb")


def test_it_runs_until_its_end_and_not_a_second_longer() -> None:
    found, second = read(signed()), timedelta(seconds=1)
    found.ensure_runs(ENDS_AT - second, NOW)
    with pytest.raises(NotAccepted, match="terminou em 25/07/2025 11:59"):
        found.ensure_runs(ENDS_AT, NOW)


def test_a_clock_may_be_ten_minutes_behind_the_portals_and_no_more() -> None:
    found, second = read(signed()), timedelta(seconds=1)
    found.ensure_runs(NOW - CLOCK_TOLERANCE, NOW - CLOCK_TOLERANCE)
    with pytest.raises(NotAccepted, match="atrasado"):
        found.ensure_runs(NOW - CLOCK_TOLERANCE - second, NOW - CLOCK_TOLERANCE - second)


def test_a_clock_that_was_turned_back_lets_nothing_run() -> None:
    found, seen = read(signed()), NOW + timedelta(days=3)
    found.ensure_runs(seen - CLOCK_TOLERANCE, seen)
    with pytest.raises(NotAccepted, match="atrasado"):
        found.ensure_runs(seen - timedelta(hours=1), seen)


def test_a_program_that_later_days_drop_stops_on_that_day() -> None:
    later = [{"from": "2025-07-20", "items": {"base": 1}}]
    found = read(signed(aud="link_mobile", items={"base": 1, "mobile": 1}, later=later), program="link_mobile")
    midnight = NOW.replace(day=20, hour=3)
    found.ensure_runs(midnight - timedelta(seconds=1), NOW)
    with pytest.raises(NotAccepted, match="saiu da licença"):
        found.ensure_runs(midnight, NOW)
