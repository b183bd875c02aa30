"""The two forms by which a request to disconnect is decided: what they show, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.decisions import Decision, DecisionReason
from bot.domain.operations import DecisionRequest
from bot.domain.records import Disconnection
from bot.slack.views import buttons, record_facts
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.modals import FieldErrors, checkbox_field, choice_field, date_field, form, text_field
from bot.slack.views.operation_text import REASONS
from bot.slack.views.record_cards import disconnection_facts, end_date_text
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import Json, RichText, Timestamp, date_text, labelled, rich_text

CALLBACKS = {Decision.APPROVE: "approve_disconnection", Decision.REJECT: "reject_disconnection"}
CONTEXT_LONGEST = 500
_TITLES = {Decision.APPROVE: "Approve disconnection", Decision.REJECT: "Keep connected"}
_SUBMITS = {Decision.APPROVE: "Approve Disconnection", Decision.REJECT: "Keep Connected"}


def decision_form(
    decision: Decision, record: Disconnection, display: DisplaySettings, changed: list[RichText]
) -> Json:
    """`changed`: what is to be said first, where it moved since the person looked."""
    told = [*([Paragraph(changed)] if changed else []), Paragraph(_will_happen(decision, record, display))]
    told.append(Paragraph(disconnection_facts(record)))
    return form(
        _TITLES[decision],
        _SUBMITS[decision],
        CALLBACKS[decision],
        [*Message(told, warning=display.warning()).blocks(), *_fields(decision, record)],
        about=buttons.encode(ButtonValue(record.entity, record.version)),
    )


def changes(before: Disconnection | None, now: Disconnection) -> list[RichText]:
    """Old and new below each other."""
    seen = (
        labelled("You saw", *_stood(before))
        if before
        else rich_text("What you saw is not known here any more.")
    )
    return [
        rich_text("It changed since you looked at it, so nothing was sent. Check it before you submit."),
        seen,
        labelled("Now", *_stood(now)),
    ]


def decision_faults(
    decision: Decision, values: Mapping[str, str], record: Disconnection, today: date
) -> FieldErrors:
    """All faults at once, by field; empty where everything fits."""
    found = {"context": context_fault(values.get("context", ""))}
    if decision is Decision.APPROVE:
        found |= _day_faults(values, record, today)
    elif values.get("reason") not in set(DecisionReason):
        found["reason"] = "Choose why the group stays connected."
    elif values["reason"] == DecisionReason.OTHER and not values.get("context"):
        found["context"] = "Say what the other reason is."
    return {name: words for name, words in found.items() if words}


def decision_wanted(
    decision: Decision, values: Mapping[str, str], record: Disconnection, *, unversioned: bool
) -> DecisionRequest:
    """After `decision_faults`. A day that was left as Noyo has it is not sent. `unversioned` concerns rejections."""
    context = values.get("context") or None
    if decision is Decision.REJECT:
        reason = DecisionReason(values["reason"])
        return DecisionRequest(decision, reason=reason, context=context, unversioned=unversioned)
    chosen = _day(values, record)
    return DecisionRequest(decision, None if chosen == record.effective_end_date else chosen, context=context)


def _will_happen(decision: Decision, record: Disconnection, display: DisplaySettings) -> list[RichText]:
    group, carrier = record_facts.group_name(record), display.carrier(record.carrier_id)
    if decision is Decision.REJECT:
        return [rich_text(group, " stays connected to ", carrier, ", and this request is closed.")]
    ends = record.effective_end_date
    when = f"{date_text(ends)}, or the day you choose instead," if ends else "the day you choose,"
    return [rich_text(f"After {when} changes for ", group, " no longer reach ", carrier, ".")]


def _fields(decision: Decision, record: Disconnection) -> list[Json]:
    if decision is Decision.REJECT:
        reasons = [(reason.value, words) for reason, words in REASONS.items()]
        return [
            choice_field("reason", "Why the group stays connected", reasons),
            context_field("Needed where you chose another reason."),
        ]
    return [
        date_field(
            day_name(record),
            "Last managed day",
            hint="The last day on which its coverage is managed through this connection.",
            initial=record.effective_end_date,
        ),
        checkbox_field(past_name(record), "A day that is past", "This day is past, and I mean it"),
        context_field("Anything that Noyo should know about it."),
    ]


def context_field(hint: str) -> Json:
    return text_field(
        "context",
        "Context for Noyo",
        hint=f"{hint} No tax numbers and nothing about anybody's health.",
        max_length=CONTEXT_LONGEST,
        optional=True,
        multiline=True,
    )


def day_name(record: Disconnection) -> str:
    """Another name for each version: Slack keeps what stands in a field of the same name, and an old day of Noyo's
    would be taken for one that the person chose."""
    return f"end_date.{record.version}"


def past_name(record: Disconnection) -> str:
    return f"past.{record.version}"


def _day(values: Mapping[str, str], record: Disconnection) -> date | None:
    try:
        return date.fromisoformat(values.get(day_name(record), ""))
    except ValueError:
        return None


def _day_faults(values: Mapping[str, str], record: Disconnection, today: date) -> FieldErrors:
    chosen = _day(values, record)
    if chosen is None:
        return {day_name(record): "Choose the last day on which its coverage is managed."}
    if chosen < today and not values.get(past_name(record)):
        return {
            past_name(
                record
            ): f"{date_text(chosen)} is past. Choose another day, or tick this if you mean it."
        }
    return {}


def context_fault(context: str) -> str:
    if len(context) > CONTEXT_LONGEST:
        return f"Use at most {CONTEXT_LONGEST} characters; this has {len(context)}."
    if not all(part.isprintable() for part in context.splitlines()):
        return "This holds a hidden character. Type it here instead of pasting it."
    return ""


def _stood(record: Disconnection) -> RichText:
    last_day = rich_text(", last managed day ", end_date_text(record))
    return rich_text(status_name(record.status), *last_day, ", changed ", Timestamp(record.modified))
