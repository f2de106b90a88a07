"""What Link tells: what it took over, whose word it has, how many users were made (DOMAIN §8)."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts import second_step
from portal.domain.migration import BackupState
from portal.domain.navi_backup import MIGRATED
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import AuditEvent, NaviBackup, NaviMigration, Partner, PartnerGrant, User
from portal.sealing import sealer
from tests.conftest import NOW
from tests.factories import PASSWORD
from tests.navi_migration.conftest import Program, content, sha256
from tests.navi_migration.test_receiving import reason

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
COUNTS = {entity.value: 10 for entity in MIGRATED}


def restored(**changes: object) -> dict[str, object]:
    told = {"sha256": sha256(content(10)), "restored_at": "2025-07-10T11:00:00-03:00", "counts": COUNTS}
    return told | {"receivable_cents": 12_345} | changes


def migration() -> NaviMigration:
    db.session.rollback()
    return db.session.scalars(select(NaviMigration)).one()


@pytest.fixture
def user(make, partner) -> User:
    return make.user(partner, Role.SUPPORT, email="ana@alfa.test", name="Ana")


def asked(**changes: object) -> dict[str, object]:
    return {"email": "ana@alfa.test", "password": PASSWORD} | changes


def test_a_restore_is_noted_and_its_backup_is_used(navi, link) -> None:
    navi.send(content(10))
    for _ in range(2):
        assert link.post("/restores", restored()).status_code == 204
    found = migration()
    assert (found.restored_counts, found.restored_receivable_cents) == (COUNTS, 12_345)
    assert found.restored_at == NOW - timedelta(hours=1)
    assert db.session.scalars(select(NaviBackup.state)).all() == [BackupState.USED]
    assert len(db.session.scalars(select(AuditEvent).where(AuditEvent.action == "navi_restored")).all()) == 1


def test_the_latest_restore_counts_and_none_is_in_the_future(link) -> None:
    link.post("/restores", restored(receivable_cents=1))
    link.post("/restores", restored(restored_at="2025-07-09T11:00:00-03:00", receivable_cents=2))
    assert migration().restored_receivable_cents == 1
    link.post("/restores", restored(restored_at="2030-01-01T00:00:00-03:00", receivable_cents=3))
    assert (migration().restored_receivable_cents, migration().restored_at) == (3, NOW)


def test_a_restore_without_a_migration_or_from_another_program_is_refused(app, link, navi, make, partner) -> None:
    alone = Program(app, 0, make.installation(make.client(partner)).key)
    assert reason(alone.post("/restores", restored())) == (409, "no_migration")
    assert reason(navi.post("/restores", restored())) == (403, "not_licensed")
    assert reason(link.post("/restores", restored(counts={"customers": 1}))) == (400, "malformed")
    assert migration().restored_at is None


def test_a_partner_s_credentials_open_the_dialogue_once(link, user) -> None:
    given = link.post("/grants", asked(email=" Ana@Alfa.test "))
    assert (given.status_code, given.json["user"]) == (201, "Ana")
    assert given.json["expires_at"] == "2025-07-10T12:15:00-03:00"
    assert given.headers["Cache-Control"] == "no-store"
    setup = {"grant": given.json["grant"], "users": 3}
    assert link.post("/setups", setup).status_code == 204
    assert reason(link.post("/setups", setup)) == (403, "grant_refused")
    found = migration()
    assert (found.users_at, found.users_count, found.users_by_id) == (NOW, 3, user.id)
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.actor_id == user.id).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == ["partner_grant_given", "link_users_made"]
    assert given.json["grant"] not in db.session.scalars(select(PartnerGrant.token_hash)).all()


def test_a_grant_is_one_installation_s_and_ends_after_15_minutes(app, link, make, partner, user) -> None:
    other = Program(app, 0, make.installation(make.client(partner)).key)
    setup = {"grant": link.post("/grants", asked()).json["grant"], "users": 1}
    assert reason(other.post("/setups", setup)) == (403, "grant_refused")
    with clock.frozen(NOW + timedelta(minutes=15)):
        assert reason(link.post("/setups", setup)) == (403, "grant_refused")
    assert reason(link.post("/setups", setup | {"users": 0})) == (400, "malformed")
    with clock.frozen(NOW + timedelta(minutes=14)):
        assert link.post("/setups", setup).status_code == 204


def test_a_grant_of_somebody_who_left_meanwhile_is_refused(link, user) -> None:
    setup = {"grant": link.post("/grants", asked()).json["grant"], "users": 1}
    db.session.execute(update(User).where(User.id == user.id).values(deactivated_at=NOW))
    db.session.commit()
    assert reason(link.post("/setups", setup)) == (403, "grant_refused")


def test_a_link_without_a_migration_uses_its_grant_up_as_well(app, make, partner, user) -> None:
    alone = Program(app, 0, make.installation(make.client(partner)).key)
    setup = {"grant": alone.post("/grants", asked()).json["grant"], "users": 1}
    assert alone.post("/setups", setup).status_code == 204
    assert reason(alone.post("/setups", setup)) == (403, "grant_refused")


def test_whatever_is_wrong_with_credentials_is_one_answer(link, user, make, partner) -> None:
    make.user(partner, Role.READER, email="leitor@alfa.test")
    make.user(partner, Role.FINANCE, email="caixa@alfa.test")
    make.user(make.partner(), Role.ADMIN, email="outro@beta.test")
    make.user(partner, Role.ADMIN, email="saiu@alfa.test", deactivated_at=NOW)
    make.user(None, Role.OPERATOR, email="vendor@example.test")
    wrong = [asked(password="errada-mesmo"), asked(email="nobody@alfa.test")]
    wrong += [asked(email=f"{name}.test") for name in ("leitor@alfa", "caixa@alfa", "outro@beta", "saiu@alfa")]
    answers = {link.post("/grants", body).text for body in [*wrong, asked(email="vendor@example.test")]}
    assert len(answers) == 1
    assert reason(link.post("/grants", wrong[0])) == (403, "credentials_refused")
    db.session.execute(update(Partner).where(Partner.id == partner.id).values(suspended_at=NOW))
    db.session.commit()
    assert reason(link.post("/grants", asked())) == (403, "credentials_refused")


def test_who_is_right_so_far_is_told_what_the_second_step_wants(link, user, partner) -> None:
    partner.totp_demanded_at = NOW
    db.session.commit()
    assert reason(link.post("/grants", asked())) == (403, "second_step_owed")
    user.sealed_totp, user.totp_since = sealer().seal(SECRET.encode(), second_step.place(user.id)), NOW
    db.session.commit()
    assert reason(link.post("/grants", asked())) == (403, "code_needed")
    assert reason(link.post("/grants", asked(code="000000"))) == (403, "credentials_refused")
    assert link.post("/grants", asked(code=pyotp.TOTP(SECRET).at(NOW))).status_code == 201


def test_tries_count_with_those_at_the_login(link, user, visitor) -> None:
    for _ in range(10):
        visitor.post("/login", email="ana@alfa.test", password="errada-mesmo")
    answer = link.post("/grants", asked())
    assert reason(answer) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
