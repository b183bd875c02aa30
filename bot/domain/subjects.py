"""Domain: what an operation, a card or a piece of news is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of subject. A *request* is a connection somebody asked for that has no Noyo id yet, a *parting* is a
    disconnection that has none yet; of a *person* there is only an audit trail; a *switch* is one of our own."""

    CONNECTION = "connection"
    DISCONNECTION = "disconnection"
    REQUEST = "request"
    PARTING = "parting"
    PERSON = "person"
    SWITCH = "switch"


@dataclass(frozen=True, order=True, slots=True)
class Subject:
    """`connection:<uuid>`, `disconnection:<uuid>`, `request:<carrier uuid>#<carrier group id>`,
    `parting:<group uuid>#<carrier uuid>`, `person:<user id>`, `switch:<name>`."""

    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.key}"

    @property
    def is_record(self) -> bool:
        """Whether it is a record of Noyo's, with an id that Noyo gave it."""
        return self.kind in (Kind.CONNECTION, Kind.DISCONNECTION)

    @classmethod
    def parse(cls, text: str) -> Subject:
        """The inverse of `str`; ValueError where the text is no subject."""
        kind, separator, key = text.partition(":")
        if not separator or not key:
            raise ValueError(f"not a subject: {text!r}")
        return cls(Kind(kind), key)


def connection(record_id: str) -> Subject:
    return Subject(Kind.CONNECTION, record_id)


def disconnection(record_id: str) -> Subject:
    return Subject(Kind.DISCONNECTION, record_id)


def request(carrier_id: str, carrier_group_id: str) -> Subject:
    """What a new connection is about before Noyo gave it an id; Noyo allows one for each such pair."""
    return Subject(Kind.REQUEST, f"{carrier_id}#{carrier_group_id}")


def parting(group_id: str, carrier_id: str) -> Subject:
    """What a new disconnection is about before Noyo gave it an id: a group that is to leave a carrier."""
    return Subject(Kind.PARTING, f"{group_id}#{carrier_id}")


def person(user_id: str) -> Subject:
    """What a deed was about that was about nothing else yet, such as looking around."""
    return Subject(Kind.PERSON, user_id)


SENDING = Subject(Kind.SWITCH, "sending")
"""Whether anything is sent to Noyo."""
RIGHTS = Subject(Kind.SWITCH, "rights")
"""Who may do what, of everybody at once."""
