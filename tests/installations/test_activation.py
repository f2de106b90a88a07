"""Activation: one code, one key; whatever is wrong with document or code is one answer (DOMAIN §7, R18, R19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import jwt
import pytest
from sqlalchemy import func, select

from portal import clock
from portal.codes import reissue
from portal.domain.catalogue import Item, Product
from portal.domain.errors import ProgramRefused
from portal.domain.installations import MOST_PAIRINGS, PAIRING_LIFE, Program, Reason
from portal.extensions import db
from portal.installations import activation
from portal.installations.activation import Device, Waiting
from portal.models import AuditEvent, Contact, Installation, Pairing, RegistrationCode
from tests.conftest import NOW
from tests.factories import Factory
from tests.installations.conftest import MAIN, SETTINGS, Shop

PHONE, OTHER_PHONE = Device("moto-g-0001", "Moto G da Rita"), Device("moto-g-0002", "Moto G do Beto")


def reason_of(refused: pytest.ExceptionInfo[ProgramRefused]) -> Reason:
    return refused.value.reason


def test_a_code_becomes_a_key_and_a_license_and_is_used(shop: Shop) -> None:
    code = shop.make.code(shop.client)
    license_ = shop.activate(code)
    installation = db.session.scalar(select(Installation))
    assert installation is not None
    assert (installation.key, installation.device, installation.device_id, installation.version) == (
        license_.key, "CAIXA-01", MAIN.id, "5.2.1",
    )  # fmt: skip
    db.session.refresh(code)
    assert code.consumed_at == clock.now()
    claims = jwt.decode(license_.token, options={"verify_signature": False})
    assert claims["client"] == {"id": shop.client.id, "name": shop.client.name, "document": shop.client.document}
    assert claims["items"] == {"base": 1, "cloud": 1, "waiter": 3, "mobile": 2}
    assert (claims["paid_through"], claims["aud"], claims["sub"]) == ("2025-08-10", "link", str(installation.id))


def test_activation_is_recorded_and_noted_as_contact_and_moves_no_version(shop: Shop) -> None:
    version = shop.client.version
    shop.activate()
    event = db.session.scalar(select(AuditEvent).where(AuditEvent.action == activation.ACTIVATED))
    assert event is not None
    assert event.after == {"item": "base", "device": "CAIXA-01", "version": "5.2.1"}
    assert db.session.get_one(Contact, shop.client.id).last_seen_at == clock.now()
    db.session.refresh(shop.client)
    assert shop.client.version == version
    assert shop.client.unused_codes == 0


def test_the_same_request_again_finds_what_it_did(shop: Shop) -> None:
    code = shop.make.code(shop.client)
    first, again = shop.activate(code), shop.activate(code, now=NOW + timedelta(minutes=3))
    assert again.key == first.key
    assert db.session.scalar(select(func.count()).select_from(Installation)) == 1


def test_wrong_document_wrong_code_used_code_and_another_programs_code_are_one_answer(shop: Shop) -> None:
    code, used, cut = (shop.make.code(shop.client) for _ in range(3))
    used.consumed_at = cut.revoked_at = clock.now()
    phones = shop.make.code(shop.client, item=Item.MOBILE)
    db.session.commit()
    askings = [
        shop.asking(code, document="11222333000181"),
        shop.asking("23456789ABCDEFGH"),
        shop.asking(""),
        shop.asking(used),
        shop.asking(cut),
        shop.asking(phones),
        shop.asking(code, program=Program.LINK_MOBILE),
    ]
    for asking in askings:
        with pytest.raises(ProgramRefused) as refused:
            activation.activate(asking, now=clock.now(), settings=SETTINGS)
        assert (reason_of(refused), refused.value.facts) == (Reason.ACTIVATION_REFUSED, {})
        db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Installation)) == 0


def test_a_request_that_another_device_or_document_repeats_finds_nothing(shop: Shop) -> None:
    code = shop.make.code(shop.client)
    asking = shop.asking(code)
    shop.activate(code)
    for changed in (replace(asking, device=Device("outro-aparelho", "X")), replace(asking, document="1")):
        with pytest.raises(ProgramRefused) as refused:
            activation.activate(changed, now=clock.now(), settings=SETTINGS)
        assert reason_of(refused) is Reason.ACTIVATION_REFUSED


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"suspended_at": NOW}, Reason.SUSPENDED),
        ({"due_on": date(2025, 7, 9)}, Reason.EXPIRED),
        ({"due_on": date(2025, 7, 9), "suspended_at": NOW}, Reason.SUSPENDED),
        ({"due_on": date(2025, 6, 30)}, Reason.INACTIVE),
        ({"due_on": date(2025, 6, 30), "hidden_at": NOW}, Reason.INACTIVE),
        ({"pending_at": NOW}, Reason.PENDING),
    ],
)
def test_a_right_code_is_told_why_the_program_may_not_run_and_stays_unused(
    shop: Shop, facts: dict[str, object], reason: Reason
) -> None:
    code = shop.make.code(shop.client)
    for name, value in facts.items():
        setattr(shop.client, name, value)
    db.session.commit()
    with pytest.raises(ProgramRefused) as refused:
        shop.activate(code)
    assert reason_of(refused) is reason
    db.session.rollback()
    assert db.session.get_one(RegistrationCode, code.id).consumed_at is None


def test_a_reissued_code_on_a_new_computer_ends_the_old_key_when_it_is_used(shop: Shop) -> None:
    old = shop.activate()
    actor = type("Actor", (), {"user_id": shop.make.user(None).id, "name": "Ana"})()
    installed = db.session.scalars(select(Installation)).one()
    reissue.reissue(
        shop.client, version=shop.client.version, code_id=None, installation_id=installed.id, now=NOW, actor=actor
    )
    assert shop.check_in(old.key).license.key == old.key
    new = db.session.scalars(select(RegistrationCode).where(RegistrationCode.consumed_at.is_(None))).one()
    computer = Device("caixa-novo-01", "CAIXA-NOVO")
    replaced = shop.activate(new, device=computer)
    assert shop.check_in(replaced.key, computer).license.key == replaced.key
    with pytest.raises(ProgramRefused) as refused:
        shop.check_in(old.key)
    assert reason_of(refused) is Reason.KEY_REPLACED


def test_two_moveis_sit_on_two_seats_and_a_second_device_on_a_used_code_is_refused(shop: Shop) -> None:
    one, two = (shop.make.code(shop.client, item=Item.MOBILE) for _ in range(2))
    first = shop.activate(one, device=PHONE, program=Program.LINK_MOBILE)
    assert jwt.decode(first.token, options={"verify_signature": False})["aud"] == "link_mobile"
    with pytest.raises(ProgramRefused) as refused:
        shop.activate(one, device=OTHER_PHONE, program=Program.LINK_MOBILE)
    assert reason_of(refused) is Reason.ACTIVATION_REFUSED
    db.session.rollback()
    shop.activate(two, device=OTHER_PHONE, program=Program.LINK_MOBILE)


def test_a_movel_code_beyond_the_seats_activates_nothing_but_one_that_replaces_a_device_does(shop: Shop) -> None:
    codes = [shop.make.code(shop.client, item=Item.MOBILE) for _ in range(3)]
    for code, device in zip(codes, (PHONE, OTHER_PHONE), strict=False):
        shop.activate(code, device=device, program=Program.LINK_MOBILE)
    third = Device("moto-g-0003", "Moto novo")
    with pytest.raises(ProgramRefused) as refused:
        shop.activate(codes[2], device=third, program=Program.LINK_MOBILE)
    assert reason_of(refused) is Reason.NOT_LICENSED
    db.session.rollback()
    lost = db.session.scalars(select(Installation).where(Installation.device == PHONE.name)).one()
    codes[2].supersedes_id = lost.id
    db.session.commit()
    shop.activate(codes[2], device=third, program=Program.LINK_MOBILE)
    db.session.refresh(lost)
    assert lost.revoked_at == clock.now()


def navi(shop: Shop, document: str, device: Device = MAIN) -> activation.Asking:
    return shop.asking("", device, program=Program.NAVI, document=document)


def ask(asking: activation.Asking, minutes: int = 0) -> Waiting:
    done = activation.activate(asking, now=NOW + timedelta(minutes=minutes), settings=SETTINGS)
    assert isinstance(done, Waiting)
    return done


def test_a_navi_waits_for_its_partner_and_then_gets_its_key(shop: Shop, make: Factory) -> None:
    client = make.client(make.partner(), product=Product.NAVI)
    asking = navi(shop, client.document)
    waiting = ask(asking)
    assert ask(asking, minutes=5) == waiting
    pairing = db.session.scalars(select(Pairing)).one()
    assert (pairing.client_id, pairing.number) == (client.id, waiting.number)
    made = activation.install(client, Item.BASE, MAIN, "2.1", asking.request_hash, now=NOW)
    pairing.installation_id = made.id
    db.session.commit()
    done = activation.activate(asking, now=NOW + timedelta(minutes=6), settings=SETTINGS)
    assert not isinstance(done, Waiting)
    assert jwt.decode(done.token, options={"verify_signature": False})["aud"] == "navi"


def test_a_stranger_who_asks_as_a_navi_learns_nothing(shop: Shop, make: Factory) -> None:
    client = make.client(make.partner(), product=Product.NAVI)
    of_nobody = ask(navi(shop, "11222333000181"))
    for number in range(MOST_PAIRINGS + 1):
        ask(navi(shop, client.document, Device(f"aparelho-{number}", "X")))
    ours = db.session.scalars(select(Pairing).where(Pairing.client_id == client.id)).all()
    assert len(ours) == MOST_PAIRINGS
    assert len(of_nobody.number) == len(ours[0].number)


def test_a_navi_that_was_refused_or_waited_too_long_is_told(shop: Shop, make: Factory) -> None:
    client = make.client(make.partner(), product=Product.NAVI)
    asking = navi(shop, client.document)
    ask(asking)
    with pytest.raises(ProgramRefused) as refused:
        activation.activate(asking, now=NOW + PAIRING_LIFE, settings=SETTINGS)
    assert reason_of(refused) is Reason.PAIRING_REFUSED
    db.session.rollback()
    db.session.scalars(select(Pairing)).one().refused_at = NOW
    db.session.commit()
    with pytest.raises(ProgramRefused) as refused:
        activation.activate(asking, now=NOW, settings=SETTINGS)
    assert reason_of(refused) is Reason.PAIRING_REFUSED
