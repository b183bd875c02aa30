"""The keys of every kind of item. Each kind has a partition key of its own, so that IAM can tell them apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.health import Component

OPERATION = "OPERATION"
OUTBOX = "OUTBOX"
AWAITING_CONFIRMATION = "awaiting_confirmation"
"""What held operations are called in the index of open records."""
DEFERRED = "DEFERRED"
"""In the index of what is due: operations that were put aside while nothing is sent."""
REFRESH = "REFRESH"
"""In the index of what is due: looks that no person asked for."""
SENDING_PAUSE = "sending"
KEY_BYTES = 900
"""The table takes 2,048 bytes in a partition key and 1,024 in a sort key."""


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str


def state(entity: EntityRef) -> Key:
    return Key(f"{entity.kind.value.upper()}#{entity.key}", "STATE")


def subject_of_state(pk: str) -> EntityRef:
    kind, _, record_id = pk.partition("#")
    return EntityRef(EntityKind(kind.lower()), record_id)


def in_group(group_id: str) -> str:
    """What the records of a group have in common in their index."""
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
    """The newest settled operation on a subject; beside the lock that it held."""
    return Key(fitting(f"LOCK#{entity}"), "LAST")


def outbox_event(news_id: str) -> Key:
    return Key(f"{OUTBOX}#{news_id}", "EVENT")


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
"""Who held which right when it was last noted."""


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
    """The id in an operation's or a piece of news' partition key."""
    return pk.partition("#")[2]


def in_order(number: int) -> str:
    """Digits that sort as the number does."""
    return f"{number:012d}"


def fitting(text: str) -> str:
    """Text from outside may be longer than a key may be: its beginning and a digest stand for it."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= KEY_BYTES:
        return text
    beginning = encoded[: KEY_BYTES - 65].decode("utf-8", "ignore")
    return f"{beginning}~{hashlib.sha256(encoded).hexdigest()}"
