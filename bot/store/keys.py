"""Store: the keys of every kind of item. Each kind has a partition key of its own, so that IAM can tell them apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bot.domain.checkups import Ward
from bot.domain.subjects import Kind, Subject

OPERATION = "OPERATION"
NEWS = "NEWS"
HELD = "held"
"""What held operations are called in the index of open records."""
KEPT = "KEPT"
"""In the index of what is due: operations that were put aside while nothing is sent."""
LOOK = "LOOK"
"""In the index of what is due: looks that no person asked for."""
SENDING = "sending"
KEY_BYTES = 900
"""The table takes 2,048 bytes in a partition key and 1,024 in a sort key."""


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str


def state(subject: Subject) -> Key:
    return Key(f"{subject.kind.value.upper()}#{subject.key}", "STATE")


def subject_of_state(pk: str) -> Subject:
    kind, _, record_id = pk.partition("#")
    return Subject(Kind(kind.lower()), record_id)


def in_group(group_id: str) -> str:
    """What the records of a group have in common in their index."""
    return fitting(f"GROUP#{group_id}")


def version(subject: Subject, modified: int, version_id: str) -> Key:
    return Key(versions(subject), fitting(f"{in_order(modified)}#{version_id}"))


def versions(subject: Subject) -> str:
    return f"VERSIONS#{subject.kind.value}#{subject.key}"


def operation(operation_id: str) -> Key:
    return Key(f"{OPERATION}#{operation_id}", "STATE")


def lock(subject: Subject) -> Key:
    return Key(fitting(f"LOCK#{subject}"), "LOCK")


def last(subject: Subject) -> Key:
    """The newest settled operation on a subject; beside the lock that it held."""
    return Key(fitting(f"LOCK#{subject}"), "LAST")


def news(news_id: str) -> Key:
    return Key(f"{NEWS}#{news_id}", "NEWS")


def delivery(channel: str, key: str) -> Key:
    return Key(deliveries(channel), fitting(key))


def deliveries(channel: str) -> str:
    return f"DELIVERY#{channel}"


def user(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "USER")


def members(group_id: str) -> Key:
    return Key(f"MEMBERS#{group_id}", "MEMBERS")


def switch(name: str) -> Key:
    return Key(f"SWITCH#{name}", "SWITCH")


def checkup(ward: Ward) -> Key:
    return Key(f"CHECKUP#{ward.value}", "CHECKUP")


RIGHTS = Key("RIGHTS#all", "RIGHTS")
"""Who held which right when it was last noted."""


def cursor(kind: Kind) -> Key:
    return Key(f"CURSOR#{kind.value}", "CURSOR")


def parked(kind: Kind, row_id: str) -> Key:
    return Key(parked_of(kind), fitting(row_id))


def parked_of(kind: Kind) -> str:
    return f"PARKED#{kind.value}"


def audit(subject: Subject, at: int, entry_id: str) -> Key:
    return Key(audit_of(subject), audit_order(at, entry_id))


def audit_order(at: int, entry_id: str) -> str:
    return fitting(f"{in_order(at)}#{entry_id}")


def audit_of(subject: Subject) -> str:
    return fitting(f"AUDIT#{subject}")


def word(word_: str, subject: Subject) -> Key:
    return Key(words(word_), f"{word_}#{subject.kind.value}#{subject.key}")


def words(word_: str) -> str:
    return f"WORD#{word_[:3]}"


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
