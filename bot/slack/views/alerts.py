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
from bot.slack.views.record_cards import checking, end_date, how_far, last_outcome
from bot.slack.views.record_facts import next_step, source, status_name
from bot.slack.views.request_cards import title, wanted_group_id
from bot.slack.views.rich_text import (
    PermalinkLookup,
    RichText,
    Timestamp,
    UserGroupMention,
    UserMention,
    duration_text,
    labelled,
    rich_text,
    to_card,
)


def alert(shown: Alert, look: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader is called away from other work: what is wrong, with whom, and what do I do now?

    What could go wrong: two people retry or decide the same, or somebody acts on what was true an hour ago. So once
    the record has moved on or somebody's operation is on its way, the same message says that first and takes its
    buttons away.
    """
    if _acted_on(shown) or shown.record_state.record.version != shown.raised_version:
        return _over(shown, look, links)
    record = shown.record_state.record
    parts: list[Part] = [Paragraph([*_called(shown, look), *_what(shown, look)])]
    parts += _said(record)
    parts.append(Paragraph([*_history(shown.record_state), labelled("Next", *next_step(record, look))]))
    parts.append(Paragraph(to_card(shown.card, links)))
    parts.append(Buttons(record_facts.offered(shown.record_state, look, checking=True), _revision(shown)))
    return Message(parts, _title(shown), look.warning())


def _acted_on(shown: Alert) -> bool:
    return shown.operation is not None and shown.operation.is_open


def _called(shown: Alert, look: DisplaySettings) -> list[RichText]:
    """Those who decide, named so that Slack calls them: only where it ends soon, or was reminded of often enough."""
    if not shown.calls or not look.approvers:
        return []
    holders = sorted(look.approvers)
    named = [UserGroupMention(one) if one.startswith("S") else UserMention(one) for one in holders]
    spaced = [run for one in named for run in (one, " ")]
    return [rich_text(*spaced, "please decide" if shown.reminds else "please decide soon")]


def _title(shown: Alert) -> RichText:
    record = shown.record_state.record
    if shown.reminds and isinstance(record, Disconnection):
        ends = record.effective_end_date
        left = f" · {how_far(days_left(ends, shown.today))}" if ends and shown.today else ""
        return rich_text("Still waits: disconnect ", record_facts.group(record), left)
    if isinstance(record, Disconnection):
        carrier = record.source_type is DisconnectionSource.CARRIER
        who = "The carrier asks" if carrier else "Somebody asks"
        return rich_text(f"{who} to disconnect ", record_facts.group(record))
    return rich_text(status_name(record.status), ": ", record_facts.group(record))


def _what(shown: Alert, look: DisplaySettings) -> list[RichText]:
    record = shown.record_state.record
    lines = [
        labelled("Group", record_facts.group(record)),
        labelled("Carrier", look.carrier(record.carrier_id)),
    ]
    if isinstance(record, Disconnection):
        today = shown.today if needs_our_action(record.status) else None
        asked = labelled("Asked for by", source(record))
        return [*lines, asked, end_date(record, today), *checking(shown.record_state)]
    return [*lines, record_facts.carrier_group_id(record)]


def _said(record: Connection | Disconnection) -> list[Part]:
    words = record_facts.carrier_said(record)
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
    return [*spent, record_facts.tries(record_state), record_facts.asker(record_state)]


def _over(shown: Alert, look: DisplaySettings, links: PermalinkLookup) -> Message:
    record = shown.record_state.record
    lines = [*_now(shown), *_what(shown, look), *_whom(shown.record_state), *to_card(shown.card, links)]
    return Message(
        [Paragraph(lines), Buttons([record_facts.details_button(shown.record_state)], _revision(shown))],
        rich_text(_over_title(shown), ": ", record_facts.group(record)),
        look.warning(),
    )


def _over_title(shown: Alert) -> str:
    if _acted_on(shown):
        return "Being dealt with"
    return (
        f"Changed since this {_noun(shown)}"
        if needs_our_action(shown.record_state.status)
        else "No longer needs us"
    )


def _noun(shown: Alert) -> str:
    return "reminder" if shown.reminds else "alert"


def _now(shown: Alert) -> list[RichText]:
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


def _whom(record_state: RecordState) -> list[RichText]:
    return [labelled("Requested by", UserMention(record_state.requester))] if record_state.requester else []


def _revision(shown: Alert) -> str:
    about = f"{shown.operation.id}:{shown.operation.state.value}" if shown.operation else ""
    return f"{shown.record_state.entity}:{shown.record_state.record.version}:{about}:{shown.record_state.owner or ''}"


def manual_resolution(shown: ManualResolution, look: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader has to say what a machine could not: did it arrive?

    What could go wrong: a guess. *It did not* sends a second time what may be under way already, and *It arrived*
    gives up what was never sent. So what we sent and what Noyo shows stand side by side, and each way out asks again.
    """
    operation = shown.operation
    if operation.state is not OperationState.NEEDS_RESOLUTION:
        return _resolved(shown, look, links)
    parts: list[Part] = [
        Paragraph([_why(operation)]),
        Paragraph(_ours(operation)),
        Paragraph(_theirs(shown.record_state, operation)),
        Paragraph([_how(operation), *to_card(shown.card, links)]),
        Buttons(buttons.resolution_buttons(operation.id), f"{operation.id}:{operation.state.value}"),
    ]
    return Message(parts, rich_text("Did it arrive? ", *_resolution_title(shown, look)), look.warning())


def _resolution_title(shown: ManualResolution, look: DisplaySettings) -> RichText:
    if shown.record_state is not None:
        return record_facts.group_and_carrier(shown.record_state.record, look)
    return title(shown.operation, look)


def _why(operation: Operation) -> RichText:
    came = operation.outcome
    if came is None or came.kind is not OutcomeKind.OVERDUE:
        return rich_text(
            "Noyo gave no answer to ",
            *operation_text.whose(operation),
            ", and what it shows now does not tell whether it arrived.",
        )
    words: RichText = (
        rich_text(" The last trouble: ", operation_text.said(operation, came.message)) if came.message else ()
    )
    return rich_text(
        "A day has gone by since the first attempt at ", *operation_text.whose(operation), ".", *words
    )


def _ours(operation: Operation) -> list[RichText]:
    when = (
        rich_text(Timestamp(operation.first_sent_at), " for the first time")
        if operation.first_sent_at is not None
        else rich_text("as far as we know, not at all")
    )
    return [
        labelled("What was asked", *operation_text.description(operation)),
        labelled("Sent", *when),
        *wanted_group_id(operation),
    ]


_NONE_OF_THESE = {
    OperationKind.REQUEST_CONNECTION: "connection",
    OperationKind.CREATE_DISCONNECTION: "request to disconnect",
}


def _theirs(record_state: RecordState | None, operation: Operation) -> list[RichText]:
    if record_state is None:
        if operation.kind in _NONE_OF_THESE:
            none = f"no {_NONE_OF_THESE[operation.kind]} that we can tell to be this one"
            return [labelled("What Noyo shows", none)]
        return [labelled("What Noyo shows", "not known")]
    record = record_state.record
    lines = [
        labelled("What Noyo shows", status_name(record.status), ", last changed ", Timestamp(record.modified))
    ]
    if isinstance(record, Connection):
        lines.append(record_facts.carrier_group_id(record))
    else:
        lines.append(end_date(record))
    shown = operation.shown_version if operation.entity == record.entity else None
    if shown is not None:
        same = "the one that was shown" if shown == record.version else "another than the one that was shown"
        lines.append(labelled("Version", record_facts.version(record), f", {same} when this was asked for"))
    return lines


def _how(operation: Operation) -> RichText:
    return labelled(
        "Next",
        "compare the two, look at Noyo or ask Noyo, then say which it was. "
        f"Until then nothing else can be sent for this {operation_text.about(operation)}.",
    )


def _resolved(shown: ManualResolution, look: DisplaySettings, links: PermalinkLookup) -> Message:
    operation = shown.operation
    now = operation_text.in_progress(operation) if operation.is_open else last_outcome(operation)
    lines = [now, *_decided(operation), *to_card(shown.card, links)]
    return Message(
        [Paragraph(lines)], rich_text("Decided: ", *_resolution_title(shown, look)), look.warning()
    )


def _decided(operation: Operation) -> list[RichText]:
    return [] if operation.is_open else [rich_text("This asks nothing of you any more.")]
