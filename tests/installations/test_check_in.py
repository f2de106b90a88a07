"""Check-in: the license of the moment, or the reason that there is none; what was told is kept either way."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from portal import clock
from portal.domain.catalogue import Item
from portal.domain.cloud import Health
from portal.domain.errors import ProgramRefused
from portal.domain.installations import ISSUER, TYPE, Program, Reason
from portal.extensions import db
from portal.installations import signing
from portal.installations.activation import Device
from portal.installations.check_in import CloudReport
from portal.installations.standing import Settings
from portal.models import Contact, Installation, PendingChange
from tests.conftest import NOW
from tests.installations.conftest import MAIN, Shop


def read(token: str, when: datetime) -> dict[str, object]:
    """Verify a license as its program does, at a moment of its own clock."""
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("EdDSA", TYPE)
    [published] = [key for key in signing.published(when) if key.kid == header["kid"]]
    key = Ed25519PublicKey.from_public_bytes(jwt.utils.base64url_decode(published.public_key))
    return dict(
        jwt.decode(
            token, key, ["EdDSA"], audience="link", issuer=ISSUER, options={"verify_exp": False, "verify_iat": False}
        )
    )


def reason_of(shop: Shop, key: str, device: Device = MAIN, **asked: object) -> Reason:
    with pytest.raises(ProgramRefused) as refused:
        shop.check_in(key, device, **asked)  # type: ignore[arg-type]
    db.session.rollback()
    return refused.value.reason


def test_a_check_in_renews_the_lease_and_keeps_what_was_told(shop: Shop) -> None:
    key, later = shop.activate().key, NOW + timedelta(days=3)
    told = {"peaks": {Item.WAITER: 3}, "cloud": CloudReport(Health.OK, "", later)}
    license_ = shop.check_in(key, now=later, **told).license
    assert license_.terms.lease_ends_at == later + timedelta(days=15)
    installation = db.session.scalars(select(Installation)).one()
    assert (installation.version, installation.last_seen_at) == ("5.3.0", later)
    contact = db.session.get_one(Contact, shop.client.id)
    assert (contact.last_seen_at, contact.peaks) == (later, {"waiter": 3})
    assert (contact.cloud_health, contact.cloud_synced_at) == (Health.OK, later)
    shop.check_in(key, now=later + timedelta(hours=6))
    db.session.refresh(contact)
    assert contact.peaks == {"waiter": 3}


def test_a_check_in_moves_neither_the_clients_version_nor_the_lists_counter(shop: Shop, partner) -> None:
    key = shop.activate().key
    db.session.refresh(partner)
    before = partner.revision, shop.client.version
    shop.check_in(key, now=NOW + timedelta(hours=6))
    db.session.refresh(partner)
    db.session.refresh(shop.client)
    assert (partner.revision, shop.client.version) == before


def test_a_license_ends_with_the_lease_or_with_the_day_that_is_paid_through(shop: Shop) -> None:
    key = shop.activate().key
    early = read(shop.check_in(key).license.token, NOW)
    assert early["exp"] == int((NOW + timedelta(days=15)).timestamp())
    late = datetime.fromisoformat("2025-08-08T09:00:00-03:00")
    claims = read(shop.check_in(key, now=late).license.token, late)
    assert claims["exp"] == int(datetime.fromisoformat("2025-08-11T00:00:00-03:00").timestamp())
    assert (claims["paid_through"], claims["runs_through"]) == ("2025-08-10", "2025-08-10")


def test_days_of_grace_and_a_release_on_trust_reach_the_program(shop: Shop) -> None:
    key, now = shop.activate().key, datetime.fromisoformat("2025-08-11T09:00:00-03:00")
    assert reason_of(shop, key, now=now) is Reason.EXPIRED
    in_grace = shop.check_in(key, now=now, settings=Settings(grace_days=2)).license.terms
    assert in_grace.runs_through == date(2025, 8, 12)
    shop.client.released_due_on, shop.client.released_through_on = shop.client.due_on, date(2025, 8, 13)
    db.session.commit()
    released = shop.check_in(key, now=now).license
    assert read(released.token, now)["runs_through"] == "2025-08-13"
    shop.client.due_on = date(2025, 9, 10)
    db.session.commit()
    assert shop.check_in(key, now=now).license.terms.runs_through == date(2025, 9, 10)


def test_a_suspension_reaches_the_program_at_its_next_check_in_and_the_contact_is_kept(shop: Shop) -> None:
    key, now = shop.activate().key, NOW + timedelta(hours=6)
    shop.client.suspended_at = NOW
    db.session.commit()
    assert reason_of(shop, key, now=now) is Reason.SUSPENDED
    assert db.session.get_one(Contact, shop.client.id).last_seen_at == now
    shop.client.suspended_at = None
    db.session.commit()
    assert shop.check_in(key, now=now).license.key == key


def test_an_unknown_key_another_device_and_an_undone_registration_are_refused(shop: Shop) -> None:
    key = shop.activate().key
    assert reason_of(shop, "0" * 32) is Reason.KEY_UNKNOWN
    assert reason_of(shop, key, Device("outra-maquina", "X")) is Reason.OTHER_DEVICE
    shop.client.archived_at = NOW
    db.session.commit()
    assert reason_of(shop, key) is Reason.KEY_UNKNOWN


def test_a_key_whose_device_was_never_told_is_bound_to_the_first_that_checks_in(shop: Shop) -> None:
    installation = shop.make.installation(shop.client)
    shop.check_in(installation.key)
    assert reason_of(shop, installation.key, Device("outra-maquina", "X")) is Reason.OTHER_DEVICE


def test_a_movel_that_was_chosen_to_leave_and_one_beyond_the_seats_are_refused(shop: Shop) -> None:
    devices = [Device(f"moto-g-000{number}", f"Moto {number}") for number in (1, 2)]
    keys = [
        shop.activate(shop.make.code(shop.client, item=Item.MOBILE), device=device, program=Program.LINK_MOBILE).key
        for device in devices
    ]
    first = db.session.scalars(select(Installation).order_by(Installation.id)).first()
    assert first is not None
    first.leaves_on = clock.today() + timedelta(days=1)
    db.session.commit()
    shop.check_in(keys[0], devices[0])
    tomorrow = NOW + timedelta(days=1)
    assert reason_of(shop, keys[0], devices[0], now=tomorrow) is Reason.DEVICE_REMOVED
    shop.check_in(keys[1], devices[1], now=tomorrow)
    first.leaves_on = None
    change = PendingChange(client_id=shop.client.id, item=Item.MOBILE, effective_on=tomorrow.date(), quantity=1)
    db.session.add(change)
    db.session.commit()
    shop.check_in(keys[0], devices[0], now=tomorrow)
    assert reason_of(shop, keys[1], devices[1], now=tomorrow) is Reason.DEVICE_REMOVED


def test_the_license_of_a_movel_that_was_chosen_to_leave_ends_the_day_before(shop: Shop) -> None:
    device = Device("moto-g-0001", "Moto 1")
    code = shop.make.code(shop.client, item=Item.MOBILE)
    key = shop.activate(code, device=device, program=Program.LINK_MOBILE).key
    db.session.scalars(select(Installation)).one().leaves_on = date(2025, 7, 15)
    db.session.commit()
    terms = shop.check_in(key, device).license.terms
    assert terms.runs_through == date(2025, 7, 14)
    assert terms.ends_at == datetime.fromisoformat("2025-07-15T00:00:00-03:00")


def test_a_license_that_outlives_a_removal_says_from_when_it_counts(shop: Shop) -> None:
    shop.client.due_on = date(2025, 9, 10)
    change = PendingChange(client_id=shop.client.id, item=Item.WAITER, effective_on=date(2025, 8, 11), quantity=0)
    db.session.add(change)
    db.session.commit()
    claims = read(shop.activate().token, NOW)
    assert claims["items"] == {"base": 1, "cloud": 1, "waiter": 3, "mobile": 2}
    assert claims["later"] == [{"from": "2025-08-11", "items": {"base": 1, "cloud": 1, "mobile": 2}}]


def test_after_a_rotation_new_licenses_carry_the_new_key_and_old_ones_are_still_verified(shop: Shop) -> None:
    old = shop.activate()
    signing.rotate(NOW)
    new = shop.check_in(old.key).license
    kids = [jwt.get_unverified_header(one.token)["kid"] for one in (old, new)]
    assert [key.kid for key in signing.published(NOW)] == kids[::-1]
    assert read(old.token, NOW)["sub"] == read(new.token, NOW)["sub"]
    assert [key.kid for key in signing.published(NOW + signing.PUBLISHED_FOR)] == kids[1:]
    shop.check_in(old.key)
    assert len(signing.published(NOW)) == 2


def test_the_keys_of_signing_rest_sealed(shop: Shop) -> None:
    shop.activate()
    [key] = signing.published(NOW)
    assert key.sealed_private_key.startswith("1:")
    assert key.public_key not in key.sealed_private_key
