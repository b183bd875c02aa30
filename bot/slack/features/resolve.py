"""*It arrived*, *Send again* and *Close*: nobody can tell from Noyo whether an operation arrived, so a person decides.

The person has looked at Noyo, or asked there, and decides for everybody. What can go wrong: two people decide at once,
or somebody decides on what the message said an hour ago.
"""

from __future__ import annotations

from bot.domain.operations import Operation, OperationState, Resolution
from bot.domain.people import Right
from bot.domain.records import EntityKind
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
    """Records the resolution. The person gets feedback; everybody else sees it on the card."""
    title, words = _resolve(context, RESOLUTION_OF_ACTION[act], value.operation_id or "", value.version)
    context.give_feedback(title, words)


def _resolve(
    context: RequestContext, resolution: Resolution, operation_id: str, attempt: str | None
) -> tuple[str, RichText]:
    before = context.deps.operations.operation(operation_id)
    needed = before.required_right if before else Right.REQUEST
    permission = context.authorize(needed, before.entity if before else None)
    if not permission.allowed:
        return "Not possible", replies.denial(permission)
    if before and before.state is OperationState.NEEDS_RESOLUTION and attempt != str(before.attempts):
        return "Not possible", rich_text("This question is about an earlier attempt. Please answer the newest message.")
    resolved = resolve(
        operation_id,
        resolution,
        context.actor.user_id,
        attempt=before.attempts if before else 0,
        seen_version=_version_now(context, before),
        deps=context.deps,
    )
    if resolved is None:
        about = before.entity if before else None
        context.audit_event("resolution_conflict", about, ("operation", operation_id), ("resolution", resolution.value))
        return "Already resolved", _current_state(context.deps.operations.operation(operation_id))
    return "Recorded", _current_state(resolved)


def _version_now(context: RequestContext, operation: Operation | None) -> str | None:
    """The version to send again: the one shown beside the question now. It is read again before it is sent.

    A decision keeps its version, so that nobody approves what has changed since.
    """
    if operation is None or operation.entity.kind is not EntityKind.CONNECTION:
        return None
    record_state = context.deps.records.record_state(operation.entity)
    return record_state.record.version if record_state else None


def _current_state(operation: Operation | None) -> RichText:
    if operation is None:
        return rich_text("This request was settled long ago. Nothing was done.")
    if operation.state is OperationState.PENDING and operation.deferred_by is None:
        return rich_text("Sending it again. ", *in_progress(operation))
    return in_progress(operation) if operation.is_open else outcome(operation)
