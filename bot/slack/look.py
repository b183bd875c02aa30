"""Slack room: what the settings say about how things are shown."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.carriers import Carriers
from bot.domain.sending import Mode
from bot.domain.tracking import Tracked
from bot.settings import Settings
from bot.slack.phrases import Foreign, Line, line
from bot.usecases import place


@dataclass(frozen=True, slots=True)
class Look:
    """`timezone` decides what "today" is; `command` is the slash command as people type it."""

    carriers: Carriers
    environment: str
    in_production: bool
    watches: bool
    timezone: ZoneInfo
    retry_at_action_required: bool
    command: str
    connections_channel: str
    alerts_channel: str
    decisions_channel: str
    group_link: str = ""
    """Where a group is shown elsewhere, with `{group_id}` for its id; none where empty."""
    approvers: frozenset[str] = frozenset()
    """User ids and user group ids of those who may decide."""

    def warning(self) -> tuple[Line, ...]:
        """Said first on everything outside production, so that nobody takes it for the real thing."""
        if self.in_production:
            return ()
        return (line("Not production: this is the ", Foreign(self.environment, 60), " environment."),)

    def carrier(self, carrier_id: str) -> Foreign:
        return Foreign(self.carriers.name(carrier_id))

    def retryable(self, tracked: Tracked) -> bool:
        """Whether a retry is offered at this status."""
        return place.retryable(tracked, at_action_required=self.retry_at_action_required)


def look_from(settings: Settings) -> Look:
    return Look(
        carriers=settings.carriers,
        environment=settings.environment,
        in_production=settings.in_production,
        watches=settings.mode is Mode.OBSERVE,
        timezone=settings.timezone,
        retry_at_action_required=settings.retry_at_action_required,
        command=settings.slack.command,
        connections_channel=settings.slack.connections_channel,
        alerts_channel=settings.slack.alerts_channel,
        decisions_channel=settings.slack.decisions_channel,
        group_link=settings.group_link,
        approvers=settings.policy.approvers,
    )
