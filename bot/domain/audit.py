"""Audit entries: who did what to which record, from where, and with what result."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.entities import EntityRef


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an action came from. `source` is command, button, form, webhook or worker; `channel_id` is known if Slack
    sent it."""

    source: str
    channel_id: str | None = None


WORKER = Origin("worker")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which entity, on which version, with what result. Never changed, and without sensitive values."""

    id: str
    entity: EntityRef
    at: int
    actor: str | None
    action: str
    details: tuple[tuple[str, str], ...] = ()
    origin: Origin = WORKER
