"""Slack room: an operation of which nobody can tell from Noyo whether it took effect."""

from __future__ import annotations

from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import Connection
from bot.domain.showing import NeedsPerson
from bot.domain.tracking import Tracked
from bot.slack import buttons, deeds, facts
from bot.slack.disconnection_card import end_date
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part
from bot.slack.phrases import Line, Links, Moment, labelled, line, to_card
from bot.slack.record_card import last_outcome
from bot.slack.request_card import title, wanted_group_id
from bot.slack.statuses import status_name


def needs_person(shown: NeedsPerson, look: Look, links: Links) -> Message:
    """The reader has to say what a machine could not: did it arrive?

    What could go wrong: a guess. *It did not* sends a second time what may be under way already, and *It arrived*
    gives up what was never sent. So what we sent and what Noyo shows stand side by side, and each way out asks again.
    """
    operation = shown.operation
    if operation.state is not OperationState.NEEDS_PERSON:
        return _over(shown, look, links)
    parts: list[Part] = [
        Paragraph([_why(operation)]),
        Paragraph(_ours(operation)),
        Paragraph(_theirs(shown.tracked, operation)),
        Paragraph([_how(operation), *to_card(shown.card, links)]),
        Buttons(buttons.ways_out(operation.id), f"{operation.id}:{operation.state.value}"),
    ]
    return Message(parts, line("Did it arrive? ", *_title(shown, look)), look.warning())


def _title(shown: NeedsPerson, look: Look) -> Line:
    if shown.tracked is not None:
        return facts.group_and_carrier(shown.tracked.record, look)
    return title(shown.operation, look)


def _why(operation: Operation) -> Line:
    came = operation.outcome
    if came is None or came.kind is not OutcomeKind.OVERDUE:
        return line(
            "Noyo gave no answer to ",
            *deeds.whose(operation),
            ", and what it shows now does not tell whether it arrived.",
        )
    words: Line = line(" The last trouble: ", deeds.said(operation, came.words)) if came.words else ()
    return line("A day has gone by since the first attempt at ", *deeds.whose(operation), ".", *words)


def _ours(operation: Operation) -> list[Line]:
    when = (
        line(Moment(operation.first_sent_at), " for the first time")
        if operation.first_sent_at is not None
        else line("as far as we know, not at all")
    )
    return [
        labelled("What was asked", *deeds.deed(operation)),
        labelled("Sent", *when),
        *wanted_group_id(operation),
    ]


_NONE_OF_THESE = {
    OperationKind.REQUEST_CONNECTION: "connection",
    OperationKind.CREATE_DISCONNECTION: "request to disconnect",
}


def _theirs(tracked: Tracked | None, operation: Operation) -> list[Line]:
    if tracked is None:
        if operation.kind in _NONE_OF_THESE:
            none = f"no {_NONE_OF_THESE[operation.kind]} that we can tell to be this one"
            return [labelled("What Noyo shows", none)]
        return [labelled("What Noyo shows", "not known")]
    record = tracked.record
    lines = [
        labelled("What Noyo shows", status_name(record.status), ", last changed ", Moment(record.modified))
    ]
    if isinstance(record, Connection):
        lines.append(facts.carrier_group_id(record))
    else:
        lines.append(end_date(record))
    shown = operation.shown_version if operation.subject == record.subject else None
    if shown is not None:
        same = "the one that was shown" if shown == record.version else "another than the one that was shown"
        lines.append(labelled("Version", facts.version(record), f", {same} when this was asked for"))
    return lines


def _how(operation: Operation) -> Line:
    return labelled(
        "Next",
        "compare the two, look at Noyo or ask Noyo, then say which it was. "
        f"Until then nothing else can be sent for this {deeds.about(operation)}.",
    )


def _over(shown: NeedsPerson, look: Look, links: Links) -> Message:
    operation = shown.operation
    now = deeds.under_way(operation) if operation.open else last_outcome(operation)
    lines = [now, *_decided(operation), *to_card(shown.card, links)]
    return Message([Paragraph(lines)], line("Decided: ", *_title(shown, look)), look.warning())


def _decided(operation: Operation) -> list[Line]:
    return [] if operation.open else [line("This asks nothing of you any more.")]
