"""What the workers find out about Switchboard's own surroundings, each finding with its time."""

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


class CheckStatus(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It could not be found out, or not yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` are ids and names that it is about, `number` what was measured, `why` words of our own for a person.

    `raised`: looking itself went wrong, so what it is about is not known.
    """

    topic: Topic
    status: CheckStatus
    affected: tuple[str, ...] = ()
    value: int | None = None
    reason: str | None = None
    check_failed: bool = False


class Component(StrEnum):
    """Whose surroundings: each function looks after what it uses itself."""

    SLACK = "slack"
    NOYO = "noyo"
    WEBHOOK = "webhook"
    """Looks when Noyo sends something, and never else."""
    RECEIVER = "receiver"
    """Looks while it is asked, so it keeps nothing."""


STORED_COMPONENTS = (Component.SLACK, Component.NOYO, Component.WEBHOOK)
"""What is in the table."""
REQUIRED_CONCURRENCY = 10
"""Functions that AWS must let run: all five, each more than once on a busy day, while several people click."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """All that one worker found at one time (Unix seconds)."""

    component: Component
    at: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """`lacking` are the scopes that the token should have and has not; `clock_difference` is Slack's clock less ours.

    Each is None where Slack does not tell.
    """

    missing_scopes: tuple[str, ...] | None
    clock_difference: float | None
