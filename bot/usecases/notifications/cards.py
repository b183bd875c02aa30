"""Show the card of a record or a request, and one change as a line in its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.content import Content, MessageLink, RecordCard, ThreadLine
from bot.domain.entities import EntityRef
from bot.domain.messages import MessageKey
from bot.domain.operations import Operation
from bot.domain.outbox import OutboxEvent
from bot.domain.record_states import operation_card_key
from bot.errors import SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import post_once, upsert_message
from bot.usecases.notifications.read_model import record_card, request_card
from bot.usecases.records.related import waiting_in_group

NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})


def update_card_and_post_line(
    event: OutboxEvent, operation: Operation | None, entity: EntityRef | None, deps: Dependencies
) -> None:
    place = _card_place(operation, entity, deps)
    if place is None:
        return
    line = MessageKey(place.channel, f"line:{event.id}")

    def posted(card: MessageLink) -> None:
        post_once(line, lambda: ThreadLine(event, operation), deps, thread=card.ts)

    _under_card(place, entity, posted, deps)


def update_card(entity: EntityRef, deps: Dependencies) -> None:
    """The card of a record, as it is now."""
    place = _card_place(None, entity, deps)
    if place is not None:
        _card(place, entity, deps)


def post_under_card(entity: EntityRef, post: Callable[[MessageLink], None], deps: Dependencies) -> None:
    """Posts into the thread of a record's card, which is there and true then."""
    place = _card_place(None, entity, deps)
    if place is not None:
        _under_card(place, entity, post, deps)


def _under_card(
    place: MessageKey, entity: EntityRef | None, post: Callable[[MessageLink], None], deps: Dependencies
) -> None:
    try:
        post(_card(place, entity, deps))
    except SlackRefused as refusal:
        if refusal.code not in NO_THREAD:
            raise
        # Somebody deleted the card, which nobody notices as long as it has not changed.
        post(_card(place, entity, deps, anew=True))


def _card(
    place: MessageKey, entity: EntityRef | None, deps: Dependencies, *, anew: bool = False
) -> MessageLink:
    """The card, and the one from before we knew whose record it is, where there is one: both are true."""
    card = upsert_message(place, lambda: _card_content(place, entity, deps), deps, anew=anew)
    former = MessageKey(place.channel, str(entity))
    if entity is not None and former != place and deps.messages.link(former) is not None:
        upsert_message(former, lambda: _card_content(former, entity, deps), deps)
    return card


def _card_place(
    operation: Operation | None, entity: EntityRef | None, deps: Dependencies
) -> MessageKey | None:
    if operation is not None and not operation.entity.is_record:
        return MessageKey(deps.channels.of_request(operation), operation_card_key(operation.id))
    record_state = deps.records.record_state(entity) if entity is not None else None
    return (
        MessageKey(deps.channels.of_card(record_state.entity.kind), record_state.card_key)
        if record_state is not None
        else None
    )


def _card_content(place: MessageKey, entity: EntityRef | None, deps: Dependencies) -> Content:
    of_request = operation_card_key("")
    content: Content | None = None
    if entity is not None:
        content = _with_links(record_card(entity, deps), deps)
    if place.name.startswith(of_request) and not _hangs_at(content, place):
        content = request_card(place.name.removeprefix(of_request), deps)
    if content is None:
        raise LookupError(f"nothing in the table for the card {place.name}")
    return content


def _with_links(card: RecordCard | None, deps: Dependencies) -> RecordCard | None:
    if card is None or card.related is None or card.related.connection is None:
        return card
    return replace(card, related=replace(card.related, card=deps.card_link(card.related.connection)))


def update_related_cards(entity: EntityRef, deps: Dependencies) -> None:
    """The cards that stand there already of requests of the same group, which tell how this record stands."""
    record_state = deps.records.record_state(entity)
    for other in waiting_in_group(record_state, deps.records) if record_state is not None else ():
        place = MessageKey(deps.channels.of_card(other.entity.kind), other.card_key)
        if deps.messages.link(place) is not None:
            _card(place, other.entity, deps)


def _hangs_at(content: Content | None, place: MessageKey) -> bool:
    return isinstance(content, RecordCard) and content.record_state.card_key == place.name
