"""Slack room: alerts, for what goes on only if somebody on our side acts."""

from __future__ import annotations

from bot.domain.records import Connection, ConnectionStatus, Disconnection, DisconnectionSource, needs_us
from bot.domain.showing import Alert
from bot.domain.tracking import Tracked
from bot.domain.waiting import days_left
from bot.slack import deeds, facts, text
from bot.slack.disconnection_card import checking, end_date, how_far
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part, Quote
from bot.slack.phrases import Line, Links, Moment, Person, Usergroup, labelled, line, to_card
from bot.slack.statuses import next_step, source, status_name


def alert(shown: Alert, look: Look, links: Links) -> Message:
    """The reader is called away from other work: what is wrong, with whom, and what do I do now?

    What could go wrong: two people retry or decide the same, or somebody acts on what was true an hour ago. So once
    the record has moved on or somebody's operation is on its way, the same message says that first and takes its
    buttons away.
    """
    if _acted_on(shown) or shown.tracked.record.version != shown.raised_version:
        return _over(shown, look, links)
    record = shown.tracked.record
    parts: list[Part] = [Paragraph([*_called(shown, look), *_what(shown, look)])]
    parts += _said(record)
    parts.append(Paragraph([*_history(shown.tracked), labelled("Next", *next_step(record, look))]))
    parts.append(Paragraph(to_card(shown.card, links)))
    parts.append(Buttons(facts.offered(shown.tracked, look, checking=True), _revision(shown)))
    return Message(parts, _title(shown), look.warning())


def _acted_on(shown: Alert) -> bool:
    return shown.operation is not None and shown.operation.open


def _called(shown: Alert, look: Look) -> list[Line]:
    """Those who decide, named so that Slack calls them: only where it ends soon, or was reminded of often enough."""
    if not shown.calls or not look.approvers:
        return []
    holders = sorted(look.approvers)
    named = [Usergroup(one) if one.startswith("S") else Person(one) for one in holders]
    spaced = [run for one in named for run in (one, " ")]
    return [line(*spaced, "please decide" if shown.reminds else "please decide soon")]


def _title(shown: Alert) -> Line:
    record = shown.tracked.record
    if shown.reminds and isinstance(record, Disconnection):
        ends = record.effective_end_date
        left = f" · {how_far(days_left(ends, shown.today))}" if ends and shown.today else ""
        return line("Still waits: disconnect ", facts.group(record), left)
    if isinstance(record, Disconnection):
        carrier = record.source_type is DisconnectionSource.CARRIER
        who = "The carrier asks" if carrier else "Somebody asks"
        return line(f"{who} to disconnect ", facts.group(record))
    return line(status_name(record.status), ": ", facts.group(record))


def _what(shown: Alert, look: Look) -> list[Line]:
    record = shown.tracked.record
    lines = [
        labelled("Group", facts.group(record)),
        labelled("Carrier", look.carrier(record.carrier_id)),
    ]
    if isinstance(record, Disconnection):
        today = shown.today if needs_us(record.status) else None
        asked = labelled("Asked for by", source(record))
        return [*lines, asked, end_date(record, today), *checking(shown.tracked)]
    return [*lines, facts.carrier_group_id(record)]


def _said(record: Connection | Disconnection) -> list[Part]:
    words = facts.carrier_said(record)
    if words:
        return [Paragraph([labelled("The carrier said")]), Quote(words)]
    if record.status is ConnectionStatus.UNABLE_TO_CONNECT:
        return [Paragraph([labelled("The carrier said", "nothing that Noyo passed on")])]
    return []


def _history(tracked: Tracked) -> list[Line]:
    if not isinstance(tracked.record, Connection):
        return []
    took = tracked.record.modified - tracked.attempt_began
    # Nothing at all: nobody saw this try begin.
    spent = [labelled("This try took", text.duration(took))] if took > 0 else []
    return [*spent, facts.tries(tracked), facts.asker(tracked)]


def _over(shown: Alert, look: Look, links: Links) -> Message:
    record = shown.tracked.record
    lines = [*_now(shown), *_what(shown, look), *_whom(shown.tracked), *to_card(shown.card, links)]
    return Message(
        [Paragraph(lines), Buttons([facts.details_button(shown.tracked)], _revision(shown))],
        line(_over_title(shown), ": ", facts.group(record)),
        look.warning(),
    )


def _over_title(shown: Alert) -> str:
    if _acted_on(shown):
        return "Being dealt with"
    return f"Changed since this {_noun(shown)}" if needs_us(shown.tracked.status) else "No longer needs us"


def _noun(shown: Alert) -> str:
    return "reminder" if shown.reminds else "alert"


def _now(shown: Alert) -> list[Line]:
    """What is true now, said first."""
    if shown.operation is not None and shown.operation.open:
        return [deeds.under_way(shown.operation)]
    record = shown.tracked.record
    if needs_us(record.status):
        return [
            line("Now: ", status_name(record.status), ". It still needs us; its card shows it as it is now.")
        ]
    went_on = line("It went on to ", status_name(record.status), " · ", Moment(record.modified))
    return [line(*went_on, f". This {_noun(shown)} asks nothing of you any more.")]


def _whom(tracked: Tracked) -> list[Line]:
    return [labelled("Requested by", Person(tracked.asker))] if tracked.asker else []


def _revision(shown: Alert) -> str:
    about = f"{shown.operation.id}:{shown.operation.state.value}" if shown.operation else ""
    return f"{shown.tracked.subject}:{shown.tracked.record.version}:{about}:{shown.tracked.owner or ''}"
