"""Use case: tell those who asked how it went: where they wait, or by direct message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.delivery import Place
from bot.domain.operations import AnswerTo, Operation, OperationState
from bot.domain.people import PERSON_FRESH_SECONDS
from bot.domain.showing import Answer, Link
from bot.domain.tracking import Tracked, operation_card
from bot.errors import SlackError, SlackRefused
from bot.usecases.board import Tools, card_link
from bot.usecases.deliver import Held, keep_true
from bot.usecases.scene import duplicate_of, record_of

_NOTHING_TO_TELL = frozenset({OperationState.HELD, OperationState.PENDING, OperationState.SENDING})
LATE_SECONDS = 60
"""A person who waited longer than this in front of a modal has most likely looked away."""
NO_DIRECT_MESSAGE = frozenset(
    {"user_not_found", "user_disabled", "cannot_dm_bot", "channel_not_found", "messages_tab_disabled"}
)


def answer(operation: Operation, tools: Tools) -> None:
    """Tells the person who asked, and the one who confirmed it, how it went: where they wait, or by direct message once
    they have looked away. Each stands alone: whoever cannot be told keeps nobody else from it."""
    _know(operation, tools)
    if operation.state in _NOTHING_TO_TELL and operation.kept is None:
        return
    troubles = []
    for one in _waiting(operation):
        try:
            _tell(one, operation, tools)
        except (Held, SlackError) as trouble:
            troubles.append(trouble)
    if troubles:
        raise troubles[0]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody who waits for an answer, since when (Unix seconds), and where."""

    person: str
    since: int
    answer_to: AnswerTo


def _waiting(operation: Operation) -> list[_Waiting]:
    """Who confirmed what they asked for themselves waits once, where they confirmed it."""
    waiting = {}
    if operation.actor is not None:
        waiting[operation.actor] = _Waiting(operation.actor, operation.placed_at, operation.answer_to)
    second = operation.second
    if second is not None:
        waiting[second.by] = _Waiting(second.by, second.at, second.answer_to)
    return list(waiting.values())


def _tell(waiting: _Waiting, operation: Operation, tools: Tools) -> None:

    def content() -> Answer:
        current = tools.library.operations.operation(operation.id) or operation
        tracked = record_of(current, tools.library) or duplicate_of(current, tools.library)
        return Answer(current, tracked, _request_link(current, tracked, tools), waiting.person)

    shown = _in_view(waiting.answer_to.view_id, operation, content, tools)
    late = tools.desk.now() - waiting.since > LATE_SECONDS
    on_its_way = operation.kept is not None or operation.state is OperationState.CHECKING
    if on_its_way or (shown and not late):
        return
    try:
        keep_true(Place(waiting.person, f"direct:{operation.id}"), content, tools.desk)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise


def _request_link(operation: Operation, tracked: Tracked | None, tools: Tools) -> Link | None:
    link = card_link(tracked, tools) if tracked is not None else None
    own = Place(tools.channels.of_request(operation), operation_card(operation.id))
    return link or tools.desk.deliveries.link(own)


def _in_view(view_id: str | None, operation: Operation, content: Callable[[], Answer], tools: Tools) -> bool:
    """One worker at a time shows in a view, and reads what to show while it holds the lease: the newest stays."""
    if view_id is None:
        return False
    desk = tools.desk
    delivery = desk.deliveries.reserve(
        Place(f"view:{view_id}", "answer"), lease=desk.new_id(), now=desk.now(), lease_seconds=10
    )
    if delivery is None:
        raise Held(f"view {view_id}")
    shown = delivery.closed  # The end was shown there: a second delivery of its news needs no direct message.
    try:
        shown = shown or desk.slack.show_in_view(view_id, content())
    except SlackRefused:
        return False  # Whatever it has against the view, the person is told by direct message.
    finally:
        desk.deliveries.release(delivery, closed=shown and operation.state.settled)
    return shown


def _know(operation: Operation, tools: Tools) -> None:
    """The worker that sends decides rights by the table alone, so what it knows of the people is kept fresh here."""
    if operation.state.settled:
        return
    for user_id in operation.people:
        person = tools.people.person(user_id)
        if person is None or tools.desk.now() - person.read_at > PERSON_FRESH_SECONDS // 2:
            read = tools.reads_people.read_person(user_id)
            if read is not None:
                tools.people.save_person(read)
