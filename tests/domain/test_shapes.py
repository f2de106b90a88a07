"""Reading other programs' documents: every flaw at its place, nothing guessed, and the schema says the same."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from portal.domain import shapes
from portal.domain.shapes import Field, Many, Shape, Unreadable

WORDS = {"one": 1, "two": 2}
LEAF = Shape("Leaf", (Field("n", shapes.whole(0, 9), "A number."),))
TREE = Shape(
    "Tree",
    (
        Field("name", shapes.text(r"[a-z]+", 5), "A name."),
        Field("word", shapes.one_of(WORDS), "A word.", is_required=False),
        Field("is_old", shapes.TRUTH, "Whether it is old.", is_required=False),
        Field("planted", shapes.DATE, "When.", is_required=False),
        Field("seen", shapes.MOMENT, "When.", is_required=False),
        Field("top", LEAF, "A leaf.", is_required=False),
        Field("leaves", Many(LEAF, 2), "Leaves.", is_required=False),
    ),
)


def read(value: Any) -> dict[str, Any]:
    return shapes.read(TREE, value if isinstance(value, bytes) else json.dumps(value).encode())


def flaws(value: Any) -> list[str]:
    with pytest.raises(Unreadable) as refused:
        read(value)
    return [flaw.pointer for flaw in refused.value.flaws]


def test_what_is_sound_is_read_and_what_is_unknown_is_passed_over() -> None:
    assert read(
        {
            "name": "ipe",
            "word": "two",
            "is_old": True,
            "planted": "2025-07-10",
            "seen": "2025-07-10T12:00:00-03:00",
            "top": {"n": 1},
            "leaves": [{"n": 2, "of_tomorrow": []}],
        }
    ) == {
        "name": "ipe",
        "word": 2,
        "is_old": True,
        "planted": date(2025, 7, 10),
        "seen": datetime(2025, 7, 10, 15, tzinfo=UTC),
        "top": {"n": 1},
        "leaves": [{"n": 2}],
    }


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        (b"", [""]),
        (b"{", [""]),
        (b"[" * 100_000, [""]),
        (b'{"name": "ipe", "height": NaN}', [""]),
        (b'\xef\xbb\xbf{"name": "ipe"}', [""]),
        ('{"name": "ipe"}'.encode("utf-16"), [""]),
        ([], [""]),
        ({}, ["/name"]),
        ({"name": "IPE", "word": "three", "leaves": {}}, ["/name", "/word", "/leaves"]),
        ({"name": "ipe\n"}, ["/name"]),
        ({"name": "sequoia"}, ["/name"]),
        ({"name": "ipe", "word": ["one"]}, ["/word"]),
        ({"name": "ipe", "is_old": 1}, ["/is_old"]),
        ({"name": "ipe", "planted": "20250710"}, ["/planted"]),
        ({"name": "ipe", "planted": "2025-02-30"}, ["/planted"]),
        ({"name": "ipe", "planted": "2025-W28-4"}, ["/planted"]),
        ({"name": "ipe", "planted": 20250710}, ["/planted"]),
        ({"name": "ipe", "seen": "2025-07-10T12:00:00"}, ["/seen"]),
        ({"name": "ipe", "seen": "2025-07-10 12:00:00-03:00"}, ["/seen"]),
        ({"name": "ipe", "seen": "2025-W28-4T12:00:00-03:00"}, ["/seen"]),
        ({"name": "ipe", "seen": "9999-12-31T23:59:59-03:00"}, ["/seen"]),
        ({"name": "ipe", "seen": None}, ["/seen"]),
        ({"name": "ipe", "top": 7}, ["/top"]),
        ({"name": "ipe", "top": {"n": True}}, ["/top/n"]),
        ({"name": "ipe", "top": {"n": 1.0}}, ["/top/n"]),
        ({"name": "ipe", "leaves": [{"n": 1}, {"n": 10}]}, ["/leaves/1/n"]),
        ({"name": "ipe", "leaves": [{"n": 1}] * 3}, ["/leaves"]),
    ],
)
def test_every_flaw_is_told_at_its_place(value: Any, pointers: list[str]) -> None:
    assert flaws(value) == pointers


def test_a_control_character_or_half_a_character_is_no_text_whatever_the_pattern() -> None:
    kind = shapes.text(r"(?s).*", 10)
    assert kind.read("ipê") == "ipê"
    for no_text in ("a\x00b", "half of one: \ud83c"[-2:]):
        with pytest.raises(ValueError, match="de 1 a 10 caracteres"):
            kind.read(no_text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10) | st.sampled_from(["ipe", "one", "IPE", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "word", "is_old", "top", "leaves", "n"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_the_schema_refuses_exactly_what_the_reader_does(value: Any) -> None:
    is_valid = Draft202012Validator(shapes.schema(TREE)).is_valid(value)
    try:
        read(value)
    except Unreadable:
        assert not is_valid
    else:
        assert is_valid


def test_shapes_are_found_with_all_that_stand_inside_them_once() -> None:
    assert shapes.within([TREE, LEAF]) == [TREE, LEAF]
    referred = shapes.schema(TREE, lambda shape: {"$ref": shape.name})
    assert referred["properties"]["top"]["$ref"] == "Leaf"
    assert referred["properties"]["leaves"]["items"] == {"$ref": "Leaf"}
    assert shapes.schema(TREE)["properties"]["top"]["required"] == ["n"]
