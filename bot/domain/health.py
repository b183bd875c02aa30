"""Health checks: what each worker finds out about the services that it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    SECRET = "secrets"  # noqa: S105 (a name)
    TOKEN = "slack_token"  # noqa: S105 (a name)
    SCOPES = "scopes"
    CHANNEL = "channel"
    PEOPLE = "people"
    GROUP = "group"
    SLACK_CLOCK = "slack_clock"
    NOYO = "noyo"
    NOYO_CLOCK = "noyo_clock"
    CONCURRENCY = "concurrency"
    CALENDAR = "calendar"


class CheckStatus(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Not determined, or not yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`affected` holds ids and names, `value` what was measured, `reason` an explanation for people.

    `check_failed`: the check itself failed, so the status of what it checks is not known.
    """

    topic: Topic
    status: CheckStatus
    affected: tuple[str, ...] = ()
    value: int | None = None
    reason: str | None = None
    check_failed: bool = False


class Component(StrEnum):
    """Each function checks the services that it uses itself."""

    SLACK = "slack"
    NOYO = "noyo"
    WEBHOOK = "webhook"
    """Checked when Noyo sends a webhook."""
    RECEIVER = "receiver"
    """Checked on demand, and not stored."""


STORED_COMPONENTS = (Component.SLACK, Component.NOYO, Component.WEBHOOK)
"""The components whose health checks are stored in the table."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """All findings of one worker at one time (Unix seconds)."""

    component: Component
    at: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """The scopes that the token lacks, and Slack's clock minus ours in seconds; each is None if Slack does not say."""

    missing_scopes: tuple[str, ...] | None
    clock_difference: float | None
