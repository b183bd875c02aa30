"""References to what an operation, a card or an outbox event is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether `text` has the shape of a UUID, in lower or upper case."""
    return _UUID.fullmatch(text.lower()) is not None and text.isascii()


class EntityKind(StrEnum):
    """The kinds of entity. Pending connections and disconnections were requested and have no Noyo id yet. A person
    has only an audit log. System entities belong to Switchboard itself."""

    CONNECTION = "connection"
    DISCONNECTION = "disconnection"
    PENDING_CONNECTION = "pending_connection"
    PENDING_DISCONNECTION = "pending_disconnection"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, order=True, slots=True)
class EntityRef:
    """`connection:<uuid>`, `disconnection:<uuid>`, `pending_connection:<carrier uuid>#<carrier group id>`,
    `pending_disconnection:<group uuid>#<carrier uuid>`, `person:<user id>` or `system:<name>`."""

    kind: EntityKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.key}"

    @property
    def is_record(self) -> bool:
        """Whether it is a Noyo record, with an id from Noyo."""
        return self.kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION)

    @classmethod
    def parse(cls, text: str) -> EntityRef:
        """The inverse of `str`. Raises ValueError if the text is not an entity reference."""
        kind, separator, key = text.partition(":")
        if not separator or not key:
            raise ValueError(f"not an entity reference: {text!r}")
        return cls(EntityKind(kind), key)


def connection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.CONNECTION, record_id)


def disconnection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.DISCONNECTION, record_id)


def pending_connection_ref(carrier_id: str, carrier_group_id: str) -> EntityRef:
    """A requested connection without a Noyo id. Noyo allows one for each such pair."""
    return EntityRef(EntityKind.PENDING_CONNECTION, f"{carrier_id}#{carrier_group_id}")


def pending_disconnection_ref(group_id: str, carrier_id: str) -> EntityRef:
    """A requested disconnection of a group from a carrier, without a Noyo id."""
    return EntityRef(EntityKind.PENDING_DISCONNECTION, f"{group_id}#{carrier_id}")


def person_ref(user_id: str) -> EntityRef:
    """For audit entries about an action that concerns no record, such as reading the status list."""
    return EntityRef(EntityKind.PERSON, user_id)


SENDING_PAUSE = EntityRef(EntityKind.SYSTEM, "sending")
"""Pausing and resuming what is sent to Noyo."""
GRANTS = EntityRef(EntityKind.SYSTEM, "grants")
"""The granted rights of all people together."""
