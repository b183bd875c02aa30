"""The morning summary, for the team and for one person."""

from __future__ import annotations

from datetime import date

from bot.domain.absences import AwayOwner
from bot.domain.business_days import day_of
from bot.domain.content import MorningSummary, PersonalSummary
from bot.domain.morning_summary import Need, NeedCount, OpenTask, is_question
from bot.domain.operations import Operation
from bot.domain.records import Disconnection
from bot.domain.reminders import days_left
from bot.slack.views import operation_text, record_facts
from bot.slack.views.buttons import show_buttons
from bot.slack.views.message import Buttons, DisplaySettings, Message, Paragraph, Part, SmallPrint
from bot.slack.views.request_cards import request_title
from bot.slack.views.rich_text import (
    ChannelMention,
    PlainText,
    RichText,
    Timestamp,
    UntrustedText,
    day_text,
    plural,
    rich_text,
)

_NEEDS = {
    Need.ANSWER: ("question that only a person can answer", "questions that only a person can answer"),
    Need.SECOND_APPROVAL: (
        "disconnection that awaits a second approver",
        "disconnections that await a second approver",
    ),
    Need.DECISION: ("decision", "decisions"),
    Need.RETRY: ("failed connection", "failed connections"),
    Need.CORRECTION: ("connection with action required", "connections with action required"),
    Need.AUTHORIZATION: ("connection that needs carrier authorization", "connections that need carrier authorization"),
}
_CARRIERS_NAMED = 3


def morning_summary(content: MorningSummary, display: DisplaySettings) -> Message:
    """Answers, each morning: does anything need us, how much, and what first?

    People read it at the start of the day, on a telephone. What can go wrong: it notifies people for nothing, or is
    one more list to scroll past. So it has one line for each kind, a few records, names without a mention,
    and everything else is in its thread or one command away. It is never updated, so it has a time.
    """
    total = sum(need.number for need in content.needs)
    stuck = sum(number for _, number in content.not_moving)
    title = f"{total} {'needs' if total == 1 else 'need'} the team" if total else _do_not_move(stuck)
    urgent = [_row(task, content.today, display, _claimed(task)) for task in content.urgent]
    parts: list[Part] = [
        Paragraph([_need_line(need, content, display) for need in content.needs]),
        Paragraph([rich_text(PlainText("Most urgent", bold=True)), *urgent] if urgent else []),
        Paragraph([_not_moving_line(content, stuck, display)]),
        Buttons(show_buttons("status", "Show All") if total else (), f"morning:{content.at}"),
        SmallPrint([rich_text(*_as_of(content.at), ". Posted once each business day. ", _how(total, display))]),
    ]
    return Message(parts, rich_text(title), display.warning())


def _as_of(at: int) -> RichText:
    return rich_text("As of ", Timestamp(at))


def _how(total: int, display: DisplaySettings) -> str:
    if total == 0:
        return ""
    directly = "Owners and requesters get what is theirs as a direct message. "
    return f"{directly}See all as they are now, with their buttons: {display.command} status"


def personal_summary(content: PersonalSummary, display: DisplaySettings) -> Message:
    """Answers, each morning: what is mine to do?

    What can go wrong: a person takes it for the whole list of the team, or looks for buttons in an old message. So it
    says that it is theirs, why each record is, and which command shows them with their buttons as they are now.
    """
    away = content.away
    rows = [_row(task, content.today, display, _whose(task, away)) for task in content.tasks]
    title, more = f"{content.total} {'needs' if content.total == 1 else 'need'} ", content.total - len(rows)
    whom = rich_text("you")
    how = f"All of yours, with their buttons: {display.command} list mine"
    if away is not None:
        whom = rich_text(_name(away), ", who is away until ", day_text(away.absence.last_day), ". You cover.")
        how = f"With their buttons: {display.command} status and the group's name"
    parts: list[Part] = [
        Paragraph([*rows, *([rich_text(PlainText(f"and {more} more.", bold=True))] if more > 0 else [])]),
        Buttons(show_buttons("list mine", "Show All") if away is None else (), f"morning:{content.at}"),
        SmallPrint([rich_text(*_as_of(content.at), f". Sent to you alone, once each business day. {how}")]),
    ]
    return Message(parts, rich_text(title, *whom), display.warning())


def _need_line(need: NeedCount, content: MorningSummary, display: DisplaySettings) -> RichText:
    singular, plural_ = _NEEDS[need.need]
    single = need.number == 1
    text = f"1 {singular}" if single else f"{need.number} {plural_}"
    if need.end_date is not None:
        days = days_left(need.end_date, content.today)
        which = "" if single else "the first " if days < 0 else "the next "
        return rich_text("• ", PlainText(text, bold=True), f", {which}{record_facts.days_left_text(days)}")
    oldest = "" if single else "the oldest "
    return rich_text("• ", PlainText(text, bold=True), f", {oldest}{_since(need.since, content.today, display)}")


def _since(at: int, today: date, display: DisplaySettings) -> str:
    days = (today - day_of(at, display.timezone)).days
    return "since today" if days <= 0 else "since yesterday" if days == 1 else f"for {days} days"


def _row(task: OpenTask, today: date, display: DisplaySettings, whose: RichText) -> RichText:
    if task.operation is not None:
        return _operation_row(task, task.operation, today, display)
    if task.record_state is None:
        return ()
    record = task.record_state.record
    status = record_facts.status_name(record.status, bold=True)
    when = _since(record.modified, today, display)
    if isinstance(record, Disconnection) and record.effective_end_date is not None:
        when = record_facts.days_left_text(days_left(record.effective_end_date, today))
    return rich_text("• ", *record_facts.title(record, display), ": ", status, f", {when} · ", *whose)


def _operation_row(task: OpenTask, operation: Operation, today: date, display: DisplaySettings) -> RichText:
    known = task.record_state
    about = record_facts.title(known.record, display) if known else request_title(operation, display)
    if is_question(operation):
        question = rich_text(PlainText("Outcome unknown", bold=True), f" of the {operation_text.noun(operation)}, ")
        answer = rich_text(" · answer the question in ", ChannelMention(display.alerts_channel))
        return rich_text("• ", *about, ": ", *question, _since(operation.submitted_at, today, display), *answer)
    waits = PlainText("Awaits a second approver", bold=True)
    end = operation.requested_end_date
    days = f", {record_facts.days_left_text(days_left(end, today))}" if end is not None else ""
    return rich_text("• ", *about, ": ", waits, days)


def _claimed(task: OpenTask) -> RichText:
    """By name: a mention would notify the owner, who has a message of their own."""
    if task.record_state is None or task.record_state.owner is None:
        return rich_text("not claimed")
    return claimed_by_name(task.owner_name)


def claimed_by_name(name: str) -> RichText:
    return rich_text("claimed by ", UntrustedText(name, 60)) if name else rich_text("claimed")


def _whose(task: OpenTask, away: AwayOwner | None) -> RichText:
    """Why it is the reader's, or that of the person for whom the reader covers."""
    owned = task.record_state is not None and task.record_state.owner is not None
    return rich_text("claimed by " if owned else "requested by ", "you" if away is None else _name(away))


def _name(away: AwayOwner) -> UntrustedText | str:
    return UntrustedText(away.absence.name, 60) if away.absence.name else "a colleague"


def _not_moving_line(content: MorningSummary, number: int, display: DisplaySettings) -> RichText:
    """The carriers with the most of them are named."""
    if number == 0:
        return ()
    carriers = sorted(content.not_moving, key=lambda each: -each[1])
    named = [
        span
        for carrier_id, count in carriers[:_CARRIERS_NAMED]
        for span in (display.carrier(carrier_id), f" {count}, ")
    ]
    others = sum(count for _, count in carriers[_CARRIERS_NAMED:])
    other_carriers = (f"other carriers {others}, ",) if others else ()
    do_not_move = PlainText(_do_not_move(number), bold=True)
    return rich_text(do_not_move, ": ", *named, *other_carriers, "listed in this thread, by carrier.")


def _do_not_move(number: int) -> str:
    return f"{plural(number, 'record')} {'does' if number == 1 else 'do'} not move"
