"""What all items have in common."""

from collections.abc import Callable

import pytest

from bot.dynamodb.attribute_values import Item
from bot.dynamodb.items import (
    item_at,
    key_of,
    mapping,
    maybe_mapping,
    maybe_number,
    maybe_text,
    number,
    read_item,
    text,
    texts,
    without_none,
)
from bot.dynamodb.keys import Key
from bot.errors import UnknownSchema


def test_an_item_knows_its_key_and_its_schema() -> None:
    item = item_at(Key("P", "S"), key="own", at=3)

    assert item == {"pk": "P", "sk": "S", "schema": 1, "key": "own", "at": 3}
    assert key_of(item) == Key("P", "S")


@pytest.mark.parametrize("schema", [2, 0, "1", None])
def test_another_schema_is_refused_before_anything_is_read(schema: int | str | None) -> None:
    with pytest.raises(UnknownSchema):
        read_item({"schema": schema}, lambda item: pytest.fail("it was read"))


@pytest.mark.parametrize("read", [text, number, mapping, texts])
@pytest.mark.parametrize("item", [{}, {"a": None}, {"a": 1.5}])
def test_what_is_missing_or_of_another_type_is_refused(
    read: Callable[[Item, str], object], item: Item
) -> None:
    with pytest.raises(UnknownSchema):
        read_item({"schema": 1, **item}, lambda whole: read(whole, "a"))


def test_what_may_be_missing_is_none() -> None:
    assert maybe_text({}, "a") is None
    assert maybe_number({"a": None}, "a") is None
    assert maybe_mapping({}, "a") is None
    assert (maybe_text({"a": ""}, "a"), maybe_number({"a": 0}, "a")) == ("", 0)
    assert maybe_mapping({"a": {}}, "a") == {}
    assert without_none({"a": None, "b": 0}) == {"b": 0}
