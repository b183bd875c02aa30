"""Somebody says that they are checking a request, or that they no longer are.

It changes the table only: one transaction of state, news and audit, no operation and no lock, so it stands in nobody's
way. It is over by itself some working hours later, and with the decision.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import outbox as telling
from bot.domain.audit import AuditEntry
from bot.domain.entities import EntityRef
from bot.domain.outbox import OutboxEvent
from bot.domain.record_changes import RecordChange
from bot.domain.record_states import RecordState, release
from bot.domain.reminders import awaits_decision, claim
from bot.errors import ConcurrentUpdate, TableUnavailable
from bot.usecases.dependencies import Dependencies

ROUNDS = 6


def claim_request(entity: EntityRef, actor: str, deps: Dependencies) -> RecordState | None:
    """As it is then: `actor` is its owner, unless it waits no longer. None where nothing is known of it.

    The same again changes nothing, so that the hours do not begin anew with each click.
    """

    def step(held: RecordState) -> RecordChange | None:
        if not awaits_decision(held) or held.owner == actor:
            return None
        now = deps.now()
        after = claim(held, actor, now, deps.timezone)
        ends = telling.claim_expiry(after, now, after.owned_until or now)
        return _change(held, after, actor, "claimed", deps, ends)

    return _moved(entity, step, deps)


def release_claim(entity: EntityRef, actor: str, deps: Dependencies) -> RecordState | None:
    """As it was before: only where `actor` was its owner did that change anything."""
    before: list[RecordState] = []

    def step(held: RecordState) -> RecordChange | None:
        before[:] = [held]
        return _change(held, release(held), actor, "released", deps) if held.owner == actor else None

    _moved(entity, step, deps)
    return before[0] if before else None


def expire_claim(event: OutboxEvent, deps: Dependencies) -> None:
    """The hours are over. Whoever took it since, or anew, goes on."""

    def step(held: RecordState) -> RecordChange | None:
        if held.owner is None or (held.owner, held.owned_since) != (event.before, event.at):
            return None
        return _change(held, release(held), None, "claim_expired", deps)

    _moved(event.entity, step, deps)


def _change(
    held: RecordState,
    after: RecordState,
    actor: str | None,
    action: str,
    deps: Dependencies,
    *ends: OutboxEvent,
) -> RecordChange:
    now = deps.now()
    of_whom = (("owner", held.owner),) if held.owner else ()
    audit = AuditEntry(deps.new_id(), held.entity, now, actor, action, of_whom, deps.origin)
    return RecordChange(
        held.entity, held, after, None, (telling.owner_changed(held, after, now), *ends), audit
    )


def _moved(
    entity: EntityRef, step: Callable[[RecordState], RecordChange | None], deps: Dependencies
) -> RecordState | None:
    for _ in range(ROUNDS):
        held = deps.records.record_state(entity)
        change = step(held) if held is not None else None
        if change is None:
            return held
        try:
            deps.records.write(change)
        except ConcurrentUpdate:
            continue
        return change.after
    raise TableUnavailable(f"{entity} changed faster than it could be written")
