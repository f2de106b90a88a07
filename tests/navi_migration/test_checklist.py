"""The checklist: it follows what happened, says what comes next, and what becomes of Navi; for either client of the pair."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from portal import clock
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.codes import grouped
from portal.domain.migration import BackupSource, BackupState, Step
from portal.domain.renewals import Decision
from portal.domain.roles import Role
from portal.extensions import db
from portal.models import Client, NaviBackup, NaviMigration, RenewalDecision
from portal.navi_migration.queries import course_of
from portal.navi_migration.rows import Checklist
from tests.clients.conftest import admin, client_in, partner, stranger, web, web_of
from tests.conftest import NOW
from tests.visitor import Visitor

__all__ = ["admin", "client_in", "partner", "stranger", "web", "web_of"]

ORDERED = NOW - timedelta(days=2)
DUE = date(2025, 8, 10)
COUNTS = {"customers": 12, "products": 340, "stock": 338, "sales": 15_321, "credits": 27}


@pytest.fixture
def pair(make, partner) -> tuple[Client, Client]:
    """Return a Navi client and the Link client that follows it."""
    navi = make.client(partner, name="Padaria Pão", product=Product.NAVI, due_on=DUE)
    link = make.client(partner, name="Padaria Pão", document=navi.document)
    made = NaviMigration(
        partner_id=partner.id, navi_id=navi.id, link_id=link.id, ordered_at=ORDERED, navi_due_on=navi.due_on
    )
    db.session.add(made)
    db.session.commit()
    return navi, link


@pytest.fixture
def happens(pair) -> Callable[..., None]:
    """Return what notes facts of the migration."""

    def note(**facts: Any) -> None:
        for name, value in facts.items():
            setattr(db.session.query(NaviMigration).one(), name, value)
        db.session.commit()

    return note


@pytest.fixture
def backup(pair) -> Callable[..., NaviBackup]:
    """Return what brings a backup of the Navi to the portal."""

    def bring(state: BackupState = BackupState.RECEIVED, **facts: Any) -> NaviBackup:
        values = {
            "key": "k" * 20, "partner_id": pair[0].partner_id, "client_id": pair[0].id, "source": BackupSource.NAVI,
            "state": state, "file_name": "padaria.zip", "sha256": "a" * 64, "size_bytes": 3_456_789, "created_at": NOW,
            "received_at": NOW, "expires_at": NOW + timedelta(hours=24),
        } | facts  # fmt: skip
        one = NaviBackup(**values)
        db.session.add(one)
        db.session.commit()
        return one

    return bring


def seen(pair: tuple[Client, Client], now=NOW) -> Checklist:
    db.session.rollback()
    return Checklist.build(course_of(pair[0].partner_id, pair[0].id), now)


def text_of(web: Visitor, client: Client) -> str:
    answer = web.get(f"/clients/{client.id}/migration")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


class TestSteps:
    def test_after_the_order_the_backup_comes_next(self, web, pair) -> None:
        text = text_of(web, pair[0])
        assert "“Configurações” › “Backup” › “Fazer backup”" in text
        assert "“Compartilhar”" in text
        assert "“Link de Download”" in text
        assert "“Ativação”" not in text, "the help of later steps waits for its turn"
        assert text == text_of(web, pair[1]), "either client's address shows the same page"

    def test_with_a_backup_the_restore_comes_next_with_document_and_code(self, web, pair, backup, make) -> None:
        backup()
        code = make.code(pair[1])
        answer = web.get(f"/clients/{pair[1].id}/migration")
        assert "“Ou restaure um backup” › “Navi Vendas” › confirme com “Sim” › “Ok”" in answer.text
        assert grouped(code.code) in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Link de Download</a> padaria.zip" in answer.text
        assert "até 11/07/2025 12:00" in answer.text

    def test_every_step_says_when_and_who(self, web, pair, happens, admin, make) -> None:
        make.installation(pair[1], device="CAIXA-NOVO", activated_at=NOW)
        happens(
            restored_at=NOW, restored_counts=COUNTS, restored_receivable_cents=123_456, users_at=NOW, users_count=3,
            users_by_id=admin.id,
        )  # fmt: skip
        checklist = seen(pair)
        assert checklist.coming is Step.RENEWAL
        assert [(one.step.value, one.at, one.who) for one in checklist.stages][1:] == [
            ("backup", "", ""),
            ("restored", "10/07/2025 12:00", "CAIXA-NOVO"),
            ("activated", "10/07/2025 12:00", "CAIXA-NOVO"),
            ("users", "10/07/2025 12:00", "Ana Administradora"),
            ("renewal", "", ""),
        ]
        text = text_of(web, pair[0])
        assert "<dt>Vendas</dt><dd>15.321</dd>" in text
        assert "<dt>Crediários em aberto</dt><dd>R$ 1.234,56</dd>" in text
        assert "só o Link vem escolhido" in text

    def test_activated_without_a_restore_still_asks_for_the_backup(self, pair, make) -> None:
        make.installation(pair[1])
        assert seen(pair).coming is Step.BACKUP

    def test_a_reissued_code_later_does_not_move_the_activation(self, pair, make) -> None:
        make.installation(pair[1], device="ANTIGO", activated_at=ORDERED, revoked_at=NOW)
        make.installation(pair[1], device="NOVO")
        assert seen(pair).stages[3].who == "ANTIGO"

    @pytest.mark.parametrize(
        ("facts", "coming"),
        [
            ({}, Step.RESTORED),
            ({"state": BackupState.USED}, Step.RESTORED),
            ({"state": BackupState.RECEIVING}, Step.BACKUP),
            ({"state": BackupState.REPLACED}, Step.BACKUP),
            ({"expires_at": NOW}, Step.BACKUP),
            ({"expires_at": NOW, "source": BackupSource.PARTNER}, Step.RESTORED),
        ],
    )
    def test_a_backup_counts_while_it_can_be_restored(self, pair, backup, facts, coming) -> None:
        backup(**{"state": BackupState.RECEIVED} | facts)
        assert seen(pair).coming is coming

    def test_a_pendente_link_has_no_code_yet(self, web, pair, backup) -> None:
        backup()
        pair[1].pending_at, pair[1].due_on = NOW, None
        db.session.commit()
        assert "O Link está Pendente" in text_of(web, pair[1])

    def test_the_decision_is_told_with_whose_it_is(self, web, pair, happens, make, admin) -> None:
        make.installation(pair[1])
        happens(restored_at=NOW, users_at=NOW)
        decision = RenewalDecision(client_id=pair[0].id, due_on=DUE, partner_id=pair[0].partner_id, decided_at=NOW,
                                   decision=Decision.SKIP, decided_by_id=admin.id)  # fmt: skip
        db.session.add(decision)
        db.session.commit()
        text = text_of(web, pair[0])
        assert "Renovação decidida</b>: Só o Link será renovado <small>10/07/2025 12:00 · Ana Administradora" in text
        assert "Migração concluída." in text
        assert f'href="/renewals/{pair[0].id}"' in text


class TestNavi:
    def test_r17_it_says_when_the_navi_is_expirado_and_inativo(self, web_of, pair) -> None:
        pair[0].due_on = date(2025, 7, 10)
        db.session.commit()
        text = text_of(web_of(), pair[0])
        for words in ("Pago até <b>10/07/2025", "<b>11/07/2025</b>: sem renovação, Expirado", "<b>01/08/2025</b>: sem"):
            assert words in text
        with clock.frozen(NOW + timedelta(days=1)):
            text = text_of(web_of(), pair[0])
            assert "Venceu em <b>10/07/2025" in text
            assert "O Navi não foi renovado" in text
        with clock.frozen(NOW + timedelta(days=22)):
            assert "O Navi está Inativo desde 01/08/2025. Pode ser reativado" in text_of(web_of(), pair[0])

    def test_the_end_of_a_month_leaves_no_expirado_day(self, web, pair) -> None:
        pair[0].due_on = date(2025, 7, 31)
        db.session.commit()
        text = text_of(web, pair[0])
        assert "sem renovação, Expirado" not in text
        assert "<b>01/08/2025</b>: sem renovação, Inativo" in text

    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            ({"uses_both_at": NOW}, "O cliente usa os dois"),
            ({"due_on": date(2025, 9, 10)}, "O Navi também foi renovado depois do pedido do Link."),
            ({"due_on": None, "pending_at": NOW}, "O cadastro do Navi ainda espera o fornecedor."),
            ({"due_on": date(2025, 6, 10), "hidden_at": NOW}, "depois de “Reexibir”"),
        ],
    )
    def test_what_else_becomes_of_it(self, web, pair, facts, words) -> None:
        for name, value in facts.items():
            setattr(pair[0], name, value)
        db.session.commit()
        assert words in text_of(web, pair[0])

    def test_a_billed_navi_is_not_charged_and_needs_no_desk(self, web, pair, happens, make) -> None:
        make.installation(pair[1])
        happens(restored_at=NOW, users_at=NOW)
        pair[0].renewal_method = RenewalMethod.BILLING
        db.session.commit()
        text = text_of(web, pair[0])
        assert "nenhuma cobrança é emitida para o Navi" in text
        assert "/renewals/" not in text.split("<main")[1]

    def test_the_three_things_to_know_are_said(self, web, pair) -> None:
        text = text_of(web, pair[0])
        for words in ("Notas fiscais não são migradas.", "não cancela a licença do Navi", "pode ser reativado depois"):
            assert words in text


class TestWho:
    def test_leitura_sees_neither_code_nor_value(self, web_of, pair, backup, make, happens) -> None:
        backup()
        code = make.code(pair[1])
        reader = web_of(Role.READER)
        text = text_of(reader, pair[0])
        assert "não exibido para o seu perfil" in text
        assert grouped(code.code) not in text
        happens(restored_at=NOW, restored_counts=COUNTS, restored_receivable_cents=123_456)
        text = text_of(reader, pair[0])
        assert "15.321" in text
        assert "1.234,56" not in text
        assert "Ver a renovação" not in text

    @pytest.mark.parametrize(("role", "renews"), [(Role.FINANCE, True), (Role.SUPPORT, False), (Role.ADMIN, True)])
    def test_the_others_see_it_whole_and_the_desk_where_they_may_renew(
        self, web_of, pair, happens, role, renews
    ) -> None:
        happens(restored_at=NOW, restored_counts=COUNTS, restored_receivable_cents=123_456)
        text = text_of(web_of(role), pair[1])
        assert "1.234,56" in text
        assert ("Ver a renovação do Navi" in text) is renews

    def test_strangers_visitors_and_clients_without_a_migration(self, app, stranger, web, pair, make, partner) -> None:
        path = f"/clients/{pair[0].id}/migration"
        assert stranger.get(path).status_code == 404
        assert Visitor(app).get(path).location == f"/login?next={path}"
        assert web.get(f"/clients/{make.client(partner).id}/migration").status_code == 404

    def test_an_undone_link_takes_the_checklist_with_it(self, web, pair) -> None:
        pair[1].archived_at = NOW
        db.session.commit()
        assert web.get(f"/clients/{pair[0].id}/migration").status_code == 404

    @pytest.mark.parametrize("role", [Role.ADMIN, Role.READER])
    def test_both_clients_pages_and_menus_lead_there_and_to_each_other(self, web_of, pair, role) -> None:
        web = web_of(role)
        for one, other, words in ((*pair, "Migra para o Link"), (*reversed(pair), "Vem do Navi")):
            page = web.get(f"/clients/{one.id}").text
            assert f'<dt>{words}</dt><dd><a href="/clients/{other.id}">Padaria Pão</a>' in page
            for text in (page, web.fragment(f"/clients/{one.id}/menu").text):
                assert f'href="/clients/{one.id}/migration">Ver migração</a>' in text
