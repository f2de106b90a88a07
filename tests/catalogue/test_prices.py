"""The price table: what holds on a day, and loading a new version from a file, all of it or nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from portal.catalogue import queries, sheet
from portal.domain import licenses
from portal.domain.catalogue import Item, Product
from portal.domain.charges import ChargeKind
from portal.domain.errors import PriceMissing
from portal.domain.prices import PRICED, PriceTable
from portal.extensions import db
from portal.models import AuditEvent, Price, PriceVersion
from tests.domain.prices import DEMO
from tests.test_budgets import counted

TODAY = date(2025, 7, 10)
LINES = [
    f"{product.value};{item.value};{DEMO.of(product, item) / 100:.2f}".replace(".", ",") for product, item in PRICED
]


def csv_of(*lines: str) -> bytes:
    return "\r\n".join(["product;item;price", *(lines or LINES), ""]).encode("utf-8-sig")


class TestOnADay:
    def test_the_newest_version_that_has_begun_holds(self, make) -> None:
        old, new, coming = (
            make.price_version(PriceTable(0, day, {(Product.LINK, Item.BASE): cents}))
            for day, cents in ((TODAY - timedelta(9), 100), (TODAY, 200), (TODAY + timedelta(1), 300))
        )
        assert queries.price_table(TODAY - timedelta(1)).version == old.id
        assert queries.price_table(TODAY).of(Product.LINK, Item.BASE) == 200
        assert queries.price_table(TODAY + timedelta(1)).version == coming.id
        assert [table.version for table in queries.price_tables()] == [old.id, new.id, coming.id]

    def test_of_two_versions_from_the_same_day_on_the_later_made_one_holds(self, make) -> None:
        make.price_version()
        later = make.price_version()
        assert queries.price_table(TODAY).version == later.id

    def test_without_a_version_every_price_is_missing(self, app) -> None:
        table = queries.price_table(TODAY)
        assert (table.version, table.missing) == (0, PRICED)
        with pytest.raises(PriceMissing):
            table.of(Product.LINK, Item.BASE)

    def test_each_question_is_one_query(self, make) -> None:
        make.price_version()
        for ask in (lambda: queries.price_table(TODAY), queries.price_tables):
            with counted() as sent:
                ask()
            assert len(sent) == 1


class TestASheet:
    def test_a_complete_one_is_read(self) -> None:
        read = sheet.read(csv_of())
        assert (read.flaws, read.cents) == ([], dict(DEMO.cents))

    def test_thousands_and_the_sign_of_the_currency_are_understood(self) -> None:
        lines = ["link;base;R$ 1.299,90", *LINES[1:]]
        assert sheet.read(csv_of(*lines)).cents[Product.LINK, Item.BASE] == 129_990

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("link;base", "são três colunas"),
            ("word;base;1,00", "não há o produto “word”. Há: link, navi."),
            ("link;rocket;1,00", "não há o item “rocket”"),
            ("navi;waiter;1,00", "Navi não oferece Link Garçom."),
            ("link;base;1,00", "já está em outra linha"),
            *[
                (f"link;base;{price}", f"“{price}” não é um preço")
                for price in ("99.90", "99", "-1,00", "1,5", "", "1,000", "0x10", "4.000,00", "٩,٩٩")
            ],
        ],
    )
    def test_a_line_that_makes_no_sense_is_named(self, line, said) -> None:
        lines = [*LINES, line] if "outra linha" in said else [line, *LINES[1:]]
        flaws = sheet.read(csv_of(*lines)).flaws
        number = 2 + lines.index(line)
        assert any(flaw.startswith(f"Linha {number}: ") and said in flaw for flaw in flaws), flaws

    def test_the_dearest_license_of_the_dearest_table_fits_an_integer_column(self) -> None:
        table = PriceTable(1, TODAY, dict.fromkeys(PRICED, 399_999))
        wanted = {item: licenses.most(Product.LINK, item) for item in Item}
        quote = licenses.contract(
            ChargeKind.REGISTRATION, Product.LINK, wanted, due_day=10, today=TODAY, prices=table, held=wanted
        )
        assert quote.total_cents < 2**31

    def test_everything_that_is_missing_is_said_at_once(self) -> None:
        flaws = sheet.read(csv_of(*LINES[2:])).flaws
        assert flaws == [f"Falta o preço de {product.value};{item.value}." for product, item in PRICED[:2]]

    @pytest.mark.parametrize("content", [b"", b"a;b;c\n", b"\xff\xfe", b"link;base;99,90\n"])
    def test_what_is_no_such_file_is_refused(self, content) -> None:
        read = sheet.read(content)
        assert len(read.flaws) == 1
        assert not read.cents


class TestLoading:
    @pytest.fixture
    def run(self, app: Flask, tmp_path: Path):
        def load(day: str, content: bytes = csv_of(), *more: str) -> Result:
            path = tmp_path / "prices.csv"
            path.write_bytes(content)
            return app.test_cli_runner().invoke(args=["prices", "load", str(path), "--from", day, *more])

        return load

    def test_a_version_is_stored_with_its_note_and_recorded(self, run) -> None:
        result = run("2025-08-01", csv_of(), "--note", "Reajuste de agosto")
        assert result.exit_code == 0, result.output
        assert "vale de 01/08/2025 em diante" in result.output
        version = db.session.scalar(select(PriceVersion))
        assert (version.valid_from, version.note) == (date(2025, 8, 1), "Reajuste de agosto")
        assert db.session.scalar(select(func.count()).select_from(Price)) == len(PRICED)
        event = db.session.scalar(select(AuditEvent))
        assert (event.action, event.after["prices"]["link;base"]) == ("add_prices", 9990)

    def test_the_first_one_may_hold_from_a_day_that_is_over(self, run) -> None:
        assert run("2020-01-01").exit_code == 0
        assert queries.price_table(TODAY).of(Product.NAVI, Item.BASE) == 4990

    def test_the_past_keeps_its_prices(self, run) -> None:
        run("2025-07-01")
        refused = run("2025-07-09")
        assert refused.exit_code == 1
        assert "uma nova só pode valer de hoje (10/07/2025) em diante" in refused.output
        assert run("2025-07-10").exit_code == 0
        assert len(queries.price_tables()) == 2

    def test_with_anything_wrong_nothing_is_stored_and_all_of_it_is_said(self, run) -> None:
        result = run("2025-08-01", csv_of("link;base;caro", "navi;base;49,90"))
        assert result.exit_code == 1
        assert "“caro” não é um preço" in result.output
        assert result.output.count("Falta o preço de ") == len(PRICED) - 1
        assert "Nada foi gravado." in result.output
        assert queries.price_tables() == []

    def test_what_holds_and_what_comes_is_shown(self, app, run) -> None:
        def show() -> str:
            return app.test_cli_runner().invoke(args=["prices", "show"]).output

        assert "Nenhuma tabela de preços vale hoje" in show()
        for day in ("2025-07-01", "2025-09-01", "2025-08-01"):
            run(day)
        text = show()
        assert "de 01/07/2025 em diante (em vigor)" in text
        assert text.index("01/08/2025") < text.index("01/09/2025")
        assert "R$\xa099,90" in text
