"""The card of a request to disconnect."""

from __future__ import annotations

from datetime import date

from bot.domain.content import RecordCard
from bot.domain.operations import DecisionRequest, Operation, OutcomeKind
from bot.domain.reconciliation import status_matches_decision
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection, DisconnectionSource, DisconnectionStatus
from bot.domain.reminders import days_left
from bot.slack.views import record_facts
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.formatting import day
from bot.slack.views.message import Message, Paragraph, Part, SmallPrint
from bot.slack.views.record_card import card_buttons, last_lines, now_or_next, open_on
from bot.slack.views.related_records import group_link, related_records_lines
from bot.slack.views.rich_text import (
    PermalinkLookup,
    PlainText,
    RichText,
    Timestamp,
    UntrustedText,
    UserMention,
    labelled,
    rich_text,
)
from bot.slack.views.statuses import source
from bot.usecases.operations.submit import decidable

REMEMBERED = "Decided outside Switchboard, as far as it remembers (30 days)"
"""Operations are kept no longer, so an older decision of ours would look like somebody else's."""
_MAY_BE_OURS = frozenset(
    {OutcomeKind.CONFIRMED, OutcomeKind.RECONCILED, OutcomeKind.REPORTED_ARRIVED, OutcomeKind.CLOSED},
)


def disconnection_card(
    card: RecordCard, record: Disconnection, look: DisplaySettings, links: PermalinkLookup
) -> Message:
    """The reader has to see in time whether coverage is about to end for somebody, and why, and decides.

    What could mislead: a count of days left, which is wrong by tomorrow, a date that a time zone moves to the day
    before, a colleague's decision that may yet be refused, and one that was made elsewhere and looks like ours. So the
    date itself is written out beside the count, which is made anew each midnight (`usecases/each_day.py`), a decision
    on its way takes the buttons away, and who decided is said only of what Noyo confirmed to us.
    """
    lines = [
        *disconnection_facts(record, card.today),
        *requested_by(card.record_state),
        *checking(card.record_state),
        now_or_next(card, record, look),
    ]
    lines += last_lines(card, look, current=decidable(card.record_state))
    if open_on(card) is None:
        lines += decided_elsewhere(record, card.last)
    parts: list[Part] = [Paragraph(lines)]
    if card.around is not None:
        parts.append(Paragraph(related_records_lines(card.around, look, links)))
    parts.append(Paragraph(group_link(record, look)))
    return Message(
        [*parts, card_buttons(card, look), SmallPrint([record_facts.ids(record)])],
        rich_text("Disconnect ", *record_facts.group_and_carrier(record, look)),
        look.warning(),
    )


def disconnection_facts(record: Disconnection, today: date | None = None) -> list[RichText]:
    return [record_facts.status(record), end_date(record, today), _asked(record)]


def end_date(record: Disconnection, today: date | None = None) -> RichText:
    """With how far away it is, for what is made anew each day; else without."""
    ends = record.effective_end_date
    left = (
        ()
        if today is None or ends is None
        else rich_text(" · ", PlainText(how_far(days_left(ends, today)), bold=True))
    )
    return rich_text(*labelled("Last managed day", end_day(record)), *left)


def how_far(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}[days]
    return f"ends in {days} days" if days > 0 else f"ended {-days} days ago"


def checking(record_state: RecordState) -> list[RichText]:
    """Who said that they are on it."""
    if record_state.owner is None or record_state.owned_since is None:
        return []
    return [
        rich_text(UserMention(record_state.owner), " is checking since ", Timestamp(record_state.owned_since))
    ]


def end_day(record: Disconnection) -> PlainText:
    ends = record.effective_end_date
    return PlainText("not set yet" if ends is None else day(ends))


def decided_elsewhere(record: Disconnection, last: Operation | None) -> list[RichText]:
    """Said where it was decided, and no decision of ours can have been it. By whom is not told by Noyo."""
    if not _was_decided(record) or (last is not None and _may_be_it(record, last)):
        return []
    when = rich_text(" · ", Timestamp(record.decided)) if record.decided is not None else ()
    return [rich_text(REMEMBERED, *when)]


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
    return came.kind in _MAY_BE_OURS and status_matches_decision(wanted.decision, record.status)


def _asked(record: Disconnection) -> RichText:
    about = (
        rich_text(" (its reference: ", UntrustedText(record.source_id, 80), ")") if record.source_id else ()
    )
    when = f" on {day(record.source_date)}" if record.source_date else ""
    return labelled("Asked for by", source(record), when, *about)


def requested_by(record_state: RecordState) -> list[RichText]:
    """Where it was asked for through us; else Noyo's source is all there is to say."""
    return (
        [labelled("Requested by", UserMention(record_state.requester))]
        if record_state.requested_by_operation and record_state.requester
        else []
    )
