"""Slack room: *disconnect*: one of us knows that a group leaves a carrier, and asks Noyo to disconnect it.

They have heard it from the group, and want its coverage to be managed until the right day and no longer. What can go
wrong: the wrong one of two groups with nearly the same name, a slip in the calendar, a colleague who asks for the same,
and that nobody else has looked at it before people lose their coverage.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.domain.operations import AnswerTo, Operation, OperationKind, OperationState
from bot.domain.people import Right
from bot.domain.records import Connection
from bot.domain.subjects import parting
from bot.domain.tracking import Tracked
from bot.slack import facts, replies
from bot.slack.buttons import ButtonValue
from bot.slack.confirm import confirm_or_why_not
from bot.slack.deeds import under_way
from bot.slack.disconnect_form import disconnect_faults, disconnect_form, wish
from bot.slack.modals import said, values_of
from bot.slack.office import Asker, Office
from bot.slack.phrases import Channel, Json, Moment, labelled, line
from bot.slack.record_card import last_outcome
from bot.slack.statuses import status_name
from bot.slack.submitted import about, repeated, sending
from bot.usecases.confirm import waits
from bot.usecases.place import Changed, InTheWay, Placed
from bot.usecases.place_disconnection import connected, disconnectable, request_disconnection
from bot.usecases.surroundings import asked_before

_UNKNOWN = "This connection is not known here any more. Nothing was sent to Noyo."


def click(office: Office, asker: Asker, value: ButtonValue) -> None:
    """*Disconnect…*: opens the form, or says why it cannot be."""
    office.web.open_view(asker.trigger_id, _opened(office, asker, value))


def open_for(office: Office, asker: Asker, tracked: Tracked) -> None:
    """`/noyo disconnect`: the same for a connection that was found by name."""
    click(office, asker, ButtonValue(tracked.subject, tracked.record.version))


def submit(office: Office, asker: Asker, view: dict[str, Any]) -> Json:
    """Places it for the version that was shown; else shows what changed, or who was first."""
    shown = about(view)
    permission = office.permits(Right.APPROVE, asker, shown.record)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    tracked = office.records.tracked(shown.record)
    record = tracked.record if tracked else None
    if tracked is None or not isinstance(record, Connection) or record.version != shown.version:
        return replies.shows(_moved(office, asker, tracked, shown, view["id"]))
    values = values_of(view)
    found = disconnect_faults(values, record, _today(office))
    if found:
        return replies.errors(found)
    return replies.shows(_placed(office, asker, values, tracked, view["id"]))


def _opened(office: Office, asker: Asker, value: ButtonValue) -> Json:
    permission = office.permits(Right.APPROVE, asker, value.record)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    return _asked(office, asker, office.records.tracked(value.record), value)


def _asked(office: Office, asker: Asker, tracked: Tracked | None, shown: ButtonValue) -> Json:
    """The form for the connection as it is now, unless somebody was first or there is nothing to disconnect."""
    record = tracked.record if tracked else None
    if tracked is None or not isinstance(record, Connection):
        return said("Not possible", _UNKNOWN)
    if not disconnectable(tracked):
        return _not_now(tracked)
    holder = office.operations.open_on(parting(record.group_id or "", record.carrier_id))
    if holder is not None:
        return _somebody_first(office, asker, holder)
    return disconnect_form(
        record,
        office.look,
        needs_second=office.needs_second,
        changed=record.version != shown.version,
        before=asked_before(tracked, office.records),
    )


def _placed(office: Office, asker: Asker, values: dict[str, str], tracked: Tracked, view_id: str) -> Json:
    placing = request_disconnection(
        view_id,
        asker.user_id,
        shown=tracked,
        wish=wish(values),
        needs_second=office.needs_second,
        timezone=office.look.timezone,
        answer_to=AnswerTo(view_id=view_id),
        tools=office.placing_for(asker),
    )
    match placing:
        case Placed(operation):
            return _on_its_way(office, operation, tracked)
        case InTheWay(operation):
            return _somebody_first(office, asker, operation)
        case Changed(now):
            return _asked(office, asker, now, ButtonValue(tracked.subject, tracked.record.version))


def _on_its_way(office: Office, operation: Operation, tracked: Tracked) -> Json:
    if operation.state is OperationState.HELD:
        return _held(office, operation, tracked)
    if operation.state.settled:
        return said("Sent already", repeated(operation))
    what = line("your request to disconnect ", *facts.group_and_carrier(tracked.record, office.look))
    return sending(what, office.look.decisions_channel, operation)


def _held(office: Office, operation: Operation, tracked: Tracked) -> Json:
    until = [line("If nobody does, it expires unsent ", Moment(operation.due), ".")] if operation.due else []
    return said(
        "Held",
        line("Held: your request to disconnect ", *facts.group_and_carrier(tracked.record, office.look), "."),
        "Nothing has been sent to Noyo. A second approver has to confirm it; you cannot do that yourself."
        if not office.policy.self_approval
        else "Nothing has been sent to Noyo. An approver has to confirm it.",
        *until,
        line("Its card is in ", Channel(office.look.decisions_channel), "; there you can withdraw it too."),
    )


def _moved(office: Office, asker: Asker, now: Tracked | None, shown: ButtonValue, view_id: str) -> Json:
    """Another version than the one shown. A repeat of what was placed from this very window is no change."""
    placed = office.operations.operation(view_id)
    if placed is not None:
        return said("Sent already", repeated(placed))
    if now is not None:
        _note_outdated(office, asker, now, shown)
    return _asked(office, asker, now, shown)


def _note_outdated(office: Office, asker: Asker, now: Tracked, shown: ButtonValue) -> None:
    """Whoever asked and was turned away is in the trail too."""
    office.note(
        asker,
        "not_placed",
        shown.record,
        ("kind", OperationKind.CREATE_DISCONNECTION.value),
        ("shown_version", shown.version or ""),
        ("because", "changed"),
        ("version_now", now.record.version),
    )


def _somebody_first(office: Office, asker: Asker, operation: Operation) -> Json:
    """Who was first; where it waits for a second approver, that is what the person may be."""
    if waits(operation, office.now()) and operation.actor != asker.user_id:
        return confirm_or_why_not(office, asker, operation, first=True)
    now = under_way(operation) if operation.open else last_outcome(operation)
    return said(
        "Asked for already",
        now,
        labelled("Asked for", Moment(operation.placed_at)),
        "Nothing new was made; its card tells how it goes.",
    )


def _not_now(tracked: Tracked) -> Json:
    record = tracked.record
    if connected(tracked):
        return said(
            "Not possible yet",
            line("Noyo has not told which of its groups ", facts.group(record), " is."),
            "Without that it cannot be disconnected from here. Try again once the connection has changed at Noyo, "
            "or disconnect it there.",
        )
    return said(
        "Not possible",
        line(facts.group(record), " is now: ", status_name(record.status, bold=True), "."),
        "Only a completed connection can be disconnected, and nothing was sent to Noyo.",
    )


def _today(office: Office) -> date:
    return datetime.fromtimestamp(office.now(), office.look.timezone).date()
