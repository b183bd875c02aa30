"""Slack room: what the cards of connections and of requests to disconnect have in common."""

from __future__ import annotations

from bot.domain.operations import Operation, OperationState
from bot.domain.records import Record
from bot.domain.showing import RecordCard
from bot.slack import buttons, deeds, facts
from bot.slack.look import Look
from bot.slack.message import Buttons
from bot.slack.phrases import Json, Line, Moment, labelled, line
from bot.slack.statuses import next_step


def open_on(card: RecordCard) -> Operation | None:
    """What is on its way: while it is, nothing else is offered, and nobody is said to have done anything."""
    return card.operation if card.operation is not None and card.operation.open else None


def now_or_next(card: RecordCard, record: Record, look: Look) -> Line:
    """While something is on its way, that is what comes next, and not a second one."""
    operation = open_on(card)
    if operation is not None:
        return labelled("Now", *deeds.under_way(operation))
    return labelled("Next", *next_step(record, look))


def last_lines(card: RecordCard, look: Look, *, current: bool) -> list[Line]:
    """What became of the newest settled operation; `current`: the record is still where its advice can be followed."""
    last = card.last
    if last is None or open_on(card) is not None:
        return []
    # Advice on a refusal is history once the record has moved on.
    current = current and (last.settled_at or 0) >= card.tracked.record.modified
    return [last_outcome(last), deeds.advice(last, look.command) if current else ()]


def last_outcome(last: Operation) -> Line:
    """What became of the newest settled operation, and when."""
    when = line(" · ", Moment(last.settled_at)) if last.settled_at is not None else ()
    return line(*deeds.outcome(last), *when)


def card_buttons(card: RecordCard, look: Look) -> Buttons:
    return Buttons(_offered(card, look), _revision(card))


def _offered(card: RecordCard, look: Look) -> list[Json]:
    operation = open_on(card)
    if operation is None:
        return facts.offered(card.tracked, look, checking=True)
    if operation.state is OperationState.NEEDS_PERSON:
        return [*buttons.ways_out(operation.id), facts.details_button(card.tracked)]
    return [facts.details_button(card.tracked)]


def _revision(card: RecordCard) -> str:
    operation = open_on(card)
    about = f"{operation.id}:{operation.state.value}" if operation else ""
    return f"{card.tracked.subject}:{card.tracked.record.version}:{about}:{card.tracked.owner or ''}"
