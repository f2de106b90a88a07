"""The list's criteria: from the URL and back, what is unknown falls back, a chip removes what it says."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal.clients import view
from portal.clients.filters import DUE_WITHIN_DAYS, PAGE_SIZES, ClientFilter, Sort
from portal.domain.catalogue import Product, RenewalMethod
from portal.domain.ids import LARGEST_ID, parse_id
from portal.domain.installations import SILENT_DAYS
from portal.domain.notices import NoticeKind
from portal.domain.search import TYPED_LIMIT, fold
from portal.domain.statuses import DEFAULT_STATUSES, Status
from portal.municipalities import UFS

ids = st.none() | st.integers(1, LARGEST_ID)
searches = (
    st.text(max_size=60)
    .map(lambda text: " ".join(text.replace("\x00", "").split()))
    .filter(lambda text: not text or fold(text))  # what folds to nothing is no search
)
all_criteria = st.builds(
    ClientFilter,
    search=searches,
    statuses=st.frozensets(st.sampled_from(list(Status)), min_size=1),
    product=st.none() | st.sampled_from(list(Product)),
    due_within=st.none() | st.sampled_from(DUE_WITHIN_DAYS),
    method=st.none() | st.sampled_from(list(RenewalMethod)),
    uf=st.sampled_from(("", *UFS)),
    is_code_unused=st.booleans(),
    has_open_charge=st.booleans(),
    silent_days=st.none() | st.sampled_from(SILENT_DAYS),
    notice=st.none() | st.sampled_from(list(NoticeKind)),
    sort=st.sampled_from(list(Sort)),
    is_descending=st.booleans(),
    size=st.sampled_from(PAGE_SIZES),
    after=ids,
    before=ids,
    opened=ids,
)
NAMES = (
    "q",
    "status",
    "product",
    "due",
    "method",
    "uf",
    "code",
    "silent",
    "notice",
    "sort",
    "size",
    "after",
    "before",
    "open",
)
NONSENSE = [
    "%", "_", "'", '"', "\\", "\x00", "a\x00b", "x" * 10_000, "9" * 10_000, "😀", "\ud800", "ﬁ", "-1", "0", "1e9",
    "+5", " 7 ", "٣", "²", "NaN", "null", "None", "[]", "-", "--due", "-nothing", "<script>", "../../etc/passwd", "",
]  # fmt: skip


def parsed(query: str) -> ClientFilter:
    return ClientFilter.from_args(MultiDict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)))


@given(all_criteria)
def test_criteria_survive_the_way_through_the_url(criteria) -> None:
    assert parsed(criteria.query_string()) == criteria


@given(all_criteria)
def test_equal_criteria_have_equal_addresses_whatever_order_they_were_given_in(criteria) -> None:
    backwards = MultiDict(list(reversed(criteria.to_args())))
    assert ClientFilter.from_args(backwards).query_string() == criteria.query_string()


def test_the_default_has_no_query_string() -> None:
    assert ClientFilter().query_string() == ""
    assert parsed("?q=&status=&product=&due=&method=&uf=&code=&sort=name&size=25").query_string() == ""


def test_a_form_that_ticks_the_default_statuses_is_the_default() -> None:
    assert parsed("&".join(f"status={status.value}" for status in DEFAULT_STATUSES)).query_string() == ""


def test_a_full_address_reads_as_it_is_meant() -> None:
    query = (
        "?q=pão+12&status=expired&status=active&product=navi&due=7&method=billing&uf=MG&code=unused"
        "&charge=open&silent=15&notice=due_in_3&sort=-due&size=50&after=12&before=13&open=14"
    )
    assert parsed(query) == ClientFilter(
        search="pão 12",
        statuses=frozenset({Status.ACTIVE, Status.EXPIRED}),
        product=Product.NAVI,
        due_within=7,
        method=RenewalMethod.BILLING,
        uf="MG",
        is_code_unused=True,
        has_open_charge=True,
        silent_days=15,
        notice=NoticeKind.DUE_IN_3,
        sort=Sort.DUE,
        is_descending=True,
        size=50,
        after=12,
        before=13,
        opened=14,
    )


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: ascii(value[:12]))
@pytest.mark.parametrize("name", [name for name in NAMES if name != "q"])
def test_what_is_unknown_is_as_if_it_were_not_there(name, value) -> None:
    assert ClientFilter.from_args(MultiDict([(name, value)])) == ClientFilter()


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: ascii(value[:12]))
def test_any_search_text_stays_text(value) -> None:
    criteria = ClientFilter.from_args(MultiDict([("q", value)]))
    text = " ".join(value.replace("\x00", "").split())[:TYPED_LIMIT].rstrip()
    assert criteria.search == (text if fold(text) else "")
    assert replace(criteria, search="") == ClientFilter()


def test_a_search_for_an_accent_alone_is_no_search() -> None:
    assert parsed("?q=%C2%B4") == ClientFilter()


def test_blanks_of_a_search_are_those_of_a_name() -> None:
    assert parsed("?q=++Padaria%09%0AAurora++").search == "Padaria Aurora"
    assert parsed("?q=+++").search == ""


@given(st.text())
@example("a" * (TYPED_LIMIT - 1) + " b")
def test_an_address_made_from_any_search_is_stable(text) -> None:
    once = ClientFilter.from_args(MultiDict([("q", text)]))
    assert ClientFilter.from_args(MultiDict(once.to_args())) == once


def test_a_known_status_beside_an_unknown_one_counts() -> None:
    assert parsed("?status=expired&status=gone&status=expired").statuses == {Status.EXPIRED}


def test_of_a_parameter_given_twice_the_first_counts() -> None:
    assert parsed("?product=navi&product=link&sort=id&sort=-due&q=a&q=b") == ClientFilter(
        product=Product.NAVI, sort=Sort.ID, search="a"
    )


@pytest.mark.parametrize("name", ["status[]", "status[0]", "product[]", "after[]"])
def test_arrays_in_the_manner_of_other_frameworks_are_nothing(name) -> None:
    assert ClientFilter.from_args(MultiDict([(name, "expired"), (name, "navi"), (name, "7")])) == ClientFilter()


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), (str(LARGEST_ID), LARGEST_ID), ("007", 7), (str(LARGEST_ID + 1), None), ("0", None), ("-1", None),
     ("1.0", None), ("1" * 11, None), ("", None), ("１", None)],
)  # fmt: skip
def test_an_id_is_a_positive_number_that_both_databases_hold(text, number) -> None:
    assert parse_id(text) == number


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?q=padaria", ["“padaria”"]),
        ("?status=expired", ["Expirado"]),
        ("?status=hidden&status=inactive", ["Inativo", "Oculto"]),
        ("?product=navi", ["Navi Vendas/PDV+"]),
        ("?due=15", ["Vence em até 15 dias"]),
        ("?method=billing", ["Gestão de cobranças"]),
        ("?uf=SP", ["UF SP"]),
        ("?code=unused", ["Código não utilizado"]),
        ("?notice=last_day", ["Aviso: Último dia para renovar"]),
        ("?sort=-due&size=50&after=3&open=4", []),
    ],
)
def test_chips_name_the_filters_in_use(query, words) -> None:
    assert [text for text, _ in view.chips(parsed(query))] == words


def parts(criteria: ClientFilter) -> set[tuple[str, object]]:
    """Return the filters in use, each by itself."""
    return {
        ("search", criteria.search), ("product", criteria.product), ("due", criteria.due_within),
        ("method", criteria.method), ("uf", criteria.uf), ("code", criteria.is_code_unused),
        ("charge", criteria.has_open_charge), ("silent", criteria.silent_days), ("notice", criteria.notice),
        *(("status", status) for status in (criteria.statuses if criteria.statuses != DEFAULT_STATUSES else ())),
    }  # fmt: skip


@given(all_criteria)
def test_a_chip_removes_its_filter_and_nothing_else(criteria) -> None:
    chips = view.chips(criteria)
    used = {part for part in parts(criteria) if part[1]}
    left = [parsed(query) for _, query in chips]
    if len(criteria.statuses) > 1 and all(criteria.statuses - {s} != DEFAULT_STATUSES for s in criteria.statuses):
        assert len(chips) == len(used)
        assert {part for rest in left for part in used - parts(rest)} == used, "each filter has a chip that removes it"
        assert all(len(used - parts(rest)) == 1 for rest in left)
    for rest in left:
        assert {part for part in parts(rest) if part[1]} < used
        assert (rest.sort, rest.is_descending, rest.size) == (criteria.sort, criteria.is_descending, criteria.size)
        assert (rest.after, rest.before, rest.opened) == (None, None, None), "another list begins at its start"


def test_removing_the_only_status_brings_the_default_back() -> None:
    [(_, query)] = view.chips(parsed("?status=expired"))
    assert parsed(query) == ClientFilter()


@given(all_criteria)
def test_criteria_are_narrowed_exactly_when_they_have_a_chip(criteria) -> None:
    assert criteria.is_narrowed == bool(view.chips(criteria))
    assert criteria.is_filtered == bool(view.chips(replace(criteria, search="")))


@given(all_criteria)
def test_every_choice_of_the_form_is_understood(criteria) -> None:
    form = [
        ("q", criteria.search), *(("status", status.value) for status in Status if status in criteria.statuses),
        ("product", criteria.product or ""), ("due", criteria.due_within or ""), ("method", criteria.method or ""),
        ("uf", criteria.uf), ("code", "unused" if criteria.is_code_unused else ""),
        ("charge", "open" if criteria.has_open_charge else ""), ("silent", criteria.silent_days or ""),
        ("notice", criteria.notice or ""), ("sort", criteria.sort_arg), ("size", criteria.size),
    ]  # fmt: skip
    assert parsed(urlencode(form)) == replace(criteria, after=None, before=None, opened=None)


@pytest.mark.parametrize("name", ["product", "due", "method", "uf", "code", "charge", "silent", "sort", "size"])
def test_no_option_of_the_form_means_the_same_as_another(name) -> None:
    meant = [ClientFilter.from_args(MultiDict([(name, str(value))])) for value, _ in view.CHOICES[name]]
    assert len(set(meant)) == len(meant)
    assert ClientFilter() in meant
