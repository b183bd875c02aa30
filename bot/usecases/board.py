"""Use case: what telling touches, and where in Slack each message hangs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from bot.domain.delivery import Place
from bot.domain.operations import Operation
from bot.domain.showing import Link
from bot.domain.subjects import Kind
from bot.domain.tracking import Tracked
from bot.ports import KeepsNews, KeepsPeople, KeepsSwitches, ReadsPeople
from bot.usecases import take
from bot.usecases.deliver import Desk
from bot.usecases.scene import Library


@dataclass(frozen=True, slots=True)
class Channels:
    connections: str
    alerts: str
    decisions: str

    def of_request(self, operation: Operation) -> str:
        """Where the card of what has no Noyo id yet hangs."""
        return self.decisions if operation.subject.kind is Kind.PARTING else self.connections

    def home(self, kind: Kind) -> str:
        """Where the card of a record hangs."""
        return self.decisions if kind is Kind.DISCONNECTION else self.connections

    def loud(self, kind: Kind) -> str:
        """Where what we must act on is told."""
        return self.decisions if kind is Kind.DISCONNECTION else self.alerts


@dataclass(frozen=True, slots=True)
class Tools:
    """What notifying touches."""

    news: KeepsNews
    library: Library
    people: KeepsPeople
    reads_people: ReadsPeople
    desk: Desk
    channels: Channels
    timezone: tzinfo
    switches: KeepsSwitches

    @property
    def taking(self) -> take.Tools:
        return take.Tools(self.library.records, self.timezone, self.desk.clock, self.desk.new_id)


def card_link(tracked: Tracked, tools: Tools) -> Link | None:
    return tools.desk.deliveries.link(Place(tools.channels.home(tracked.subject.kind), tracked.card))
