"""Use case: deliver one piece of news to everyone it concerns, the only way anything is posted to Slack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.domain.delivery import Place
from bot.domain.news import News, NewsKind
from bot.domain.operations import Operation, OperationKind, OperationState
from bot.domain.people import PERSON_FRESH_SECONDS
from bot.domain.records import is_open, needs_us
from bot.domain.showing import Alert, Answer, Content, Link, NeedsPerson, RecordCard, Summary, ThreadLine
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked, operation_card
from bot.errors import SlackBusy, SlackError, SlackRefused, SlackSilent
from bot.ports import KeepsNews, KeepsPeople, ReadsPeople
from bot.usecases.deliver import Desk, Held, keep_true, post_once
from bot.usecases.scene import Library, duplicate_of, open_operation, record_card, record_of, request_card
from bot.usecases.summarise import summary

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
OUTAGE_PAUSE_SECONDS = 300
"""Slack comes back by itself, and alerts wait for it."""
LATE_SECONDS = 60
"""A person who waited longer than this in front of a modal has most likely looked away."""
NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
NO_DIRECT_MESSAGE = frozenset(
    {"user_not_found", "user_disabled", "cannot_dm_bot", "channel_not_found", "messages_tab_disabled"}
)


@dataclass(frozen=True, slots=True)
class Channels:
    connections: str
    alerts: str
    decisions: str

    def home(self, kind: Kind) -> str:
        """Where the card of a record hangs."""
        return self.decisions if kind is Kind.DISCONNECTION else self.connections

    def loud(self, kind: Kind) -> str:
        """Where what we must act on is told."""
        return self.decisions if kind is Kind.DISCONNECTION else self.alerts


@dataclass(frozen=True, slots=True)
class Tools:
    """What notifying touches."""

    news: KeepsNews
    library: Library
    people: KeepsPeople
    reads_people: ReadsPeople
    desk: Desk
    channels: Channels


@dataclass(slots=True)
class Report:
    """How a piece of news went: what stood in the way, and when it is tried again (None: delivered)."""

    news_id: str
    troubles: list[Exception] = field(default_factory=list)
    again_at: int | None = None


def notify(news_id: str, tools: Tools) -> Report | None:
    """Delivers what is not delivered yet. Safe to call any number of times; None where there is nothing to do now.

    What Slack does not take is tried again later; any other error too, and is raised once that is written down.
    """
    news = tools.news.news(news_id)
    now = tools.desk.now()
    if news is None or news.due is None or news.due > now:
        return None
    report = Report(news_id, _troubles(news, tools))
    if report.troubles:
        report.again_at = tools.desk.now() + max(_pause(trouble, news) for trouble in report.troubles)
        tools.news.postpone(news, report.again_at)
    else:
        tools.news.delivered(news, now)
    for trouble in report.troubles:
        if not isinstance(trouble, (Held, SlackError)):
            raise trouble
    return report


def _troubles(news: News, tools: Tools) -> list[Exception]:
    """What stood in the way. Each step stands alone: one that fails, for whatever reason, keeps none from happening."""
    troubles: list[Exception] = []
    try:
        steps = list(_steps(news, tools))
    except Exception as trouble:  # noqa: BLE001 - put off like any other, and raised once that is written
        return [trouble]
    for step in steps:
        try:
            step()
        except Exception as trouble:  # noqa: BLE001 - the same
            troubles.append(trouble)
    return troubles


def _pause(trouble: Exception, news: News) -> int:
    if isinstance(trouble, SlackBusy):
        return max(trouble.retry_after, 1)
    if isinstance(trouble, Held):
        return FIRST_PAUSE_SECONDS
    growing: int = FIRST_PAUSE_SECONDS * 2 ** min(news.attempts, 10)
    return min(growing, OUTAGE_PAUSE_SECONDS if isinstance(trouble, SlackSilent) else LONGEST_PAUSE_SECONDS)


def _steps(news: News, tools: Tools) -> Iterator[Callable[[], None]]:
    if news.kind is NewsKind.SUMMARY:
        yield lambda: _summarise(tools)
        return
    operation = tools.library.operations.operation(news.operation_id) if news.operation_id else None
    subject = _record_subject(news, operation, tools.library)
    if _has_card(news, operation):
        yield lambda: _card_and_line(news, operation, subject, tools)
    if subject is not None:
        yield lambda: _alerts(news, subject, tools)
    if operation is not None:
        yield lambda: _person_messages(operation, tools)
        if operation.actor is not None:
            yield lambda: _answer(operation, tools)


def _record_subject(news: News, operation: Operation | None, library: Library) -> Subject | None:
    if news.subject.kind is not Kind.REQUEST:
        return news.subject
    tracked = record_of(operation, library) if operation is not None else None
    return tracked.subject if tracked is not None else None


def _has_card(news: News, operation: Operation | None) -> bool:
    """A look by itself is not worth a card or a line; what it found out is."""
    looked = operation is not None and operation.kind is OperationKind.LOOK
    return news.version is not None or not looked


def _card_and_line(news: News, operation: Operation | None, subject: Subject | None, tools: Tools) -> None:
    place = _card_place(operation, subject, tools)
    if place is None:
        return
    card = _card(place, subject, tools)
    line = Place(place.channel, f"line:{news.id}")
    try:
        post_once(line, lambda: ThreadLine(news, operation), tools.desk, thread=card.ts)
    except SlackRefused as refusal:
        if refusal.code not in NO_THREAD:
            raise
        # Somebody deleted the card, which nobody notices as long as it has not changed.
        card = _card(place, subject, tools, anew=True)
        post_once(line, lambda: ThreadLine(news, operation), tools.desk, thread=card.ts)


def _card(place: Place, subject: Subject | None, tools: Tools, *, anew: bool = False) -> Link:
    """The card, and the one from before we knew whose record it is, where there is one: both are true."""
    card = keep_true(place, lambda: _card_content(place, subject, tools), tools.desk, anew=anew)
    former = Place(place.channel, str(subject))
    if subject is not None and former != place and tools.desk.deliveries.link(former) is not None:
        keep_true(former, lambda: _card_content(former, subject, tools), tools.desk)
    return card


def _card_place(operation: Operation | None, subject: Subject | None, tools: Tools) -> Place | None:
    if operation is not None and operation.subject.kind is Kind.REQUEST:
        return Place(tools.channels.connections, operation_card(operation.id))
    tracked = tools.library.records.tracked(subject) if subject is not None else None
    return Place(tools.channels.home(tracked.subject.kind), tracked.card) if tracked is not None else None


def _card_content(place: Place, subject: Subject | None, tools: Tools) -> Content:
    of_request = operation_card("")
    content: Content | None = None
    if subject is not None:
        content = record_card(subject, tools.library)
    if place.key.startswith(of_request) and not _hangs_at(content, place):
        content = request_card(place.key.removeprefix(of_request), tools.library)
    if content is None:
        raise LookupError(f"nothing in the table for the card {place.key}")
    return content


def _hangs_at(content: Content | None, place: Place) -> bool:
    return isinstance(content, RecordCard) and content.tracked.card == place.key


def _alerts(news: News, subject: Subject, tools: Tools) -> None:
    """Raises an alert where this news calls for one, and keeps all earlier ones about the record true."""
    tracked = tools.library.records.tracked(subject)
    if tracked is None:
        return
    channel = tools.channels.loud(subject.kind)
    prefix = f"alert:{subject}:"
    live = {place.key for place in tools.desk.deliveries.live(channel, prefix)}
    newest = max(live, default="", key=lambda key: (_raised_at(key)[1] == tracked.status.value, key))
    if _is_loud(news, tracked, tools.library):
        own = f"{prefix}{news.at:012d}:{news.version}:{news.after}"
        newest = own if news.version == tracked.record.version else max(newest, own)
    for key in sorted(live | {newest} - {""}, key=lambda key: key != newest):
        _alert(Place(channel, key), subject, tools, newest=key == newest)


def _raised_at(key: str) -> tuple[str, str]:
    """The version and the status that an alert was raised at."""
    *_, version, status = key.split(":")
    return version, status


def _is_loud(news: News, tracked: Tracked, library: Library) -> bool:
    """A change to a status in which we must act, unless it has moved on since: then the card and its thread tell."""
    if news.kind is NewsKind.LATE or news.after is None:
        return False
    if tracked.subject.kind is Kind.DISCONNECTION and news.before is None:
        return False  # Its card is new in the very channel that decides.
    if not needs_us(tracked.status) or tracked.status.value != news.after:
        return False
    if news.after == news.before:
        return _is_a_try_of_its_own(news, tracked, library)
    return not _of_an_earlier_try(news, tracked, library)


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
            _card_link(tracked, tools),
        )

    keep_true(place, content, tools.desk, closes=_is_over)


def _is_over(shown: Content) -> bool:
    """It tells how its record stands, so it is kept true until that no longer moves."""
    return isinstance(shown, Alert) and shown.operation is None and not is_open(shown.tracked.status)


def _card_link(tracked: Tracked, tools: Tools) -> Link | None:
    return tools.desk.deliveries.link(Place(tools.channels.home(tracked.subject.kind), tracked.card))


def _person_messages(operation: Operation, tools: Tools) -> None:
    """Loud each time a person has to say what became of an operation; all kept true until it is settled."""
    channel, prefix = tools.channels.alerts, f"person:{operation.id}:"
    places = set(tools.desk.deliveries.live(channel, prefix))
    if operation.state is OperationState.NEEDS_PERSON:
        places.add(Place(channel, f"{prefix}{operation.attempts:06d}"))

    def content() -> NeedsPerson:
        current = tools.library.operations.operation(operation.id) or operation
        tracked = record_of(current, tools.library)
        return NeedsPerson(current, tracked, _card_link(tracked, tools) if tracked else None)

    for place in sorted(places, key=lambda place: place.key, reverse=True):
        keep_true(place, content, tools.desk, closes=_is_settled)


def _is_settled(shown: Content) -> bool:
    return isinstance(shown, NeedsPerson) and shown.operation.state.settled


def _answer(operation: Operation, tools: Tools) -> None:
    """Tells the person who asked how it went: where they wait, or by direct message once they have looked away."""
    _know(operation, tools)
    if operation.state in (OperationState.PENDING, OperationState.SENDING):
        return

    def content() -> Answer:
        current = tools.library.operations.operation(operation.id) or operation
        tracked = record_of(current, tools.library) or duplicate_of(current, tools.library)
        return Answer(current, tracked, _request_link(current, tracked, tools))

    shown = _in_view(operation, content, tools)
    late = tools.desk.now() - operation.placed_at > LATE_SECONDS
    if operation.state is OperationState.CHECKING or (shown and not late):
        return
    try:
        keep_true(Place(operation.actor or "", f"direct:{operation.id}"), content, tools.desk)
    except SlackRefused as refusal:
        if refusal.code not in NO_DIRECT_MESSAGE:
            raise


def _request_link(operation: Operation, tracked: Tracked | None, tools: Tools) -> Link | None:
    link = _card_link(tracked, tools) if tracked is not None else None
    own = Place(tools.channels.connections, operation_card(operation.id))
    return link or tools.desk.deliveries.link(own)


def _in_view(operation: Operation, content: Callable[[], Answer], tools: Tools) -> bool:
    """One worker at a time shows in a view, and reads what to show while it holds the lease: the newest stays."""
    view_id = operation.answer_to.view_id
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
    """The worker that sends decides rights by the table alone, so what it knows of the person is kept fresh here."""
    if operation.actor is None or operation.state.settled:
        return
    person = tools.people.person(operation.actor)
    if person is None or tools.desk.now() - person.read_at > PERSON_FRESH_SECONDS // 2:
        read = tools.reads_people.read_person(operation.actor)
        if read is not None:
            tools.people.save_person(read)


def _summarise(tools: Tools) -> None:
    place = Place(tools.channels.alerts, "summary")

    def content() -> Summary:
        return summary(tools.library.records)

    post_once(place, content, tools.desk)
