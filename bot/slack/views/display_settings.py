"""What the settings say about how things are shown."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.carriers import Carriers
from bot.domain.pauses import Mode
from bot.domain.record_states import RecordState
from bot.settings import Settings
from bot.slack.views.rich_text import RichText, UntrustedText, rich_text
from bot.usecases.operations import submit


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """`timezone` decides what "today" is; `command` is the slash command as people type it."""

    carriers: Carriers
    environment: str
    in_production: bool
    observes_only: bool
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

    def warning(self) -> tuple[RichText, ...]:
        """Said first on everything outside production, so that nobody takes it for the real thing."""
        if self.in_production:
            return ()
        return (
            rich_text("Not production: this is the ", UntrustedText(self.environment, 60), " environment."),
        )

    def carrier(self, carrier_id: str) -> UntrustedText:
        return UntrustedText(self.carriers.name(carrier_id))

    def retryable(self, record_state: RecordState) -> bool:
        """Whether a retry is offered at this status."""
        return submit.retryable(record_state, at_action_required=self.retry_at_action_required)


def display_settings(settings: Settings) -> DisplaySettings:
    return DisplaySettings(
        carriers=settings.carriers,
        environment=settings.environment,
        in_production=settings.in_production,
        observes_only=settings.mode is Mode.OBSERVE,
        timezone=settings.timezone,
        retry_at_action_required=settings.retry_at_action_required,
        command=settings.slack.command,
        connections_channel=settings.slack.connections_channel,
        alerts_channel=settings.slack.alerts_channel,
        decisions_channel=settings.slack.decisions_channel,
        group_link=settings.group_link,
        approvers=settings.policy.approvers,
    )
