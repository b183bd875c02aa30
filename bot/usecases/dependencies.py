"""The one dependency container: what the use cases of a process work with, built in `bot.bootstrap`."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from math import inf
from typing import Any

from bot.domain.business_days import NO_HOLIDAYS, BusinessCalendar, Holidays, working_moment
from bot.domain.content import MessageKey, MessageLink
from bot.domain.not_moving import Limits
from bot.domain.operations import Operation
from bot.domain.pauses import Mode, Pause
from bot.domain.people import WORKER, AccessPolicy, Origin
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind
from bot.errors import SlackBusy
from bot.usecases.admin.carriers import CarriersInUse
from bot.usecases.ports.noyo import NoyoClient
from bot.usecases.ports.runtime import CarriersSource, Clock, NewId
from bot.usecases.ports.slack import MessageGateway, UserDirectory
from bot.usecases.ports.storage import (
    AbsenceRepository,
    AuditRepository,
    Encryptor,
    GrantRepository,
    HealthRepository,
    MessageRepository,
    OperationRepository,
    OutboxRepository,
    PauseRepository,
    PeopleRepository,
    PollingRepository,
    RecordRepository,
)


@dataclass(frozen=True, slots=True)
class ChannelRouting:
    """Which Slack channel shows what. Values are channel ids."""

    connections: str = ""
    alerts: str = ""
    decisions: str = ""

    def of_request(self, operation: Operation) -> str:
        """The channel of the card of a request that has no Noyo id yet."""
        pending = operation.entity.kind is EntityKind.PENDING_DISCONNECTION
        return self.decisions if pending else self.connections

    def of_card(self, kind: EntityKind) -> str:
        """The channel of a record's card."""
        return self.decisions if kind is EntityKind.DISCONNECTION else self.connections

    def of_alert(self, kind: EntityKind) -> str:
        """The channel for what our team must act on."""
        return self.decisions if kind is EntityKind.DISCONNECTION else self.alerts


class _Unavailable:
    """Takes the place of a dependency that this process was not given. Using it is a programming error."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise LookupError(f"{self._name} is not available in this process")


def _given(name: str) -> Any:
    return field(default=_Unavailable(name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependencies:
    """Repositories, gateways and settings. A process leaves out what it does not use: the receiver has no `noyo`."""

    clock: Clock
    new_id: NewId
    records: RecordRepository = _given("records")
    operations: OperationRepository = _given("operations")
    outbox: OutboxRepository = _given("outbox")
    messages: MessageRepository = _given("messages")
    people: PeopleRepository = _given("people")
    audit: AuditRepository = _given("audit")
    grants: GrantRepository = _given("grants")
    pauses: PauseRepository = _given("pauses")
    polling: PollingRepository = _given("polling")
    absences: AbsenceRepository = _given("absences")
    health: HealthRepository = _given("health")
    carriers: CarriersInUse = _given("carriers")
    carriers_source: CarriersSource = _given("carriers_source")
    encryptor: Encryptor = _given("encryptor")
    noyo: NoyoClient = _given("noyo")
    slack: MessageGateway = _given("slack")
    user_directory: UserDirectory = _given("user_directory")
    policy: AccessPolicy = AccessPolicy("")
    """Without a policy nobody may do anything."""
    mode: Mode = Mode.ACT
    channels: ChannelRouting = ChannelRouting()
    timezone: tzinfo = UTC
    """Decides when a business day begins and ends."""
    holidays: Holidays = NO_HOLIDAYS
    """Public holidays, which are no business days. Only the worker that posts to Slack knows them."""
    not_moving_limits: Limits = field(default_factory=dict)
    """After how many business days without a change a record is reported, by its status."""
    summary_hour: int | None = None
    """From which hour of a business day the morning summary is posted; None for never."""
    reconcile_after_seconds: int = 30
    """How long after a lost answer Noyo is asked what became of the call."""
    poll_interval_seconds: int = 60
    sweep_seconds: int = 86400
    poll_deadline: float = inf
    """When a poll stops and leaves the rest to the next run (Unix seconds)."""
    search_deadline: float = inf
    """When a search for a posted message stops and leaves the rest to a later attempt (Unix seconds)."""
    origin: Origin = WORKER
    """Where the present request comes from, for the audit log."""
    secret_checks: tuple[Callable[[], object], ...] = ()
    """Reads each secret of this process; a health check calls them."""
    throttled_until: dict[str, int] = field(default_factory=dict)
    """Until when Slack wants no calls for a channel, as far as this process knows (Unix seconds)."""

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def today(self) -> date:
        return datetime.fromtimestamp(self.clock(), self.timezone).date()

    @property
    def calendar(self) -> BusinessCalendar:
        return BusinessCalendar(self.timezone, self.holidays)

    def working_moment(self, at: int) -> int:
        """This moment if it is within working hours, else the start of the next working day (Unix seconds)."""
        return working_moment(at, self.timezone, self.holidays)

    @property
    def sending_guard(self) -> SendingGuard:
        return SendingGuard(self.pauses, self.mode, self.clock)

    def ensure_not_throttled(self, channel: str) -> None:
        """`SlackBusy` while Slack wants no calls for this channel; saves a call that Slack would refuse."""
        seconds_left = self.throttled_until.get(channel, 0) - self.now()
        if seconds_left > 0:
            raise SlackBusy("Slack asked us to slow down.", retry_after=seconds_left)

    def card_key(self, record_state: RecordState) -> MessageKey:
        return MessageKey(self.channels.of_card(record_state.entity.kind), record_state.card_key)

    def card_link(self, record_state: RecordState | None) -> MessageLink | None:
        """The card of a record, once it is posted."""
        return self.messages.link(self.card_key(record_state)) if record_state is not None else None


@dataclass(frozen=True, slots=True)
class SendingGuard:
    """Combines the admins' pause, which is in the table, with the mode, which is in the settings."""

    pauses: PauseRepository
    mode: Mode
    clock: Clock

    @property
    def observes_only(self) -> bool:
        """Whether Switchboard is in observe mode, so that new operations are refused too."""
        return self.mode is Mode.OBSERVE

    def active_pause(self) -> Pause | None:
        """The pause that forbids sending now; None if sending is allowed. A consistent read each time."""
        history = self.pauses.history()
        if self.observes_only:
            return history.observe_pause or Pause(since=int(self.clock()))
        return history.active_pause

    def active_seconds(self, since: int, now: int) -> int:
        """Seconds between `since` and `now` during which sending was allowed."""
        return self.pauses.history().active_seconds(since, now)


def new_id() -> str:
    """An id that no other caller gets. Ids sort in the order in which they were made, even within a second."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"
