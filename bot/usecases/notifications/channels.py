"""What telling touches, and where in Slack each message hangs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from bot.domain.content import MessageLink
from bot.domain.entities import EntityKind
from bot.domain.messages import MessageKey
from bot.domain.operations import Operation
from bot.domain.record_states import RecordState
from bot.usecases.notifications.publisher import MessagePublisher
from bot.usecases.notifications.read_model import ReadModel
from bot.usecases.ports.slack import UserDirectory
from bot.usecases.ports.storage import OutboxRepository, PauseRepository, PeopleRepository
from bot.usecases.records import claim


@dataclass(frozen=True, slots=True)
class ChannelRouting:
    connections: str
    alerts: str
    decisions: str

    def of_request(self, operation: Operation) -> str:
        """Where the card of what has no Noyo id yet hangs."""
        return (
            self.decisions if operation.entity.kind is EntityKind.PENDING_DISCONNECTION else self.connections
        )

    def home(self, kind: EntityKind) -> str:
        """Where the card of a record hangs."""
        return self.decisions if kind is EntityKind.DISCONNECTION else self.connections

    def loud(self, kind: EntityKind) -> str:
        """Where what we must act on is told."""
        return self.decisions if kind is EntityKind.DISCONNECTION else self.alerts


@dataclass(frozen=True, slots=True)
class Tools:
    """What notifying touches."""

    outbox: OutboxRepository
    read_model: ReadModel
    people: PeopleRepository
    user_directory: UserDirectory
    publisher: MessagePublisher
    channels: ChannelRouting
    timezone: tzinfo
    pauses: PauseRepository

    @property
    def claiming(self) -> claim.Tools:
        return claim.Tools(
            self.read_model.records, self.timezone, self.publisher.clock, self.publisher.new_id
        )


def card_link(record_state: RecordState, deps: Tools) -> MessageLink | None:
    return deps.publisher.messages.link(
        MessageKey(deps.channels.home(record_state.entity.kind), record_state.card_key)
    )
