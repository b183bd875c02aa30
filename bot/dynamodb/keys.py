"""The keys of every kind of item. Each kind has its own partition key prefix, by which IAM tells them apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.domain.health import Component
from bot.domain.records import EntityKind, EntityRef

OPERATION = "OPERATION"
OUTBOX = "OUTBOX"
DEFERRED = "DEFERRED"
"""Lane of the due index: operations that are deferred while sending is paused."""
REFRESH = "REFRESH"
"""Lane of the due index: refreshes that no person asked for."""
AWAITING_CONFIRMATION = "awaiting_confirmation"
"""Partition of the index of open records: operations that wait for a second approver."""
NEEDS_RESOLUTION = "needs_resolution"
"""Partition of the index of open records: operations that wait for a manual resolution."""
SENDING_PAUSE = "sending"
KEY_BYTES = 900
"""DynamoDB allows 2,048 bytes in a partition key and 1,024 in a sort key."""


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str


def state(entity: EntityRef) -> Key:
    return Key(f"{entity.kind.value.upper()}#{entity.key}", "STATE")


def entity_of_state(pk: str) -> EntityRef:
    kind, _, record_id = pk.partition("#")
    return EntityRef(EntityKind(kind.lower()), record_id)


def in_group(group_id: str) -> str:
    """The partition of a group in the index of records by group."""
    return fitting(f"GROUP#{group_id}")


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


def pause_history(name: str) -> Key:
    return Key(f"PAUSES#{name}", "PAUSES")


def health_check(component: Component) -> Key:
    return Key(f"HEALTH#{component.value}", "HEALTH")


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
