"""Alerts, for what goes on only if somebody on our side acts."""

from __future__ import annotations

from bot.domain.content import Alert
from bot.domain.record_states import RecordState
from bot.domain.records import (
    Connection,
    ConnectionStatus,
    Disconnection,
    DisconnectionSource,
    needs_our_action,
)
from bot.domain.reminders import days_left
from bot.slack.views import formatting, operation_text, record_facts
from bot.slack.views.disconnection_card import checking, end_date, how_far
from bot.slack.views.display_settings import DisplaySettings
from bot.slack.views.message import Buttons, Message, Paragraph, Part, Quote
from bot.slack.views.rich_text import (
    PermalinkLookup,
    RichText,
    Timestamp,
    UserGroupMention,
    UserMention,
    labelled,
    rich_text,
    to_card,
)
from bot.slack.views.statuses import next_step, source, status_name


def alert(shown: Alert, look: DisplaySettings, links: PermalinkLookup) -> Message:
    """The reader is called away from other work: what is wrong, with whom, and what do I do now?

    What could go wrong: two people retry or decide the same, or somebody acts on what was true an hour ago. So once
    the record has moved on or somebody's operation is on its way, the same message says that first and takes its
    buttons away.
    """
    if _acted_on(shown) or shown.record_state.record.version != shown.raised_version:
        return _over(shown, look, links)
    record = shown.record_state.record
    parts: list[Part] = [Paragraph([*_called(shown, look), *_what(shown, look)])]
    parts += _said(record)
    parts.append(Paragraph([*_history(shown.record_state), labelled("Next", *next_step(record, look))]))
    parts.append(Paragraph(to_card(shown.card, links)))
    parts.append(Buttons(record_facts.offered(shown.record_state, look, checking=True), _revision(shown)))
    return Message(parts, _title(shown), look.warning())


def _acted_on(shown: Alert) -> bool:
    return shown.operation is not None and shown.operation.is_open


def _called(shown: Alert, look: DisplaySettings) -> list[RichText]:
    """Those who decide, named so that Slack calls them: only where it ends soon, or was reminded of often enough."""
    if not shown.calls or not look.approvers:
        return []
    holders = sorted(look.approvers)
    named = [UserGroupMention(one) if one.startswith("S") else UserMention(one) for one in holders]
    spaced = [run for one in named for run in (one, " ")]
    return [rich_text(*spaced, "please decide" if shown.reminds else "please decide soon")]


def _title(shown: Alert) -> RichText:
    record = shown.record_state.record
    if shown.reminds and isinstance(record, Disconnection):
        ends = record.effective_end_date
        left = f" · {how_far(days_left(ends, shown.today))}" if ends and shown.today else ""
        return rich_text("Still waits: disconnect ", record_facts.group(record), left)
    if isinstance(record, Disconnection):
        carrier = record.source_type is DisconnectionSource.CARRIER
        who = "The carrier asks" if carrier else "Somebody asks"
        return rich_text(f"{who} to disconnect ", record_facts.group(record))
    return rich_text(status_name(record.status), ": ", record_facts.group(record))


def _what(shown: Alert, look: DisplaySettings) -> list[RichText]:
    record = shown.record_state.record
    lines = [
        labelled("Group", record_facts.group(record)),
        labelled("Carrier", look.carrier(record.carrier_id)),
    ]
    if isinstance(record, Disconnection):
        today = shown.today if needs_our_action(record.status) else None
        asked = labelled("Asked for by", source(record))
        return [*lines, asked, end_date(record, today), *checking(shown.record_state)]
    return [*lines, record_facts.carrier_group_id(record)]


def _said(record: Connection | Disconnection) -> list[Part]:
    words = record_facts.carrier_said(record)
    if words:
        return [Paragraph([labelled("The carrier said")]), Quote(words)]
    if record.status is ConnectionStatus.UNABLE_TO_CONNECT:
        return [Paragraph([labelled("The carrier said", "nothing that Noyo passed on")])]
    return []


def _history(record_state: RecordState) -> list[RichText]:
    if not isinstance(record_state.record, Connection):
        return []
    took = record_state.record.modified - record_state.attempt_started_at
    # Nothing at all: nobody saw this try begin.
    spent = [labelled("This try took", formatting.duration(took))] if took > 0 else []
    return [*spent, record_facts.tries(record_state), record_facts.asker(record_state)]


def _over(shown: Alert, look: DisplaySettings, links: PermalinkLookup) -> Message:
    record = shown.record_state.record
    lines = [*_now(shown), *_what(shown, look), *_whom(shown.record_state), *to_card(shown.card, links)]
    return Message(
        [Paragraph(lines), Buttons([record_facts.details_button(shown.record_state)], _revision(shown))],
        rich_text(_over_title(shown), ": ", record_facts.group(record)),
        look.warning(),
    )


def _over_title(shown: Alert) -> str:
    if _acted_on(shown):
        return "Being dealt with"
    return (
        f"Changed since this {_noun(shown)}"
        if needs_our_action(shown.record_state.status)
        else "No longer needs us"
    )


def _noun(shown: Alert) -> str:
    return "reminder" if shown.reminds else "alert"


def _now(shown: Alert) -> list[RichText]:
    """What is true now, said first."""
    if shown.operation is not None and shown.operation.is_open:
        return [operation_text.in_progress(shown.operation)]
    record = shown.record_state.record
    if needs_our_action(record.status):
        return [
            rich_text(
                "Now: ", status_name(record.status), ". It still needs us; its card shows it as it is now."
            )
        ]
    went_on = rich_text("It went on to ", status_name(record.status), " · ", Timestamp(record.modified))
    return [rich_text(*went_on, f". This {_noun(shown)} asks nothing of you any more.")]


def _whom(record_state: RecordState) -> list[RichText]:
    return [labelled("Requested by", UserMention(record_state.requester))] if record_state.requester else []


def _revision(shown: Alert) -> str:
    about = f"{shown.operation.id}:{shown.operation.state.value}" if shown.operation else ""
    return f"{shown.record_state.entity}:{shown.record_state.record.version}:{about}:{shown.record_state.owner or ''}"
