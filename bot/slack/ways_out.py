"""Slack room: *ways out*: nobody can tell from Noyo whether something arrived, and a person has to say.

They have looked at Noyo, or asked there, and now decide for everybody. What can go wrong: two people decide at once, or
somebody decides on what the message said an hour ago.
"""

from __future__ import annotations

from bot.domain.operations import Operation, OperationState
from bot.domain.people import Right
from bot.domain.subjects import Kind
from bot.slack import replies
from bot.slack.buttons import Act, ButtonValue
from bot.slack.deeds import outcome, under_way
from bot.slack.office import Asker, Office
from bot.slack.phrases import Line, line
from bot.slack.tell import tell
from bot.usecases.resolve import Way, resolve

WAYS = {Act.ARRIVED: Way.ARRIVED, Act.SEND_AGAIN: Way.SEND_AGAIN, Act.CLOSE: Way.CLOSE}


def click(office: Office, asker: Asker, act: Act, value: ButtonValue) -> None:
    """Takes the way, and tells the person alone what came of the click; everybody else sees it on the card."""
    title, words = _taken(office, asker, WAYS[act], value.operation_id or "")
    tell(office.web, asker.trigger_id, asker.response_url, title, words)


def _taken(office: Office, asker: Asker, way: Way, operation_id: str) -> tuple[str, Line]:
    before = office.operations.operation(operation_id)
    needed = before.needs if before else Right.REQUEST
    permission = office.permits(needed, asker, before.subject if before else None)
    if not permission.allowed:
        return "Not possible", replies.refusal(permission)
    taken = resolve(
        operation_id,
        way,
        asker.user_id,
        seen_version=_version_now(office, before),
        operations=office.operations,
        clock=office.clock,
        new_id=office.new_id,
        origin=asker.origin,
    )
    if taken is None:
        about = before.subject if before else None
        office.note(asker, "way_out_not_taken", about, ("operation", operation_id), ("way", way.value))
        return "Decided already", _now(office.operations.operation(operation_id))
    return "Recorded", _now(taken)


def _version_now(office: Office, operation: Operation | None) -> str | None:
    """Sending again is for the record as it is shown beside the question now; it is read again before it is sent.

    A decision stays one on what was decided: nobody approves by this what has changed since.
    """
    if operation is None or operation.subject.kind is not Kind.CONNECTION:
        return None
    tracked = office.records.tracked(operation.subject)
    return tracked.record.version if tracked else None


def _now(operation: Operation | None) -> Line:
    if operation is None:
        return line("This is settled, and too old to be kept. Nothing was done.")
    if operation.state is OperationState.PENDING:
        return line("It is being sent once more. ", *under_way(operation))
    return under_way(operation) if operation.open else outcome(operation)
