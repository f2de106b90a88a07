"""The screens of an import over HTTP: each endpoint done, refused, for strangers, for each role, without JavaScript."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select, update

from portal import clock
from portal.domain.imports import MOST_BYTES, ImportState
from portal.domain.roles import Role
from portal.extensions import db
from portal.factory import MAX_FORM_BYTES
from portal.imports import fence, service, sheet_reader
from portal.models import AuditEvent, Client, ImportRun
from tests.conftest import NOW
from tests.imports.conftest import DUE_TITLES, TITLES, clients_of, run_works
from tests.imports.sheets import csv_of
from tests.visitor import Visitor

KEY = "a-key-of-a-form-here"


@pytest.fixture
def web_of(app, make, partner):
    return lambda role=Role.ADMIN, at=partner: Visitor(app).sign_in(make.user(at, role))


@pytest.fixture
def operator(app, make):
    return Visitor(app).sign_in(make.user(None, Role.OPERATOR, name="Olga Operadora"))


def send(web: Visitor, content: bytes, name: str = "clientes.csv", key: str = KEY, **fields: object):
    answer = web.post("/imports", key=key, sheet=(io.BytesIO(content), name), **fields)
    answer.request.environ["wsgi.input"].close()  # the test client writes large bodies to a file and leaves it open
    return answer


def the_run() -> ImportRun:
    db.session.rollback()
    return db.session.scalars(select(ImportRun)).one()


def choose(web: Visitor, run: ImportRun, **changes: str):
    chosen = {f"column-{column.value}": str(place) for column, place in service.places_of(run).items()}
    return web.post(
        f"/imports/{run.key}/mapping", **chosen | {f"column-{name}": place for name, place in changes.items()}
    )


def confirm(web: Visitor, run: ImportRun, seen: str | None = None):
    answer = web.post(f"/imports/{run.key}/confirmation", seen=service.shown(run) if seen is None else seen)
    run_works()
    return answer


# the whole way, without JavaScript


def test_from_the_file_to_the_clients_and_back(web, row, partner) -> None:
    page = web.get("/imports/new").text
    assert 'enctype="multipart/form-data"' in page
    answer = send(web, csv_of(TITLES, row("Padaria A", waiter="2"), row("Padaria B", document="11")))
    run = the_run()
    assert (answer.status_code, answer.location) == (303, f"/imports/{run.key}")
    mapping = web.get(answer.location).text
    assert "Qual coluna é qual?" in mapping
    assert '<option value="0" selected>A · Nome</option>' in mapping
    assert "Padaria A · Padaria B" in mapping
    answer = choose(web, run)
    assert answer.status_code == 303
    trial = web.get(answer.location).text
    for words in ("Confira antes de importar", "1 linha tem erro", "CPF/CNPJ inválido: 11.", "linha 3", "R$\xa0139,70",
                  "Primeiro vencimento em 10/08/2025", "Importar só 1 sem erro", "Baixar linhas com erro"):  # fmt: skip
        assert words in trial
    run = the_run()
    answer = confirm(web, run)
    assert (answer.status_code, answer.location) == (303, f"/imports/{run.key}")
    result = web.get(answer.location).text
    (client,) = clients_of(the_run())
    for words in (
        "Importação concluída",
        "1 cliente importado",
        f"/clients/{client.id}",
        "Desfazer importação",
        "/clients/codes",
        "/charges",
    ):
        assert words in result
    answer = web.post(f"/imports/{run.key}/undoing")
    assert answer.status_code == 303
    undone = web.get(answer.location).text
    assert "Importação desfeita" in undone
    assert f"/clients/{client.id}" not in undone
    assert db.session.scalar(select(func.count()).select_from(Client).where(Client.archived_at.is_(None))) == 0


# the upload


def test_the_upload_is_reached_from_new_client_and_from_the_empty_list(web) -> None:
    assert 'href="/imports/new"' in web.get("/clients/new").text
    assert 'href="/imports/new"' in web.get("/clients").text


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [(b"", "", "Escolha o arquivo da planilha."), (b"\x00", "a.csv", "não é CSV nem XLSX"), (b"Nome\n", "a.csv", "não tem linhas de clientes")],
)  # fmt: skip
def test_a_refused_file_brings_the_form_back_with_the_reason(web, content, name, words) -> None:
    answer = send(web, content, name)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{KEY}"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_a_form_without_its_key_is_incomplete(web, row) -> None:
    answer = send(web, csv_of(TITLES, row()), key="short")
    assert answer.status_code == 422
    assert "O formulário está incompleto." in answer.text


def test_the_same_upload_twice_is_one_import(web, row) -> None:
    content = csv_of(TITLES, row())
    assert send(web, content).location == send(web, content).location
    assert send(web, csv_of(TITLES, row())).status_code == 409


def test_a_file_of_two_megabytes_is_taken_and_one_byte_more_refused(web, row, monkeypatch) -> None:
    padding = b" " * (MOST_BYTES - len(csv_of(TITLES, row())))
    asked = []
    monkeypatch.setattr(
        fence.sheets, "ask", lambda content: asked.append(len(content)) or {"rows": sheet_reader.read(content.strip())}
    )
    assert send(web, csv_of(TITLES, row()) + padding).status_code == 303
    assert asked == [MOST_BYTES]
    answer = send(web, b"x" * (MOST_BYTES + 1), key=f"{KEY}-2")
    assert answer.status_code == 422
    assert "passa de 2 MB" in answer.text
    assert send(web, b"x" * (MOST_BYTES + 200_000)).status_code == 413


def test_every_other_route_keeps_the_small_limit(web) -> None:
    assert web.post("/clients/1/suspension", reason="x" * MAX_FORM_BYTES).status_code == 413
    assert web.post("/imports/x/mapping", reason="x" * MAX_FORM_BYTES).status_code == 413


def test_folders_in_a_files_name_are_left_out_and_its_signs_inert(web, row) -> None:
    send(web, csv_of(TITLES, row()), name="Documentos/Zé/<i>clientes.csv")
    run = the_run()
    assert run.file_name == "<i>clientes.csv"
    assert "<i>" not in web.get(f"/imports/{run.key}").text


def test_too_many_uploads_in_a_minute_are_refused(web, row, app) -> None:
    content = csv_of(TITLES, row())
    answers = [send(web, content).status_code for _ in range(11)]
    assert answers[-1] == 429
    assert set(answers[:10]) == {303}


def test_the_templates_are_recognised_and_their_example_is_ignored(web, row) -> None:
    book = load_workbook(io.BytesIO(web.get("/imports/template.xlsx").data))
    titles = [cell.value for cell in book.active[1]]
    assert titles[:5] == ["Nome", "CPF/CNPJ", "Produto", "UF", "Cidade"]
    assert "Vencimento" not in titles
    assert book.active["B2"].number_format == "@"
    answer = web.get("/imports/template.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="modelo-clientes.csv"'
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0].split(";") == titles
    filled = row("Padaria", document="11.222.333/0001-81")
    sheet = "\r\n".join([*lines, ";".join([*filled[:8], "", "", *["0"] * (len(titles) - 10)])])
    send(web, sheet.encode("utf-8-sig"))
    assert the_run().lines == 1


# the columns


def test_columns_that_lack_or_are_chosen_twice_are_asked_again_and_kept(web, row) -> None:
    send(web, csv_of(TITLES, row()))
    run = the_run()
    answer = choose(web, run, city="", uf="0")
    assert answer.status_code == 422
    assert "Falta escolher: Cidade." in answer.text
    assert "A mesma coluna foi escolhida para dois campos: A · Nome." in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert the_run().state is ImportState.UPLOADED


@pytest.mark.parametrize("place", ["99", "-1", "x", "²", "9" * 400])
def test_a_column_that_the_sheet_does_not_have_is_none(web, row, place) -> None:
    send(web, csv_of(TITLES, row()))
    assert "Falta escolher: Nome." in choose(web, the_run(), name=place).text


def test_columns_can_be_changed_after_the_trial(web, row) -> None:
    send(web, csv_of([*TITLES, "Fantasia"], [*row("Razão"), "Bar do Zé"]))
    choose(web, the_run())
    assert choose(web, the_run(), name="11").status_code == 303
    assert "Bar do Zé" in web.get(f"/imports/{the_run().key}?verdict=ready").text


def test_columns_of_a_confirmed_import_stay(web, imported, row) -> None:
    run = imported(row())
    assert choose(web, run, name="").location == f"/imports/{run.key}"
    assert the_run().state is ImportState.FINISHED


# the trial


def test_rows_come_in_pages_and_by_verdict(web, tried, row) -> None:
    run = tried(*[row(f"Cliente {n:02}") for n in range(60)], row("Ruim", document="1"))
    first = web.get(f"/imports/{run.key}").text
    assert "Cliente 49" in first
    assert "Cliente 50" not in first
    assert f"/imports/{run.key}?after=51" in first
    assert "Ruim" in web.get(f"/imports/{run.key}?after=51").text
    only = web.get(f"/imports/{run.key}?verdict=bad").text
    assert "Ruim" in only.split("Trocar colunas")[0]
    assert "linha 2 " not in only
    assert web.get(f"/imports/{run.key}?verdict=nonsense&after=x").status_code == 200


def test_a_client_that_exists_already_is_linked(web, tried, row, make, partner) -> None:
    client = make.client(partner)
    run = tried(row(document=client.document))
    page = web.get(f"/imports/{run.key}").text
    assert f'href="/clients/{client.id}"' in page
    assert "import-confirm" not in page


def test_pendente_is_told_neutrally(web, tried, row, make) -> None:
    other = make.client(make.partner(name="Revenda Concorrente"))
    run = tried(row(document=other.document))
    page = web.get(f"/imports/{run.key}").text
    assert "1 cliente ficará" in page
    assert "Nada a pagar" in page
    assert "Concorrente" not in page


def test_the_errors_as_csv_hold_no_live_formula_and_come_back(web, tried, row) -> None:
    run = tried(row("=HYPERLINK(1)", document="1", phone="+5511987654321"), row())
    answer = web.get(f"/imports/{run.key}/errors.csv")
    assert answer.mimetype == "text/csv"
    text = answer.data.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Linha;Erros;Nome;CPF/CNPJ")
    assert text.splitlines()[1].startswith("2;CPF/CNPJ inválido: 1. Confira os números.;'=HYPERLINK(1);1;")
    assert len(text.splitlines()) == 2
    again = sheet_reader.read(answer.data)
    assert again[1][1][2:4] == ["=HYPERLINK(1)", "1"]
    assert "+5511987654321" in again[1][1]


def test_stored_text_is_inert(web, tried, row) -> None:
    run = tried(row("<script>alert(1)</script>", document="<img src=x>"))
    page = web.get(f"/imports/{run.key}").text
    assert "<script>alert" not in page
    assert "<img" not in page


# confirmation, progress, result


def test_values_that_aged_are_shown_again_and_can_be_confirmed(web, tried, row) -> None:
    run = tried(row())
    answer = confirm(web, run, seen="of yesterday")
    assert answer.status_code == 409
    assert "Os valores mudaram desde que foram mostrados." in answer.text
    assert confirm(web, the_run()).status_code == 303
    assert the_run().state is ImportState.FINISHED


def test_while_it_is_carried_out_the_page_looks_every_three_seconds(web, tried, row) -> None:
    run = tried(row(), row())
    web.post(f"/imports/{run.key}/confirmation", seen=service.shown(run))
    page = web.get(f"/imports/{run.key}").text
    assert "Importando 2 clientes" in page
    assert 'hx-trigger="click, every 3s"' in page
    fragment = web.fragment(f"/imports/{run.key}")
    assert fragment.text.startswith('<section id="import-run"')
    assert "HX-Request" in fragment.headers["Vary"]
    run_works()
    done = web.fragment(f"/imports/{run.key}").text
    assert "every 3s" not in done
    assert "2 clientes importados." in done.split('id="said"')[1]


def test_an_import_that_stopped_says_so_and_goes_on(web, tried, row, monkeypatch) -> None:
    run = tried(row())
    with monkeypatch.context() as patch:
        patch.setattr("portal.imports.writing.write", None)
        confirm(web, run)
    page = web.get(f"/imports/{run.key}").text
    assert "A importação parou." in page
    assert "Nenhum cliente foi gravado ainda." in page
    confirm(web, the_run(), seen="")
    assert the_run().state is ImportState.FINISHED


def test_what_changed_meanwhile_is_said(web, tried, row, partner) -> None:
    run = tried(row())
    web.post(f"/imports/{run.key}/confirmation", seen=service.shown(run))
    db.session.execute(update(type(partner)).values(due_day=20))
    db.session.commit()
    run_works()
    assert "Algo mudou desde a conferência" in web.get(f"/imports/{run.key}").text


def test_a_confirmation_again_says_what_was_done(web, imported, row) -> None:
    run = imported(row())
    answer = confirm(web, run, seen="")
    assert answer.status_code == 303
    assert "1 cliente importado." in web.get(answer.location).text
    assert len(clients_of(run)) == 1


def test_undoing_says_who_stands_in_the_way(web, imported, row) -> None:
    run = imported(row("Intacta"), row("Mexida"))
    touched = clients_of(run)[1]
    db.session.execute(update(Client).where(Client.id == touched.id).values(version=2))
    db.session.commit()
    answer = web.post(f"/imports/{run.key}/undoing")
    assert answer.status_code == 409
    assert f'<a href="/clients/{touched.id}">Mexida</a>: alterado depois' in answer.text
    assert the_run().state is ImportState.FINISHED


def test_the_list_of_imports(web, imported, tried, row) -> None:
    assert "Nenhuma importação por aqui." in web.get("/imports").text
    imported(row(), row())
    tried(row(), key="another-form-of-mine")
    page = web.get("/imports").text
    assert "clientes.csv: 2 clientes" in page
    assert "clientes.csv: 1 cliente<" in page
    assert page.index("Conferida") < page.index("Importada")


def test_the_list_of_imports_comes_in_pages(web, tried, row, monkeypatch) -> None:
    monkeypatch.setattr("portal.imports.queries.RUNS_SHOWN", 1)
    first, second = tried(row(), key="the-first-form-of-mine"), tried(row(), key="the-second-form-of-mine")
    page = web.get("/imports").text
    assert f"?before={second.id}" in page
    assert first.key in web.get(f"/imports?before={second.id}").text


# who


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.SUPPORT, 200), (Role.FINANCE, 403), (Role.READER, 403)]
)
def test_who_registers_clients_imports_them(web_of, tried, row, role, status) -> None:
    run = tried(row())
    who = web_of(role)
    for path in (
        "/imports",
        "/imports/new",
        "/imports/template.csv",
        "/imports/template.xlsx",
        f"/imports/{run.key}",
        f"/imports/{run.key}/errors.csv",
    ):
        assert who.get(path).status_code == status, path


def test_another_partners_import_does_not_exist(web_of, make, imported, row) -> None:
    run, stranger = imported(row("Segredo")), web_of(at=make.partner())
    for path in ("", "/errors.csv"):
        assert stranger.get(f"/imports/{run.key}{path}").status_code == 404
    for path in ("mapping", "confirmation", "undoing"):
        assert stranger.post(f"/imports/{run.key}/{path}").status_code == 404
    assert "Segredo" not in stranger.get("/imports").text
    assert the_run().state is ImportState.FINISHED


@pytest.mark.parametrize("key", ["x", "é", "%00", "a" * 500])
def test_a_key_that_is_nobodys(web, key) -> None:
    assert web.get(f"/imports/{key}").status_code == 404


def test_a_visitor_is_led_to_the_login_whatever_they_send(visitor) -> None:
    answer = visitor.browser.post("/imports", data={"key": KEY, "sheet": (io.BytesIO(b"x" * 100_000), "a.csv")})
    assert answer.status_code == 303
    assert answer.location.startswith("/login")


# the vendor


def test_the_operador_imports_due_dates_for_a_partner(operator, partner, row, make, web) -> None:
    make.partner(name="Revenda Suspensa", suspended_at=NOW)
    page = operator.get("/imports/new").text
    assert f'<option value="{partner.id}">Revenda Alfa</option>' in page
    assert "Revenda Suspensa" not in page
    assert operator.get("/imports/template.csv").data.decode("utf-8-sig").splitlines()[0].endswith(";Vencimento")
    content = csv_of(DUE_TITLES, [*row("Cliente Antigo"), "09/07/2025"])
    assert send(operator, content, partner_id="").status_code == 422
    assert "Escolha a revenda." in send(operator, content, partner_id="999").text
    assert send(operator, content, partner_id=str(partner.id)).status_code == 303
    choose(operator, the_run())
    trial = operator.get(f"/imports/{the_run().key}").text
    assert "revenda Revenda Alfa" in trial
    assert "Nada a pagar." in trial
    confirm(operator, the_run())
    result = operator.get(f"/imports/{the_run().key}").text
    assert "Expirado" in result
    assert 'href="/clients' not in result
    (client,) = clients_of(the_run())
    assert (client.partner_id, client.open_charges) == (partner.id, 0)
    assert web.get(f"/imports/{the_run().key}").status_code == 404
    assert {event.actor_name for event in db.session.scalars(select(AuditEvent))} == {"Olga Operadora"}
    assert operator.post(f"/imports/{the_run().key}/undoing").status_code == 303
    assert the_run().state is ImportState.UNDONE


def test_a_partner_cannot_smuggle_due_dates_in(web, row) -> None:
    send(web, csv_of(DUE_TITLES, [*row(), "25/12/2025"]))
    choose(web, the_run(), due_on="11")
    confirm(web, the_run())
    (client,) = clients_of(the_run())
    assert f"{client.due_on}" == "2025-08-10"
    assert client.open_charges == 1


def test_the_operador_finds_the_import_in_the_menu_and_partners_in_none(operator, web) -> None:
    assert 'href="/imports"' in operator.get("/imports").text
    assert 'href="/imports"' not in web.get("/clients").text


def test_imports_are_forgotten_in_time(tried, imported, row) -> None:
    from jobs import clean_up

    tried(row("Rascunho"))
    run = imported(row(), key="another-form-of-mine")
    later = NOW + timedelta(days=8)
    assert clean_up.preview(later)["imports"] == clean_up.run(later)["imports"] == 1
    assert the_run().id == run.id
    much_later = NOW + timedelta(days=91)
    assert clean_up.run(much_later)["imports"] == 1
    assert db.session.scalar(select(func.count()).select_from(Client)) == 1
    assert clock.now() == NOW
