"""An operation of which nobody can tell from Noyo whether it took effect."""

from __future__ import annotations

from bot.domain.content import ManualResolution
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.slack.views import buttons, operation_text, record_facts
from bot.slack.views.disconnection_card import end_date
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Buttons, Message, Paragraph, Part
from bot.slack.views.record_card import last_outcome
from bot.slack.views.request_card import title, wanted_group_id
from bot.slack.views.rich_text import PermalinkLookup, RichText, Timestamp, labelled, rich_text, to_card
from bot.slack.views.statuses import status_name


def manual_resolution(shown: ManualResolution, look: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader has to say what a machine could not: did it arrive?

    What could go wrong: a guess. *It did not* sends a second time what may be under way already, and *It arrived*
    gives up what was never sent. So what we sent and what Noyo shows stand side by side, and each way out asks again.
    """
    operation = shown.operation
    if operation.state is not OperationState.NEEDS_RESOLUTION:
        return _over(shown, look, links)
    parts: list[Part] = [
        Paragraph([_why(operation)]),
        Paragraph(_ours(operation)),
        Paragraph(_theirs(shown.record_state, operation)),
        Paragraph([_how(operation), *to_card(shown.card, links)]),
        Buttons(buttons.resolution_buttons(operation.id), f"{operation.id}:{operation.state.value}"),
    ]
    return Message(parts, rich_text("Did it arrive? ", *_title(shown, look)), look.warning())


def _title(shown: ManualResolution, look: DisplaySettings) -> RichText:
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


def _over(shown: ManualResolution, look: DisplaySettings, links: PermalinkLookup) -> Message:
    operation = shown.operation
    now = operation_text.in_progress(operation) if operation.is_open else last_outcome(operation)
    lines = [now, *_decided(operation), *to_card(shown.card, links)]
    return Message([Paragraph(lines)], rich_text("Decided: ", *_title(shown, look)), look.warning())


def _decided(operation: Operation) -> list[RichText]:
    return [] if operation.is_open else [rich_text("This asks nothing of you any more.")]
