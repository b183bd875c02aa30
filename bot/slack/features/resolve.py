"""Slack room: *ways out*: nobody can tell from Noyo whether something arrived, and a person has to say.

They have looked at Noyo, or asked there, and now decide for everybody. What can go wrong: two people decide at once, or
somebody decides on what the message said an hour ago.
"""

from __future__ import annotations

from bot.domain.entities import EntityKind
from bot.domain.operations import Operation, OperationState, Resolution
from bot.domain.people import Right
from bot.slack.context import RequestContext
from bot.slack.views import replies
from bot.slack.views.buttons import Action, ButtonValue
from bot.slack.views.operation_text import in_progress, outcome
from bot.slack.views.rich_text import RichText, rich_text
from bot.usecases.operations.resolve import resolve

RESOLUTION_OF_ACTION = {
    Action.ARRIVED: Resolution.ARRIVED,
    Action.SEND_AGAIN: Resolution.SEND_AGAIN,
    Action.CLOSE: Resolution.CLOSE,
}


def click(act: Action, context: RequestContext, value: ButtonValue) -> None:
    """Takes the way, and tells the person alone what came of the click; everybody else sees it on the card."""
    title, words = _taken(context, RESOLUTION_OF_ACTION[act], value.operation_id or "")
    context.give_feedback(title, words)


def _taken(context: RequestContext, way: Resolution, operation_id: str) -> tuple[str, RichText]:
    before = context.deps.operations.operation(operation_id)
    needed = before.required_right if before else Right.REQUEST
    permission = context.authorize(needed, before.entity if before else None)
    if not permission.allowed:
        return "Not possible", replies.denial(permission)
    taken = resolve(
        operation_id,
        way,
        context.actor.user_id,
        seen_version=_version_now(context, before),
        deps=context.deps,
    )
    if taken is None:
        about = before.entity if before else None
        context.audit_event(
            "resolution_conflict", about, ("operation", operation_id), ("resolution", way.value)
        )
        return "Already resolved", _now(context.deps.operations.operation(operation_id))
    return "Recorded", _now(taken)


def _version_now(context: RequestContext, operation: Operation | None) -> str | None:
    """Sending again is for the record as it is shown beside the question now; it is read again before it is sent.

    A decision stays one on what was decided: nobody approves by this what has changed since.
    """
    if operation is None or operation.entity.kind is not EntityKind.CONNECTION:
        return None
    record_state = context.deps.records.record_state(operation.entity)
    return record_state.record.version if record_state else None


def _now(operation: Operation | None) -> RichText:
    if operation is None:
        return rich_text("This request was settled long ago. Nothing was done.")
    if operation.state is OperationState.PENDING:
        return rich_text("It is being sent once more. ", *in_progress(operation))
    return in_progress(operation) if operation.is_open else outcome(operation)
