"""Use case: what time brings to a request that waits for a decision: its days, and the reminders on some of them.

Each day puts the next one before it is delivered itself, so the chain never breaks; whatever is put is checked against
the table first once its time has come. Ids are of version and day: whoever puts one twice puts it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from bot.domain import news as telling
from bot.domain.business_days import start_of, working_moment
from bot.domain.delivery import Place
from bot.domain.news import News
from bot.domain.showing import Alert, Link
from bot.domain.subjects import Subject
from bot.domain.tracking import Tracked
from bot.domain.waiting import calls, newest_reminder, waits
from bot.errors import SlackRefused
from bot.usecases.alert import alerts, is_over
from bot.usecases.board import Tools, card_link
from bot.usecases.deliver import NotNow, keep_true, take_away
from bot.usecases.scene import open_operation
from bot.usecases.show_card import card_of, under_card

SPREAD_SECONDS = 1800
"""What begins at one moment is spread over so long: Slack takes some fifty edits a minute, and a message a second."""
BEING_DECIDED_SECONDS = 900
"""Nobody is reminded of what somebody is deciding; should that be refused, they are afterwards."""


def each_day(news: News, tools: Tools) -> Iterator[Callable[[], None]]:
    """The steps of a new day: what comes after it, then everything that counts days, made anew."""
    tracked = _still_waiting(news, tools)
    if tracked is None:
        return  # A version that came since has days of its own.
    _mind_the_day(news, tools)
    yield lambda: _put_what_comes(news, tracked, tools)
    if news.day is not None and not _slept_through(news, tracked, tools):
        yield lambda: card_of(tracked.subject, tools)
        yield lambda: alerts(news, tracked.subject, tools)
        yield lambda: keep_reminders_true(tracked.subject, tools)


def _mind_the_day(news: News, tools: Tools) -> None:
    """Where the zone in the settings was moved west meanwhile, it is still the day before; told now, the day that is
    put next would be this one again, and the chain would end."""
    if news.day is not None and news.day > tools.library.today():
        raise NotNow(_begins(news.day, news.subject, tools) - tools.desk.now())


def _begins(day: date, subject: Subject, tools: Tools) -> int:
    return start_of(day, tools.timezone) + 1 + spread(subject)


def _still_waiting(news: News, tools: Tools) -> Tracked | None:
    tracked = tools.library.records.tracked(news.subject)
    if tracked is None or not waits(tracked) or tracked.record.version != news.version:
        return None
    return tracked


def _slept_through(news: News, tracked: Tracked, tools: Tools) -> bool:
    """Whether a later day has begun as well, which shows everything as it is by now."""
    today = telling.of_day(tracked.record, tools.library.today(), 0)
    return today.id != news.id and tools.news.news(today.id) is not None


def _put_what_comes(news: News, tracked: Tracked, tools: Tools) -> None:
    zone, today, now = tools.timezone, tools.library.today(), tools.desk.now()
    later = spread(tracked.subject)
    reminder = newest_reminder(tracked, today, zone)
    # A version that is new to us takes up the reminder of its day, which the version before it can no longer give.
    if reminder is not None and reminder >= (news.day or today):
        begins = working_moment(max(now, start_of(reminder, zone)), zone)
        tools.news.put(telling.of_reminder(tracked.record, reminder, begins + later))
    tomorrow = today + timedelta(days=1)
    tools.news.put(telling.of_day(tracked.record, tomorrow, _begins(tomorrow, tracked.subject, tools)))


def spread(subject: Subject) -> int:
    """Seconds after the hour at which this one has its turn, always the same."""
    return int.from_bytes(hashlib.sha256(str(subject).encode()).digest()[:4], "big") % SPREAD_SECONDS


# ---------------------------------------------------------------- reminders


def remind(news: News, tools: Tools) -> None:
    """One reminder, in the card's thread and in the channel; the one before it goes once it is there.

    It is posted in working hours only. What was decided, changed, or has a later reminder by now is not spoken of.
    """
    tracked, place = _still_waiting(news, tools), _place(news, tools)
    if tracked is None or not _is_its_turn(tracked, news, tools) or _was_reminded_of(place, news, tools):
        _forget(place, news.subject, tools)
        return
    _mind_the_hour(tools)
    if open_operation(tracked, tools.library) is not None:
        raise NotNow(BEING_DECIDED_SECONDS)

    def posted(card: Link) -> None:
        _keep_true(place, news.subject, tools, thread=card.ts, newest=True)

    under_card(news.subject, posted, tools)
    keep_reminders_true(news.subject, tools)


def _is_its_turn(tracked: Tracked, news: News, tools: Tools) -> bool:
    """After some days off only the newest reminder counts."""
    return newest_reminder(tracked, tools.library.today(), tools.timezone) == news.day


def _was_reminded_of(place: Place, news: News, tools: Tools) -> bool:
    """Whether the day's reminder is there already, posted while the request was in the version before."""
    of_the_day = f"{_prefix(news.subject)}{news.day}:"
    places = tools.desk.deliveries.live(place.channel, of_the_day)
    return any(one != place and tools.desk.deliveries.link(one) is not None for one in places)


def _mind_the_hour(tools: Tools) -> None:
    now = tools.desk.now()
    begins = working_moment(now, tools.timezone)
    if begins > now:
        raise NotNow(begins - now)


def _forget(place: Place, subject: Subject, tools: Tools) -> None:
    """One that was posted says by itself that it is over; one of which nobody knows must not turn up later."""
    if tools.desk.deliveries.link(place) is None:
        card = _card(subject, tools)
        take_away(place, tools.desk, thread=card.ts if card else None)
    keep_reminders_true(subject, tools)


def keep_reminders_true(subject: Subject, tools: Tools) -> None:
    """The last reminder says what is so; those before it are deleted, or say so too where Slack deletes nothing."""
    channel = tools.channels.loud(subject.kind)
    live = sorted(tools.desk.deliveries.live(channel, _prefix(subject)), key=lambda place: place.key)
    card = _card(subject, tools) if live else None
    for place in live:
        newest = place == live[-1]
        if newest or not _taken_away(place, card, tools):
            _keep_true(place, subject, tools, thread=card.ts if card else None, newest=newest, reposts=False)


def _taken_away(place: Place, card: Link | None, tools: Tools) -> bool:
    try:
        take_away(place, tools.desk, thread=card.ts if card else None)
    except SlackRefused:
        return False  # Such as a workspace in which nobody deletes.
    return True


def _keep_true(
    place: Place, subject: Subject, tools: Tools, *, thread: str | None, newest: bool, reposts: bool = True
) -> None:
    keep_true(
        place,
        lambda: _reminder(place, subject, tools, newest=newest),
        tools.desk,
        thread=thread,
        broadcast=True,
        reposts=reposts,
        closes=is_over,
    )


def _reminder(place: Place, subject: Subject, tools: Tools, *, newest: bool) -> Alert:
    tracked = tools.library.records.tracked(subject)
    if tracked is None:
        raise LookupError(f"nothing in the table for {subject}")
    *_, day, version = place.key.split(":")
    return Alert(
        tracked,
        version if newest and waits(tracked) else "",
        open_operation(tracked, tools.library),
        card_link(tracked, tools),
        tools.library.today() if waits(tracked) else None,
        calls=calls(tracked, date.fromisoformat(day), tools.timezone),
        reminds=True,
    )


def _prefix(subject: Subject) -> str:
    return f"reminder:{subject}:"


def _place(news: News, tools: Tools) -> Place:
    """Keys sort by day, whatever the versions are."""
    day = news.day.isoformat() if news.day else ""
    return Place(tools.channels.loud(news.subject.kind), f"{_prefix(news.subject)}{day}:{news.version}")


def _card(subject: Subject, tools: Tools) -> Link | None:
    tracked = tools.library.records.tracked(subject)
    return card_link(tracked, tools) if tracked is not None else None
