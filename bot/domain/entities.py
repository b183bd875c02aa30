"""What an operation, a card or a piece of news is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether `text` has the shape of a UUID, in lower or upper case."""
    return _UUID.fullmatch(text.lower()) is not None and text.isascii()


class EntityKind(StrEnum):
    """The kinds of subject. A *request* is a connection somebody asked for that has no Noyo id yet, a *parting* is a
    disconnection that has none yet; of a *person* there is only an audit trail; a *switch* is one of our own."""

    CONNECTION = "connection"
    DISCONNECTION = "disconnection"
    PENDING_CONNECTION = "pending_connection"
    PENDING_DISCONNECTION = "pending_disconnection"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, order=True, slots=True)
class EntityRef:
    """`connection:<uuid>`, `disconnection:<uuid>`, `pending_connection:<carrier uuid>#<carrier group id>`,
    `pending_disconnection:<group uuid>#<carrier uuid>`, `person:<user id>`, `system:<name>`."""

    kind: EntityKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.key}"

    @property
    def is_record(self) -> bool:
        """Whether it is a record of Noyo's, with an id that Noyo gave it."""
        return self.kind in (EntityKind.CONNECTION, EntityKind.DISCONNECTION)

    @classmethod
    def parse(cls, text: str) -> EntityRef:
        """The inverse of `str`; ValueError where the text is no subject."""
        kind, separator, key = text.partition(":")
        if not separator or not key:
            raise ValueError(f"not a subject: {text!r}")
        return cls(EntityKind(kind), key)


def connection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.CONNECTION, record_id)


def disconnection_ref(record_id: str) -> EntityRef:
    return EntityRef(EntityKind.DISCONNECTION, record_id)


def pending_connection_ref(carrier_id: str, carrier_group_id: str) -> EntityRef:
    """What a new connection is about before Noyo gave it an id; Noyo allows one for each such pair."""
    return EntityRef(EntityKind.PENDING_CONNECTION, f"{carrier_id}#{carrier_group_id}")


def pending_disconnection_ref(group_id: str, carrier_id: str) -> EntityRef:
    """What a new disconnection is about before Noyo gave it an id: a group that is to leave a carrier."""
    return EntityRef(EntityKind.PENDING_DISCONNECTION, f"{group_id}#{carrier_id}")


def person_ref(user_id: str) -> EntityRef:
    """What a deed was about that was about nothing else yet, such as looking around."""
    return EntityRef(EntityKind.PERSON, user_id)


SENDING_PAUSE = EntityRef(EntityKind.SYSTEM, "sending")
"""Whether anything is sent to Noyo."""
GRANTS = EntityRef(EntityKind.SYSTEM, "grants")
"""Who may do what, of everybody at once."""
