"""An import's life: uploaded once, tried without a trace, confirmed for what was shown, carried out whole or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.domain import imports
from portal.domain.catalogue import Item, Product, RenewalMethod
from portal.domain.errors import QuoteAged, RepeatMismatch
from portal.domain.imports import FileFault, FileRefused, ImportState, Verdict
from portal.domain.jobs import RunState
from portal.domain.statuses import Status, derive_status
from portal.extensions import db
from portal.imports import checking, service, writing
from portal.imports.texts import Text
from portal.models import AuditEvent, Charge, ChargeLine, Client, ImportRow, ImportRun, RegistrationCode, Work
from tests.conftest import NOW
from tests.imports.conftest import Actor, clients_of, rows_of, run_works
from tests.imports.sheets import csv_of


def count(model: type) -> int:
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    return found


@pytest.fixture
def confirm(admin):
    def release(run: ImportRun, seen: str | None = None, now=NOW) -> None:
        service.confirm(run, seen=service.shown(run) if seen is None else seen, now=now, actor=Actor(admin.id, "Ana"))

    return release


# the file


def test_a_file_is_kept_as_rows_with_its_columns_guessed(uploaded, row) -> None:
    run = uploaded(row("A"), row("B"))
    assert (run.state, run.lines, run.file_name, len(run.sha256)) == (ImportState.UPLOADED, 2, "clientes.csv", 64)
    assert [(one.number, one.cells[0]) for one in rows_of(run)] == [(2, "A"), (3, "B")]
    assert [column.label for column in service.places_of(run)][:2] == ["Nome", "CPF/CNPJ"]


def test_the_same_form_sent_again_is_the_same_run(uploaded, row) -> None:
    rows = [row()]
    assert uploaded(*rows).id == uploaded(*rows).id
    assert count(ImportRun) == count(ImportRow) == 1


def test_the_same_form_with_another_file_or_from_somebody_else_is_refused(uploaded, row, make) -> None:
    rows = [row()]
    uploaded(*rows)
    with pytest.raises(RepeatMismatch):
        uploaded(row())
    with pytest.raises(RepeatMismatch):
        uploaded(*rows, partner_id=make.partner().id)


def test_the_same_form_twice_at_once_is_one_run(uploaded, row, monkeypatch) -> None:
    rows = [row()]
    first = uploaded(*rows).id
    answers = iter([None])
    before = service._uploaded_before
    monkeypatch.setattr(service, "_uploaded_before", lambda made: next(answers, before(made)))
    assert uploaded(*rows).id == first


def test_a_refused_file_leaves_nothing(partner, admin) -> None:
    with pytest.raises(FileRefused):
        service.upload(
            b"\x00",
            key="k",
            file_name="f",
            partner_id=partner.id,
            has_due_dates=False,
            now=NOW,
            actor=Actor(admin.id, ""),
        )
    assert count(ImportRun) == 0


def test_a_partner_tries_so_many_rows_a_day_and_no_more(uploaded, row, monkeypatch, make) -> None:
    monkeypatch.setattr(imports, "MOST_ROWS_A_DAY", 3)
    uploaded(row(), row(), key="first-form")
    with pytest.raises(FileRefused) as refused:
        uploaded(row(), row(), key="second-form")
    assert refused.value.fault is FileFault.TOO_MANY_TODAY
    uploaded(row(), key="third-form")
    uploaded(row(), row(), key="of-another", partner_id=make.partner().id)


# the trial


def test_a_sound_row_says_what_it_costs(tried, row) -> None:
    run = tried(row(cloud="sim", waiter="2"))
    assert (run.state, run.ready, run.pending, run.bad) == (ImportState.CHECKED, 1, 0, 0)
    assert run.total_cents == 9990 + 2990 + 2 * 1990
    (found,) = rows_of(run)
    assert (found.verdict, found.errors, found.amount_cents) == (Verdict.READY, [], run.total_cents)


def test_trying_registers_nothing(tried, row) -> None:
    tried(row(), row())
    assert count(Client) == count(Charge) == count(AuditEvent) == 0


def test_the_arithmetic_puts_equal_lines_of_many_clients_together(tried, row) -> None:
    run = tried(row(waiter="2"), row(waiter="2"), row(waiter="3"), row(product="Navi"))
    lines = [(group["product"], group["item"], group["quantity"], group["clients"]) for group in run.quote]
    assert lines == [
        ("link", "base", 1, 3), ("link", "waiter", 2, 2), ("link", "waiter", 3, 1), ("navi", "base", 1, 1),
    ]  # fmt: skip


def test_every_error_of_a_row_is_kept(tried, row) -> None:
    run = tried(row("", document="1", product="x", uf="XX", city="", email="nada", phone="1", waiter="x"))
    assert run.bad == 1
    (found,) = rows_of(run)
    said = " ".join(found.errors)
    for words in ("Nome: Informe o nome.", "UF: Escolha uma UF", "Cidade: Informe a cidade.", "E-mail: E-mail inválido",
                  "Telefone: Informe DDD", "CPF/CNPJ inválido: 1.", "Não há o produto “x”", "Link Garçom: use"):  # fmt: skip
        assert words in said
    assert (found.facts, found.amount_cents, run.total_cents, run.quote) == (None, 0, 0, [])


def test_an_unknown_city_comes_with_suggestions_for_the_first_of_them(tried, row, monkeypatch) -> None:
    monkeypatch.setattr("portal.imports.forms.MOST_SUGGESTIONS", 1)
    first, second = rows_of(tried(row(city="Campinass"), row(city="Sorocabaa")))
    assert first.errors == ["Cidade: Não há a cidade Campinass em SP. Seria Campinas ou Canas?"]
    assert second.errors == ["Cidade: Não há a cidade Sorocabaa em SP."]


def test_a_set_that_cannot_be_held_says_why(tried, row) -> None:
    (found,) = rows_of(tried(row(mobile="1")))
    assert found.errors == ["Link Móvel precisa de Cloud: marque Cloud ou tire o Móvel."]


def test_a_registration_twice_in_the_file_is_an_error_of_the_second(tried, row, make) -> None:
    document = make.document()
    run = tried(row(document=document), row(document=document, product="Navi"), row(document=document))
    assert [found.verdict for found in rows_of(run)] == [Verdict.READY, Verdict.READY, Verdict.BAD]
    assert rows_of(run)[2].errors == ["Mesmo CPF/CNPJ e produto da linha 2."]


def test_a_registration_that_the_partner_has_already_points_to_it(tried, row, make, partner) -> None:
    client = make.client(partner)
    archived = make.client(partner, archived_at=NOW, due_on=None, pending_at=NOW)
    run = tried(
        row(document=client.document), row(document=client.document, product="Navi"), row(document=archived.document)
    )
    assert [found.verdict for found in rows_of(run)] == [Verdict.BAD, Verdict.READY, Verdict.READY]
    assert rows_of(run)[0].existing_id == client.id


def test_a_document_held_elsewhere_will_be_pendente_and_costs_nothing_yet(tried, row, make) -> None:
    other = make.client(make.partner(name="Revenda Beta"))
    run = tried(row(document=other.document), row())
    assert (run.ready, run.pending, run.total_cents) == (1, 1, 9990)
    assert rows_of(run)[0].verdict is Verdict.PENDING
    assert rows_of(run)[0].errors == []


def test_without_a_price_nothing_is_importable(tried, row, make) -> None:
    db.session.execute(db.text("DELETE FROM prices WHERE item = 'waiter'"))
    db.session.commit()
    run = tried(row(waiter="1"), row())
    assert [found.verdict for found in rows_of(run)] == [Verdict.BAD, Verdict.READY]
    assert rows_of(run)[0].errors == ["Não há preço de Link Garçom (Link) na tabela em vigor. Avise o fornecedor."]


def test_an_import_issues_no_more_codes_than_it_may(tried, row, monkeypatch) -> None:
    monkeypatch.setattr(checking, "MOST_CODES", 4)
    run = tried(row(cloud="sim", mobile="2"), row(product="Navi"), row(), row())
    assert [found.verdict for found in rows_of(run)] == [Verdict.READY, Verdict.READY, Verdict.READY, Verdict.BAD]
    assert "10.000 códigos" in rows_of(run)[3].errors[0]


def test_a_row_that_ends_early_has_empty_cells(tried, row) -> None:
    run = tried(row()[:5])
    assert run.ready == 1


def test_a_run_is_tried_anew_by_other_columns(uploaded, row) -> None:
    run = uploaded(row())
    places = service.places_of(run)
    service.check(
        run, {column: place for column, place in places.items() if column.value != "city"}, today=clock.today()
    )
    assert run.bad == 1
    service.check(run, places, today=clock.today())
    assert (run.bad, run.ready) == (0, 1)


def test_a_confirmed_run_is_not_tried_any_more(imported, row) -> None:
    run = imported(row())
    service.check(run, {}, today=clock.today())
    assert (run.state, run.bad) == (ImportState.FINISHED, 0)


# the confirmation


def test_every_row_becomes_a_client_by_the_rules_of_new_clients(imported, row) -> None:
    run = imported(
        row("Bar Link", waiter="2", cloud="sim", mobile="1"),
        row("Bar Navi", product="navi", method="Gestão de cobranças"),
    )
    link, navi = clients_of(run)
    assert (link.name, link.product, link.due_on, link.due_day) == ("Bar Link", Product.LINK, date(2025, 8, 10), 10)
    assert (link.city, link.city_code, link.phone) == ("São Paulo", "3550308", "11987654321")
    assert derive_status(link, clock.today()) is Status.ACTIVE
    assert (navi.product, navi.renewal_method) == (Product.NAVI, RenewalMethod.BILLING)
    assert (link.unused_codes, navi.unused_codes) == (2, 0)
    assert (link.open_charges, navi.open_charges) == (1, 1)


@pytest.mark.parametrize("day", ["2025-07-10", "2025-06-25", "2025-07-12", "2025-12-31"])
def test_the_charges_of_a_run_are_the_trials_total_to_the_cent(imported, row, day) -> None:
    with clock.frozen(clock.parse_moment(f"{day}T12:00:00-03:00")):
        run = imported(
            row(waiter="3", cloud="sim", mobile="7"), row(product="Navi", cloud="sim"), row(waiter="1"), row(waiter="1"),
            now=clock.now(),
        )  # fmt: skip
        charged = db.session.scalar(select(func.sum(Charge.amount_cents)))
        assert run.total_cents == charged == db.session.scalar(select(func.sum(ChargeLine.amount_cents))) > 0
        lines = [(g["clients"], g["quantity"], g["unit_cents"], g["days"], g["divisor"]) for g in run.quote]
        assert sum(n * round_half_up(u * q * d, v) for n, q, u, d, v in lines) == run.total_cents


def round_half_up(numerator: int, divisor: int) -> int:
    return (2 * numerator + divisor) // (2 * divisor)


def test_a_document_held_elsewhere_becomes_pendente_without_due_date_charge_or_code(imported, row, make) -> None:
    other = make.client(make.partner(name="Revenda Beta"))
    (client,) = clients_of(imported(row(document=other.document, waiter="2")))
    assert (client.due_on, client.open_charges, client.unused_codes) == (None, 0, 0)
    assert derive_status(client, clock.today()) is Status.PENDING
    assert "Beta" not in client.pending_reason


def test_the_good_rows_are_imported_and_the_bad_ones_left_out(imported, row) -> None:
    run = imported(row("Boa"), row("Ruim", document="1"), row("Outra"))
    assert [client.name for client in clients_of(run)] == ["Boa", "Outra"]
    assert (run.ready, run.bad) == (2, 1)


def test_confirming_twice_imports_once(imported, row, confirm) -> None:
    run = imported(row(), row())
    confirm(run, seen="whatever")
    run_works()
    assert count(Client) == 2
    assert count(Work) == 1


def test_the_confirmation_is_recorded_once_with_who_and_how_much(imported, row, admin) -> None:
    run = imported(row())
    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "import_confirmed"))
    assert (event.actor_id, event.partner_id) == (admin.id, run.partner_id)
    assert event.after == {"rows": 1, "file": "clientes.csv", "total_cents": 9990}


def test_a_run_without_good_rows_asks_for_no_work(tried, row, confirm) -> None:
    run = tried(row(document="1"))
    confirm(run)
    assert count(Work) == 0


def test_values_that_were_not_those_shown_are_shown_again(tried, row, confirm) -> None:
    run = tried(row())
    with pytest.raises(QuoteAged):
        confirm(run, seen="something else")
    assert (run.state, count(Work)) == (ImportState.CHECKED, 0)


def test_a_run_that_was_never_tried_is_tried_first(uploaded, row, confirm) -> None:
    run = uploaded(row())
    with pytest.raises(QuoteAged):
        confirm(run)
    assert (run.state, run.ready) == (ImportState.CHECKED, 1)


def test_another_day_asks_again_with_that_days_values(tried, row, confirm) -> None:
    run = tried(row())
    with pytest.raises(QuoteAged):
        confirm(run, now=NOW + timedelta(days=1))
    assert (run.quoted_on, run.total_cents) == (date(2025, 7, 11), 9990)  # 31 of 31 days


def test_another_due_day_of_the_partner_asks_again(tried, row, confirm, partner) -> None:
    run = tried(row())
    partner.due_day = 28
    db.session.commit()
    with pytest.raises(QuoteAged):
        confirm(run)
    assert (run.due_day, run.total_cents) == (28, 6327)  # 19 of 30 days
    confirm(run)
    run_works()
    assert clients_of(run)[0].due_on == date(2025, 7, 28)


def test_another_price_table_asks_again(tried, row, confirm, make) -> None:
    run = tried(row())
    make.price_version()
    with pytest.raises(QuoteAged):
        confirm(run)
    confirm(run)
    assert run.state is ImportState.CONFIRMED


# carrying out


def test_what_changed_after_the_confirmation_imports_nothing_and_says_so(tried, row, confirm, make, partner) -> None:
    document = make.document()
    run = tried(row(), row(document=document))
    confirm(run)
    make.client(partner, document=document)
    run_works()
    db.session.refresh(run)
    assert (run.state, run.failure, count(Client)) == (ImportState.CHECKED, Text.CHANGED.label, 1)
    assert clients_of(run) == []


def test_after_that_it_can_be_tried_and_confirmed_again(tried, row, confirm, make, partner) -> None:
    document = make.document()
    run = tried(row("Boa"), row("Tomada", document=document))
    confirm(run)
    make.client(partner, document=document)
    run_works()
    db.session.refresh(run)
    with pytest.raises(QuoteAged):
        confirm(run, seen="")
    assert (run.ready, run.bad) == (1, 1)
    confirm(run)
    run_works()
    db.session.refresh(run)
    assert run.state is ImportState.FINISHED
    assert [client.name for client in clients_of(run)] == ["Boa"]


def test_a_document_taken_elsewhere_meanwhile_is_no_silent_pendente(tried, row, confirm, make) -> None:
    document = make.document()
    run = tried(row(document=document))
    confirm(run)
    make.client(make.partner(), document=document)
    run_works()
    db.session.refresh(run)
    assert (run.state, run.failure) == (ImportState.CHECKED, Text.CHANGED.label)


def test_midnight_between_confirmation_and_carrying_out_imports_nothing(tried, row, confirm) -> None:
    run = tried(row())
    confirm(run)
    with clock.frozen(NOW + timedelta(hours=13)):
        run_works()
    db.session.refresh(run)
    assert (run.state, count(Client)) == (ImportState.CHECKED, 0)


def test_an_import_that_breaks_off_leaves_nothing_and_is_done_whole_later(tried, row, confirm, monkeypatch) -> None:
    run = tried(row(), row(product="Navi"))
    confirm(run)
    charge = writing._charge

    def break_off(*_args: object) -> None:
        raise RuntimeError("the power is cut")

    monkeypatch.setattr(writing, "_charge", break_off)
    run_works()
    assert count(Client) == count(RegistrationCode) == count(Charge) == 0
    monkeypatch.setattr(writing, "_charge", charge)
    with clock.frozen(NOW + timedelta(seconds=11)):
        run_works()
    db.session.refresh(run)
    assert (run.state, count(Client), count(Charge)) == (ImportState.FINISHED, 2, 2)


def test_a_stopped_import_is_set_going_by_sending_the_form_again(tried, row, confirm, monkeypatch) -> None:
    run = tried(row())
    confirm(run)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "write", None)
        run_works()
    work = db.session.scalars(select(Work)).one()
    assert work.state is RunState.FAILED
    db.session.refresh(run)
    confirm(run)
    run_works()
    assert count(Client) == 1


def test_a_step_of_a_finished_run_does_nothing(imported, row) -> None:
    run = imported(row())
    work = db.session.scalars(select(Work)).one()
    assert service.step(work, NOW) is True
    db.session.rollback()
    assert count(Client) == 1
    assert run.state is ImportState.FINISHED


# existing due dates


def test_the_vendor_imports_due_dates_without_a_charge(imported, row) -> None:
    rows = [[*row(name), due] for name, due in (("A", "25/07/2025"), ("E", "09/07/2025"), ("I", "31/05/2025"))]
    run = imported(*rows, has_due_dates=True)
    found = clients_of(run)
    assert [client.due_on for client in found] == [date(2025, 7, 25), date(2025, 7, 9), date(2025, 5, 31)]
    assert [client.due_day for client in found] == [25, 9, 28]
    statuses = [derive_status(client, clock.today()) for client in found]
    assert statuses == [Status.ACTIVE, Status.EXPIRED, Status.INACTIVE]
    assert (run.total_cents, run.quote, count(Charge)) == (0, [], 0)
    assert [client.unused_codes for client in found] == [1, 1, 1]


def test_a_document_held_elsewhere_is_the_vendors_to_settle_first(tried, row, make) -> None:
    other = make.client(make.partner())
    (found,) = rows_of(tried([*row(document=other.document), "25/07/2025"], has_due_dates=True))
    assert found.errors == ["Outro parceiro já tem este CPF/CNPJ com este produto. Resolva antes de importar."]


def test_what_runs_without_prices_runs_for_the_vendor(tried, row) -> None:
    db.session.execute(db.text("DELETE FROM prices"))
    db.session.commit()
    assert tried([*row(waiter="1"), "25/07/2025"], has_due_dates=True).ready == 1


def test_the_held_of_an_import_are_what_the_sheet_says(imported, row) -> None:
    (client,) = clients_of(imported(row(waiter="2", cloud="sim")))
    held = dict(
        db.session.execute(db.text(f"SELECT item, quantity FROM license_items WHERE client_id = {client.id}")).all()
    )
    assert held == {Item.BASE.value: 1, Item.CLOUD.value: 1, Item.WAITER.value: 2}


def test_a_sheet_of_other_columns_can_be_imported(partner, admin, make, confirm) -> None:
    content = csv_of(
        ["Razão social", "Documento", "Sistema", "Estado", "Município"],
        ["Bar", make.document(), "link", "sp", "SANTOS"],
    )
    run = service.upload(
        content,
        key="k" * 20,
        file_name="f.csv",
        partner_id=partner.id,
        has_due_dates=False,
        now=NOW,
        actor=Actor(admin.id, "A"),
    )
    service.check(run, service.places_of(run), today=clock.today())
    confirm(run)
    run_works()
    assert clients_of(run)[0].city == "Santos"


def test_a_document_taken_elsewhere_at_the_last_moment_leaves_nothing(tried, row, confirm, make, monkeypatch) -> None:
    document = make.document()
    run = tried(row(), row(document=document))
    confirm(run)
    other = make.client(make.partner())
    write = writing.write

    def overtaken(*args: object, **facts: object) -> None:
        write(*args, **facts)
        db.session.execute(db.update(Client).where(Client.id == other.id).values(document=document))

    monkeypatch.setattr(writing, "write", overtaken)
    run_works()
    db.session.refresh(run)
    assert (run.state, run.failure, clients_of(run)) == (ImportState.CHECKED, Text.CHANGED.label, [])
    assert count(Client) == 1
