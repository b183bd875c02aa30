"""What the cards of connections and of requests to disconnect have in common."""

from __future__ import annotations

from bot.domain.content import RecordCard
from bot.domain.operations import Operation, OperationState
from bot.domain.records import Record
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Buttons
from bot.slack.views.rich_text import Json, RichText, Timestamp, labelled, rich_text
from bot.slack.views.statuses import next_step


def open_on(card: RecordCard) -> Operation | None:
    """What is on its way: while it is, nothing else is offered, and nobody is said to have done anything."""
    return card.operation if card.operation is not None and card.operation.is_open else None


def now_or_next(card: RecordCard, record: Record, look: DisplaySettings) -> RichText:
    """While something is on its way, that is what comes next, and not a second one."""
    operation = open_on(card)
    if operation is not None:
        return labelled("Now", *operation_text.in_progress(operation))
    return labelled("Next", *next_step(record, look))


def last_lines(card: RecordCard, look: DisplaySettings, *, current: bool) -> list[RichText]:
    """What became of the newest settled operation; `current`: the record is still where its advice can be followed."""
    last = card.last
    if last is None or open_on(card) is not None:
        return []
    # Advice on a refusal is history once the record has moved on.
    current = current and (last.settled_at or 0) >= card.record_state.record.modified
    return [last_outcome(last), operation_text.advice(last, look.command) if current else ()]


def last_outcome(last: Operation) -> RichText:
    """What became of the newest settled operation, and when."""
    when = rich_text(" · ", Timestamp(last.settled_at)) if last.settled_at is not None else ()
    return rich_text(*operation_text.outcome(last), *when)


def card_buttons(card: RecordCard, look: DisplaySettings) -> Buttons:
    return Buttons(_offered(card, look), _revision(card))


def _offered(card: RecordCard, look: DisplaySettings) -> list[Json]:
    operation = open_on(card)
    if operation is None:
        return record_facts.offered(card.record_state, look, checking=True)
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [*buttons.resolution_buttons(operation.id), record_facts.details_button(card.record_state)]
    return [record_facts.details_button(card.record_state)]


def _revision(card: RecordCard) -> str:
    operation = open_on(card)
    about = f"{operation.id}:{operation.state.value}" if operation else ""
    return f"{card.record_state.entity}:{card.record_state.record.version}:{about}:{card.record_state.owner or ''}"
