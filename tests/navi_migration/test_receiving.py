"""A backup in pieces: resumed, compared, handed on by a link, used, replaced, expired; sealed wherever it lies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.domain import backup_pieces
from portal.domain.backup_pieces import PIECE_BYTES
from portal.domain.catalogue import Item
from portal.domain.errors import NotFound
from portal.domain.migration import BackupState
from portal.extensions import db
from portal.models import AuditEvent, Client, Installation, NaviBackup, NaviBackupPiece
from portal.navi_migration import cleaning, ending
from portal.sealing import SealError, sealer
from tests.conftest import NOW
from tests.navi_migration.conftest import Program, content, sha256


def states() -> list[BackupState]:
    db.session.rollback()
    return list(db.session.scalars(select(NaviBackup.state).order_by(NaviBackup.id)))


def kept() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(NaviBackupPiece)) or 0


def reason(answer) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json", answer.text
    return answer.status_code, answer.json["reason"]


def test_what_was_sent_comes_out_again_behind_the_link(navi, visitor) -> None:
    whole = content()
    path = navi.send(whole)
    answer = visitor.get(f"{path}/file")
    assert (answer.status_code, answer.data) == (200, whole)
    assert answer.headers["ETag"] == f'"{sha256(whole)}"'
    assert answer.headers["Content-Length"] == str(len(whole))
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'filename="backup-navi-' in answer.headers["Content-Disposition"]
    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "navi_backup_received"))
    assert event.client_id == navi.client_id


def test_sending_goes_on_where_it_broke_off(navi) -> None:
    whole = content()
    begun = navi.begin(whole)
    assert begun.status_code == 201
    assert (begun.json["piece_bytes"], begun.json["pieces"], begun.json["have"]) == (PIECE_BYTES, 3, [])
    pieces = f"/backups/{begun.json['id']}/pieces"
    assert navi.post(f"{pieces}/3", whole[2 * PIECE_BYTES :]).status_code == 204
    assert navi.post(f"{pieces}/3", whole[2 * PIECE_BYTES :]).status_code == 204, "the answer was lost"
    again = navi.begin(whole).json
    assert (again["id"], again["have"]) == (begun.json["id"], [3])
    assert reason(navi.post(f"/backups/{again['id']}/completion")) == (409, "incomplete")


def test_a_link_that_was_made_is_answered_again(navi) -> None:
    whole = content(1000)
    path = navi.send(whole)
    begun = navi.begin(whole).json
    again = navi.post(f"/backups/{begun['id']}/completion").json
    assert (begun["have"], again["url"]) == ([1], f"http://localhost{path}")
    assert again["expires_at"] == "2025-07-11T12:00:00-03:00"


def test_a_piece_of_another_length_or_content_is_refused_and_what_came_first_stays(navi, visitor) -> None:
    whole = content(PIECE_BYTES + 10)
    begun = navi.begin(whole).json
    pieces = f"/backups/{begun['id']}/pieces"
    for number, wrong in ((1, whole[: PIECE_BYTES - 1]), (2, whole[:11]), (2, b"")):
        assert reason(navi.post(f"{pieces}/{number}", wrong)) == (422, "damaged")
    assert reason(navi.post(f"{pieces}/1", whole)) == (413, "too_large")
    navi.post(f"{pieces}/2", whole[PIECE_BYTES:])
    assert reason(navi.post(f"{pieces}/2", b"x" * 10)) == (422, "damaged")
    for number in (0, 3, 2**31, 10**30):
        assert navi.post(f"{pieces}/{number}", b"x").status_code == 404
    assert visitor.get(f"{navi.send(whole)}/file").data == whole


def test_what_came_damaged_is_dropped_and_may_be_sent_anew(navi, visitor) -> None:
    whole = content(PIECE_BYTES + 10)
    begun = navi.begin(whole).json
    navi.post(f"/backups/{begun['id']}/pieces/1", b"x" * PIECE_BYTES)
    navi.post(f"/backups/{begun['id']}/pieces/2", whole[PIECE_BYTES:])
    assert reason(navi.post(f"/backups/{begun['id']}/completion")) == (422, "damaged")
    assert kept() == 0
    assert reason(navi.post(f"/backups/{begun['id']}/completion")) == (409, "incomplete"), "the answer was lost"
    assert visitor.get(f"{navi.send(whole)}/file").data == whole


def test_too_large_a_backup_and_too_many_of_a_partner_are_refused(navi, make, partner, monkeypatch) -> None:
    assert reason(navi.post("/backups", {"sha256": "0" * 64, "size_bytes": 50 * 1024 * 1024 + 1})) == (413, "too_large")
    monkeypatch.setattr(backup_pieces, "MOST_LIVING", 1)
    navi.send(content(10))
    other = Program(navi.app, 0, make.installation(make.client(partner, product="navi")).key)
    assert reason(other.begin(content(20))) == (409, "too_many_backups")
    stranger = Program(navi.app, 0, make.installation(make.client(make.partner(), product="navi")).key)
    assert stranger.begin(content(20)).status_code == 201
    with clock.frozen(NOW + timedelta(hours=25)):
        assert other.begin(content(20)).status_code == 201, "the first one has expired"
    assert states()[0] is BackupState.EXPIRED


@pytest.mark.parametrize("body", [{}, {"sha256": "x", "size_bytes": 1}, {"sha256": "A" * 64, "size_bytes": 0}, []])
def test_an_illegible_announcement_is_refused_member_by_member(navi, body) -> None:
    assert reason(navi.post("/backups", body)) == (400, "malformed")


def test_only_the_main_installation_of_a_navi_sends_and_only_its_own(navi, link, make, partner) -> None:
    begun = navi.begin(content(10)).json
    for path in (f"/backups/{begun['id']}/pieces/1", f"/backups/{begun['id']}/completion"):
        neighbour = make.installation(make.client(partner, product="navi")).key
        assert reason(navi.post(path, content(10) if "pieces" in path else None, key=neighbour)) == (404, "not_found")
        assert reason(navi.post(path, key="unknown")) == (401, "key_unknown")
    assert reason(link.begin(content(10))) == (403, "not_licensed")
    mobile = make.installation(db.session.get_one(Client, link.client_id), item=Item.MOBILE).key
    assert reason(navi.post("/backups", {"sha256": "0" * 64, "size_bytes": 1}, key=mobile)) == (403, "not_licensed")
    db.session.execute(update(Installation).where(Installation.key == navi.key).values(revoked_at=NOW))
    db.session.commit()
    assert reason(navi.begin(content(10))) == (403, "key_replaced")


def test_a_client_without_a_living_license_may_still_take_its_data_along(navi) -> None:
    db.session.execute(update(Client).where(Client.id == navi.client_id).values(due_on=NOW.date() - timedelta(400)))
    db.session.commit()
    assert navi.send(content(10)).startswith("/b/")


def test_a_newer_backup_replaces_the_link_and_what_was_under_way(navi, visitor) -> None:
    first = navi.send(content(10))
    navi.begin(content(20))
    second = navi.send(content(30))
    assert states() == [BackupState.REPLACED, BackupState.REPLACED, BackupState.RECEIVED]
    assert (visitor.get(first).status_code, visitor.get(second).status_code, kept()) == (404, 200, 1)


def test_a_receipt_deletes_the_content_once_and_names_the_right_backup(navi, app, visitor) -> None:
    whole = content()
    path = navi.send(whole)
    browser = app.test_client(use_cookies=False)
    assert reason(browser.post(f"{path}/receipt", json={"sha256": "0" * 64})) == (422, "damaged")
    assert reason(browser.post(f"{path}/receipt", json={})) == (400, "malformed")
    assert reason(browser.post("/b/unknown/receipt", json={"sha256": "0" * 64})) == (404, "not_found")
    for _ in range(2):
        assert browser.post(f"{path}/receipt", json={"sha256": sha256(whole)}).status_code == 204
    assert (states(), kept()) == ([BackupState.USED], 0)
    assert visitor.get(f"{path}/file").status_code == 404
    assert db.session.scalar(select(func.count()).where(AuditEvent.action == "navi_backup_used")) == 1


def test_unknown_expired_used_and_replaced_links_are_one_answer(navi, app, visitor) -> None:
    used, replaced = navi.send(content(10)), ""
    app.test_client().post(f"{used}/receipt", json={"sha256": sha256(content(10))})
    replaced, expired = navi.send(content(20)), navi.send(content(30))
    with clock.frozen(NOW + timedelta(hours=24)):
        for suffix in ("", "/file"):
            answers = {visitor.get(f"{path}{suffix}").text for path in (used, replaced, expired, "/b/" + "x" * 43)}
            statuses = {visitor.get(f"{path}{suffix}").status_code for path in (used, replaced, expired)}
            assert (len(answers), statuses) == (1, {404})
        assert ending.expire(clock.now()) == 1
    assert kept() == 0


def test_the_link_s_page_says_whose_how_large_and_until_when_and_nobody_keeps_it(navi, visitor) -> None:
    answer = visitor.get(navi.send(content(300_000)))
    for part in ("Mercearia Boa Vista", "293 KB", "11/07/2025", "<svg", "Baixar backup"):
        assert part in answer.text, part
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("asked", "status", "where", "stretch"),
    [
        ("bytes=0-0", 206, "bytes 0-0/525288", slice(0, 1)),
        ("bytes=262143-262144", 206, "bytes 262143-262144/525288", slice(262143, 262145)),
        ("bytes=300000-", 206, "bytes 300000-525287/525288", slice(300000, None)),
        ("bytes=-5", 206, "bytes 525283-525287/525288", slice(-5, None)),
        ("bytes=0-9999999", 206, "bytes 0-525287/525288", slice(0, None)),
        ("bytes=525288-", 416, "bytes */525288", slice(0, 0)),
        ("bytes=0-1,5-6", 200, None, slice(None)),
        ("bytes=5-1", 200, None, slice(None)),
        ("lines=1-2", 200, None, slice(None)),
    ],
)
def test_a_download_goes_on_where_it_broke_off(navi, visitor, asked, status, where, stretch) -> None:
    whole = content()
    answer = visitor.get(f"{navi.send(whole)}/file", headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, where)
    assert answer.data == whole[stretch]
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_a_range_of_what_is_another_file_now_is_answered_whole(navi, visitor) -> None:
    whole = content(100)
    path = f"{navi.send(whole)}/file"
    headers = {"Range": "bytes=1-2", "If-Range": f'"{sha256(whole)}"'}
    assert visitor.get(path, headers=headers).status_code == 206
    assert visitor.get(path, headers=headers | {"If-Range": '"other"'}).data == whole


def test_what_lies_in_the_database_is_sealed_for_its_place(navi) -> None:
    whole = b"Quitanda do Umbuzeiro" * 20_000
    path = navi.send(whole)
    pieces = db.session.scalars(select(NaviBackupPiece).order_by(NaviBackupPiece.number)).all()
    backup = db.session.scalars(select(NaviBackup)).one()
    assert not any(b"Umbuzeiro" in piece.sealed for piece in pieces)
    assert path.removeprefix("/b/") not in f"{backup.sealed_token}{backup.token_hash}"
    with pytest.raises(SealError, match="not what was sealed"):
        sealer().unseal_bytes(pieces[0].sealed, f"navi_backup_pieces:sealed:{backup.id}:2")


def test_a_download_whose_backup_is_used_meanwhile_breaks_off(navi, app) -> None:
    whole = content()
    path = navi.send(whole)
    answer = app.test_client().get(f"{path}/file", buffered=False)
    parts = answer.iter_encoded()
    next(parts)
    app.test_client().post(f"{path}/receipt", json={"sha256": sha256(whole)})
    with pytest.raises(NotFound):
        list(parts)


def test_the_clean_up_deletes_expired_content_and_a_year_later_the_row(navi) -> None:
    navi.send(content())
    assert cleaning.count_forgettable(NOW) == dict.fromkeys(("expired_navi_backups", "navi_backups", "grants"), 0)
    for when, kind in ((timedelta(hours=24), "expired_navi_backups"), (timedelta(days=367), "navi_backups")):
        assert cleaning.count_forgettable(NOW + when)[kind] == 1
        assert (cleaning.forget(NOW + when)[kind], cleaning.forget(NOW + when)[kind], kept()) == (1, 0, 0)
    assert states() == []
