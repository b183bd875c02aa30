"""Alerts: messages about what goes on only after somebody on our side acts."""

from __future__ import annotations

from bot.domain.content import Alert, ManualResolution
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    needs_our_action,
)
from bot.domain.reminders import days_left
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, Quote
from bot.slack.views.record_cards import claimed_by, days_left_text, end_date, last_outcome
from bot.slack.views.record_facts import next_step, source_name, status_name
from bot.slack.views.request_cards import carrier_group_id_line, request_title
from bot.slack.views.rich_text import (
    PermalinkLookup,
    RichText,
    Timestamp,
    UserGroupMention,
    UserMention,
    card_link,
    duration_text,
    labelled,
    rich_text,
)


def alert(shown: Alert, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader is called away from other work: what is wrong, with whom, and what do I do now?

    What could go wrong: two people retry or decide the same, or somebody acts on what was true an hour ago. So once
    the record has moved on or somebody's operation is on its way, the same message says that first and takes its
    buttons away.
    """
    if _has_open_operation(shown) or shown.record_state.record.version != shown.raised_version:
        return _outdated(shown, display, links)
    record = shown.record_state.record
    parts: list[Part] = [Paragraph([*_mentions(shown, display), *_facts(shown, display)])]
    parts += _carrier_message(record)
    parts.append(Paragraph([*_history(shown.record_state), labelled("Next", *next_step(record, display))]))
    parts.append(Paragraph(card_link(shown.card, links)))
    parts.append(
        Buttons(record_facts.action_buttons(shown.record_state, display, with_claim=True), _revision(shown))
    )
    return Message(parts, _title(shown), display.warning())


def _has_open_operation(shown: Alert) -> bool:
    return shown.operation is not None and shown.operation.is_open


def _mentions(shown: Alert, display: DisplaySettings) -> list[RichText]:
    """Those who decide, named so that Slack calls them: only where it ends soon, or was reminded of often enough."""
    if not shown.mention_approvers or not display.approvers:
        return []
    holders = sorted(display.approvers)
    named = [UserGroupMention(one) if one.startswith("S") else UserMention(one) for one in holders]
    spaced = [run for one in named for run in (one, " ")]
    return [rich_text(*spaced, "please decide" if shown.is_reminder else "please decide soon")]


def _title(shown: Alert) -> RichText:
    record = shown.record_state.record
    if shown.is_reminder and isinstance(record, Disconnection):
        ends = record.effective_end_date
        left = f" · {days_left_text(days_left(ends, shown.today))}" if ends and shown.today else ""
        return rich_text("Still waits: disconnect ", record_facts.group_name(record), left)
    if isinstance(record, Disconnection):
        carrier = record.source_type is DisconnectionSource.CARRIER
        who = "The carrier asks" if carrier else "Somebody asks"
        return rich_text(f"{who} to disconnect ", record_facts.group_name(record))
    return rich_text(status_name(record.status), ": ", record_facts.group_name(record))


def _facts(shown: Alert, display: DisplaySettings) -> list[RichText]:
    record = shown.record_state.record
    lines = [
        labelled("Group", record_facts.group_name(record)),
        labelled("Carrier", display.carrier(record.carrier_id)),
    ]
    if isinstance(record, Disconnection):
        today = shown.today if needs_our_action(record.status) else None
        asked = labelled("Asked for by", source_name(record))
        return [*lines, asked, end_date(record, today), *claimed_by(shown.record_state)]
    return [*lines, record_facts.carrier_group_id_line(record)]


def _carrier_message(record: Connection | Disconnection) -> list[Part]:
    words = record_facts.carrier_message(record)
    if words:
        return [Paragraph([labelled("The carrier said")]), Quote(words)]
    if record.status is ConnectionStatus.UNABLE_TO_CONNECT:
        return [Paragraph([labelled("The carrier said", "nothing that Noyo passed on")])]
    return []


def _history(record_state: RecordState) -> list[RichText]:
    if not isinstance(record_state.record, Connection):
        return []
    took = record_state.record.modified - record_state.attempt_started_at
    # Nothing at all: nobody saw this try begin.
    spent = [labelled("This try took", duration_text(took))] if took > 0 else []
    return [*spent, record_facts.attempts(record_state), record_facts.requester(record_state)]


def _outdated(shown: Alert, display: DisplaySettings, links: PermalinkLookup) -> Message:
    record = shown.record_state.record
    lines = [
        *_current_state(shown),
        *_facts(shown, display),
        *_requester(shown.record_state),
        *card_link(shown.card, links),
    ]
    return Message(
        [Paragraph(lines), Buttons([record_facts.details_button(shown.record_state)], _revision(shown))],
        rich_text(_outdated_title(shown), ": ", record_facts.group_name(record)),
        display.warning(),
    )


def _outdated_title(shown: Alert) -> str:
    if _has_open_operation(shown):
        return "Being dealt with"
    return (
        f"Changed since this {_noun(shown)}"
        if needs_our_action(shown.record_state.status)
        else "No longer needs us"
    )


def _noun(shown: Alert) -> str:
    return "reminder" if shown.is_reminder else "alert"


def _current_state(shown: Alert) -> list[RichText]:
    """What is true now, said first."""
    if shown.operation is not None and shown.operation.is_open:
        return [operation_text.in_progress(shown.operation)]
    record = shown.record_state.record
    if needs_our_action(record.status):
        return [
            rich_text(
                "Now: ", status_name(record.status), ". It still needs us; its card shows it as it is now."
            )
        ]
    went_on = rich_text("It went on to ", status_name(record.status), " · ", Timestamp(record.modified))
    return [rich_text(*went_on, f". This {_noun(shown)} asks nothing of you any more.")]


def _requester(record_state: RecordState) -> list[RichText]:
    return [labelled("Requested by", UserMention(record_state.requester))] if record_state.requester else []


def _revision(shown: Alert) -> str:
    about = f"{shown.operation.id}:{shown.operation.state.value}" if shown.operation else ""
    return f"{shown.record_state.entity}:{shown.record_state.record.version}:{about}:{shown.record_state.owner or ''}"


def manual_resolution(shown: ManualResolution, display: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader has to say what a machine could not: did it arrive?

    What could go wrong: a guess. *It did not* sends a second time what may be under way already, and *It arrived*
    gives up what was never sent. So what we sent and what Noyo shows stand side by side, and each way out asks again.
    """
    operation = shown.operation
    if operation.state is not OperationState.NEEDS_RESOLUTION:
        return _resolved(shown, display, links)
    parts: list[Part] = [
        Paragraph([_reason(operation)]),
        Paragraph(_our_side(operation)),
        Paragraph(_noyo_side(shown.record_state, operation)),
        Paragraph([_next_step(operation), *card_link(shown.card, links)]),
        Buttons(buttons.resolution_buttons(operation.id), f"{operation.id}:{operation.state.value}"),
    ]
    return Message(parts, rich_text("Did it arrive? ", *_resolution_title(shown, display)), display.warning())


def _resolution_title(shown: ManualResolution, display: DisplaySettings) -> RichText:
    if shown.record_state is not None:
        return record_facts.group_and_carrier(shown.record_state.record, display)
    return request_title(shown.operation, display)


def _reason(operation: Operation) -> RichText:
    came = operation.outcome
    if came is None or came.kind is not OutcomeKind.OVERDUE:
        return rich_text(
            "Noyo gave no answer to ",
            *operation_text.possessive(operation),
            ", and what it shows now does not tell whether it arrived.",
        )
    words: RichText = (
        rich_text(" The last trouble: ", operation_text.quoted(operation, came.message))
        if came.message
        else ()
    )
    return rich_text(
        "A day has gone by since the first attempt at ", *operation_text.possessive(operation), ".", *words
    )


def _our_side(operation: Operation) -> list[RichText]:
    when = (
        rich_text(Timestamp(operation.first_sent_at), " for the first time")
        if operation.first_sent_at is not None
        else rich_text("as far as we know, not at all")
    )
    return [
        labelled("What was asked", *operation_text.description(operation)),
        labelled("Sent", *when),
        *carrier_group_id_line(operation),
    ]


_ENTITY_NOUNS = {
    OperationKind.REQUEST_CONNECTION: "connection",
    OperationKind.CREATE_DISCONNECTION: "request to disconnect",
}


def _noyo_side(record_state: RecordState | None, operation: Operation) -> list[RichText]:
    if record_state is None:
        if operation.kind in _ENTITY_NOUNS:
            none = f"no {_ENTITY_NOUNS[operation.kind]} that we can tell to be this one"
            return [labelled("What Noyo shows", none)]
        return [labelled("What Noyo shows", "not known")]
    record = record_state.record
    lines = [
        labelled("What Noyo shows", status_name(record.status), ", last changed ", Timestamp(record.modified))
    ]
    if isinstance(record, Connection):
        lines.append(record_facts.carrier_group_id_line(record))
    else:
        lines.append(end_date(record))
    shown = operation.shown_version if operation.entity == record.entity else None
    if shown is not None:
        same = "the one that was shown" if shown == record.version else "another than the one that was shown"
        lines.append(labelled("Version", record_facts.version(record), f", {same} when this was asked for"))
    return lines


def _next_step(operation: Operation) -> RichText:
    return labelled(
        "Next",
        "compare the two, look at Noyo or ask Noyo, then say which it was. "
        f"Until then nothing else can be sent for this {operation_text.entity_noun(operation)}.",
    )


def _resolved(shown: ManualResolution, display: DisplaySettings, links: PermalinkLookup) -> Message:
    operation = shown.operation
    now = operation_text.in_progress(operation) if operation.is_open else last_outcome(operation)
    lines = [now, *_closing_line(operation), *card_link(shown.card, links)]
    return Message(
        [Paragraph(lines)], rich_text("Decided: ", *_resolution_title(shown, display)), display.warning()
    )


def _closing_line(operation: Operation) -> list[RichText]:
    return [] if operation.is_open else [rich_text("This asks nothing of you any more.")]
