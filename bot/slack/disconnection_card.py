"""Slack room: the card of a request to disconnect."""

from __future__ import annotations

from datetime import date

from bot.domain.effects import follows
from bot.domain.operations import DecisionRequest, Operation, OutcomeKind
from bot.domain.records import Disconnection, DisconnectionSource, DisconnectionStatus
from bot.domain.showing import RecordCard
from bot.domain.tracking import Tracked
from bot.domain.waiting import days_left
from bot.slack import facts
from bot.slack.look import Look
from bot.slack.message import Message, Paragraph, Part, SmallPrint
from bot.slack.phrases import Foreign, Line, Links, Moment, Person, Words, labelled, line
from bot.slack.record_card import card_buttons, last_lines, now_or_next, open_on
from bot.slack.statuses import source
from bot.slack.surroundings import group_link, whats_around
from bot.slack.text import day
from bot.usecases.place import decidable

REMEMBERED = "Decided outside Switchboard, as far as it remembers (30 days)"
"""Operations are kept no longer, so an older decision of ours would look like somebody else's."""
_MAY_BE_OURS = frozenset(
    {OutcomeKind.CONFIRMED, OutcomeKind.FOUND, OutcomeKind.ARRIVED, OutcomeKind.CLOSED},
)


def disconnection_card(card: RecordCard, record: Disconnection, look: Look, links: Links) -> Message:
    """The reader has to see in time whether coverage is about to end for somebody, and why, and decides.

    What could mislead: a count of days left, which is wrong by tomorrow, a date that a time zone moves to the day
    before, a colleague's decision that may yet be refused, and one that was made elsewhere and looks like ours. So the
    date itself is written out beside the count, which is made anew each midnight (`usecases/each_day.py`), a decision
    on its way takes the buttons away, and who decided is said only of what Noyo confirmed to us.
    """
    lines = [
        *disconnection_facts(record, card.today),
        *requested_by(card.tracked),
        *checking(card.tracked),
        now_or_next(card, record, look),
    ]
    lines += last_lines(card, look, current=decidable(card.tracked))
    if open_on(card) is None:
        lines += decided_elsewhere(record, card.last)
    parts: list[Part] = [Paragraph(lines)]
    if card.around is not None:
        parts.append(Paragraph(whats_around(card.around, look, links)))
    parts.append(Paragraph(group_link(record, look)))
    return Message(
        [*parts, card_buttons(card, look), SmallPrint([facts.ids(record)])],
        line("Disconnect ", *facts.group_and_carrier(record, look)),
        look.warning(),
    )


def disconnection_facts(record: Disconnection, today: date | None = None) -> list[Line]:
    return [facts.status(record), end_date(record, today), _asked(record)]


def end_date(record: Disconnection, today: date | None = None) -> Line:
    """With how far away it is, for what is made anew each day; else without."""
    ends = record.effective_end_date
    left = (
        ()
        if today is None or ends is None
        else line(" · ", Words(how_far(days_left(ends, today)), bold=True))
    )
    return line(*labelled("Last managed day", end_day(record)), *left)


def how_far(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}[days]
    return f"ends in {days} days" if days > 0 else f"ended {-days} days ago"


def checking(tracked: Tracked) -> list[Line]:
    """Who said that they are on it."""
    if tracked.owner is None or tracked.owned_since is None:
        return []
    return [line(Person(tracked.owner), " is checking since ", Moment(tracked.owned_since))]


def end_day(record: Disconnection) -> Words:
    ends = record.effective_end_date
    return Words("not set yet" if ends is None else day(ends))


def decided_elsewhere(record: Disconnection, last: Operation | None) -> list[Line]:
    """Said where it was decided, and no decision of ours can have been it. By whom is not told by Noyo."""
    if not _was_decided(record) or (last is not None and _may_be_it(record, last)):
        return []
    when = line(" · ", Moment(record.decided)) if record.decided is not None else ()
    return [line(REMEMBERED, *when)]


def _was_decided(record: Disconnection) -> bool:
    """Requests of our own platform begin in `processing`; nobody decides on those."""
    if record.status is DisconnectionStatus.REJECTED:
        return True
    if record.source_type is DisconnectionSource.PLATFORM:
        return False
    went_on = record.status in (DisconnectionStatus.PROCESSING, DisconnectionStatus.COMPLETED)
    return went_on and (record.decided is not None or record.source_type is DisconnectionSource.CARRIER)


def _may_be_it(record: Disconnection, last: Operation) -> bool:
    wanted, came = last.input, last.outcome
    if not isinstance(wanted, DecisionRequest) or came is None:
        return False
    return came.kind in _MAY_BE_OURS and follows(wanted.decision, record.status)


def _asked(record: Disconnection) -> Line:
    about = line(" (its reference: ", Foreign(record.source_id, 80), ")") if record.source_id else ()
    when = f" on {day(record.source_date)}" if record.source_date else ""
    return labelled("Asked for by", source(record), when, *about)


def requested_by(tracked: Tracked) -> list[Line]:
    """Where it was asked for through us; else Noyo's source is all there is to say."""
    return [labelled("Requested by", Person(tracked.asker))] if tracked.asked_by and tracked.asker else []
