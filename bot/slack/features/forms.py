"""The flow that all forms share, and the fields that several forms have.

Opening: read what the form is about, authorize, show the form or a notice. Submitting: read, authorize, compare the
version with the one that was shown, validate the fields, submit the operation, show the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from bot.domain.operations import Operation, ReplyTo
from bot.domain.people import Permission, Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, EntityRef
from bot.domain.requests import DecisionReason, DisconnectionReason, OperationInput
from bot.errors import UnknownSchema
from bot.slack.context import RequestContext
from bot.slack.views import buttons, health, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.modals import (
    FieldErrors,
    checkbox_field,
    choice_field,
    date_field,
    notice,
    replace_modal,
    text_field,
    values_of,
)
from bot.slack.views.operation_text import in_progress, outcome
from bot.slack.views.rich_text import ChannelMention, Json, RichText, date_text, rich_text
from bot.usecases.operations.submit import Conflict, NotAllowed, RecordChanged, Submitted, record_outdated

T = TypeVar("T")
Reason = TypeVar("Reason", DecisionReason, DisconnectionReason)
R = TypeVar("R", Connection, Disconnection)

MAX_CONTEXT = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """What a form showed when it was opened and, once it is submitted, what it holds."""

    shown: ButtonValue
    view_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def reply_to(self) -> ReplyTo:
        return ReplyTo(view_id=self.view_id)


@dataclass(frozen=True, slots=True)
class FormTarget(Generic[T]):
    """What a form is about, as it is now."""

    entity: EntityRef | None
    """Denials are audited under it."""
    value: T | None
    """None: it is not in the table any more."""
    version: str | None = None
    """None: it cannot change while the form is open."""
    requester: str | None = None
    """Who may not decide on it; None where that does not matter."""


def record_of_kind(kind: type[R], record_state: RecordState | None) -> tuple[RecordState, R] | None:
    """The record state with its record, or None if it is not known or of another kind."""
    record = record_state.record if record_state is not None else None
    return (record_state, record) if record_state is not None and isinstance(record, kind) else None


def record_target(kind: type[R], context: RequestContext, entry: Entry) -> FormTarget[tuple[RecordState, R]]:
    """The record that the form showed, as it is now."""
    entity = entry.shown.record
    found = record_of_kind(kind, context.deps.records.record_state(entity))
    return FormTarget(entity, found, found[1].version if found else "")


def shown_record(view: Json) -> ButtonValue:
    """The record in the version that the form showed."""
    return _shown(view, lambda value: ButtonValue(value.record, value.version))


def shown_attempt(view: Json) -> ButtonValue:
    """The operation that the form showed, and in which state."""
    return _shown(view, lambda value: ButtonValue(operation_id=value.operation_id, version=value.version))


def shown_operation(view: Json) -> ButtonValue:
    """The operation that the form showed."""
    return _shown(view, lambda value: ButtonValue(operation_id=value.operation_id))


def _shown(view: Json, part: Callable[[ButtonValue], ButtonValue]) -> ButtonValue:
    try:
        return part(buttons.decode(view["private_metadata"]))
    except (LookupError, TypeError, ValueError) as error:
        words = "This form cannot be read. Nothing was sent to Noyo. Please close it and start again."
        raise UnknownSchema(words) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[T]):
    """What differs from form to form."""

    right: Right
    parse: Callable[[Json], ButtonValue] = shown_record
    read: Callable[[RequestContext, Entry], FormTarget[T]]
    show: Callable[[RequestContext, T | None, ButtonValue], Json]
    """The form for what it is about now, or a notice that says why there is none."""
    audit_outdated: Callable[[RequestContext, Entry, T | None], object] = lambda *_: None
    """Audits a submission for another version than the present one."""
    operation_id: Callable[[Entry], str] = lambda entry: entry.view_id
    """The id of the operation that a submission makes. The same one twice is one operation."""
    validate: Callable[[RequestContext, Entry, T], FieldErrors]
    """All errors at once, by field; empty if there are none."""
    submit: Callable[[RequestContext, Entry, T], Json]
    """Submits the operation; returns the answer to the submission."""

    def click(self, context: RequestContext, value: ButtonValue) -> None:
        """A button: opens the form, or says why it cannot be opened."""
        target = self.read(context, Entry(value))
        permission = self._authorize(context, target)
        if permission.allowed:
            context.open_view(self.show(context, target.value, value))
        else:
            context.open_view(notice("Not possible", replies.denial(permission)))

    def open_for(self, context: RequestContext, record_state: RecordState) -> None:
        """A command: the same for a record that was found by name."""
        self.click(context, ButtonValue(record_state.entity, record_state.record.version))

    def submission(self, context: RequestContext, view: dict[str, Any]) -> Json:
        """Submits the operation for what was shown, or shows what is wrong or has changed."""
        entry = Entry(self.parse(view), view["id"], values_of(view))
        target = self.read(context, entry)
        permission = self._authorize(context, target)
        if not permission.allowed:
            return replies.push_modal(notice("Not sent", replies.denial(permission)))
        if target.version not in (None, entry.shown.version):
            return replace_modal(self._outdated(context, entry, target.value))
        if target.value is None:
            return replace_modal(self.show(context, None, entry.shown))
        errors = self.validate(context, entry, target.value)
        if errors:
            return replies.show_field_errors(errors)
        return self.submit(context, entry, target.value)

    def _authorize(self, context: RequestContext, target: FormTarget[T]) -> Permission:
        permission = context.authorize(self.right, target.entity)
        if not permission.allowed or target.requester is None or target.entity is None:
            return permission
        return context.authorize_decision_on(target.requester, target.entity)

    def _outdated(self, context: RequestContext, entry: Entry, now: T | None) -> Json:
        """A repeat of what was submitted from this very modal is a success, although the record has changed."""
        submitted = context.deps.operations.operation(self.operation_id(entry))
        if submitted is not None:
            return notice("Already sent", repeated(submitted))
        self.audit_outdated(context, entry, now)
        return self.show(context, now, entry.shown)


def audit_outdated(wanted: OperationInput, context: RequestContext, entry: Entry, _: object) -> None:
    """Audits that the person wanted this for an outdated version of the record."""
    shown = entry.shown
    record_outdated(
        entry.view_id, context.actor.user_id, shown.record, wanted, shown_version=shown.version, deps=context.deps
    )


def answer(
    result: Submitted | Conflict | RecordChanged | NotAllowed,
    *,
    what: RichText,
    channel: str,
    conflict: Callable[[Operation], Json],
    changed: Callable[[RecordState | None], Json],
) -> Json:
    """The answer to a submission. `what` names the operation; its card is in `channel`."""
    match result:
        case Submitted(operation) if operation.state.settled:
            return replace_modal(notice("Already sent", repeated(operation)))
        case Submitted(operation):
            return replace_modal(sending(what, channel, operation))
        case Conflict(operation):
            return conflict(operation)
        case NotAllowed(permission):
            return replace_modal(notice("Not sent", replies.denial(permission)))
        case RecordChanged(now):
            return changed(now)


def repeated(operation: Operation) -> RichText:
    """For a form that is submitted again after its operation was answered."""
    if operation.deferred_by is not None:
        return rich_text("You submitted this form before. ", *in_progress(operation))
    if operation.is_open:
        return rich_text("This form was sent before. ", *in_progress(operation))
    return rich_text("This form was sent before. ", *outcome(operation), ".")


def sending(what: RichText, channel: str, operation: Operation) -> Json:
    """Shown at once; Noyo's answer replaces it as long as the modal is open."""
    card = ChannelMention(channel)
    if operation.deferred_by is not None:
        return notice(
            "Paused, not sent yet",
            rich_text(*what, ": ", *health.deferred(operation.deferred_by)),
            rich_text("There is nothing more to do: its card is in ", card, ", and you get a message."),
        )
    where = rich_text("the card is in ", card, ", and you get a message if it takes longer.")
    if not (operation.entity.is_record or operation.second_approval):
        where = rich_text("you then get a message. Once Noyo accepts it, its card is in ", card, ".")
    return notice(
        "Sending to Noyo",
        rich_text("Sending: ", *what, "."),
        "This window shows Noyo's answer as soon as it arrives.",
        rich_text("You can close it: ", *where),
    )


def context_field(hint: str) -> Json:
    return text_field(
        "context",
        "Context for Noyo",
        hint=f"{hint} Do not enter tax numbers or health information.",
        max_length=MAX_CONTEXT,
        optional=True,
        multiline=True,
    )


def last_day_fields(name: str, past_name: str, *, initial: date | None = None) -> list[Json]:
    """The last managed day, and the checkbox by which the person confirms a past one."""
    hint = "The last day on which its coverage is managed through this connection."
    return [
        date_field(name, "Last managed day", hint=hint, initial=initial),
        checkbox_field(past_name, "Past date", "Use a past date"),
    ]


def chosen_day(values: Mapping[str, str], name: str, *, shown: date | None = None) -> date | None:
    """`shown`: the initial value of the field, which a blank field stands for (see `values_of`)."""
    try:
        return date.fromisoformat(values[name]) if values.get(name) else shown
    except ValueError:
        return None


def last_day_errors(
    values: Mapping[str, str], name: str, past_name: str, today: date, *, shown: date | None = None
) -> FieldErrors:
    chosen = chosen_day(values, name, shown=shown)
    if chosen is None:
        return {name: "Choose the last day on which its coverage is managed."}
    if chosen < today and not values.get(past_name):
        words = f"{date_text(chosen)} is in the past. Choose another day, or select this to use it anyway."
        return {past_name: words}
    return {}


def reason_fields(label: str, reasons: Mapping[Reason, str]) -> list[Json]:
    options = [(reason.value, words) for reason, words in reasons.items()]
    return [choice_field("reason", label, options), context_field("Required for any other reason.")]


def reason_errors(values: Mapping[str, str], reasons: type[Reason], missing: str) -> FieldErrors:
    """`missing`: what to say if none of the reasons is chosen. Any other reason needs a context that names it."""
    chosen = values.get("reason")
    if chosen not in set(reasons):
        return {"reason": missing}
    if chosen == reasons.OTHER and not values.get("context"):
        return {"context": "Enter the other reason."}
    return {}


def context_errors(values: Mapping[str, str]) -> FieldErrors:
    context = values.get("context", "")
    if len(context) > MAX_CONTEXT:
        return {"context": f"Use at most {MAX_CONTEXT} characters; you entered {len(context)}."}
    if not all(part.isprintable() for part in context.splitlines()):
        return {"context": "This holds a hidden character. Type it here instead of pasting it."}
    return {}
