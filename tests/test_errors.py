"""Refusals and faults in words: a page or, to htmx, the reason where results are announced. Nothing leaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal import clock, database, errors
from portal.clients import tallies
from portal.domain import errors as refusals
from portal.domain.actions import Action
from portal.domain.catalogue import Item, Product
from portal.domain.certificates import CertificateRefused, Fault
from portal.domain.cloud import NoBackup
from portal.domain.imports import FileFault, FileRefused
from portal.domain.installations import Reason
from portal.domain.invoices import InvoiceState
from portal.domain.licenses import Flaw, Problem
from portal.domain.orders import Fixed
from portal.domain.people import PersonProblem
from portal.domain.renewals import Blocker
from portal.domain.retail import Hindrance
from portal.domain.roles import Role
from portal.domain.statuses import Status
from portal.domain.trust import NoRelease
from portal.extensions import db
from portal.factory import create_app
from portal.models import AuditEvent, Client
from tests.conftest import NOW, test_config
from tests.visitor import Visitor

REFUSALS = [
    (refusals.NotFound(), 404, "não pertence à sua revenda"),
    (refusals.NotPermitted(), 403, "Seu perfil não permite isto."),
    (refusals.PartnerSuspended(), 403, "Sua revenda está suspensa"),
    (refusals.ActionRefused(Action.EDIT, Status.EXPIRED), 409, "“Editar” não é possível agora: a licença venceu"),
    (refusals.StaleState(3), 409, "Nada foi gravado; confira e repita."),
    (refusals.RepeatMismatch(), 409, "Valeu o primeiro envio."),
    (refusals.TooManyAttempts(timedelta(minutes=4, seconds=1)), 429, "Tente de novo em 5 minutos."),
    (refusals.TooManyAttempts(timedelta(seconds=10)), 429, "Tente de novo em 1 minuto."),
    (refusals.NothingSelected(), 422, "Marque ao menos um cliente da lista"),
    (refusals.TooManySelected(20_000), 422, "o limite é 20.000. Divida com os filtros."),
    (refusals.Invalid({"a": ["Um."], "b": ["Dois."]}), 422, "Um. Dois."),
    (refusals.SetRefused([Problem(Flaw.NEEDS, Item.MOBILE, Item.CLOUD), Problem(Flaw.OUT_OF_RANGE, Item.WAITER)]), 422,
     "Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel. Link Garçom: quantidade fora do permitido."),
    (refusals.PriceMissing(Product.LINK, Item.WAITER), 409, "Não há preço de Link Garçom (Link) na tabela em vigor."),
    (refusals.PriceMissing(), 409, "Não há preço na tabela em vigor."),
    (refusals.QuoteAged(), 409, "Os valores mudaram desde que foram mostrados."),
    (refusals.OpenCharges(3338), 409, "Há R$\xa033,38 em cobranças adicionais em aberto"),
    (refusals.OrderFixed(Fixed.PAID), 409, "Não dá para estornar este pedido: a cobrança já foi paga."),
    (refusals.AlreadyRegistered(7), 409, "já está cadastrado com este produto: cliente 7."),
    (refusals.DocumentTaken(), 409, "não pode ser usado aqui. Fale com o fornecedor."),
    (refusals.PersonRefused(PersonProblem.LAST_ADMIN), 409, "Nada foi gravado: é o único Administrador ativo da revenda"),
    (refusals.RoleChanged(Role.READER), 409, "Outra pessoa mudou o perfil para Leitura."),
    (refusals.CodeClosed(), 409, "Este código já foi utilizado ou substituído"),
    (refusals.CreditShort(6000), 409, "O crédito é de R$\xa060,00."),
    (refusals.RenewalBlocked(Blocker.OPEN_CHARGES, 3338), 409, "Tem adicionais em aberto: R$\xa033,38."),
    (refusals.RenewalBlocked(Blocker.NOT_YET), 409, "A renovação ainda não abriu."),
    (refusals.InvoiceClosed(InvoiceState.PAID), 409, "Esta fatura já está paga."),
    (refusals.ReleaseRefused(NoRelease.USED, date(2025, 7, 14)), 409, "até 14/07/2025."),
    (refusals.MethodBilled(), 409, "A próxima renovação já foi cobrada."),
    (refusals.BelowCost({Item.WAITER: 1990}), 422, "Link Garçom custa R$\xa019,90: informe ao menos esse valor."),
    (refusals.ChargeHindered(Hindrance.PAUSED), 409, "Pausada. Nada foi emitido."),
    (refusals.PairingRefused(Status.EXPIRED), 409, "Nada mudou para este aparelho: a licença venceu"),
    (refusals.DevicesToChoose(1), 422, "Marque o aparelho que deixa o Link Móvel."),
    (refusals.DevicesToChoose(2), 422, "Marque os 2 aparelhos que deixam o Link Móvel."),
    (refusals.BackupRefused(NoBackup.NO_CLOUD), 409, "Este cliente não tem Cloud. Nada foi gravado."),
    (refusals.RetailClosed(), 409, "Esta cobrança já foi paga."),
    (refusals.ProgramRefused(Reason.TOO_MANY_SEATS), 409, "Todas as licenças estão em uso."),
    (CertificateRefused(Fault.EXPIRED), 422, "O certificado já venceu."),
    (FileRefused(FileFault.OLD_FORMAT), 422, "Salve-o como .xlsx, sem senha. Nada foi gravado."),
    (refusals.Refusal(), 400, "Volte e tente de novo."),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "status", "words"), REFUSALS, ids=[words for *_, words in REFUSALS])
def test_every_refusal_has_words_and_a_status(refusal, status, words) -> None:
    said = errors.in_words(refusal)
    assert said.status == status
    assert words in said.text
    assert said.title


def test_no_refusal_is_without_words() -> None:
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, refusals.Refusal)}
    assert {type(refusal) for refusal, *_ in REFUSALS} == kinds | {FileRefused, CertificateRefused}


@pytest.mark.parametrize(
    ("problem", "product", "words"),
    [
        (Problem(Flaw.OUT_OF_RANGE, Item.WAITER), Product.LINK, "Link Garçom: informe de 0 a 999."),
        (Problem(Flaw.OUT_OF_RANGE, Item.BASE), Product.NAVI, "Licença: informe 1."),
        (Problem(Flaw.NOT_OFFERED, Item.WAITER), Product.NAVI, "Link Garçom não existe para o Navi."),
        (Problem(Flaw.NOT_OFFERED, Item.WAITER), None, "Link Garçom não existe para este produto."),
        (Problem(Flaw.OWN_MENU, Item.TEF), Product.LINK, "TEF só se contrata pelo menu TEF."),
    ],
)
def test_what_is_wrong_with_a_set_says_what_would_be_right(problem, product, words) -> None:
    assert errors.problem_in_words(problem, product) == words


def test_every_status_has_a_reason() -> None:
    assert set(errors.REASONS) == set(Status)


@pytest.fixture
def web(app: Flask, make) -> Visitor:
    """Return the browser of an Administrador with a client."""
    partner = make.partner()
    make.client(partner)
    return Visitor(app).sign_in(make.user(partner))


def client() -> Client:
    return db.session.scalars(select(Client)).one()


def events() -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent)))


def test_a_plain_browser_gets_a_page_and_htmx_the_reason_for_its_region(web) -> None:
    page, fragment = web.get("/clients/999999"), web.fragment("/clients/999999")
    assert page.status_code == fragment.status_code == 404
    assert page.text.startswith("<!doctype html>")
    assert "<title>Não encontrado · Portal do Parceiro</title>" in page.text
    assert fragment.text.strip() == '<p class="bad">Esta página não existe ou não pertence à sua revenda.</p>'
    assert (fragment.headers["HX-Retarget"], fragment.headers["HX-Reswap"]) == ("#said", "innerHTML")
    assert "HX-Request" in fragment.headers["Vary"]


def test_a_page_of_refusal_works_for_visitors_too(visitor) -> None:
    answer = visitor.get("/gone")
    assert answer.status_code == 404
    assert "Não encontrado" in answer.text
    assert "Sair" not in answer.text


@pytest.mark.parametrize("method", ["put", "delete", "patch", "post"])
def test_a_method_that_an_address_does_not_take(web, method) -> None:
    answer = getattr(web.browser, method)("/clients/export")
    assert answer.status_code == 405
    assert "Este endereço não aceita esse tipo de pedido." in answer.text


def test_bytes_that_no_browser_sends_are_a_bad_request_not_a_fault(web) -> None:
    answer = web.browser.get("/clients", environ_overrides={"QUERY_STRING": "q=\xff\xfe"})
    assert answer.status_code == 400
    assert "algo que não dá para ler" in answer.text


def test_escaped_bytes_that_are_no_text_are_searched_for_like_any_text(web) -> None:
    for query in ("q=%ff%fe", "q=%ed%a0%80", "q=%00", "%ff=%ff", "q=%F0%9F%98%80"):
        assert web.get(f"/clients?{query}").status_code == 200, query


@pytest.mark.parametrize("htmx", [False, True])
def test_too_much_is_refused_before_it_is_read(web, htmx) -> None:
    answer = web.post(f"/clients/{client().id}/revision", htmx=htmx, version=1, notes="x" * 70_000)
    assert answer.status_code == 413
    assert "O que foi enviado passa do limite. Nada foi gravado" in answer.text
    assert events() == []


class TestBusy:
    """The database is locked by somebody else for longer than we wait."""

    @pytest.fixture
    def impatient(self, web, app, database_url, tmp_path, monkeypatch) -> Iterator[Visitor]:
        """Yield the same browser at a portal over the same database that waits 50 ms for a lock."""
        monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
        other = create_app(test_config(database_url, tmp_path))
        with clock.frozen(NOW):
            visitor = Visitor(other)
            visitor.browser._cookies = web.browser._cookies
            visitor.csrf_token()
            yield visitor
        with other.app_context():
            db.engine.dispose()

    @contextmanager
    def locked(self) -> Iterator[None]:
        db.session.rollback()
        with db.engine.connect() as connection:  # on SQLite its first statement takes the write lock
            lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"SELECT id FROM clients{lock}"))
            yield
            connection.rollback()

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_user_is_told_and_nothing_is_written(self, web, impatient, caplog, htmx) -> None:
        row = client()
        client_id = row.id
        with self.locked():
            answer = impatient.post(f"/clients/{client_id}/suspension", htmx=htmx, version=1)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "O portal está ocupado e nada foi gravado. Envie de novo em alguns segundos." in answer.text
        for leak in ("OperationalError", "locked", "LockNotAvailable", "SELECT", "UPDATE"):
            assert leak not in answer.text
        assert "database unavailable at clients.suspension_create" in caplog.text
        assert events() == []
        assert impatient.post(f"/clients/{client_id}/suspension", htmx=htmx, version=1).status_code in {200, 303}
        assert len(events()) == 1

    def test_reading_goes_on_meanwhile(self, web, impatient) -> None:
        with self.locked():
            assert impatient.get("/clients").status_code == 200


class TestFault:
    """A fault of ours."""

    @pytest.fixture
    def broken(self, web, database_url, tmp_path, monkeypatch) -> Iterator[Visitor]:
        """Yield the same browser at a portal as it is in production, in which the list cannot be counted."""

        def fail(*_arguments: object) -> None:
            raise RuntimeError("segredo /srv/portal senha=123")

        other = create_app(test_config(database_url, tmp_path, is_testing=False))
        monkeypatch.setattr(tallies, "read", fail)
        with clock.frozen(NOW):
            visitor = Visitor(other)
            visitor.browser._cookies = web.browser._cookies
            yield visitor
        with other.app_context():
            db.engine.dispose()

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_page_says_no_more_than_that_it_failed(self, broken, caplog, htmx) -> None:
        with caplog.at_level(logging.ERROR):
            answer = broken.fragment("/clients") if htmx else broken.get("/clients")
        assert answer.status_code == 500
        assert "O erro foi registrado e nada foi gravado pela metade." in answer.text
        for leak in ("segredo", "RuntimeError", "Traceback", "/srv/", "tallies"):
            assert leak not in answer.text + str(answer.headers)
        assert "fault at clients.index" in caplog.text
        assert "segredo" in caplog.text

    def test_what_was_begun_is_not_half_written(self, broken) -> None:
        """The change is one transaction: it stands with its event, although its answer failed."""
        answer = broken.post(f"/clients/{client().id}/suspension", htmx=True, version=1)
        assert answer.status_code == 500
        db.session.rollback()
        row = client()
        assert (row.version - 1, row.suspended_at is not None) == (len(events()), bool(events()))
