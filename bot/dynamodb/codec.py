"""Converts dataclasses to table items and back, driven by the type hints of their fields.

An attribute has the name of its field. None is left out. Enums are stored by value, dates in ISO format, entity
references as text, sets as sorted lists. Reading is strict: a missing or wrongly typed attribute raises
`UnknownSchema`, except that a field with a default may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from bot.domain.records import EntityRef, UnknownValue
from bot.dynamodb.expressions import Item, Value
from bot.dynamodb.keys import Key
from bot.errors import UnknownSchema

T = TypeVar("T")
Decoder = Callable[[Any], Any]
SCHEMA = 1


def item_at(key: Key, value: Any = None, /, **attributes: Value) -> Item:
    """The item at `key` with the fields of the dataclass `value` and further `attributes`, which take precedence."""
    stored = to_map(value) if value is not None else {}
    return {"pk": key.pk, "sk": key.sk, "schema": SCHEMA} | stored | attributes


def read_item(cls: type[T], item: Item, /, **chosen: type) -> T:
    """Reads a `cls` from an item. `chosen` names the class of each field whose type is a union of dataclasses.

    Raises `UnknownSchema` for an item that this version of Switchboard cannot read.
    """
    if item.get("schema") != SCHEMA:
        raise UnknownSchema("This was written by a newer version of Switchboard; this one cannot read it.")
    try:
        return from_map(cls, item, **chosen)
    except (KeyError, ValueError, TypeError) as error:
        raise UnknownSchema("An entry in Switchboard's table holds what this version cannot read.") from error


def to_map(value: Any) -> Item:
    """The fields of a dataclass as plain values, without those that are None."""
    values = ((name, getattr(value, name)) for name in _field_names(cast(Any, type(value))))
    return {name: _encode(field) for name, field in values if field is not None}


def from_map(cls: type[T], attributes: Mapping[str, Any], /, **chosen: type) -> T:
    """The inverse of `to_map`; KeyError, ValueError or TypeError if the attributes do not fit the fields."""
    values: dict[str, Any] = {}
    for name, (decode, required) in _plan(cast(Any, cls)).items():
        if name in chosen:
            values[name] = from_map(chosen[name], _of(dict, attributes[name]))
        elif attributes.get(name) is not None:
            values[name] = decode(attributes[name])
        elif required:
            raise KeyError(name)
        elif required is None:
            values[name] = None
    return cls(**values)


def _encode(value: Any) -> Value:
    if isinstance(value, Enum | UnknownValue):
        return _encode(value.value)
    if isinstance(value, EntityRef):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return to_map(value)
    if isinstance(value, frozenset):
        return sorted(map(_encode, value), key=str)
    if isinstance(value, tuple):
        return [_encode(element) for element in value]
    if isinstance(value, Mapping):
        return {str(_encode(key)): _encode(element) for key, element in value.items()}
    return value  # type: ignore[no-any-return]  # str, int or bool


@cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


@cache
def _plan(cls: Any) -> dict[str, tuple[Decoder, bool | None]]:
    """For each field: its decoder, and whether the attribute is required (None: if missing, the field is None)."""
    hints = get_type_hints(cls)
    plan: dict[str, tuple[Decoder, bool | None]] = {}
    for field in fields(cls):
        hint, has_default = hints[field.name], field.default is not MISSING
        optional = isinstance(hint, UnionType) and NoneType in get_args(hint)
        plan[field.name] = (_decoder(hint), False if has_default else None if optional else True)
    return plan


def _decoder(hint: Any) -> Decoder:
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, UnionType):
        return _union_decoder([argument for argument in arguments if argument is not NoneType])
    if origin is tuple and arguments[-1] is not Ellipsis:
        decoders = [_decoder(argument) for argument in arguments]
        return lambda value: tuple(d(v) for d, v in zip(decoders, _of(list, value), strict=True))
    if origin in (tuple, frozenset):
        decode = _decoder(arguments[0])
        return lambda value: origin(map(decode, _of(list, value)))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, element = map(_decoder, arguments)
        return lambda value: {key(name): element(item) for name, item in _of(dict, value).items()}
    return _class_decoder(hint)


def _class_decoder(cls: Any) -> Decoder:
    if cls is EntityRef:
        return lambda value: EntityRef.parse(_of(str, value))
    if cls is date:
        return lambda value: date.fromisoformat(_of(str, value))
    if issubclass(cls, Enum):
        return lambda value: cls(_of(str, value))
    if is_dataclass(cls):
        return lambda value: from_map(cast(type, cls), _of(dict, value))
    return lambda value: _of(cls, value)


def _union_decoder(classes: list[Any]) -> Decoder:
    """An optional value, or an open set: an enum whose unknown values become an `UnknownValue`."""
    known = [_decoder(cls) for cls in classes if cls is not UnknownValue]
    if len(classes) == 1:
        return known[0]
    return lambda value: _known_or_unknown(known[0], _of(str, value))


def _known_or_unknown(decode: Decoder, value: str) -> Any:
    try:
        return decode(value)
    except ValueError:
        return UnknownValue(value)


def _of(cls: type[T], value: Any) -> T:
    if type(value) is not cls:
        raise TypeError(f"{cls.__name__} expected, not {type(value).__name__}")
    return value
