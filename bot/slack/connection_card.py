"""Slack room: the card of a connection."""

from __future__ import annotations

from bot.domain.operations import Operation, OperationState
from bot.domain.records import Connection
from bot.domain.showing import RecordCard
from bot.domain.tracking import Tracked
from bot.slack import buttons, deeds, facts
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part, Quote, SmallPrint
from bot.slack.phrases import Json, Line, Moment, labelled, line
from bot.slack.statuses import next_step


def connection_card(card: RecordCard, record: Connection, look: Look) -> Message:
    """The reader passes by and wants to know: is this one fine, and if not, is it on me?

    What could mislead: a button that is offered while somebody else's retry is on its way, words of an earlier try
    read as today's, and praise for somebody whose retry may yet fail. So one open operation takes the buttons away,
    and who did something is said only when none is open.
    """
    operation = card.operation if card.operation is not None and card.operation.open else None
    parts: list[Part] = [Paragraph(_facts(card.tracked, record, _next(record, operation, look)))]
    parts += _said(record)
    if operation is None and card.last is not None:
        parts.append(Paragraph(_last(card.last, card.tracked, look)))
    parts.append(Buttons(_buttons(card.tracked, operation, look), _revision(card, operation)))
    parts.append(SmallPrint([facts.ids(record)]))
    return Message(parts, facts.group_and_carrier(record, look), look.warning())


def _facts(tracked: Tracked, record: Connection, then: Line) -> list[Line]:
    return [
        facts.status(record),
        then,
        facts.carrier_group_id(record),
        facts.asker(tracked),
        facts.tries(tracked),
    ]


def _next(record: Connection, operation: Operation | None, look: Look) -> Line:
    """While something is on its way, that is what comes next, and not a second one."""
    if operation is not None:
        return labelled("Now", *deeds.under_way(operation))
    return labelled("Next", *next_step(record, look))


def _said(record: Connection) -> list[Part]:
    words = facts.carrier_said(record)
    return [Paragraph([labelled("The carrier said")]), Quote(words)] if words else []


def _last(last: Operation, tracked: Tracked, look: Look) -> list[Line]:
    # Advice on a refusal is history once the record has moved on.
    current = look.retryable(tracked) and (last.settled_at or 0) >= tracked.record.modified
    return [last_outcome(last), deeds.advice(last, look.command) if current else ()]


def last_outcome(last: Operation) -> Line:
    """What became of the newest settled operation, and when."""
    when = line(" · ", Moment(last.settled_at)) if last.settled_at is not None else ()
    return line(*deeds.outcome(last), *when)


def _buttons(tracked: Tracked, operation: Operation | None, look: Look) -> list[Json]:
    if operation is not None and operation.state is OperationState.NEEDS_PERSON:
        return [*buttons.ways_out(operation.id), facts.details_button(tracked)]
    if operation is None and look.retryable(tracked):
        return [facts.retry_button(tracked), facts.details_button(tracked)]
    return [facts.details_button(tracked)]


def _revision(card: RecordCard, operation: Operation | None) -> str:
    about = f"{operation.id}:{operation.state.value}" if operation else ""
    return f"{card.tracked.subject}:{card.tracked.record.version}:{about}"
