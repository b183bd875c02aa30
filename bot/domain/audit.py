"""Audit entries: who did what to which record, from where, and with what result."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.entities import EntityRef


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a deed came from: `way` is command, button, form, webhook or worker; the channel as far as Slack says."""

    source: str
    channel_id: str | None = None


WORKER = Origin("worker")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Put once, never changed: who did what to what, on which version, with what result. No sensitive values."""

    id: str
    entity: EntityRef
    at: int
    actor: str | None
    action: str
    details: tuple[tuple[str, str], ...] = ()
    origin: Origin = WORKER
