"""The table's schema: the keys of every kind of item, and the conversion of values to items and back.

Each kind of item has its own partition key prefix, by which IAM tells them apart. The conversion is driven by the type
hints of a dataclass: an attribute has the name of its field. None is left out. Enums are stored by value, dates in ISO
format, entity references as text, sets as sorted lists. Reading is strict: a missing or wrongly typed attribute raises
`UnknownSchema`, except that a field with a default may be missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from bot.domain.health import Component
from bot.domain.outbox import OutboxEvent
from bot.domain.people import AuditEntry
from bot.domain.records import EntityKind, EntityRef, UnknownValue
from bot.dynamodb.expressions import ABSENT, Item, Key, Put, Value
from bot.errors import UnknownSchema

T = TypeVar("T")
Decoder = Callable[[Any], Any]
SCHEMA = 1
OPERATION = "OPERATION"
OUTBOX = "OUTBOX"
DEFERRED = "DEFERRED"
"""Lane of the due index: operations that are deferred while sending is paused."""
REFRESH = "REFRESH"
"""Lane of the due index: refreshes that no person asked for."""
UNREADABLE_OPERATION = "UNREADABLE_OPERATION"
"""Lane of the due index: operations that were due and that this release cannot read."""
UNREADABLE_EVENT = "UNREADABLE_EVENT"
"""The same for outbox events."""
AWAITING_CONFIRMATION = "awaiting_confirmation"
"""Partition of the index of open records: operations that wait for a second approver."""
NEEDS_RESOLUTION = "needs_resolution"
"""Partition of the index of open records: operations that wait for a manual resolution."""
OWNED, REQUESTED = "owned#", "requested#"
"""Beginnings of the sort keys of a person's records; those that they have claimed sort first."""
KEY_BYTES = 900
"""DynamoDB allows 2,048 bytes in a partition key and 1,024 in a sort key."""


def state(entity: EntityRef) -> Key:
    return Key(f"{entity.kind.value.upper()}#{entity.key}", "STATE")


def entity_of_state(pk: str) -> EntityRef:
    kind, _, record_id = pk.partition("#")
    return EntityRef(EntityKind(kind.lower()), record_id)


def in_group(group_id: str) -> str:
    """The partition of a group in the index of records by group."""
    return fitting(f"GROUP#{group_id}")


def of_person(user_id: str) -> str:
    """The partition that lists a person's open records: those that they have claimed, and those that they requested."""
    return f"RECORDS_OF#{user_id}"


def owned(user_id: str, entity: EntityRef) -> Key:
    return Key(of_person(user_id), f"{OWNED}{entity}")


def requested(user_id: str, entity: EntityRef) -> Key:
    return Key(of_person(user_id), f"{REQUESTED}{entity}")


def version(entity: EntityRef, modified: int, version_id: str) -> Key:
    return Key(versions(entity), fitting(f"{in_order(modified)}#{version_id}"))


def versions(entity: EntityRef) -> str:
    return f"RECORD_VERSIONS#{entity.kind.value}#{entity.key}"


def operation(operation_id: str) -> Key:
    return Key(f"{OPERATION}#{operation_id}", "STATE")


def lock(entity: EntityRef) -> Key:
    return Key(fitting(f"LOCK#{entity}"), "LOCK")


def last(entity: EntityRef) -> Key:
    """The newest settled operation on an entity, in the same partition as its lock."""
    return Key(fitting(f"LOCK#{entity}"), "LAST")


def outbox_event(event_id: str) -> Key:
    return Key(f"{OUTBOX}#{event_id}", "EVENT")


def message(channel: str, key: str) -> Key:
    return Key(messages_in(channel), fitting(key))


def messages_in(channel: str) -> str:
    return f"MESSAGE#{channel}"


def user(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "USER")


def group_members(group_id: str) -> Key:
    return Key(f"GROUP_MEMBERS#{group_id}", "GROUP_MEMBERS")


def health_check(component: Component) -> Key:
    return Key(f"HEALTH#{component.value}", "HEALTH")


PAUSE_HISTORY = Key("PAUSES#sending", "PAUSES")
ABSENCES = Key("ABSENCES#all", "ABSENCES")
CARRIERS = Key("CARRIERS#all", "CARRIERS")
"""The carriers file, as read last without mistakes."""
GRANTS = Key("GRANTS#all", "GRANTS")
"""The newest snapshot of who holds which right."""


def cursor(kind: EntityKind) -> Key:
    return Key(f"POLL_CURSOR#{kind.value}", "POLL_CURSOR")


def parked(kind: EntityKind, row_id: str) -> Key:
    return Key(parked_of(kind), fitting(row_id))


def parked_of(kind: EntityKind) -> str:
    return f"PARKED_ROW#{kind.value}"


def audit(entity: EntityRef, at: int, entry_id: str) -> Key:
    return Key(audit_of(entity), audit_order(at, entry_id))


def audit_order(at: int, entry_id: str) -> str:
    return fitting(f"{in_order(at)}#{entry_id}")


def audit_of(entity: EntityRef) -> str:
    return fitting(f"AUDIT#{entity}")


def word(word_: str, entity: EntityRef) -> Key:
    return Key(words(word_), f"{word_}#{entity.kind.value}#{entity.key}")


def words(word_: str) -> str:
    return f"SEARCH_WORD#{word_[:3]}"


def id_of(pk: str) -> str:
    """The id in the partition key of an operation or an outbox event."""
    return pk.partition("#")[2]


def in_order(number: int) -> str:
    """Fixed-width digits, so that texts sort as the numbers do."""
    return f"{number:012d}"


def fitting(text: str) -> str:
    """Shortens text that is too long for a key to its beginning and a digest."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= KEY_BYTES:
        return text
    beginning = encoded[: KEY_BYTES - 65].decode("utf-8", "ignore")
    return f"{beginning}~{hashlib.sha256(encoded).hexdigest()}"


def event_item(event: OutboxEvent) -> Item:
    return item_at(outbox_event(event.id), event, due_kind=OUTBOX if event.due is not None else None)


def audit_put(entry: AuditEntry) -> Put:
    item = item_at(
        audit(entry.entity, entry.at, entry.id),
        entry,
        audit_day=datetime.fromtimestamp(entry.at, UTC).date().isoformat(),
        audit_order=audit_order(entry.at, entry.id),
    )
    return Put(item, ABSENT)


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
    """An optional value, or an open set: enums, and an `UnknownValue` for a value that none of them has."""
    known = [_decoder(cls) for cls in classes if cls is not UnknownValue]
    if len(classes) == 1:
        return known[0]
    return lambda value: _known_or_unknown(known, _of(str, value))


def _known_or_unknown(known: list[Decoder], value: str) -> Any:
    for decode in known:
        with suppress(ValueError):
            return decode(value)
    return UnknownValue(value)


def _of(cls: type[T], value: Any) -> T:
    if type(value) is not cls:
        raise TypeError(f"{cls.__name__} expected, not {type(value).__name__}")
    return value
