"""Slack room: *confirm* and *withdraw*: a colleague wants a group disconnected, and a second approver looks at it.

They were called by a card and know less than the one who asked. What can go wrong: they say yes to what they did not
read, the connection is another by now, somebody else has confirmed or withdrawn it, its time is over, or the one who
asked may not ask for it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.operations import AnswerTo, DisconnectRequest, Operation, OperationState
from bot.domain.people import Right, Verdict
from bot.domain.records import Disconnection, Record
from bot.domain.tracking import Tracked
from bot.errors import UnknownSchema
from bot.slack import buttons, replies
from bot.slack.buttons import ButtonValue
from bot.slack.deeds import outcome, under_way, who
from bot.slack.look import Look
from bot.slack.message import Message, Paragraph, Part, Quote
from bot.slack.modals import form, said
from bot.slack.office import Asker, Office
from bot.slack.parting_card import parties, parting_facts, will_happen
from bot.slack.phrases import SAID, Channel, Foreign, Json, Line, Moment, Person, labelled, line
from bot.slack.statuses import status_name
from bot.slack.submitted import sending
from bot.slack.surroundings import asked_before_line
from bot.slack.tell import tell
from bot.usecases.confirm import Confirmed, NotHeld, confirm, waits, withdraw
from bot.usecases.place import NotAllowed
from bot.usecases.place_disconnection import connected
from bot.usecases.surroundings import asked_before

CALLBACK = "confirm_disconnection"
_FORGOTTEN = "This is settled, and too old to be kept. Nothing was done."


def click(office: Office, asker: Asker, value: ButtonValue) -> None:
    """*Confirm Disconnection…*: what a yes would do, or why it is not theirs to give."""
    office.web.open_view(asker.trigger_id, _opened(office, asker, value.operation_id or ""))


def click_withdraw(office: Office, asker: Asker, value: ButtonValue) -> None:
    """*Withdraw*: for the one who asked, and for every approver."""
    tell(
        office.web, asker.trigger_id, asker.response_url, *_withdrawn(office, asker, value.operation_id or "")
    )


def submit(office: Office, asker: Asker, view: dict[str, Any]) -> Json:
    """Confirms what was shown, which never changes while it is held; else says what became of it."""
    operation = office.operations.operation(_operation_id(view))
    permission = office.permits(Right.APPROVE, asker, operation.subject if operation else None)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    if operation is None:
        return replies.shows(said("Not held any more", _FORGOTTEN))
    if not (permission := office.permits_on(operation.actor, asker, operation.subject)).allowed:
        return replies.shows(said("Not sent", replies.refusal(permission)))
    answer_to = AnswerTo(view_id=view["id"])
    match confirm(operation.id, asker.user_id, answer_to=answer_to, tools=office.confirming_for(asker)):
        case Confirmed(going):
            return replies.shows(sending(_what(office, going), office.look.decisions_channel, going))
        case NotHeld(now):
            office.note(asker, "not_confirmed", operation.subject, *_came_second(operation, now))
            return replies.shows(_over(office, asker, now))
        case NotAllowed(refusal):
            return replies.shows(said("Not sent", replies.refusal(refusal)))


def confirm_or_why_not(office: Office, asker: Asker, operation: Operation, *, first: bool = False) -> Json:
    """The form, for somebody who may approve. `first`: they wanted to ask for the same, and somebody was first."""
    wanted = operation.input
    if not waits(operation, office.now()) or not isinstance(wanted, DisconnectRequest):
        return _over(office, asker, operation)
    permission = office.permits_on(operation.actor, asker, operation.subject)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    tracked = office.records.tracked(wanted.connection)
    why_not = _why_it_would_not_go(office, operation, tracked)
    return why_not or confirmation(
        operation,
        wanted,
        tracked.record if tracked else None,
        office.look,
        first=first,
        before=asked_before(tracked, office.records) if tracked else (),
    )


def _opened(office: Office, asker: Asker, operation_id: str) -> Json:
    operation = office.operations.operation(operation_id)
    permission = office.permits(Right.APPROVE, asker, operation.subject if operation else None)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    if operation is None:
        return said("Not held any more", _FORGOTTEN)
    return confirm_or_why_not(office, asker, operation)


def _why_it_would_not_go(office: Office, operation: Operation, tracked: Tracked | None) -> Json | None:
    """What the worker would find out as well, said while somebody is here who can do something about it.

    Asking about the one who asked keeps what is known of them fresh for that worker; where Slack does not tell, it goes
    on, since the worker waits until it knows.
    """
    withdraw_it = "Nothing would be sent. Withdraw it on its card, and ask anew if it is still wanted."
    if office.may(Right.APPROVE, operation.actor or "").verdict is Verdict.DENIED:
        gone = line(who(operation), ", who asked for it, may not do so any more.")
        return said("Not possible", gone, withdraw_it)
    if tracked is not None and not connected(tracked):
        now = line("The connection is now: ", status_name(tracked.status, bold=True), ".")
        return said("Not possible", now, withdraw_it)
    return None


def confirmation(
    operation: Operation,
    wanted: DisconnectRequest,
    record: Record | None,
    look: Look,
    *,
    first: bool,
    before: Sequence[Disconnection] = (),
) -> Json:
    """The form. `record` is the connection as it is now; `first`: the reader wanted to ask for the same."""
    told: list[Line] = [line("Somebody was first: this is what waits already.")] if first else []
    told += [
        line(*parties(wanted, look)),
        will_happen(wanted, look),
        line(
            "Once you confirm it, it is sent to Noyo, which begins at once. It cannot be taken back from here."
        ),
    ]
    asked = [*parting_facts(operation, wanted), labelled("Asked for", Moment(operation.placed_at))]
    if record is not None:
        asked.append(labelled("The connection", status_name(record.status)))
    asked.append(asked_before_line(before))
    parts: list[Part] = [Paragraph(told), Paragraph(asked)]
    if wanted.context:
        parts += [Paragraph([labelled("Context for Noyo")]), Quote((Foreign(wanted.context, SAID),))]
    return form(
        "Confirm disconnection",
        "Confirm Disconnection",
        CALLBACK,
        Message(parts, warning=look.warning()).blocks(),
        about=buttons.encode(ButtonValue(operation_id=operation.id)),
    )


def _operation_id(view: dict[str, Any]) -> str:
    try:
        held = buttons.decode(view["private_metadata"]).operation_id
    except (LookupError, TypeError, ValueError):
        held = None
    if held is None:
        raise UnknownSchema(
            "This form cannot be read. Nothing was sent to Noyo. Please use the card's button again."
        )
    return held


def _over(office: Office, asker: Asker, operation: Operation | None) -> Json:
    """It does not wait any more: who was first, or what became of it."""
    if operation is None:
        return said("Not held any more", _FORGOTTEN)
    if operation.state is OperationState.HELD:
        return said("Too late", "Its time is over: it expires unsent, and nothing was sent to Noyo.")
    second = operation.second
    title = "Confirmed already" if second else "Not held any more"
    by = [labelled("Confirmed by", Person(second.by), " · ", Moment(second.at))] if second else []
    now = under_way(operation) if operation.open else line(*outcome(operation), ".")
    own = second is not None and second.by == asker.user_id
    card = line("Its card is in ", Channel(office.look.decisions_channel), ".")
    return said(title, now, *by, *([] if own else ["Nothing was sent for you."]), card)


def _withdrawn(office: Office, asker: Asker, operation_id: str) -> tuple[str, Line]:
    operation = office.operations.operation(operation_id)
    own = operation is not None and operation.actor == asker.user_id
    # Whoever asked may always take it back: that keeps things as they are.
    needed = Right.VIEW if own else Right.APPROVE
    permission = office.permits(needed, asker, operation.subject if operation else None)
    if not permission.allowed:
        return "Not possible", replies.refusal(permission)
    taken = withdraw(operation_id, asker.user_id, tools=office.confirming_for(asker))
    if taken is not None:
        return "Withdrawn", line("It is withdrawn. Nothing was sent to Noyo, and the group stays connected.")
    now = office.operations.operation(operation_id)
    if operation is not None:
        office.note(asker, "not_withdrawn", operation.subject, *_came_second(operation, now))
    if now is None:
        return "Not held any more", line(_FORGOTTEN)
    return "Not held any more", under_way(now) if now.open else line(*outcome(now), ".")


def _came_second(operation: Operation, now: Operation | None) -> tuple[tuple[str, str], ...]:
    """For the trail: what it was when they came."""
    return (("operation", operation.id), ("state", now.state.value if now else "no longer kept"))


def _what(office: Office, operation: Operation) -> Line:
    wanted = operation.input
    named = parties(wanted, office.look) if isinstance(wanted, DisconnectRequest) else ()
    return line("the request to disconnect ", *named)
