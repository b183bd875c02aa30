"""Dataclasses are stored as items and read back unchanged; invalid items are refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

import pytest

from bot.domain.records import EntityRef, UnknownValue, connection_ref
from bot.dynamodb.expressions import Key, plain_item, typed_item
from bot.dynamodb.schema import from_map, item_at, read_item, to_map
from bot.errors import UnknownSchema


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    number: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    text: str
    number: int
    flag: bool
    day: date
    color: Color
    open_color: Color | UnknownValue
    entity: EntityRef
    inner: Inner
    chosen: Inner | Other
    maybe: int | None
    names: frozenset[str]
    pairs: tuple[tuple[str, str], ...]
    several: tuple[Inner, ...]
    by_color: Mapping[Color, frozenset[str]]
    day_or_none: date | None = None
    inner_or_none: Inner | None = None
    with_default: int = 7


WHOLE = Whole(
    text="t",
    number=3,
    flag=True,
    day=date(2026, 12, 31),
    color=Color.RED,
    open_color=UnknownValue("green"),
    entity=connection_ref("c"),
    inner=Inner(1, "i"),
    chosen=Other("o"),
    maybe=None,
    names=frozenset({"b", "a"}),
    pairs=(("a", "b"),),
    several=(Inner(1), Inner(2)),
    by_color={Color.BLUE: frozenset({"x"})},
)
STORED = {
    "text": "t",
    "number": 3,
    "flag": True,
    "day": "2026-12-31",
    "color": "red",
    "open_color": "green",
    "entity": "connection:c",
    "inner": {"number": 1, "text": "i"},
    "chosen": {"text": "o"},
    "names": ["a", "b"],
    "pairs": [["a", "b"]],
    "several": [{"number": 1, "text": ""}, {"number": 2, "text": ""}],
    "by_color": {"blue": ["x"]},
    "with_default": 7,
}


def test_attributes_have_the_names_of_the_fields_and_none_is_left_out() -> None:
    assert to_map(WHOLE) == STORED


def test_a_value_comes_back_from_the_table_unchanged() -> None:
    assert from_map(Whole, plain_item(typed_item(STORED)), chosen=Other) == WHOLE


def test_a_known_value_of_an_open_set_is_its_enum() -> None:
    assert from_map(Whole, STORED | {"open_color": "blue"}, chosen=Other).open_color is Color.BLUE


def test_the_caller_chooses_the_class_of_a_union() -> None:
    assert from_map(Whole, STORED | {"chosen": {"number": 5}}, chosen=Inner).chosen == Inner(5)


def test_a_field_with_a_default_may_be_missing() -> None:
    without = {name: value for name, value in STORED.items() if name != "with_default"}
    assert from_map(Whole, without, chosen=Other) == WHOLE


@pytest.mark.parametrize(
    "change",
    [
        {"text": 1},
        {"text": None},
        {"number": True},
        {"number": "3"},
        {"flag": 1},
        {"day": "tomorrow"},
        {"color": "green"},
        {"open_color": 1},
        {"entity": "nothing"},
        {"inner": "text"},
        {"inner": {}},
        {"chosen": {"text": 2}},
        {"chosen": None},
        {"maybe": "1"},
        {"names": "a"},
        {"names": [1]},
        {"pairs": [["a"]]},
        {"pairs": [["a", "b", "c"]]},
        {"several": [3]},
        {"by_color": {"green": []}},
        {"by_color": []},
        {"day_or_none": 1},
        {"inner_or_none": {"number": "1"}},
    ],
    ids=str,
)
def test_a_missing_or_wrongly_typed_attribute_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnknownSchema):
        read_item(Whole, {"schema": 1, **STORED, **change}, chosen=Other)


@pytest.mark.parametrize("schema", [2, 0, "1", None])
def test_another_schema_is_refused(schema: int | str | None) -> None:
    with pytest.raises(UnknownSchema):
        read_item(Other, {"schema": schema, "text": "t"})


def test_an_item_has_its_key_its_schema_the_fields_and_further_attributes() -> None:
    item = item_at(Key("P", "S"), Inner(1, "t"), text="other", at=3)

    assert item == {"pk": "P", "sk": "S", "schema": 1, "number": 1, "text": "other", "at": 3}
    assert read_item(Inner, item) == Inner(1, "other")
