"""Which clients the list finds: by each filter, by search, by all of them at once, never another partner's."""

from __future__ import annotations

import random
from datetime import date, time, timedelta
from itertools import product

import pytest

from portal import clock
from portal.clients import queries, tallies
from portal.clients.filters import ClientFilter
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.statuses import Status, derive_status
from portal.models import Client
from tests.clients.conftest import FACTS
from tests.conftest import NOW

TODAY = date(2025, 7, 10)
VALID_ALPHANUMERIC = "12ABC34501DE35"


def found(partner, **criteria) -> set[str]:
    """Return the names that the list shows."""
    asked = ClientFilter(**criteria)
    return {row.name for row in queries.all_rows(partner.id, asked, TODAY, tallies.read(partner.id, TODAY))}


def test_the_default_shows_every_status_but_oculto(client_in, partner) -> None:
    for status in Status:
        client_in(status, name=status.value)
    assert found(partner) == {status.value for status in Status if status is not Status.HIDDEN}


@pytest.mark.parametrize("status", list(Status))
def test_a_status_shows_its_clients_alone(client_in, partner, status) -> None:
    for each in Status:
        client_in(each, name=each.value)
    assert found(partner, statuses=frozenset({status})) == {status.value}


@pytest.mark.parametrize(
    ("criteria", "facts"),
    [
        ({"product": Product.NAVI}, {"product": Product.NAVI}),
        ({"method": RenewalMethod.BILLING}, {"renewal_method": RenewalMethod.BILLING}),
        ({"uf": "MG"}, {"uf": "MG"}),
        ({"due_within": 7}, {"due_on": TODAY + timedelta(days=7)}),
        ({"search": "aurora"}, {"name": "Padaria Aurora"}),
    ],
    ids=str,
)
def test_each_filter_keeps_those_that_it_names(client_in, make, partner, criteria, facts) -> None:
    wanted = client_in(**facts)
    client_in(name="Outro")
    make.client(make.partner(), **facts)
    assert found(partner, **criteria) == {wanted.name}


@pytest.mark.parametrize(("offset", "is_found"), [(-1, False), (0, True), (1, True), (7, True), (8, False)], ids=str)
def test_due_within_counts_today_and_the_last_day(client_in, partner, offset, is_found) -> None:
    client_in(name="x", due_on=TODAY + timedelta(days=offset))
    assert (found(partner, due_within=7) == {"x"}) is is_found


def test_a_pending_client_is_not_about_to_be_due(client_in, partner) -> None:
    client_in(Status.PENDING, due_on=TODAY)
    assert found(partner, due_within=7) == set()


def test_a_client_with_an_unused_code_is_found_by_it(client_in, make, partner) -> None:
    for name, facts in {"open": {}, "used": {"consumed_at": NOW}, "dead": {"revoked_at": NOW}}.items():
        make.code(client_in(name=name), **facts)
    client_in(name="none")
    assert found(partner, is_code_unused=True) == {"open"}


def test_a_client_with_an_open_charge_is_found_by_it(client_in, make, partner) -> None:
    for name, facts in {"open": {}, "paid": {"paid_at": NOW}, "undone": {"reversed_at": NOW}}.items():
        make.charge(client_in(name=name), **facts)
    client_in(name="none")
    assert found(partner, has_open_charge=True) == {"open"}


@pytest.mark.parametrize(("days_ago", "is_found"), [(2, False), (3, True), (40, True)])
def test_a_client_is_silent_from_the_day_on_that_the_filter_says(client_in, make, partner, days_ago, is_found) -> None:
    make.contact(client_in(name="x"), last_seen_at=clock.moment_of(TODAY - timedelta(days=days_ago), time(23, 59)))
    client_in(name="never activated")
    assert (found(partner, silent_days=3) == {"x"}) is is_found


def test_an_undone_registration_is_in_no_list(client_in, partner) -> None:
    client_in(Status.PENDING, name="x", archived_at=NOW)
    assert found(partner) == found(partner, statuses=frozenset(Status)) == set()


class TestSearch:
    """By name, document, ID."""

    @pytest.mark.parametrize(
        "text", ["São João", "sao joao", "SÃO JOÃO", "sáo", "joao paes", "  são   joão ", "Pães & C"]
    )
    def test_case_accents_and_blanks_of_a_name_do_not_matter(self, client_in, partner, text) -> None:
        client_in(name="Mercado São João Pães & Cia")
        client_in(name="Outro")
        assert found(partner, search=text) == {"Mercado São João Pães & Cia"}

    @pytest.mark.parametrize(
        "text",
        ["11222333000181", "11.222.333/0001-81", "11.222.333", "222.333/0001", "0001-81", "222333"],
    )
    def test_a_document_is_found_with_and_without_its_mask_whole_or_in_part(self, client_in, partner, text) -> None:
        client_in(name="wanted", document="11222333000181")
        client_in(name="other", document="99888777000166")
        assert found(partner, search=text) == {"wanted"}

    @pytest.mark.parametrize("text", ["12.ABC.345/01DE-35", "12abc34501de35", "12.abc.345", "abc345", "01de-35"])
    def test_an_alphanumeric_cnpj_is_found_in_lower_case_too(self, client_in, partner, text) -> None:
        client_in(name="wanted", document=VALID_ALPHANUMERIC)
        client_in(name="other")
        assert found(partner, search=text) == {"wanted"}

    def test_a_cpf_is_found(self, client_in, partner) -> None:
        client_in(name="wanted", document="52998224725")
        client_in(name="other")
        assert found(partner, search="529.982.247-25") == {"wanted"}

    def test_an_id_is_found(self, client_in, partner) -> None:
        wanted = client_in(id=777_123, name="wanted")
        client_in(name="other")
        assert found(partner, search=str(wanted.id)) == {"wanted"}
        assert found(partner, search="99999999999999999999") == set()

    @pytest.mark.parametrize("sign", ["%", "_", "\\", "'", '"', "/", "%%", "_%", "\\%", ";--", "*", "?", "[a-z]"])
    def test_signs_are_themselves_never_patterns(self, client_in, partner, sign) -> None:
        client_in(name=f"Loja {sign} Centro")
        client_in(name="Loja x Centro")
        assert found(partner, search=sign) == {f"Loja {sign} Centro"}
        assert found(partner, search=f"ja {sign} ce") == {f"Loja {sign} Centro"}

    def test_signs_that_mask_a_document_do_not_find_everybody(self, client_in, partner) -> None:
        client_in(name="Loja")
        assert found(partner, search="-") == found(partner, search="...") == set()

    @pytest.mark.parametrize(
        "text", ["😀", "x" * 100, "\u0301", "´", "\x01", "٣", "²", "①", "１２", "ﬁ", "İ", "-1", "0"]
    )
    def test_no_text_is_a_fault(self, client_in, partner, text) -> None:
        client_in(name="Loja")
        assert found(partner, search=text) <= {"Loja"}

    def test_a_name_and_a_document_do_not_run_into_each_other(self, client_in, partner) -> None:
        client_in(name="Bar", document="11222333000181")
        assert found(partner, search="bar 11") == found(partner, search="bar11") == set()


def matches(client: Client, asked: ClientFilter) -> bool:
    """Say the same as the queries, by hand and for one client."""
    in_time = client.due_on and not client.pending_at and client.due_on >= TODAY
    return (
        derive_status(client, TODAY) in asked.statuses
        and asked.product in {None, client.product}
        and asked.method in {None, client.renewal_method}
        and asked.uf in {"", client.uf}
        and (asked.due_within is None or bool(in_time and (client.due_on - TODAY).days <= asked.due_within))
        and (not asked.is_code_unused or client.unused_codes > 0)
        and (not asked.has_open_charge or client.open_charges > 0)
        and (not asked.silent_days or client.id % 5 == 0)
        and asked.search.lower() in client.name.lower()
    )


def test_filters_together_keep_what_each_of_them_keeps(client_in, make, partner) -> None:
    chance = random.Random(7)
    clients = []
    for number, (status, kind, method, uf) in enumerate(product(FACTS, Product, RenewalMethod, ("SP", "MG"))):
        name = f"{'Bar' if number % 3 else 'Loja'} {number}"
        clients.append(client_in(status, product=kind, renewal_method=method, uf=uf, name=name))
        if number % 4 == 0:
            make.code(clients[-1])
        if clients[-1].id % 5 == 0:
            make.contact(clients[-1], last_seen_at=NOW - timedelta(days=7))
    numbers = []
    for _ in range(150):
        asked = ClientFilter(
            search=chance.choice(["", "bar"]),
            statuses=frozenset(chance.sample(list(Status), chance.randint(1, 6))),
            product=chance.choice([None, *Product]),
            method=chance.choice([None, *RenewalMethod]),
            uf=chance.choice(["", "SP"]),
            due_within=chance.choice([None, None, 60]),
            is_code_unused=chance.choice([False, False, True]),
            has_open_charge=chance.choice([False, False, False, True]),
            silent_days=chance.choice([None, None, None, 7]),
        )
        counters = tallies.read(partner.id, TODAY)
        rows = {row.id for row in queries.all_rows(partner.id, asked, TODAY, counters)}
        assert rows == {client.id for client in clients if matches(client, asked)}, asked
        numbers.append(len(rows))
    assert min(numbers) == 0
    assert sum(number > 0 for number in numbers) > 30, "or only empty lists were compared"


def test_another_partners_client_is_not_found_by_its_own_id(client_in, make) -> None:
    from portal.domain.errors import NotFound

    client, other = client_in(), make.partner()
    with pytest.raises(NotFound):
        queries.get_client(other.id, client.id)
    assert queries.get_client(client.partner_id, client.id) is client
    with pytest.raises(NotFound):
        queries.get_client(client.partner_id, 10**30)
