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

_NEWEST = "Please answer in the newest message."
RESOLUTION_OF_ACTION = {
    Action.ARRIVED: Resolution.ARRIVED,
    Action.SEND_AGAIN: Resolution.SEND_AGAIN,
    Action.CLOSE: Resolution.CLOSE,
}


def click(act: Action, context: RequestContext, value: ButtonValue) -> None:
    """Records the resolution. The person gets feedback; everybody else sees it on the card."""
    title, words = _resolve(context, RESOLUTION_OF_ACTION[act], value)
    context.give_feedback(title, words)


def _resolve(context: RequestContext, resolution: Resolution, value: ButtonValue) -> tuple[str, RichText]:
    operation_id = value.operation_id or ""
    before = context.deps.operations.operation(operation_id)
    needed = before.required_right if before else Right.REQUEST
    permission = context.authorize(needed, before.entity if before else None)
    if not permission.allowed:
        return "Not possible", replies.denial(permission)
    if before and before.state is OperationState.NEEDS_RESOLUTION:
        if value.version != str(before.attempts):
            return "Not possible", rich_text("This question is about an earlier attempt. ", _NEWEST)
        if not _is_unchanged(context, before, value.record_version):
            return "Not possible", rich_text("The record has changed at Noyo since this message was shown. ", _NEWEST)
    resolved = resolve(
        operation_id,
        resolution,
        context.actor.user_id,
        attempt=before.attempts if before else 0,
        seen_version=_version_to_send(before, value.record_version),
        deps=context.deps,
    )
    if resolved is None:
        about = before.entity if before else None
        context.audit_event("resolution_conflict", about, ("operation", operation_id), ("resolution", resolution.value))
        return "Already resolved", _current_state(context.deps.operations.operation(operation_id))
    return "Recorded", _current_state(resolved)


def _is_unchanged(context: RequestContext, operation: Operation, shown_version: str | None) -> bool:
    """Whether the record still has the version that was shown beside the question. Older buttons do not name it."""
    if shown_version is None:
        return True
    record_state = context.deps.records.record_state(operation.entity)
    return record_state is None or record_state.record.version == shown_version


def _version_to_send(operation: Operation | None, shown_version: str | None) -> str | None:
    """The version that the person saw, which is compared with Noyo's before anything is sent.

    A decision keeps its own version, so that nobody approves what has changed since.
    """
    is_retry = operation is not None and operation.entity.kind is EntityKind.CONNECTION
    return shown_version if is_retry else None


def _current_state(operation: Operation | None) -> RichText:
    if operation is None:
        return rich_text("This request was settled long ago. Nothing was done.")
    if operation.state is OperationState.PENDING and operation.deferred_by is None:
        return rich_text("Sending it again. ", *in_progress(operation))
    return in_progress(operation) if operation.is_open else outcome(operation)
