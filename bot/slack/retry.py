"""Slack room: *retry*: a carrier could not connect a group, and somebody has found out what was wrong.

They read the carrier's words, correct a number, and want it sent again, once, for the connection they looked at.
What can go wrong: a colleague was faster, the connection moved on meanwhile, the corrected id is another's.
"""

from __future__ import annotations

from typing import Any

from bot.domain.operations import AnswerTo, Operation, OperationKind, RetryRequest
from bot.domain.people import Right
from bot.domain.records import Connection, Record
from bot.domain.tracking import Tracked
from bot.slack import buttons, facts, replies
from bot.slack.buttons import ButtonValue
from bot.slack.connect import in_the_way
from bot.slack.deeds import under_way
from bot.slack.fields import (
    GROUP_ID_LONGEST,
    carrier_group_id_field,
    faults,
    sensitive_fields,
    sensitive_from,
)
from bot.slack.message import Message, Paragraph, Part, Quote
from bot.slack.modals import form, said, values_of
from bot.slack.office import Asker, Office
from bot.slack.phrases import Json, line, own_group_id
from bot.slack.statuses import status_name
from bot.slack.submitted import about, repeated, sending
from bot.usecases.place import InTheWay, Placed, outdated, retry_connection

CALLBACK = "retry"


def click(office: Office, asker: Asker, value: ButtonValue) -> None:
    """The *Retry…* button: opens the form, or says why it cannot be."""
    office.web.open_view(asker.trigger_id, _opened(office, asker, value))


def open_for(office: Office, asker: Asker, tracked: Tracked) -> None:
    """`/noyo retry`: the same for a connection that was found by name."""
    click(office, asker, ButtonValue(tracked.subject, tracked.record.version))


def _opened(office: Office, asker: Asker, value: ButtonValue) -> Json:
    permission = office.permits(Right.REQUEST, asker, value.record)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    tracked = office.records.tracked(value.record)
    operation = office.operations.open_on(value.record)
    if tracked is None or not isinstance(tracked.record, Connection):
        return said("Not possible", "This connection is not known here any more. Nothing was sent to Noyo.")
    if operation is not None:
        return said("On its way already", under_way(operation))
    if not office.retryable(tracked):
        return _not_now(tracked)
    return _form(office, tracked, tracked.record, changed=tracked.record.version != value.version)


def submit(office: Office, asker: Asker, view: dict[str, Any]) -> Json:
    """Places the retry for the version that was shown, or shows what changed and asks again."""
    values = values_of(view)
    found = faults(values, required=("carrier_group_id",))
    if found:
        return replies.errors(found)
    shown = about(view)
    permission = office.permits(Right.REQUEST, asker, shown.record)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    tracked = office.records.tracked(shown.record)
    if tracked is None or tracked.record.version != shown.version:
        outdated(
            view["id"],
            asker.user_id,
            shown.record,
            OperationKind.RETRY_CONNECTION,
            RetryRequest(),
            shown_version=shown.version,
            tools=office.placing_for(asker),
        )
        return _again(office, tracked, view["id"])
    placing = retry_connection(
        view["id"],
        asker.user_id,
        shown=tracked,
        carrier_group_id=_corrected(tracked, values["carrier_group_id"]),
        sensitive=sensitive_from(values),
        answer_to=AnswerTo(view_id=view["id"]),
        tools=office.placing_for(asker),
    )
    if isinstance(placing, Placed) and placing.operation.state.settled:
        return replies.shows(said("Sent already", repeated(placing.operation)))
    if isinstance(placing, Placed):
        return _sending(office, tracked, values["carrier_group_id"], placing.operation)
    if isinstance(placing, InTheWay):
        return replies.errors({"carrier_group_id": in_the_way(placing.operation)})
    return _again(office, placing.now, view["id"])


def _corrected(tracked: Tracked, typed: str) -> str | None:
    """None where the field was left as it was given: an id that does not fit into it is not cut at Noyo."""
    return None if typed == _given(tracked.record).strip() else typed


def _given(record: Record) -> str:
    held = record.carrier_group_id if isinstance(record, Connection) else None
    return (held or "")[:GROUP_ID_LONGEST]


def _sending(office: Office, tracked: Tracked, carrier_group_id: str, operation: Operation) -> Json:
    what = line(
        "a retry for ", facts.group(tracked.record), ", carrier group id ", own_group_id(carrier_group_id)
    )
    return replies.shows(sending(what, office.look.connections_channel, operation))


def _again(office: Office, now: Tracked | None, view_id: str) -> Json:
    """It moved since it was shown. A repeat of what was placed from this very window is no change, but a success."""
    placed = office.operations.operation(view_id)
    if placed is not None:
        return replies.shows(said("Sent already", repeated(placed)))
    if now is None or not isinstance(now.record, Connection):
        return replies.shows(
            said("Not sent", "This connection is not known here any more. Nothing was sent to Noyo.")
        )
    if not office.retryable(now):
        return replies.shows(_not_now(now))
    return replies.shows(_form(office, now, now.record, changed=True))


def _not_now(tracked: Tracked) -> Json:
    return said(
        "Changed meanwhile",
        line(facts.group(tracked.record), " is now: ", status_name(tracked.status, bold=True), "."),
        "It cannot be retried in this status, and nothing was sent to Noyo.",
    )


def _form(office: Office, tracked: Tracked, record: Connection, *, changed: bool) -> Json:
    return form(
        "Retry a connection",
        "Retry",
        CALLBACK,
        [
            *Message(_facts(office, record, changed=changed)).blocks(),
            carrier_group_id_field(_given(record), hint="Correct it if it was wrong."),
            *sensitive_fields(federal_ein_optional=True, hint="Leave blank what should stay as Noyo has it."),
        ],
        about=buttons.encode(ButtonValue(tracked.subject, record.version)),
    )


def _facts(office: Office, record: Connection, *, changed: bool) -> list[Part]:
    parts: list[Part] = []
    if changed:
        parts.append(
            Paragraph(
                [
                    line(
                        "It changed since you looked at it. This is how it stands now: check it before you submit."
                    )
                ]
            )
        )
    stands = [line(*facts.group_and_carrier(record, office.look)), facts.status(record)]
    parts.append(Paragraph(stands))
    words = facts.carrier_said(record)
    if words:
        parts += [Paragraph([line("The carrier said:")]), Quote(words)]
    return parts
