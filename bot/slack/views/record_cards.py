"""Cards of connections and of disconnection requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from bot.domain.content import RecordCard, RelatedRecords
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.reconciliation import status_matches_decision
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import Connection, Disconnection, DisconnectionSource, DisconnectionStatus, Record
from bot.domain.reminders import days_left
from bot.domain.requests import DecisionRequest
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, Quote, SmallPrint
from bot.slack.views.record_facts import next_step, source_name, status_name
from bot.slack.views.rich_text import (
    Json,
    Link,
    PermalinkLookup,
    PlainText,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    card_link,
    date_text,
    labelled,
    rich_text,
)


def connection_card(card: RecordCard, record: Connection, display: DisplaySettings) -> Message:
    """The reader passes by and wants to know: is this one fine, and if not, is it on me?

    What could mislead: a button that is offered while somebody else's retry is on its way, words of an earlier try
    read as today's, and praise for somebody whose retry may yet fail. So one open operation takes the buttons away,
    and who did something is said only when none is open.
    """
    parts: list[Part] = [Paragraph(_facts(card.record_state, record, now_or_next(card, record, display)))]
    parts += _carrier_message(record)
    parts.append(Paragraph(last_outcome_lines(card, display, current=display.retryable(card.record_state))))
    parts.append(card_buttons(card, display))
    parts.append(SmallPrint([record_facts.id_and_version(record)]))
    return Message(parts, record_facts.group_and_carrier(record, display), display.warning())


def _facts(record_state: RecordState, record: Connection, then: RichText) -> list[RichText]:
    return [
        record_facts.status_line(record),
        then,
        record_facts.carrier_group_id_line(record),
        record_facts.requester(record_state),
        record_facts.attempts(record_state),
    ]


def _carrier_message(record: Connection) -> list[Part]:
    words = record_facts.carrier_message(record)
    return [Paragraph([labelled("The carrier said")]), Quote(words)] if words else []


DECIDED_ELSEWHERE = "Decided outside Switchboard, as far as it remembers (30 days)"
"""Operations are kept no longer, so an older decision of ours would look like somebody else's."""
_POSSIBLY_OURS = frozenset(
    {OutcomeKind.CONFIRMED, OutcomeKind.RECONCILED, OutcomeKind.REPORTED_ARRIVED, OutcomeKind.CLOSED},
)


def disconnection_card(
    card: RecordCard, record: Disconnection, display: DisplaySettings, links: PermalinkLookup
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
        *claimed_by(card.record_state),
        now_or_next(card, record, display),
    ]
    lines += last_outcome_lines(card, display, current=decidable(card.record_state))
    if open_operation(card) is None:
        lines += decided_elsewhere(record, card.last)
    parts: list[Part] = [Paragraph(lines)]
    if card.related is not None:
        parts.append(Paragraph(related_records_lines(card.related, display, links)))
    parts.append(Paragraph(group_link(record, display)))
    return Message(
        [*parts, card_buttons(card, display), SmallPrint([record_facts.id_and_version(record)])],
        rich_text("Disconnect ", *record_facts.group_and_carrier(record, display)),
        display.warning(),
    )


def disconnection_facts(record: Disconnection, today: date | None = None) -> list[RichText]:
    return [record_facts.status_line(record), end_date(record, today), _source_line(record)]


def end_date(record: Disconnection, today: date | None = None) -> RichText:
    """With how far away it is, for what is made anew each day; else without."""
    ends = record.effective_end_date
    left = (
        ()
        if today is None or ends is None
        else rich_text(" · ", PlainText(days_left_text(days_left(ends, today)), bold=True))
    )
    return rich_text(*labelled("Last managed day", end_date_text(record)), *left)


def days_left_text(days: int) -> str:
    if days in (-1, 0, 1):
        return {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}[days]
    return f"ends in {days} days" if days > 0 else f"ended {-days} days ago"


def claimed_by(record_state: RecordState) -> list[RichText]:
    """Who said that they are on it."""
    if record_state.owner is None or record_state.owned_since is None:
        return []
    return [
        rich_text(UserMention(record_state.owner), " is checking since ", Timestamp(record_state.owned_since))
    ]


def end_date_text(record: Disconnection) -> PlainText:
    ends = record.effective_end_date
    return PlainText("not set yet" if ends is None else date_text(ends))


def decided_elsewhere(record: Disconnection, last: Operation | None) -> list[RichText]:
    """Said where it was decided, and no decision of ours can have been it. By whom is not told by Noyo."""
    if not _was_decided(record) or (last is not None and _is_possibly(record, last)):
        return []
    when = rich_text(" · ", Timestamp(record.decided)) if record.decided is not None else ()
    return [rich_text(DECIDED_ELSEWHERE, *when)]


def _was_decided(record: Disconnection) -> bool:
    """Requests of our own platform begin in `processing`; nobody decides on those."""
    if record.status is DisconnectionStatus.REJECTED:
        return True
    if record.source_type is DisconnectionSource.PLATFORM:
        return False
    went_on = record.status in (DisconnectionStatus.PROCESSING, DisconnectionStatus.COMPLETED)
    return went_on and (record.decided is not None or record.source_type is DisconnectionSource.CARRIER)


def _is_possibly(record: Disconnection, last: Operation) -> bool:
    wanted, came = last.input, last.outcome
    if not isinstance(wanted, DecisionRequest) or came is None:
        return False
    return came.kind in _POSSIBLY_OURS and status_matches_decision(wanted.decision, record.status)


def _source_line(record: Disconnection) -> RichText:
    about = (
        rich_text(" (its reference: ", UntrustedText(record.source_id, 80), ")") if record.source_id else ()
    )
    when = f" on {date_text(record.source_date)}" if record.source_date else ""
    return labelled("Asked for by", source_name(record), when, *about)


def requested_by(record_state: RecordState) -> list[RichText]:
    """Where it was asked for through us; else Noyo's source is all there is to say."""
    return (
        [labelled("Requested by", UserMention(record_state.requester))]
        if record_state.requested_by_operation and record_state.requester
        else []
    )


def open_operation(card: RecordCard) -> Operation | None:
    """What is on its way: while it is, nothing else is offered, and nobody is said to have done anything."""
    return card.operation if card.operation is not None and card.operation.is_open else None


def now_or_next(card: RecordCard, record: Record, display: DisplaySettings) -> RichText:
    """While something is on its way, that is what comes next, and not a second one."""
    operation = open_operation(card)
    if operation is not None:
        return labelled("Now", *operation_text.in_progress(operation))
    return labelled("Next", *next_step(record, display))


def last_outcome_lines(card: RecordCard, display: DisplaySettings, *, current: bool) -> list[RichText]:
    """What became of the newest settled operation; `current`: the record is still where its advice can be followed."""
    last = card.last
    if last is None or open_operation(card) is not None:
        return []
    # Advice on a refusal is history once the record has moved on.
    current = current and (last.settled_at or 0) >= card.record_state.record.modified
    return [last_outcome(last), operation_text.advice(last, display.command) if current else ()]


def last_outcome(last: Operation) -> RichText:
    """What became of the newest settled operation, and when."""
    when = rich_text(" · ", Timestamp(last.settled_at)) if last.settled_at is not None else ()
    return rich_text(*operation_text.outcome(last), *when)


def card_buttons(card: RecordCard, display: DisplaySettings) -> Buttons:
    return Buttons(_card_buttons(card, display), _revision(card))


def _card_buttons(card: RecordCard, display: DisplaySettings) -> list[Json]:
    operation = open_operation(card)
    if operation is None:
        return record_facts.action_buttons(card.record_state, display, with_claim=True)
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [*buttons.resolution_buttons(operation.id), record_facts.details_button(card.record_state)]
    return [record_facts.details_button(card.record_state)]


def _revision(card: RecordCard) -> str:
    operation = open_operation(card)
    about = f"{operation.id}:{operation.state.value}" if operation else ""
    return f"{card.record_state.entity}:{card.record_state.record.version}:{about}:{card.record_state.owner or ''}"


OTHERS_SHOWN = 6
EARLIER_SHOWN = 3


def related_records_lines(
    shown: RelatedRecords, display: DisplaySettings, links: PermalinkLookup
) -> list[RichText]:
    """What else would help to decide. What we do not hold is not said to be not there."""
    return [
        _list_line(
            "Other carriers of the group",
            [_other_carrier(one, display) for one in shown.other_carriers],
            OTHERS_SHOWN,
        ),
        earlier_requests_line(shown.earlier),
        *_connection_line(shown, links),
    ]


def earlier_requests_line(earlier: Sequence[Disconnection]) -> RichText:
    return _list_line("Asked before", [_earlier_request(one) for one in earlier], EARLIER_SHOWN)


def group_link(record: Connection | Disconnection, display: DisplaySettings) -> list[RichText]:
    """Where the group is shown elsewhere, as the settings say."""
    if not display.group_link or record.group_id is None:
        return []
    url = display.group_link.replace("{group_id}", quote(record.group_id[:200], safe=""))
    return [rich_text(Link(url, "Open the group"))]


def _list_line(label: str, told: Sequence[RichText], most: int) -> RichText:
    if not told:
        return ()
    runs: list[Span | str] = []
    for number, one in enumerate(told[:most]):
        runs += [", " if number else "", *one]
    more = len(told) - most
    return labelled(label, *runs, f" and {more} more" if more > 0 else "")


def _other_carrier(record: Connection, display: DisplaySettings) -> RichText:
    return rich_text(display.carrier(record.carrier_id), " (", status_name(record.status), ")")


def _earlier_request(record: Disconnection) -> RichText:
    when = record.completed or record.decided or record.modified
    return rich_text(status_name(record.status), " ", Timestamp(when))


def _connection_line(shown: RelatedRecords, links: PermalinkLookup) -> list[RichText]:
    if shown.connection is None:
        return []
    ways = card_link(shown.card, links)
    stands = rich_text(status_name(shown.connection.status), " · " if ways else "")
    return [labelled("The connection it would end", *stands, *(ways[0] if ways else ()))]
