"""Slack room: one change, as a line in the thread of a card."""

from __future__ import annotations

from bot.domain.news import News, NewsKind, is_of_keeping, is_of_placing
from bot.domain.operations import Operation, OperationState
from bot.domain.showing import ThreadLine
from bot.slack import deeds
from bot.slack.message import Message, Paragraph
from bot.slack.phrases import Line, Moment, Person, line
from bot.slack.statuses import named, status_name


def thread_line(shown: ThreadLine) -> Message:
    """The reader goes back over what happened, in order.

    What could mislead: a line that tells the present as if it were that moment. So a line is made from the news as it
    was, and from the operation only what never changes or what it ended with.
    """
    return Message([Paragraph([_told(shown.news, shown.operation)])])


def _told(news: News, operation: Operation | None) -> Line:
    when = line(" · ", Moment(news.at))
    if news.kind is NewsKind.LATE:
        return line("An earlier change arrived late: ", *_after(news), *when)
    if news.kind is NewsKind.OPERATION:
        change = line(" · ", *_change(news)) if news.after is not None else ()
        return line(*_operation(news, operation), *change, *when)
    if news.kind is NewsKind.OWNER:
        return line(*_owner(news), *when)
    if news.kind is NewsKind.SUMMARY:
        return line("Was there before Switchboard began", *when)
    return line(*_change(news), *when)


def _owner(news: News) -> Line:
    if news.after is None:
        return line(Person(news.before or ""), " is no longer checking")
    instead = line(" instead of ", Person(news.before)) if news.before else ()
    return line(Person(news.after), " is checking", *instead)


def _change(news: News) -> Line:
    if news.before is None:
        return line("New at Noyo: ", *_after(news))
    if news.before == news.after:
        return line("Changed at Noyo, still ", *_after(news))
    return line(status_name(named(news.subject.kind, news.before)), " → ", *_after(news))


def _after(news: News) -> Line:
    return line(status_name(named(news.subject.kind, news.after or ""), bold=True))


def _operation(news: News, operation: Operation | None) -> Line:
    if operation is None:
        return _forgotten(news.operation_state)
    state = news.operation_state
    if state is None or state.settled:
        return deeds.outcome(operation)
    return _on_the_way(news, operation, state)


def _on_the_way(news: News, operation: Operation, state: OperationState) -> Line:
    whose = deeds.whose(operation)
    if state is OperationState.HELD:
        return deeds.held(operation)
    if state is OperationState.CHECKING:
        return line("Noyo gave no answer to ", *whose, "; checking whether it arrived")
    if state is OperationState.NEEDS_PERSON:
        return line("Nobody can tell whether ", *whose, " arrived; a person has to say")
    if is_of_keeping(news):
        return line("Kept and not sent for now: ", *whose, " goes out once sending to Noyo is on again")
    if state is OperationState.PENDING and not is_of_placing(news):
        return line("Not through to Noyo yet; ", *whose, " is to be sent again")
    if state is OperationState.PENDING and operation.second is not None:
        return deeds.seconded(operation)
    if state is OperationState.SENDING:
        return line("Sending ", *whose, " to Noyo")
    return deeds.deed(operation)


def _forgotten(state: OperationState | None) -> Line:
    """Operations are kept for 30 days after they are settled."""
    return line(f"An operation, no longer kept, was {state.value.replace('_', ' ') if state else 'settled'}")
