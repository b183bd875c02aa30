"""Everything that `doctor` shows. It comes from the table only, so it is fast enough for the receiver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot import policies
from bot.domain.carriers_file import CarriersFile
from bot.domain.health import STORED_COMPONENTS, CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.pauses import Pause
from bot.domain.polling import ParkedRow
from bot.domain.records import EntityKind
from bot.errors import SecretUnavailable, UnknownSchema
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.storage import OperationRepository, OutboxRepository

LISTS = (EntityKind.CONNECTION, EntityKind.DISCONNECTION)


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The state at `at` (Unix seconds). A list that was never polled completely has no time in `polled`."""

    at: int
    health_checks: dict[Component, HealthCheck | None]
    polled_at: dict[EntityKind, int | None]
    parked: dict[EntityKind, list[ParkedRow]]
    oldest_operation: int | None
    oldest_event: int | None
    oldest_deferred: int | None
    active_pause: Pause | None
    unreadable: int
    """Due operations and events that this release cannot read."""
    carriers_file: CarriersFile | None
    """None: a newer release stored it, and this one cannot read it."""


def health_report(deps: Dependencies) -> HealthReport:
    now = deps.now()
    return HealthReport(
        at=now,
        health_checks={
            **{component: deps.health.health_check(component) for component in STORED_COMPONENTS},
            Component.RECEIVER: HealthCheck(Component.RECEIVER, now, tuple(_secrets(deps))),
        },
        polled_at={kind: _polled_at(kind, deps) for kind in LISTS},
        parked={kind: deps.polling.parked(kind) for kind in LISTS},
        oldest_operation=deps.operations.oldest_due(now),
        oldest_event=deps.outbox.oldest_due(now),
        oldest_deferred=deps.operations.oldest_deferred_due(now),
        active_pause=deps.sending_guard.active_pause(),
        unreadable=unreadable_entries(deps.operations, now) + unreadable_entries(deps.outbox, now),
        carriers_file=_carriers_file(deps),
    )


def unreadable_entries(entries: OperationRepository | OutboxRepository, now: int) -> int:
    """All that were set aside, whether or not they are due again."""
    return len(entries.unreadable(now + policies.UNREADABLE_RETRY_SECONDS, limit=policies.BACKLOG_MAX_COUNT))


def _polled_at(kind: EntityKind, deps: Dependencies) -> int | None:
    """None also for an unreadable cursor: the next poll parks it, and starts again."""
    try:
        cursor = deps.polling.cursor(kind)
    except UnknownSchema:
        return None
    return cursor.finished_at if cursor else None


def _carriers_file(deps: Dependencies) -> CarriersFile | None:
    try:
        return deps.carriers.file()
    except UnknownSchema:
        return None


def _secrets(deps: Dependencies) -> Iterator[Finding]:
    for read in deps.secret_checks:
        try:
            read()
        except SecretUnavailable as error:
            yield Finding(Topic.SECRET, CheckStatus.FAILED, reason=str(error), check_failed=True)
        else:
            yield Finding(Topic.SECRET, CheckStatus.OK)
