"""The backups of a Navi client at the portal: sent in, looked through beside the requests, told in words, deleted."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from jobs.works import carry_out_waiting
from portal import clock
from portal.domain.jobs import RunState
from portal.domain.migration import BackupSource, BackupState
from portal.domain.roles import Role
from portal.domain.works import WorkKind
from portal.extensions import db
from portal.models import AuditEvent, Client, NaviBackup, NaviBackupPiece, User, Work
from portal.navi_migration import ending, pieces, reading
from portal.navi_migration.backup_rows import Found
from portal.navi_migration.preflight import _readings
from tests import navi_corpus as corpus
from tests.conftest import NOW
from tests.navi_migration.conftest import content


@pytest.fixture
def shop(make, partner) -> Client:
    return make.client(partner, name="Padaria Pão Quente", product="navi", document=corpus.DOCUMENT)


@pytest.fixture
def admin(visitor, make, partner):
    return visitor.sign_in(make.user(partner, name="Ana"))


def send(who, client_id: int, whole: bytes, *, key: str = "k" * 24, name: str = "C:\\temp\\navi.zip"):
    """Send a backup in, as a plain form does (the test client's own way leaves a file open)."""
    parts = [f'name="{field}"\r\n\r\n{value}' for field, value in (("csrf_token", who.csrf_token()), ("key", key))]
    head = "".join(f"--limit\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    head += f'--limit\r\nContent-Disposition: form-data; name="backup"; filename="{name}"\r\n'
    body = f"{head}Content-Type: application/zip\r\n\r\n".encode() + whole + b"\r\n--limit--\r\n"
    path, kind = f"/clients/{client_id}/navi-upload", "multipart/form-data; boundary=limit"
    return who.browser.post(path, data=body, content_type=kind)


def fly() -> None:
    """Carry out what waits."""
    db.session.rollback()
    carry_out_waiting()
    db.session.rollback()


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


def one() -> NaviBackup:
    db.session.rollback()
    return db.session.scalars(select(NaviBackup).order_by(NaviBackup.id.desc()).limit(1)).one()


def test_a_backup_is_sent_in_looked_through_and_told_in_words(admin, shop) -> None:
    answer = send(admin, shop.id, corpus.sound())
    assert (answer.status_code, answer.location) == (303, f"/clients/{shop.id}/navi-backups/{'k' * 24}")
    waiting = admin.get(answer.location)
    assert "Abrindo o arquivo." in waiting.text
    assert 'hx-trigger="click, every 3s"' in waiting.text
    fly()
    text = plain(admin.get(answer.location).text)
    for part in (
        "Nenhum problema: o Link pode restaurar este backup.",
        "11.222.333/0001-81, o do cadastro",
        "<dt>Vendas</dt><dd>2 · R$ 24,50</dd>",
        "<dt>Crediários em aberto</dt><dd>1 · R$ 6,50 a receber</dd>",
        "<dt>Notas fiscais</dt><dd>1</dd>",
        "<dt>Crediários quitados</dt><dd>1</dd>",
        "navi.zip",
    ):
        assert part in text, part
    fragment = admin.fragment(answer.location)
    assert fragment.text.startswith('<section id="backup"')
    assert "Conferência concluída: o backup pode ser restaurado." in fragment.text
    backup = one()
    assert (backup.source, backup.state, backup.checked_at) == (BackupSource.PARTNER, BackupState.RECEIVED, NOW)
    events = db.session.scalars(select(AuditEvent.actor_name).where(AuditEvent.action == "navi_backup_received"))
    assert list(events) == ["Ana"]


def test_the_same_form_again_is_the_same_backup_and_another_file_is_not(admin, shop) -> None:
    first, again = (send(admin, shop.id, corpus.sound()) for _ in range(2))
    assert first.location == again.location
    assert send(admin, shop.id, corpus.of_another_shop()).status_code == 409
    assert db.session.scalar(select(func.count()).select_from(NaviBackup)) == 1


def test_a_new_file_replaces_the_one_before_but_not_navi_s_link(admin, navi, navi_client, visitor) -> None:
    link = navi.send(content(10))
    send(admin, navi_client.id, corpus.sound(), key="a" * 24)
    send(admin, navi_client.id, corpus.sound(), key="b" * 24)
    db.session.rollback()
    states = db.session.scalars(select(NaviBackup.state).order_by(NaviBackup.id)).all()
    assert states == [BackupState.RECEIVED, BackupState.REPLACED, BackupState.RECEIVED]
    assert visitor.get(link).status_code == 200


def test_every_problem_is_told_with_its_file_and_line(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.with_row("sales", 2, discount_cents=1))
    fly()
    text = plain(admin.get(sent.location).text)
    assert "<b>1 problema.</b> O Link só restaura um backup inteiro" in text
    assert "<b>Vendas (sales.jsonl), linha 2, /total_cents</b>: deve ser a soma dos itens menos o desconto: 449" in text
    assert "pode restaurar" not in text


def test_of_many_problems_the_first_are_told_and_the_others_counted(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.with_file("products", b'{"id": 0}\n' * 300))
    fly()
    text = plain(admin.get(sent.location).text)
    assert text.count("<li><b>") == 200
    assert re.search(r"E mais 1\.0\d\d\.", text)


@pytest.mark.parametrize(
    ("make_bad", "said"),
    [
        (corpus.sound, ""),
        (lambda: b"%PDF-1.7", "O arquivo está danificado ou não é um backup do Navi."),
        (lambda: corpus.backup(manifest={"format": 2}), "mais nova do que o portal conhece"),
        (corpus._bomb, "descompactado, seria muito maior"),
        (lambda: corpus._extra("../../etc/passwd"), "arquivos a mais, a menos ou com outro nome"),
        (lambda: corpus._wrong_manifest("sales.jsonl", sha256="0" * 64), "não confere com o manifesto. Faça o backup de novo. <small>(Vendas)"),
    ],
)  # fmt: skip
def test_what_is_no_backup_is_refused_with_the_reason(admin, shop, make_bad, said) -> None:
    sent = send(admin, shop.id, make_bad())
    fly()
    assert said in plain(admin.get(sent.location).text)


def test_another_shop_s_backup_is_said_plainly_and_a_branch_is_named(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.of_another_shop(), key="a" * 24)
    fly()
    text = plain(admin.get(sent.location).text)
    assert "O backup é de outro CPF/CNPJ, não o do cadastro. Backup: 11.444.777/0001-61" in text
    assert "pode restaurar" not in text
    branch = corpus.backup(manifest=corpus.manifest_of(corpus.sound_files(), document="11222333000262"))
    sent = send(admin, shop.id, branch, key="b" * 24)
    fly()
    assert "outro estabelecimento da mesma empresa" in admin.get(sent.location).text


def test_what_navi_sent_is_looked_through_when_the_partner_asks(admin, navi, navi_client) -> None:
    navi.send(corpus.sound())
    path = f"/clients/{navi_client.id}/navi-backups/{one().key}"
    assert "Conferir</button>" in admin.get(path).text
    for _ in range(2):
        assert admin.post(f"{path}/check").status_code == 303
    fly()
    assert "O que o backup traz" in admin.get(path).text
    assert "Link de Download" in admin.get(f"/clients/{navi_client.id}/navi-backups").text


@pytest.mark.parametrize("program", ["portal.no_such_reader", "tests.navi_migration.hanging"])
def test_a_reader_that_dies_or_hangs_is_told_in_words(admin, shop, monkeypatch, program) -> None:
    monkeypatch.setattr(reading, "PROGRAM", program)
    monkeypatch.setattr(reading, "SECONDS", 0.5)
    sent = send(admin, shop.id, corpus.sound())
    fly()
    assert "passou do limite de tempo ou memória" in admin.get(sent.location).text
    assert (one().state, _readings) == (BackupState.RECEIVED, {})


def test_a_second_process_takes_a_pre_flight_over_and_begins_anew(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.sound())
    db.session.execute(update(Work).values(state=RunState.RUNNING, claimed_by="dead", heartbeat_at=NOW - timedelta(1)))
    db.session.commit()
    fly()
    assert "O que o backup traz" in admin.get(sent.location).text


def test_a_backup_deleted_while_it_is_looked_through_ends_the_work(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.sound())
    assert admin.post(f"{sent.location}/deletion").location == f"/clients/{shop.id}/navi-backups"
    assert admin.post(f"{sent.location}/deletion").status_code == 303
    fly()
    work = db.session.scalars(select(Work).where(Work.kind == WorkKind.PREFLIGHT)).one()
    assert (work.state, one().state, one().report) == (RunState.DONE, BackupState.DELETED, None)
    assert db.session.scalar(select(func.count()).select_from(NaviBackupPiece)) == 0
    assert "O conteúdo deste backup não está mais no portal" in admin.get(sent.location).text
    assert admin.post(f"{sent.location}/check").status_code == 404
    deleted = select(func.count()).where(AuditEvent.action == "navi_backup_deleted")
    assert db.session.scalar(deleted) == 1


def test_one_replaced_while_it_comes_in_leaves_nothing_behind(admin, shop, monkeypatch) -> None:
    keep = pieces.keep

    def replaced(backup_id: int, number: int, part: bytes) -> bool:
        keep(backup_id, number, part)
        return ending.end(backup_id, BackupState.REPLACED, NOW)

    monkeypatch.setattr(pieces, "keep", replaced)
    sent = send(admin, shop.id, content())
    assert "Substituído" in admin.get(sent.location).text
    assert db.session.scalar(select(func.count()).select_from(NaviBackupPiece)) == 0
    assert db.session.scalar(select(func.count()).select_from(Work)) == 0


def test_one_that_did_not_come_whole_says_so(admin, navi, navi_client) -> None:
    navi.begin(content())
    assert "ainda não chegou inteiro" in admin.get(f"/clients/{navi_client.id}/navi-backups/{one().key}").text


def test_what_was_found_stays_when_the_content_is_gone(admin, shop) -> None:
    sent = send(admin, shop.id, corpus.sound())
    fly()
    with clock.frozen(NOW + timedelta(hours=24)):
        admin.sign_in(db.session.scalars(select(User)).one())
        shown = admin.get(sent.location).text
        assert ("Expirado" in shown, "Excluir" in shown, "Vai para o Link" in shown) == (True, False, True)
        assert ending.expire(clock.now()) == 1
        assert "Expirado" in admin.get(f"/clients/{shop.id}/navi-backups").text


@pytest.mark.parametrize(("whole", "name"), [(b"", "vazio.zip"), (b"", "")])
def test_no_file_and_an_empty_one_are_refused_beside_the_field(admin, shop, whole, name) -> None:
    answer = send(admin, shop.id, whole, name=name)
    assert answer.status_code == 422
    assert ("Escolha o arquivo do backup." if not name else "O arquivo está vazio.") in answer.text


def test_too_large_a_file_is_refused(admin, shop) -> None:
    assert send(admin, shop.id, b"x" * (50 * 1024 * 1024 + 1)).status_code == 422
    assert send(admin, shop.id, b"x" * (51 * 1024 * 1024)).status_code == 413


def test_readers_see_and_only_those_who_manage_send(make, partner, shop, app) -> None:
    from tests.visitor import Visitor

    reader = Visitor(app).sign_in(make.user(partner, Role.READER))
    assert "Enviar e conferir" not in reader.get(f"/clients/{shop.id}/navi-backups").text
    assert send(reader, shop.id, corpus.sound()).status_code == 403


def test_another_partner_s_another_client_s_and_a_link_s_backups_are_not_found(make, partner, shop, app, admin) -> None:
    from tests.visitor import Visitor

    sent = send(admin, shop.id, corpus.sound())
    stranger = Visitor(app).sign_in(make.user(make.partner()))
    for path in (f"/clients/{shop.id}/navi-backups", sent.location):
        assert stranger.get(path).status_code == 404
    assert send(stranger, shop.id, corpus.sound()).status_code == 404
    other, link = make.client(partner, product="navi"), make.client(partner)
    for client_id in (other.id, link.id):
        assert admin.get(f"/clients/{client_id}/navi-backups/{'k' * 24}").status_code == 404
        assert admin.post(f"/clients/{client_id}/navi-backups/{'k' * 24}/deletion").status_code == 404
    assert send(admin, link.id, corpus.sound()).status_code == 404
    assert one().state is BackupState.RECEIVED


def test_a_stranger_s_form_with_the_same_key_learns_nothing(make, app, admin, shop) -> None:
    from tests.visitor import Visitor

    send(admin, shop.id, corpus.sound())
    partner = make.partner()
    stranger = Visitor(app).sign_in(make.user(partner))
    theirs = make.client(partner, product="navi")
    assert send(stranger, theirs.id, corpus.sound()).status_code == 409


def test_the_words_of_a_report_hold_for_every_fault(shop) -> None:
    from portal.domain.preflight import BackupFault, Report

    for fault in BackupFault:
        found = Found.build(Report(fault=fault, file="sales.jsonl"), shop)
        assert (found.is_ready, found.place, found.whose) == (False, "Vendas", None)
