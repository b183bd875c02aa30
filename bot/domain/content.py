"""The content of messages, as values. The views turn each into Block Kit.

Each value is built from consistent reads of the table, so a message shows the current state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.domain.absences import AwayOwner
from bot.domain.handover import Handover
from bot.domain.morning_summary import NeedCount, OpenTask
from bot.domain.operations import Operation
from bot.domain.outbox import OutboxEvent
from bot.domain.pauses import Pause
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, EntityKind, EntityRef, is_open


@dataclass(frozen=True, slots=True)
class MessageLink:
    """A posted message. For a direct message, `channel` is Slack's own channel id."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search for a message. `cursor` is where the search continues; None after the last page."""

    found: MessageLink | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class RelatedRecords:
    """What a reader should know about the group besides the record itself.

    `other_carriers` are the group's connections to other carriers, `earlier` the requests for the same group and
    carrier, newest first; `connection` is the one to disconnect. `disconnections` are the current requests to
    disconnect, by connection. `card` links to the card of the connection, or of the connection's disconnection.
    """

    other_carriers: tuple[Connection, ...] = ()
    earlier: tuple[Disconnection, ...] = ()
    connection: RecordState | None = None
    disconnections: Mapping[EntityRef, RecordState] = field(default_factory=dict)
    card: MessageLink | None = None


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that Noyo has. `connections` holds at least one, newest first."""

    id: str
    connections: tuple[RecordState, ...]

    @property
    def name(self) -> str:
        """The newest name that Noyo gave; empty if it gave none."""
        return next((name for state in self.connections if (name := state.record.group_name)), "")


@dataclass(frozen=True, slots=True)
class GroupRecords:
    """All records of a group, most urgent first, as many as are read at once."""

    id: str
    states: tuple[RecordState, ...]
    disconnections: Mapping[EntityRef, RecordState]
    """For completed connections: the request to disconnect that counts."""
    is_complete: bool = True
    """Whether these are all records of the group."""
    unreadable: int = 0

    @property
    def name(self) -> str:
        """The newest name that Noyo gave; empty if it gave none."""
        named = (state.record for state in self.states if state.record.group_name)
        newest = max(named, key=lambda record: record.modified, default=None)
        return newest.group_name or "" if newest is not None else ""

    @property
    def connections(self) -> list[RecordState]:
        return [state for state in self.states if state.entity.kind is EntityKind.CONNECTION]

    @property
    def open_requests(self) -> list[RecordState]:
        """The open requests to disconnect it."""
        requests = (state for state in self.states if state.entity.kind is EntityKind.DISCONNECTION)
        return [state for state in requests if is_open(state.status)]


@dataclass(frozen=True, slots=True)
class RecordCard:
    """The card of a connection or disconnection: its newest version and, while one is open, the operation on it.

    `last` is the newest settled operation on it, if any, with who did what and the text of a refusal. `today` is the
    date to count days from; None shows none. `related` is set while a request awaits a decision, and for a completed
    connection.
    """

    record_state: RecordState
    operation: Operation | None = None
    last: Operation | None = None
    today: date | None = None
    related: RelatedRecords | None = None
    away: AwayOwner | None = None
    """The absence of the owner."""

    @property
    def disconnection(self) -> RecordState | None:
        """Of a connection: the request that disconnects the group or has done so, or one that waits."""
        return self.related.disconnections.get(self.record_state.entity) if self.related is not None else None


@dataclass(frozen=True, slots=True)
class RequestCard:
    """The card of a request that has no Noyo record yet, or never got one."""

    operation: Operation
    duplicate: RecordState | None = None
    """The existing connection, if Noyo refused the request as a duplicate and it could be read."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A record that needs our action. It offers its buttons only while `raised_version` is the newest version.

    `card` links to the record's card. `today` is the date to count days from. `mention_approvers` mentions the
    approvers; `is_reminder` marks a repeated alert about a request that still waits.
    """

    record_state: RecordState
    raised_version: str
    operation: Operation | None = None
    card: MessageLink | None = None
    today: date | None = None
    mention_approvers: bool = False
    is_reminder: bool = False
    away: AwayOwner | None = None
    """The absence of the owner."""


@dataclass(frozen=True, slots=True)
class ManualResolution:
    """An alert: Noyo does not show whether an operation took effect, so a person must choose a resolution."""

    operation: Operation
    record_state: RecordState | None = None
    card: MessageLink | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One change, as a line in the card's thread; never edited. `operation` is the event's, if it has one."""

    event: OutboxEvent
    operation: Operation | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The result, for the person who asked or confirmed: in the modal that they submitted, or as a direct message.

    `reader` is their Slack user id; None means the person who asked.
    """

    operation: Operation
    record_state: RecordState | None = None
    card: MessageLink | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How much is open after the first poll. `waiting` lists records that need our action, as many as fit.

    `waiting_total` counts them all.
    """

    connections: int
    disconnections: int
    waiting: tuple[RecordState, ...]
    waiting_total: int
    at: int = 0
    """The time of these numbers; the message is not edited later."""


@dataclass(frozen=True, slots=True)
class PauseNotice:
    """The current state of a period in which nothing is, or was, sent to Noyo."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class NotMovingRecord:
    """A record that has not changed for so many business days, or still disconnects after its last managed day."""

    record_state: RecordState
    business_days: int
    is_overdue: bool = False
    owner_name: str = ""
    """The name of the person who claimed it; empty if it is unknown."""
    away: AwayOwner | None = None
    """The absence of the owner."""


@dataclass(frozen=True, slots=True)
class NotMoving:
    """The open records of one carrier that do not move: the most urgent ones, as many as fit, and how many there are.

    All of them have not changed for more than `older_than_days` calendar days.
    """

    carrier_id: str
    records: tuple[NotMovingRecord, ...]
    total: int
    older_than_days: int
    at: int
    """The time of these facts; the message is not edited later."""


@dataclass(frozen=True, slots=True)
class MorningSummary:
    """What needs the team today: how much of each kind, and the most urgent of it.

    `not_moving` counts the records that do not move, by carrier id; their reports follow in the thread.
    """

    needs: tuple[NeedCount, ...]
    urgent: tuple[OpenTask, ...]
    not_moving: tuple[tuple[str, int], ...]
    today: date
    at: int
    """The time of these facts; the message is not edited later."""


@dataclass(frozen=True, slots=True)
class HandoverNotice:
    """What became of a handover, for `reader`: who gets the claims, or who gave them.

    `listed` are the records that moved, for the receiver, and those that did not, for the giver, as many as fit.
    """

    handover: Handover
    reader: str
    listed: tuple[RecordState, ...]
    at: int
    """The time of these facts; the message is not edited later."""


@dataclass(frozen=True, slots=True)
class PersonalSummary:
    """What one person is to act on today: the most urgent of it, and how much there is.

    `away`: the person's absence, if the message is for their cover.
    """

    tasks: tuple[OpenTask, ...]
    total: int
    today: date
    at: int
    """The time of these facts; the message is not edited later."""
    away: AwayOwner | None = None


Notices = Summary | NotMoving | MorningSummary | PersonalSummary | HandoverNotice
Content = RecordCard | RequestCard | Alert | ManualResolution | ThreadLine | Reply | PauseNotice | Notices


@dataclass(frozen=True, slots=True)
class Rendered:
    """Content for Slack: the text for notifications and screen readers, and the blocks as JSON."""

    text: str
    blocks: str

    @property
    def fingerprint(self) -> str:
        """Changes whenever the message would look different."""
        return hashlib.sha256(f"{self.text}\0{self.blocks}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Identifies one message by its channel and name.

    `channel` is a Slack channel id, or a user id for a direct message. `name` is a card key, or `line:<event id>`,
    `alert:<entity>:<at>:<version>:<status>`, `resolution:<operation id>:<attempts>`,
    `reminder:<entity>:<day>:<version>`, `direct:<operation id>`, `summary`, `pause:<name>`,
    `not_moving:<day>:<carrier id>`, `morning:<day>` or `morning:<day>:<user id>`,
    `handover:<view id>:done`.
    """

    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message's reservation and, once posted, its `ts`. `lease` is the token of the worker that holds it.

    `reserved_at` is when a worker first intended to post it, so a search in Slack need not look further back (Unix
    seconds). `posted_channel` is the channel that Slack returned: for a direct message, its own id. A `closed` message
    is no longer edited.
    """

    key: MessageKey
    lease: str
    reserved_at: int
    is_new: bool
    """True if nobody tried to post it before, so it cannot be in Slack yet."""
    ts: str | None = None
    posted_channel: str | None = None
    fingerprint: str | None = None
    closed: bool = False
    search_cursor: str | None = None
    """Where an interrupted search for the message continues: Slack's cursor."""
    search_since: int | None = None
    """When that search began (Unix seconds)."""

    @property
    def link(self) -> MessageLink | None:
        """Where it is posted; None until it is."""
        return MessageLink(self.posted_channel or self.key.channel, self.ts) if self.ts else None
