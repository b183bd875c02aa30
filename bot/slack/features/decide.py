"""*approve* and *reject*: a carrier or somebody else asks to disconnect a group, and one of us decides.

The person has asked the group, and either ends its coverage or keeps it. What can go wrong: two people decide at once,
the request changes while the form is open, it was decided at Noyo, or the date is long past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import Disconnection, changed_fields, is_deleted
from bot.domain.requests import Decision, DecisionReason, DecisionRequest
from bot.slack.context import RequestContext
from bot.slack.features.forms import (
    Entry,
    Form,
    FormTarget,
    answer,
    audit_outdated,
    chosen_day,
    context_errors,
    context_field,
    last_day_errors,
    last_day_fields,
    reason_errors,
    reason_fields,
    record_of_kind,
    record_target,
)
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import FieldErrors, form, notice, replace_modal
from bot.slack.views.operation_text import DECISION_NOUNS, REASONS, in_progress
from bot.slack.views.record_cards import decided_elsewhere, last_outcome
from bot.slack.views.record_facts import disconnection_facts, status_name
from bot.slack.views.rich_text import Json, RichText, Timestamp, date_text, labelled, rich_text
from bot.usecases.operations.submit import decide

CALLBACKS = {Decision.APPROVE: "approve_disconnection", Decision.REJECT: "reject_disconnection"}
_TITLES = {Decision.APPROVE: "Approve disconnection", Decision.REJECT: "Keep connected"}
_SUBMITS = {Decision.APPROVE: "Approve Disconnection", Decision.REJECT: "Keep Connected"}
_UNKNOWN = "Switchboard no longer has this request. Nothing was sent to Noyo."

Current = tuple[RecordState, Disconnection]


def _form(decision: Decision) -> Form[Current]:
    return Form(
        right=Right.APPROVE,
        read=_read,
        show=partial(_show, decision),
        audit_outdated=partial(audit_outdated, DecisionRequest(decision)),
        validate=lambda context, entry, now: validate(decision, entry.values, now[1], context.deps.today()),
        submit=partial(_submit, decision),
    )


def _read(context: RequestContext, entry: Entry) -> FormTarget[Current]:
    target = record_target(Disconnection, context, entry)
    return replace(target, requester=target.value[0].requester if target.value else None)


def _show(decision: Decision, context: RequestContext, now: Current | None, shown: ButtonValue) -> Json:
    """The form for the request as it is now, with what changed since it was shown."""
    if now is None:
        return notice("Not possible", _UNKNOWN)
    record_state, record = now
    operation = context.deps.operations.open_on(record_state.entity)
    if operation is not None:
        return _already_decided(operation)
    if not decidable(record_state):
        return _not_decidable(context, record_state, record)
    changed = []
    if record.version != shown.version:
        changed = changes(_version_shown(context, shown), record, context.display)
    return decision_form(decision, record, context.display, changed)


def decision_form(decision: Decision, record: Disconnection, display: DisplaySettings, changed: list[RichText]) -> Json:
    """`changed`: what to show first if the request has changed since the person looked at it."""
    parts = [*([Paragraph(changed)] if changed else []), Paragraph(_consequence(decision, record, display))]
    message = Message([*parts, Paragraph(disconnection_facts(record))], warning=display.warning())
    return form(
        _TITLES[decision],
        _SUBMITS[decision],
        CALLBACKS[decision],
        [*message.blocks(), *_fields(decision, record)],
        about=buttons.encode(ButtonValue(record.entity, record.version)),
    )


def _submit(decision: Decision, context: RequestContext, entry: Entry, now: Current) -> Json:
    record_state, record = now
    result = decide(
        entry.view_id,
        context.actor.user_id,
        shown=record_state,
        wanted=_decision(decision, entry.values, record, unversioned=context.reject_without_version),
        reply_to=entry.reply_to,
        deps=context.deps,
    )
    names = record_facts.group_and_carrier(record, context.display)
    return answer(
        result,
        what=rich_text(f"your {DECISION_NOUNS[decision]} for ", *names),
        channel=context.display.decisions_channel,
        conflict=lambda operation: replace_modal(_already_decided(operation)),
        changed=lambda newest: replace_modal(
            _show(decision, context, record_of_kind(Disconnection, newest), entry.shown)
        ),
    )


def validate(decision: Decision, values: Mapping[str, str], record: Disconnection, today: date) -> FieldErrors:
    """All errors at once, by field; empty if there are none."""
    if decision is Decision.APPROVE:
        shown = record.effective_end_date
        errors = last_day_errors(values, date_name(record), past_name(record), today, shown=shown)
    else:
        errors = reason_errors(values, DecisionReason, "Choose why the group stays connected.")
    return errors | context_errors(values)


def _decision(
    decision: Decision, values: Mapping[str, str], record: Disconnection, *, unversioned: bool
) -> DecisionRequest:
    """From valid fields. An unchanged date is not sent. `unversioned` concerns rejections only."""
    context = values.get("context") or None
    if decision is Decision.REJECT:
        reason = DecisionReason(values["reason"])
        return DecisionRequest(decision, reason=reason, context=context, unversioned=unversioned)
    chosen = chosen_day(values, date_name(record), shown=record.effective_end_date)
    return DecisionRequest(decision, None if chosen == record.effective_end_date else chosen, context=context)


def date_name(record: Disconnection) -> str:
    """The name of the date field, different for each version.

    Slack keeps the value of a field whose name stays the same, so an old date of Noyo's would look like the person's
    choice.
    """
    return f"end_date.{record.version}"


def past_name(record: Disconnection) -> str:
    """The name of the checkbox for a past date, different for each version as well."""
    return f"past.{record.version}"


def _fields(decision: Decision, record: Disconnection) -> list[Json]:
    if decision is Decision.REJECT:
        return reason_fields("Why the group stays connected", REASONS)
    return [
        *last_day_fields(date_name(record), past_name(record), initial=record.effective_end_date),
        context_field("Anything that Noyo should know about it."),
    ]


def _consequence(decision: Decision, record: Disconnection, display: DisplaySettings) -> list[RichText]:
    group, carrier = record_facts.group_name(record), display.carrier(record.carrier_id)
    if decision is Decision.REJECT:
        return [rich_text("This request does not disconnect ", group, " from ", carrier, ", and is closed.")]
    ends = record.effective_end_date
    when = f"{date_text(ends)}, or the day you choose instead," if ends else "the day you choose,"
    return [rich_text(f"After {when} changes for ", group, " no longer reach ", carrier, ".")]


def changes(before: Disconnection | None, now: Disconnection, display: DisplaySettings) -> list[RichText]:
    """Each changed field with its old and its new value, in the words of the thread."""
    warning = rich_text("It changed after you opened it, so nothing was sent. Check it before you submit.")
    if before is None:
        return [warning, rich_text("Switchboard no longer has the version that you saw.")]
    status = labelled("Status", status_name(before.status), " → ", status_name(now.status))
    changed = [status] if before.status != now.status else []
    changed += record_facts.change_lines(changed_fields(before, now), now.status, display)
    return [warning, *(changed or [rich_text("Nothing that is shown here changed.")])]


def _version_shown(context: RequestContext, shown: ButtonValue) -> Disconnection | None:
    for record in context.deps.records.history(shown.record, since=0):
        if isinstance(record, Disconnection) and record.version == shown.version:
            return record
    return None


def _already_decided(operation: Operation) -> Json:
    """A modal, since Slack shows nobody's name under a field."""
    return notice(
        "Already decided",
        in_progress(operation) if operation.is_open else last_outcome(operation),
        labelled("Asked for", Timestamp(operation.submitted_at)),
        "Nothing was sent for you. Follow it on its card.",
    )


def _not_decidable(context: RequestContext, record_state: RecordState, record: Disconnection) -> Json:
    last = context.deps.operations.last_on(record_state.entity)
    lines: list[RichText] = [
        rich_text(record_facts.group_name(record), " is now: ", status_name(record.status, bold=True), "."),
        *([last_outcome(last)] if last is not None else []),
        *decided_elsewhere(record, last),
        rich_text("There is nothing left to decide, and nothing was sent to Noyo."),
    ]
    return notice("Deleted at Noyo" if is_deleted(record) else "Already decided", *lines)


APPROVE, REJECT = _form(Decision.APPROVE), _form(Decision.REJECT)
