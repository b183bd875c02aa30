"""Use case: call people where one of them must act, and keep every such message true."""

from __future__ import annotations

from datetime import tzinfo

from bot.domain.delivery import Place
from bot.domain.news import News, NewsKind
from bot.domain.operations import Operation, OperationState
from bot.domain.records import Disconnection, is_open, needs_us
from bot.domain.showing import Alert, Content, NeedsPerson
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked
from bot.domain.waiting import end_of, ends_soon, waits
from bot.usecases.board import Tools, card_link
from bot.usecases.deliver import keep_true
from bot.usecases.scene import Library, open_operation, record_of


def alerts(news: News, subject: Subject, tools: Tools) -> None:
    """Raises an alert where this news calls for one, and keeps all earlier ones about the record true."""
    tracked = tools.library.records.tracked(subject)
    if tracked is None:
        return
    channel = tools.channels.loud(subject.kind)
    prefix = f"alert:{subject}:"
    live = {place.key for place in tools.desk.deliveries.live(channel, prefix)}
    newest = max(live, default="", key=lambda key: (_raised_at(key)[1] == tracked.status.value, key))
    if _is_loud(news, tracked, tools.library, tools.timezone):
        own = f"{prefix}{news.at:012d}:{news.version}:{news.after}"
        newest = own if news.version == tracked.record.version else max(newest, own)
    for key in sorted(live | {newest} - {""}, key=lambda key: key != newest):
        _alert(Place(channel, key), subject, tools, newest=key == newest)


def _raised_at(key: str) -> tuple[str, str]:
    """The version and the status that an alert was raised at."""
    *_, version, status = key.split(":")
    return version, status


def _is_loud(news: News, tracked: Tracked, library: Library, zone: tzinfo) -> bool:
    """A change to a status in which we must act, unless it has moved on since: then the card and its thread tell."""
    if news.kind not in (NewsKind.RECORD, NewsKind.OPERATION) or news.after is None:
        return False
    if not needs_us(tracked.status) or tracked.status.value != news.after:
        return False
    if tracked.subject.kind is Kind.DISCONNECTION and news.before in (None, news.after):
        # Its card is in the very channel that decides, which is enough unless nobody may wait for a reminder.
        return not news.found and ends_soon(tracked, zone) and _has_a_new_end(news, tracked, library)
    if news.after == news.before:
        return _is_a_try_of_its_own(news, tracked, library)
    return not _of_an_earlier_try(news, tracked, library)


def _has_a_new_end(news: News, tracked: Tracked, library: Library) -> bool:
    """That it ends soon was learnt with this version, and not with one before.

    Where it has moved since, and still ends then, no other news calls for it.
    """
    known = [
        one for one in library.records.history(tracked.subject, since=0) if isinstance(one, Disconnection)
    ]
    at = next((number for number, one in enumerate(known) if one.version == news.version), None)
    if at is None or any(one.effective_end_date != end_of(tracked) for one in known[at:]):
        return False
    return at == 0 or known[at - 1].effective_end_date != end_of(tracked)


def _is_a_try_of_its_own(news: News, tracked: Tracked, library: Library) -> bool:
    """It was tried again and came to the same status before anybody looked: of that try this version is the first."""
    of_this_try = library.records.history(tracked.subject, since=tracked.attempt_began)
    return bool(of_this_try) and of_this_try[0].version == news.version


def _of_an_earlier_try(news: News, tracked: Tracked, library: Library) -> bool:
    """It went on and then came to the same status again, which is news of its own: nobody is called twice for it."""
    if tracked.tries == 1 or news.version == tracked.record.version:
        return False
    of_this_try = library.records.history(tracked.subject, since=tracked.attempt_began)
    return all(version.version != news.version for version in of_this_try)


def _alert(place: Place, subject: Subject, tools: Tools, *, newest: bool) -> None:
    raised_version, raised_status = _raised_at(place.key)

    def content() -> Alert:
        tracked = tools.library.records.tracked(subject)
        if tracked is None:
            raise LookupError(f"nothing in the table for {subject}")
        still = newest and tracked.status.value == raised_status
        return Alert(
            tracked,
            tracked.record.version if still else raised_version,
            open_operation(tracked, tools.library),
            card_link(tracked, tools),
            tools.library.today() if waits(tracked) else None,
            calls=waits(tracked) and ends_soon(tracked, tools.timezone),
        )

    keep_true(place, content, tools.desk, closes=is_over)


def is_over(shown: Content) -> bool:
    """It tells how its record stands, so it is kept true until that no longer moves."""
    return isinstance(shown, Alert) and shown.operation is None and not is_open(shown.tracked.status)


def person_messages(operation: Operation, tools: Tools) -> None:
    """Loud each time a person has to say what became of an operation; all kept true until it is settled."""
    channel, prefix = tools.channels.alerts, f"person:{operation.id}:"
    places = set(tools.desk.deliveries.live(channel, prefix))
    if operation.state is OperationState.NEEDS_PERSON:
        places.add(Place(channel, f"{prefix}{operation.attempts:06d}"))

    def content() -> NeedsPerson:
        current = tools.library.operations.operation(operation.id) or operation
        tracked = record_of(current, tools.library)
        return NeedsPerson(current, tracked, card_link(tracked, tools) if tracked else None)

    for place in sorted(places, key=lambda place: place.key, reverse=True):
        keep_true(place, content, tools.desk, closes=_is_settled)


def _is_settled(shown: Content) -> bool:
    return isinstance(shown, NeedsPerson) and shown.operation.state.settled
