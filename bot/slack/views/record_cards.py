"""Cards of connections and of disconnection requests."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.domain.absences import AwayOwner
from bot.domain.content import Alert, RecordCard, RelatedRecords
from bot.domain.operations import Operation, OperationState, OutcomeKind
from bot.domain.reconciliation import status_matches_decision
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    DisconnectionStatus,
    Record,
)
from bot.domain.requests import DecisionRequest
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.buttons import Action, show_buttons
from bot.slack.views.carrier_facts import contact_line
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, Quote, SmallPrint
from bot.slack.views.record_facts import disconnection_facts, end_date_text, next_step, status_name
from bot.slack.views.rich_text import (
    ChannelMention,
    Json,
    Link,
    PermalinkLookup,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserMention,
    card_link,
    day_text,
    labelled,
    rich_text,
)

OTHER_CARRIERS_SHOWN = 6
EARLIER_SHOWN = 3
_ASK_THE_CARRIER = (ConnectionStatus.UNABLE_TO_CONNECT, ConnectionStatus.CARRIER_AUTHORIZATION)
"""The statuses whose next step is to contact the carrier."""
DECIDED_ELSEWHERE = "Decided outside Switchboard, according to the last 30 days"
"""Operations are stored for 30 days, so an older decision of ours would look like one made elsewhere."""
_POSSIBLY_OURS = frozenset(
    {OutcomeKind.CONFIRMED, OutcomeKind.RECONCILED, OutcomeKind.REPORTED_ARRIVED, OutcomeKind.CLOSED}
)


# ---------------------------------------------------------------- connections


def connection_card(card: RecordCard, record: Connection, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """Answers: is this connection fine, and if not, do I have to act?

    What could mislead: a button while a colleague's retry is in progress, an earlier attempt's message, credit for a
    retry that may still fail, and "Completed" for a group that is being disconnected. So an open operation removes the
    buttons, past outcomes show only without one, and a disconnection request that ends the connection is its status.
    """
    parts: list[Part] = [Paragraph(_facts(card, record, display))]
    parts.append(Paragraph(disconnection_lines(card, display, links)))
    message = record_facts.message_text(record)
    parts += [Paragraph([labelled(record_facts.message_label(record.status))]), Quote(message)] if message else []
    parts.append(Paragraph(last_outcome_lines(card, display, current=display.retryable(card.record_state))))
    parts.append(card_buttons(card, display))
    parts.append(SmallPrint([record_facts.id_and_version(record)]))
    return Message(parts, record_facts.group_and_carrier(record, display), display.warning())


def _facts(card: RecordCard, record: Connection, display: DisplaySettings) -> list[RichText]:
    asks = record.status in _ASK_THE_CARRIER and open_operation(card) is None
    return [
        record_facts.status_line(record, card.disconnection),
        now_or_next(card, record, display),
        *(contact_line(record.carrier_id, display) if asks else []),
        record_facts.carrier_group_id_line(record),
        record_facts.requester(card.record_state),
        record_facts.attempts(card.record_state),
        *claimed_by(card.record_state, card.away),
    ]


def disconnection_lines(card: RecordCard, display: DisplaySettings, links: PermalinkLookup) -> list[RichText]:
    """The request to disconnect a connection, with its own status and a link to its card."""
    request = card.disconnection.record if card.disconnection is not None else None
    if card.related is None or not isinstance(request, Disconnection):
        return []
    [link] = card_link(card.related.card, links) or (rich_text(ChannelMention(display.decisions_channel)),)
    last_day = rich_text(", last managed day ", end_date_text(request), " · ")
    return [labelled("Disconnection request", status_name(request.status), *last_day, *link)]


# ---------------------------------------------------------------- disconnection requests


def disconnection_card(
    card: RecordCard, record: Disconnection, display: DisplaySettings, links: PermalinkLookup
) -> Message:
    """Answers: is coverage about to end for a group, why, and what is my decision?

    What could mislead: a number of days that is wrong tomorrow, a date shifted by a time zone, a decision that may
    still be refused, and a decision made elsewhere that looks like ours. So the date stands beside the number of days
    (updated each midnight), an open operation removes the buttons, and only confirmed decisions name a person.
    """
    lines = [
        *disconnection_facts(record, card.today),
        *requested_by(card.record_state),
        *claimed_by(card.record_state, card.away),
        now_or_next(card, record, display),
    ]
    lines += last_outcome_lines(card, display, current=decidable(card.record_state))
    if open_operation(card) is None:
        lines += decided_elsewhere(record, card.last)
    parts: list[Part] = [Paragraph(lines)]
    if card.related is not None:
        parts.append(Paragraph(related_records_lines(card.related, display, links)))
    parts += [Paragraph(group_link(record, display)), card_buttons(card, display), *_show_group(card.related, record)]
    return Message(
        [*parts, SmallPrint([record_facts.id_and_version(record)])],
        rich_text("Disconnect ", *record_facts.group_and_carrier(record, display)),
        display.warning(),
    )


def _show_group(related: RelatedRecords | None, record: Disconnection) -> list[Part]:
    """The way to the records that the card does not name."""
    if related is None or record.group_id is None:
        return []
    if len(related.other_carriers) <= OTHER_CARRIERS_SHOWN and len(related.earlier) <= EARLIER_SHOWN:
        return []
    shown = show_buttons(f"status {record.group_id}", "Show Group", f"Show {record_facts.spoken_name(record)}")
    return [Buttons(shown, f"{record.entity}:{record.group_id}:group")]


def claimed_by(record_state: RecordState, away: AwayOwner | None = None) -> list[RichText]:
    """`away`: the absence of the owner. If somebody covers, the message mentions them instead of the owner."""
    owner, since = record_state.owner, record_state.owned_since
    if owner is None or since is None:
        return []
    return [labelled("Claimed by", *_owner(owner, away), " · ", Timestamp(since))]


def _owner(owner: str, away: AwayOwner | None) -> RichText:
    if away is None:
        return rich_text(UserMention(owner))
    name = away.absence.name
    who = UntrustedText(name) if name and away.cover is not None else UserMention(owner)
    return rich_text(who, *away_text(away))


def away_text(away: AwayOwner) -> RichText:
    """Until when the owner is away, and who covers."""
    until = f" (away until {day_text(away.absence.last_day)}"
    if away.cover is not None:
        return rich_text(f"{until}, ", UserMention(away.cover), " covers)")
    return rich_text(f"{until}, the cover is away too)" if away.cover_is_away else f"{until})")


def decided_elsewhere(record: Disconnection, last: Operation | None) -> list[RichText]:
    """A line if no stored decision of ours can explain the status. Noyo does not tell who decided."""
    if not _was_decided(record) or (last is not None and _is_possibly(record, last)):
        return []
    when = rich_text(" · ", Timestamp(record.decided)) if record.decided is not None else ()
    return [rich_text(DECIDED_ELSEWHERE, *when)]


def _was_decided(record: Disconnection) -> bool:
    """Requests of our own platform start at `processing`: no one decides on those."""
    if record.status is DisconnectionStatus.REJECTED:
        return True
    if record.source_type is DisconnectionSource.PLATFORM:
        return False
    approved = record.status in (DisconnectionStatus.PROCESSING, DisconnectionStatus.COMPLETED)
    return approved and (record.decided is not None or record.source_type is DisconnectionSource.CARRIER)


def _is_possibly(record: Disconnection, last: Operation) -> bool:
    request, result = last.input, last.outcome
    if not isinstance(request, DecisionRequest) or result is None:
        return False
    return result.kind in _POSSIBLY_OURS and status_matches_decision(request.decision, record.status)


def requested_by(record_state: RecordState) -> list[RichText]:
    """The requester, if the request was made with Switchboard; otherwise Noyo's source is all that is known."""
    if not record_state.requested_by_operation or not record_state.requester:
        return []
    return [labelled("Requested by", UserMention(record_state.requester))]


# ---------------------------------------------------------------- both


def open_operation(content: RecordCard | Alert) -> Operation | None:
    """The open operation. While there is one, the message offers no other, and shows no past outcome."""
    return content.operation if content.operation is not None and content.operation.is_open else None


def now_or_next(card: RecordCard, record: Record, display: DisplaySettings) -> RichText:
    """The open operation; without one, the next step."""
    operation = open_operation(card)
    if operation is not None:
        return labelled("Now", *operation_text.in_progress(operation))
    return labelled("Next", *next_step(record, display, card.disconnection))


def last_outcome_lines(card: RecordCard, display: DisplaySettings, *, current: bool) -> list[RichText]:
    """The outcome of the newest settled operation; with advice if `current`, so if it can still be followed."""
    last = card.last
    if last is None or open_operation(card) is not None:
        return []
    # Once the record has changed, advice after a refusal is out of date.
    current = current and (last.settled_at or 0) >= card.record_state.record.modified
    return [last_outcome(last), operation_text.advice(last, display.command) if current else ()]


def last_outcome(last: Operation) -> RichText:
    """The outcome of a settled operation, and when it was settled."""
    when = rich_text(" · ", Timestamp(last.settled_at)) if last.settled_at is not None else ()
    return rich_text(*operation_text.outcome(last), *when)


def card_buttons(card: RecordCard, display: DisplaySettings) -> Buttons:
    return Buttons(_card_buttons(card, display), revision(card))


def _card_buttons(card: RecordCard, display: DisplaySettings) -> list[Json]:
    operation = open_operation(card)
    if operation is None:
        return record_facts.action_buttons(card.record_state, card.disconnection, display, with_claim=True)
    details = record_facts.record_button(Action.DETAILS, card.record_state.record)
    if operation.state is OperationState.NEEDS_RESOLUTION:
        return [*buttons.resolution_buttons(operation, card.record_state.record.version), details]
    return [details]


def revision(content: RecordCard | Alert) -> str:
    """Identifies the state for which the buttons of the message were made."""
    operation, state = open_operation(content), content.record_state
    about = f"{operation.id}:{operation.state.value}" if operation else ""
    return f"{state.entity}:{state.record.version}:{about}:{state.owner or ''}"


# ---------------------------------------------------------------- related records


def related_records_lines(related: RelatedRecords, display: DisplaySettings, links: PermalinkLookup) -> list[RichText]:
    """Other records that help with the decision. A record that we do not have is not reported as missing."""
    others = [_other_carrier(connection, related, display) for connection in related.other_carriers]
    return [
        _list_line("Other carriers of the group", others, OTHER_CARRIERS_SHOWN),
        earlier_requests_line(related.earlier),
        *_connection_line(related, links),
    ]


def earlier_requests_line(earlier: Sequence[Disconnection], *, how_to_see_all: str = "") -> RichText:
    """`how_to_see_all`: for a form, which has no button for it."""
    line = _list_line("Earlier requests", [_earlier_request(record) for record in earlier], EARLIER_SHOWN)
    return rich_text(*line, f": {how_to_see_all}") if how_to_see_all and len(earlier) > EARLIER_SHOWN else line


def group_link(record: Connection | Disconnection, display: DisplaySettings) -> list[RichText]:
    """A link to the group in another application, if the settings have one."""
    if not display.group_link or record.group_id is None:
        return []
    url = display.group_link.replace("{group_id}", quote(record.group_id[:200], safe=""))
    return [rich_text(Link(url, "Open the group"))]


def _list_line(label: str, entries: Sequence[RichText], limit: int) -> RichText:
    if not entries:
        return ()
    spans: list[Span | str] = []
    for number, entry in enumerate(entries[:limit]):
        spans += [", " if number else "", *entry]
    more = len(entries) - limit
    return labelled(label, *spans, f" and {more} more" if more > 0 else "")


def _other_carrier(record: Connection, related: RelatedRecords, display: DisplaySettings) -> RichText:
    status = record_facts.current_status(record, related.disconnections.get(record.entity))
    return rich_text(display.carrier(record.carrier_id), " (", *status, ")")


def _earlier_request(record: Disconnection) -> RichText:
    when = record.completed or record.decided or record.modified
    return rich_text(status_name(record.status), " ", Timestamp(when))


def _connection_line(related: RelatedRecords, links: PermalinkLookup) -> list[RichText]:
    if related.connection is None:
        return []
    link = card_link(related.card, links)
    connection = related.connection
    current = record_facts.current_status(connection.record, related.disconnections.get(connection.entity))
    status = rich_text(*current, " · " if link else "")
    return [labelled("Connection to disconnect", *status, *(link[0] if link else ()))]
