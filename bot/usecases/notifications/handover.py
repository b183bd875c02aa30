"""Hand all claims of a person over to a colleague, and tell both what became of it.

Each claim moves in a transaction of its own, on condition that it is still the one that the form showed, so a repeated
run moves nothing twice, and one that was interrupted continues. The result is saved as an event before anybody is told,
so both people are told the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bot import policies
from bot.domain import outbox
from bot.domain.content import HandoverNotice, MessageKey
from bot.domain.handover import Handover
from bot.domain.outbox import EventKind, OutboxEvent
from bot.errors import SlackRefused
from bot.usecases.admin.authorization import why_not_owner
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import NotYet, post_once
from bot.usecases.notifications.replies import NO_DIRECT_MESSAGE
from bot.usecases.records.claim import hand_over_claim


def handover_tasks(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], object]]:
    """The tasks of a handover: to move the claims, or to notify both people of the result."""
    if event.kind is EventKind.HANDOVER:
        yield partial(hand_over, event, deps)
    else:
        yield from notify_of_result(event, deps)


def hand_over(event: OutboxEvent, deps: Dependencies) -> None:
    """Move the claims, some in each run. The receiver may have lost the right since the form was submitted."""
    handover = event.handover
    if handover is None:
        raise LookupError("the event does not say what is handed over")
    problem, entities = why_not_owner(handover.receiver, deps), [claim.entity for claim in handover.claims]
    if problem is not None and problem.may_pass:
        raise NotYet(policies.HANDOVER_RETRY_SECONDS)
    states = deps.records.record_states(entities, skip_unreadable=True)
    pending = [claim for claim in handover.claims if handover.is_pending(claim, states.get(claim.entity))]
    for claim in pending[: policies.HANDOVER_CLAIMS_PER_RUN] if problem is None else ():
        hand_over_claim(claim, handover, deps)
    if problem is None and len(pending) > policies.HANDOVER_CLAIMS_PER_RUN:
        raise NotYet(1)
    states = deps.records.record_states(entities, skip_unreadable=True)
    result = handover.with_result(states, problem.reason if problem is not None else None)
    deps.outbox.put(outbox.handed_over(event, result, deps.now()))


def notify_of_result(event: OutboxEvent, deps: Dependencies) -> Iterator[Callable[[], object]]:
    """The tasks of a complete handover: a direct message to the giver, and one to the receiver if they got anything."""
    handover = event.handover
    if handover is None:
        raise LookupError("the event does not say what was handed over")
    if handover.moved:
        yield partial(_notify, handover.receiver, event, handover, deps)
    yield partial(_notify, handover.giver, event, handover, deps)


def _notify(reader: str, event: OutboxEvent, handover: Handover, deps: Dependencies) -> None:
    shown = handover.moved if reader == handover.receiver else handover.unmoved

    def content() -> HandoverNotice:
        entities = shown[: policies.HANDOVER_SHOWN]
        states = deps.records.record_states(entities, skip_unreadable=True)
        listed = tuple(states[entity] for entity in entities if entity in states)
        return HandoverNotice(handover, reader, listed, event.at)

    try:
        post_once(MessageKey(reader, event.id), content, deps)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise
