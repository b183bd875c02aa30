"""Use case: show the card of a record or a request, and one change as a line in its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.delivery import Place
from bot.domain.news import News
from bot.domain.operations import Operation
from bot.domain.showing import Content, Link, RecordCard, ThreadLine
from bot.domain.subjects import Subject
from bot.domain.tracking import operation_card
from bot.errors import SlackRefused
from bot.usecases.board import Tools, card_link
from bot.usecases.deliver import keep_true, post_once
from bot.usecases.scene import record_card, request_card
from bot.usecases.surroundings import waiting_beside

NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})


def card_and_line(news: News, operation: Operation | None, subject: Subject | None, tools: Tools) -> None:
    place = _card_place(operation, subject, tools)
    if place is None:
        return
    line = Place(place.channel, f"line:{news.id}")

    def posted(card: Link) -> None:
        post_once(line, lambda: ThreadLine(news, operation), tools.desk, thread=card.ts)

    _under_card(place, subject, posted, tools)


def card_of(subject: Subject, tools: Tools) -> None:
    """The card of a record, as it is now."""
    place = _card_place(None, subject, tools)
    if place is not None:
        _card(place, subject, tools)


def under_card(subject: Subject, post: Callable[[Link], None], tools: Tools) -> None:
    """Posts into the thread of a record's card, which is there and true then."""
    place = _card_place(None, subject, tools)
    if place is not None:
        _under_card(place, subject, post, tools)


def _under_card(place: Place, subject: Subject | None, post: Callable[[Link], None], tools: Tools) -> None:
    try:
        post(_card(place, subject, tools))
    except SlackRefused as refusal:
        if refusal.code not in NO_THREAD:
            raise
        # Somebody deleted the card, which nobody notices as long as it has not changed.
        post(_card(place, subject, tools, anew=True))


def _card(place: Place, subject: Subject | None, tools: Tools, *, anew: bool = False) -> Link:
    """The card, and the one from before we knew whose record it is, where there is one: both are true."""
    card = keep_true(place, lambda: _card_content(place, subject, tools), tools.desk, anew=anew)
    former = Place(place.channel, str(subject))
    if subject is not None and former != place and tools.desk.deliveries.link(former) is not None:
        keep_true(former, lambda: _card_content(former, subject, tools), tools.desk)
    return card


def _card_place(operation: Operation | None, subject: Subject | None, tools: Tools) -> Place | None:
    if operation is not None and not operation.subject.is_record:
        return Place(tools.channels.of_request(operation), operation_card(operation.id))
    tracked = tools.library.records.tracked(subject) if subject is not None else None
    return Place(tools.channels.home(tracked.subject.kind), tracked.card) if tracked is not None else None


def _card_content(place: Place, subject: Subject | None, tools: Tools) -> Content:
    of_request = operation_card("")
    content: Content | None = None
    if subject is not None:
        content = _with_links(record_card(subject, tools.library), tools)
    if place.key.startswith(of_request) and not _hangs_at(content, place):
        content = request_card(place.key.removeprefix(of_request), tools.library)
    if content is None:
        raise LookupError(f"nothing in the table for the card {place.key}")
    return content


def _with_links(card: RecordCard | None, tools: Tools) -> RecordCard | None:
    if card is None or card.around is None or card.around.connection is None:
        return card
    return replace(card, around=replace(card.around, card=card_link(card.around.connection, tools)))


def cards_beside(subject: Subject, tools: Tools) -> None:
    """The cards that stand there already of requests of the same group, which tell how this record stands."""
    tracked = tools.library.records.tracked(subject)
    for other in waiting_beside(tracked, tools.library.records) if tracked is not None else ():
        place = Place(tools.channels.home(other.subject.kind), other.card)
        if tools.desk.deliveries.link(place) is not None:
            _card(place, other.subject, tools)


def _hangs_at(content: Content | None, place: Place) -> bool:
    return isinstance(content, RecordCard) and content.tracked.card == place.key
