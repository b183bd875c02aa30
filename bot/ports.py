"""Ports: what the use cases need from outside, named for the need.

Adapters satisfy these by shape. Every method may raise the errors of its room (`bot.errors`): `NoyoError`s from Noyo,
`TableUnavailable` from the table, `SlackError`s from Slack. Times are Unix seconds, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from bot.domain.checkups import Checkup, Ward
from bot.domain.cursors import Cursor, Parked
from bot.domain.decisions import Decision, DecisionReason, DisconnectReason
from bot.domain.delivery import Delivery, Place
from bot.domain.news import News
from bot.domain.operations import Operation, OperationState, Sensitive
from bot.domain.people import Members, Person
from bot.domain.records import Connection, Disconnection, Record
from bot.domain.rights import Noted
from bot.domain.sending import Sending
from bot.domain.showing import Content, Link, Rendered
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked

Clock = Callable[[], float]
"""The time now in Unix seconds."""

TimeLeft = Callable[[], float]
"""Seconds until whoever waits for this gives up; endless where nobody does."""

NewId = Callable[[], str]
"""An id nobody else has."""


# ---------------------------------------------------------------- secrets

T = TypeVar("T")


class Secret(Protocol[T]):
    """One secret, which may be replaced at any time while we run. `SecretUnreadable` where it cannot be had."""

    def value(self) -> T: ...

    def instead_of(self, refused: T) -> T | None:
        """The value of now, where it is another than the one that was refused; None where there is no other."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What Noyo knows us by."""

    client_id: str
    client_secret: str = field(repr=False)


# ---------------------------------------------------------------- Noyo


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: the record, or why it could not be read. `row_id` is its id as far as it has one."""

    row_id: str
    record: Record | None
    why_unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as Noyo gave them, in its order; `offset` is where the page begins, `total` how many there are, if told."""

    rows: tuple[Row, ...]
    offset: int
    total: int | None


class ReadsNoyo(Protocol):
    def connection(self, connection_id: str) -> Connection:
        """GET /api/v1/group_connections/{id}. `Refused` with status 404 where Noyo does not know it."""
        ...

    def disconnection(self, disconnection_id: str) -> Disconnection:
        """GET /api/v1/group_disconnection_requests/{id}."""
        ...

    def newest(self, kind: Kind, *, offset: int, page_size: int) -> Page:
        """One page of the list of this kind, sorted by `modified`, newest first (as far as Noyo keeps to it)."""
        ...

    def in_status(self, kind: Kind, statuses: Sequence[str], *, offset: int, page_size: int) -> Page:
        """One page of the records in any of these statuses."""
        ...

    def by_ids(self, kind: Kind, ids: Sequence[str]) -> Page:
        """The records with these ids (at most 50); ids that Noyo does not know are missing from the answer."""
        ...

    def connections_at(self, carrier_id: str, carrier_group_id: str) -> tuple[Connection, ...]:
        """Every connection with this carrier and carrier group id, unreadable rows left out."""
        ...

    def disconnections_at(self, group_id: str, carrier_id: str) -> tuple[Disconnection, ...]:
        """Every request to disconnect this group from this carrier. `UnreadableAnswer` where one cannot be read: it may
        be the very one that is looked for."""
        ...


class WritesNoyo(ReadsNoyo, Protocol):
    """Writes leave at most once a call (twice only after a 401, which Noyo did not process).

    `NotSent`: Noyo did not process it. `NoAnswer`, `UnreadableAnswer`: it may have taken effect. `Refused`: a clear no.
    """

    def request_connection(
        self, carrier_id: str, carrier_group_id: str, group_name: str, sensitive: Sensitive
    ) -> Connection:
        """POST /api/v1/group_connections."""
        ...

    def retry_connection(
        self, connection_id: str, *, carrier_group_id: str | None, sensitive: Sensitive
    ) -> Connection:
        """PUT /api/v1/group_connections/{id}/retry; what is None is left as it is at Noyo."""
        ...

    def decide_disconnection(
        self,
        disconnection_id: str,
        version: str,
        decision: Decision,
        *,
        effective_end_date: date | None = None,
        reason: DecisionReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/{version}: takes effect only while `version` is the newest."""
        ...

    def reject_disconnection(
        self, disconnection_id: str, *, reason: DecisionReason | None = None, context: str | None = None
    ) -> Disconnection:
        """PUT /api/v1/group_disconnection_requests/{id}/reject: takes effect whatever the version is by then."""
        ...

    def request_disconnection(
        self,
        carrier_id: str,
        group_id: str,
        effective_end_date: date,
        *,
        reason: DisconnectReason | None = None,
        context: str | None = None,
    ) -> Disconnection:
        """POST /api/v1/group_disconnection_requests. Noyo documents no guard against doubles."""
        ...


# ---------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class Change:
    """What `observe` found out, to be written in one transaction, on condition that the state is still `before`.

    `after` None leaves the state as it is and keeps `version` as history only. `version` None writes no history.
    `audit` is for what a person did that changes the table only.
    """

    subject: Subject
    before: Tracked | None
    after: Tracked | None
    version: Record | None
    news: tuple[News, ...] = ()
    audit: AuditEntry | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a deed came from: `way` is command, button, form, webhook or worker; the channel as far as Slack says."""

    way: str
    channel_id: str | None = None


WORKER = Origin("worker")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Put once, never changed: who did what to what, on which version, with what result. No sensitive values."""

    id: str
    subject: Subject
    at: int
    actor: str | None
    deed: str
    details: tuple[tuple[str, str], ...] = ()
    origin: Origin = WORKER


class KeepsRecords(Protocol):
    def tracked(self, subject: Subject) -> Tracked | None:
        """Consistent read."""
        ...

    def tracked_many(self, wanted: Iterable[Subject]) -> dict[Subject, Tracked]:
        """Consistent reads in batches; unknown ones are missing."""
        ...

    def write(self, change: Change) -> None:
        """`RecordMoved` where the state is no longer `change.before`; then nothing was written."""
        ...

    def has_version(self, subject: Subject, record: Record) -> bool:
        """Whether this version is in the history already."""
        ...

    def history(self, subject: Subject, *, since: int) -> list[Record]:
        """Every version ever shown to us with `modified` at or after `since`, oldest first."""
        ...

    def newest_modified(self, kind: Kind) -> tuple[int, Subject] | None:
        """The newest `modified` known from any source, and whose it is. May lag by a moment (an index)."""
        ...

    def in_status(self, kind: Kind, status: str, *, limit: int) -> list[Subject]:
        """Open records in this status, the longest unchanged first (disconnections: soonest end date first). Index."""
        ...

    def open_subjects(self, kind: Kind) -> list[Subject]:
        """All open records of this kind, whatever their status. May lag by a moment (an index)."""
        ...

    def in_group(self, group_id: str, *, limit: int) -> list[Subject]:
        """The records, open or not, that name this group. May lag by a moment (an index)."""
        ...

    def find(self, text: str, *, limit: int) -> list[Tracked]:
        """By id, beginning of an id, carrier group id, or words of the group's name; consistent states, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold for an operation to be placed: the record is still in the version that the person saw."""

    subject: Subject
    version: str


class KeepsOperations(Protocol):
    def place(
        self,
        operation: Operation,
        *,
        expected: Expected | None,
        news: Sequence[News],
        audit: AuditEntry | None,
    ) -> None:
        """One transaction: the expectation, the lock (unless `operation.locks` is False), the operation, news, audit.

        `NotPlaced` where any condition failed, and then nothing was written; an operation with this id is a failed
        condition too.
        """
        ...

    def operation(self, operation_id: str) -> Operation | None:
        """Consistent read."""
        ...

    def open_on(self, subject: Subject) -> Operation | None:
        """The operation that holds the subject's lock. Consistent."""
        ...

    def last_on(self, subject: Subject) -> Operation | None:
        """The newest settled operation that held the subject's lock, as far as it is still kept. Consistent."""
        ...

    def claim(
        self,
        operation: Operation,
        claimed: Operation,
        *,
        news: Sequence[News] = (),
        audit: AuditEntry | None = None,
    ) -> None:
        """Moves it from exactly `operation` (state, lease and attempts) to `claimed`. `LeaseLost` if it moved."""
        ...

    def keep(
        self,
        operation: Operation,
        *,
        lease: str | None,
        news: Sequence[News] = (),
        audit: AuditEntry | None = None,
        was: OperationState = OperationState.NEEDS_PERSON,
    ) -> None:
        """Writes the unsettled operation on condition that `lease` is still the one on it. `LeaseLost` otherwise.

        `lease` None: on condition that nobody holds it, and it still waits for people in the state `was`.
        """
        ...

    def settle(
        self,
        operation: Operation,
        *,
        lease: str | None,
        change: Change | None,
        news: Sequence[News],
        audit: AuditEntry | None,
        was: OperationState = OperationState.NEEDS_PERSON,
    ) -> None:
        """One transaction: the settled operation (no sealed input, no `due`), the lock gone, the change, news, audit.

        `lease` None: on condition that nobody holds it and it is still in the state `was`. `LeaseLost` or `RecordMoved`
        otherwise, and then nothing was written.
        """
        ...

    def due(self, now: int, *, limit: int) -> list[str]:
        """Ids of people's operations that are due, the longest due first, but those put aside. An index: may lag."""
        ...

    def looks(self, now: int, *, limit: int) -> list[str]:
        """As `due`, of the looks that no person asked for: however many there are, they keep nobody waiting."""
        ...

    def longest_due(self, now: int) -> int | None:
        """The `due` of the one that is due the longest, a look or not; None where none is. Index."""
        ...

    def waiting_for_person(self) -> list[int]:
        """Of each operation that needs a person, when it was asked for, the first first. Index."""
        ...

    def held(self, *, limit: int) -> list[Operation]:
        """Those that wait for a second approver, the soonest end date first. An index finds them; the states are
        consistent."""
        ...

    def kept(self, now: int, *, limit: int) -> list[str]:
        """As `due`, of those that were put aside while nothing is sent: they keep nobody waiting meanwhile."""
        ...

    def longest_kept(self, now: int) -> int | None:
        """As `longest_due`, of those that were put aside."""
        ...


class KeepsSwitches(Protocol):
    def sending(self) -> Sending:
        """Consistent read. Sending is on, and always was, where nobody has turned the switch yet."""
        ...

    def turn(self, before: Sending, after: Sending, *, news: News, audit: AuditEntry) -> bool:
        """One transaction, on condition that nobody turned it since `before`; False where somebody did."""
        ...


class KeepsCheckups(Protocol):
    def checkup(self, ward: Ward) -> Checkup | None:
        """The newest; None where nobody has looked yet."""
        ...

    def keep(self, checkup: Checkup) -> None:
        """In place of the one before."""
        ...


class KeepsNews(Protocol):
    def news(self, news_id: str) -> News | None: ...

    def due(self, now: int, *, limit: int) -> list[str]: ...

    def longest_due(self, now: int) -> int | None:
        """As of operations."""
        ...

    def put(self, news: News) -> None:
        """News that comes with no other fact (a summary). The same id again changes nothing."""
        ...

    def delivered(self, news: News, now: int) -> None:
        """Takes it off the due index for good."""
        ...

    def postpone(self, news: News, due: int) -> None:
        """Sets a new `due` and counts the attempt."""
        ...


class KeepsDeliveries(Protocol):
    def reserve(self, place: Place, *, lease: str, now: int, lease_seconds: int) -> Delivery | None:
        """Takes the lease on this message; None while somebody else holds it."""
        ...

    def posted(self, delivery: Delivery, *, ts: str, posted_in: str, fingerprint: str) -> None:
        """Records what the message now shows, keeping the lease. `LeaseLost` where it ran out and was taken."""
        ...

    def release(self, delivery: Delivery, *, closed: bool = False) -> None:
        """Gives the lease back; quiet where it was lost."""
        ...

    def link(self, place: Place) -> Link | None:
        """Where the message is, once posted."""
        ...

    def live(self, channel: str, key_prefix: str) -> list[Place]:
        """The posted messages of this channel whose key begins so and that are not closed. Consistent."""
        ...


class KeepsPeople(Protocol):
    def person(self, user_id: str) -> Person | None: ...

    def save_person(self, person: Person) -> None: ...

    def members(self, group_ids: Iterable[str]) -> dict[str, Members]: ...

    def save_members(self, members: Members) -> None: ...


class KeepsRights(Protocol):
    def noted(self) -> Noted | None:
        """Who held which right when it was last noted. Consistent."""
        ...

    def note(self, noted: Noted, entries: Sequence[AuditEntry]) -> bool:
        """One transaction of at most a hundred parts, on condition that the revision before `noted`'s is still there.
        False where it is not, and then nothing was written."""
        ...


class KeepsCursors(Protocol):
    def cursor(self, kind: Kind) -> Cursor | None: ...

    def move(self, kind: Kind, cursor: Cursor) -> bool:
        """Writes the cursor with its revision raised by one, on condition that the revision is still the one read
        (0: not there yet). False where another poll was first."""
        ...

    def park(self, kind: Kind, parked: Parked) -> bool:
        """True where it was not parked yet."""
        ...

    def unpark(self, kind: Kind, row_id: str) -> None: ...

    def parked(self, kind: Kind) -> list[Parked]: ...


class WritesAudit(Protocol):
    def audit(self, entry: AuditEntry) -> None: ...


class KeepsAudit(WritesAudit, Protocol):
    def entries(self, subject: Subject, *, limit: int) -> list[AuditEntry]:
        """The newest first. Consistent."""
        ...

    def of_day(self, day: date, *, before: int) -> Iterator[AuditEntry]:
        """Of this day (UTC), those older than `before`, oldest first. An index: may lag by a moment."""
        ...


class Sealer(Protocol):
    def seal(self, sensitive: Sensitive, operation_id: str) -> str:
        """Encrypts under the KMS key, bound to the operation's id."""
        ...

    def unseal(self, sealed: str, operation_id: str) -> Sensitive: ...


# ---------------------------------------------------------------- Slack


@dataclass(frozen=True, slots=True)
class Posted:
    channel: str
    ts: str


class ShowsPeople(Protocol):
    """`SlackBusy`: nothing was done. `SlackSilent`: it may have been posted. `SlackRefused`: a clear no."""

    def render(self, content: Content) -> Rendered: ...

    def post(
        self,
        channel: str,
        rendered: Rendered,
        *,
        mark: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted:
        """Posts once, never retried inside; `mark` is an opaque id kept in the message's metadata.

        `broadcast` shows a reply in a thread in the channel as well.
        """
        ...

    def delete(self, channel: str, ts: str) -> None:
        """`SlackRefused` where it is gone, or where the workspace lets nobody delete."""
        ...

    def update(self, channel: str, ts: str, rendered: Rendered) -> None: ...

    def find(self, channel: str, *, mark: str, since: int, thread: str | None = None) -> Posted | None:
        """The message of ours with this mark, posted at or after `since`."""
        ...

    def show_in_view(self, view_id: str, answer: Content) -> bool:
        """Shows the answer in a modal that is still open; False where the person has closed it."""
        ...


class ReadsPeople(Protocol):
    def read_person(self, user_id: str) -> Person | None:
        """users.info; None where Slack does not know the user."""
        ...

    def read_members(self, group_id: str) -> Members | None:
        """usergroups.users.list; None where the group is gone."""
        ...


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """`lacking` are the scopes that the token should have and has not; `clock_difference` is Slack's clock less ours.

    Each is None where Slack does not tell.
    """

    lacking: tuple[str, ...] | None
    clock_difference: float | None


class ReadsSlack(Protocol):
    """Errors as in `ShowsPeople`."""

    def token(self) -> TokenStanding:
        """How the bot's token stands; `SlackNotLetIn` where Slack does not accept it."""
        ...

    def is_member(self, channel_id: str) -> bool:
        """Whether the bot is in the channel, so that it can post and find its posts again."""
        ...
