"""What all items have in common: their key, and a schema number that is checked before anything is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from bot.dynamodb.attribute_values import Item, Value
from bot.dynamodb.keys import Key
from bot.errors import UnknownSchema

T = TypeVar("T")
SCHEMA = 1
DAY = 86400
KEPT_SECONDS = 30 * DAY
"""How long settled operations and delivered news are kept."""


def item_at(at: Key, /, **attributes: Value) -> Item:
    return {"pk": at.pk, "sk": at.sk, "schema": SCHEMA, **attributes}


def key_of(item: Item) -> Key:
    return Key(text(item, "pk"), text(item, "sk"))


def read_item(item: Item, read: Callable[[Item], T]) -> T:
    """`UnknownSchema` where another version of Switchboard wrote the item, by its number or by what it holds."""
    if item.get("schema") != SCHEMA:
        raise UnknownSchema("This was written by a newer version of Switchboard; this one cannot read it.")
    try:
        return read(item)
    except (KeyError, ValueError, TypeError) as error:
        raise UnknownSchema("An entry in Switchboard's table holds what this version cannot read.") from error


def text(item: Item, name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def number(item: Item, name: str) -> int:
    value = item[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} is no number")
    return value


def maybe_text(item: Item, name: str) -> str | None:
    return None if item.get(name) is None else text(item, name)


def maybe_number(item: Item, name: str) -> int | None:
    return None if item.get(name) is None else number(item, name)


def mapping(item: Item, name: str) -> Item:
    value = item[name]
    if not isinstance(value, dict):
        raise TypeError(f"{name} is no map")
    return value


def maybe_mapping(item: Item, name: str) -> Item | None:
    return None if item.get(name) is None else mapping(item, name)


def texts(item: Item, name: str) -> list[str]:
    value = item[name]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{name} is no list of texts")
    return cast(list[str], value)


def without_none(attributes: Item) -> Item:
    """For maps inside items; `typed_item` sees to the item itself."""
    return {name: value for name, value in attributes.items() if value is not None}
