"""What people are shown, as values; the Slack room turns each into blocks.

Every value is made from a consistent read of the table, so what is shown is what is so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from bot.domain.operations import Operation
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection


@dataclass(frozen=True, slots=True)
class MessageLink:
    """A message that can be linked to."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class RelatedRecords:
    """What else there is to know for whoever decides on a request: what else the group has, and what was before.

    `others` are the group's connections to other carriers, `earlier` the requests for the same group and carrier, the
    newest first; `connection` is the one that would end, and `card` links to its card.
    """

    other_carriers: tuple[Connection, ...] = ()
    earlier: tuple[Disconnection, ...] = ()
    connection: RecordState | None = None
    card: MessageLink | None = None


@dataclass(frozen=True, slots=True)
class RecordCard:
    """The card of a connection or disconnection: its newest version and, while one is open, the operation on it.

    `last` is the newest settled operation on it, if any: it says who did what, and a refusal's words. `today` is what
    days are counted from; without it none are. `around` is there while a request waits for a decision.
    """

    record_state: RecordState
    operation: Operation | None = None
    last: Operation | None = None
    today: date | None = None
    related: RelatedRecords | None = None


@dataclass(frozen=True, slots=True)
class RequestCard:
    """The card of a request that has no Noyo record yet, or never got one."""

    operation: Operation
    duplicate: RecordState | None = None
    """The connection that was there already, where Noyo said duplicate and it could be read."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that we must act on. It offers its buttons only while `raised_version` is still the newest.

    `card` links to the card whose thread tells the rest. `today` is what days are counted from. `calls` has those who
    decide named on it; `reminds` is for one that comes again, since nobody acted.
    """

    record_state: RecordState
    raised_version: str
    operation: Operation | None = None
    card: MessageLink | None = None
    today: date | None = None
    mention_approvers: bool = False
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class ManualResolution:
    """Loud: nobody can tell from Noyo whether an operation took effect; three ways out, for a person."""

    operation: Operation
    record_state: RecordState | None = None
    card: MessageLink | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One change, as a line in the card's thread; it stays true as history. `operation`: if the news is about one."""

    event: OutboxEvent
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """How it went, for the person who asked, or who confirmed it: in the modal they submitted, or as a direct message.

    `reader` is their Slack user id; None means the one who asked.
    """

    operation: Operation
    record_state: RecordState | None = None
    card: MessageLink | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How much is open when we begin. `waiting` are the ones that need us, cut to what a message holds.

    `waiting_total` counts them all.
    """

    connections: int
    disconnections: int
    waiting: tuple[RecordState, ...]
    waiting_total: int
    at: int = 0
    """When that was so; the message is not edited later."""


@dataclass(frozen=True, slots=True)
class PauseNotice:
    """A time in which nothing is, or was, sent to Noyo, as it stands now."""

    pause: Pause


Content = RecordCard | RequestCard | Alert | ManualResolution | ThreadLine | Reply | Summary | PauseNotice


@dataclass(frozen=True, slots=True)
class Rendered:
    """Content as Slack takes it: the text that notifications and screen readers use, and the blocks as JSON."""

    text: str
    blocks: str

    @property
    def fingerprint(self) -> str:
        """Differs whenever what is shown would differ."""
        return hashlib.sha256(f"{self.text}\0{self.blocks}".encode()).hexdigest()[:24]
