"""Update the cards of records and requests, and post changes as lines in their threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.content import Content, MessageKey, MessageLink, RecordCard, ThreadLine
from bot.domain.operations import Operation
from bot.domain.outbox import OutboxEvent
from bot.domain.record_states import operation_card_key
from bot.domain.records import EntityRef
from bot.errors import SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import post_once, upsert_message
from bot.usecases.notifications.read_model import record_card, request_card, waiting_in_group

NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})


def update_card_and_post_line(
    event: OutboxEvent, operation: Operation | None, entity: EntityRef | None, deps: Dependencies
) -> None:
    key = _card_key(operation, entity, deps)
    if key is None:
        return
    line = MessageKey(key.channel, f"line:{event.id}")

    def posted(card: MessageLink) -> None:
        post_once(line, lambda: ThreadLine(event, operation), deps, thread=card.ts)

    _post_under(key, entity, posted, deps)


def update_card(entity: EntityRef, deps: Dependencies) -> None:
    """Update the card of a record to its current state."""
    key = _card_key(None, entity, deps)
    if key is not None:
        _update(key, entity, deps)


def post_under_card(entity: EntityRef, post: Callable[[MessageLink], None], deps: Dependencies) -> None:
    """Call `post` with the link of the record's card, which exists and is current by then."""
    key = _card_key(None, entity, deps)
    if key is not None:
        _post_under(key, entity, post, deps)


def _post_under(
    key: MessageKey, entity: EntityRef | None, post: Callable[[MessageLink], None], deps: Dependencies
) -> None:
    try:
        post(_update(key, entity, deps))
    except SlackRefused as refusal:
        if refusal.code not in NO_THREAD:
            raise
        # The card was deleted in Slack, which goes unnoticed while it does not change.
        post(_update(key, entity, deps, force=True))


def _update(key: MessageKey, entity: EntityRef | None, deps: Dependencies, *, force: bool = False) -> MessageLink:
    """Update the card. A record that turned out to be ours may have an earlier card, which is updated too."""
    card = upsert_message(key, lambda: _card_content(key, entity, deps), deps, force=force)
    earlier = MessageKey(key.channel, str(entity))
    if entity is not None and earlier != key and deps.messages.link(earlier) is not None:
        upsert_message(earlier, lambda: _card_content(earlier, entity, deps), deps)
    return card


def _card_key(operation: Operation | None, entity: EntityRef | None, deps: Dependencies) -> MessageKey | None:
    if operation is not None and not operation.entity.is_record:
        return MessageKey(deps.channels.of_request(operation), operation_card_key(operation.id))
    record_state = deps.records.record_state(entity) if entity is not None else None
    return (
        MessageKey(deps.channels.of_card(record_state.entity.kind), record_state.card_key)
        if record_state is not None
        else None
    )


def _card_content(key: MessageKey, entity: EntityRef | None, deps: Dependencies) -> Content:
    of_request = operation_card_key("")
    content: Content | None = None
    if entity is not None:
        content = _with_links(record_card(entity, deps), deps)
    if key.name.startswith(of_request) and not _is_card_at(content, key):
        content = request_card(key.name.removeprefix(of_request), deps)
    if content is None:
        raise LookupError(f"nothing in the table for card {key.name}")
    return content


def _with_links(card: RecordCard | None, deps: Dependencies) -> RecordCard | None:
    if card is None or card.related is None or card.related.connection is None:
        return card
    return replace(card, related=replace(card.related, card=deps.card_link(card.related.connection)))


def update_related_cards(entity: EntityRef, deps: Dependencies) -> None:
    """Update the posted cards of waiting requests of the same group, since they show this record's status."""
    record_state = deps.records.record_state(entity)
    for other in waiting_in_group(record_state, deps.records) if record_state is not None else ():
        key = MessageKey(deps.channels.of_card(other.entity.kind), other.card_key)
        if deps.messages.link(key) is not None:
            _update(key, other.entity, deps)


def _is_card_at(content: Content | None, key: MessageKey) -> bool:
    return isinstance(content, RecordCard) and content.record_state.card_key == key.name
