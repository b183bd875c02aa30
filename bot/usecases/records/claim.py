"""Claim a record that needs our action, release the claim, hand it over to a colleague, and expire it.

A claim changes the table only, in one transaction with its event and audit entry. It blocks nobody from acting, and
ends after some working hours, or once the record no longer needs us.
"""

from __future__ import annotations

from collections.abc import Callable

from bot import policies
from bot.domain import outbox
from bot.domain.handover import Handover
from bot.domain.outbox import OutboxEvent, RecordChange, in_order
from bot.domain.people import AuditEntry
from bot.domain.record_states import Claim, RecordState, release
from bot.domain.records import EntityRef, needs_our_action
from bot.domain.reminders import claim
from bot.errors import ConcurrentUpdate, TableUnavailable
from bot.usecases.dependencies import Dependencies


def claim_record(entity: EntityRef, actor: str, deps: Dependencies, *, shown: int | None) -> RecordState | None:
    """Make `actor` the owner if the record still needs our action. Returns the state afterwards; None if it is
    unknown.

    `shown` is the owner revision that the person saw. If the owner has changed since then, nothing is done: a click
    that is repeated must not claim again what was released. Claiming again does not extend the claim.
    """

    def change_of(state: RecordState) -> RecordChange | None:
        if not needs_our_action(state.status) or state.owner == actor or state.owner_revision != shown:
            return None
        now = deps.now()
        after = claim(state, actor, now, deps.timezone)
        expiry = outbox.claim_expiry(after, now, after.owned_until or now)
        return _change(state, after, actor, "claimed", deps, expiry)

    return _update(entity, change_of, deps)


def release_claim(entity: EntityRef, actor: str, deps: Dependencies, *, shown: int | None) -> RecordState | None:
    """End the claim if `actor` is the owner and it is the claim that was `shown`. Returns the state before."""
    before: list[RecordState] = []

    def change_of(state: RecordState) -> RecordChange | None:
        before[:] = [state]
        if state.owner != actor or state.owner_revision != shown:
            return None
        return _change(state, release(state), actor, "released", deps)

    _update(entity, change_of, deps)
    return before[0] if before else None


def hand_over_claim(shown: Claim, handover: Handover, deps: Dependencies) -> None:
    """Make the receiver the owner if the claim is still the one that was `shown`; otherwise it stays as it is."""

    def change_of(state: RecordState) -> RecordChange | None:
        if not handover.is_pending(shown, state):
            return None
        now = deps.now()
        after = claim(state, handover.receiver, now, deps.timezone)
        expiry = outbox.claim_expiry(after, now, after.owned_until or now)
        return _change(state, after, handover.giver, "handed_over", deps, expiry)

    _update(shown.entity, change_of, deps)


def expire_claim(event: OutboxEvent, deps: Dependencies) -> None:
    """End the claim that the event is about. A newer claim stays."""

    def change_of(state: RecordState) -> RecordChange | None:
        if state.owner is None or (state.owner, state.owned_since) != (event.before, event.at):
            return None
        return _change(state, release(state), None, "claim_expired", deps)

    _update(event.entity, change_of, deps)


def _change(
    state: RecordState, after: RecordState, actor: str | None, action: str, deps: Dependencies, *expiry: OutboxEvent
) -> RecordChange:
    now = deps.now()
    is_handover = action == "handed_over"
    people = (("owner", state.owner), ("new_owner", after.owner if is_handover else None))
    details = tuple((name, person) for name, person in people if person is not None)
    audit = AuditEntry(deps.new_id(), state.entity, now, actor, action, details, deps.origin)
    events = (outbox.owner_changed(state, after, now, is_handover=is_handover), *expiry)
    return in_order(RecordChange(state.entity, state, after, None, events, audit))


def _update(
    entity: EntityRef, change_of: Callable[[RecordState], RecordChange | None], deps: Dependencies
) -> RecordState | None:
    for _ in range(policies.CLAIM_ATTEMPTS):
        state = deps.records.record_state(entity)
        change = change_of(state) if state is not None else None
        if change is None:
            return state
        try:
            deps.records.write(change)
        except ConcurrentUpdate:
            continue
        return change.after
    raise TableUnavailable(f"{entity} kept changing while it was saved")
