"""Slack room: what is open at Noyo when Switchboard begins."""

from __future__ import annotations

from bot.domain.records import Connection, Disconnection
from bot.domain.showing import Summary
from bot.domain.tracking import Tracked
from bot.slack import facts
from bot.slack.disconnection_card import end_date
from bot.slack.look import Look
from bot.slack.message import Buttons, Message, Paragraph, Part
from bot.slack.phrases import SAID, Foreign, Line, Moment, Words, labelled, line, own_group_id
from bot.slack.statuses import status_name
from bot.slack.text import counted

MOST_SHOWN = 20
_SAID_SHORTLY = SAID // 4


def summary(shown: Summary, look: Look) -> Message:
    """The reader meets the bot for the first time: what does it know, and what has been waiting for us?

    What could go wrong: a wall of a hundred old alerts, or the belief that what is not listed does not wait. So this
    is one message, and it says how many more there are and how to see them, and of when it tells, since it is never
    edited.
    """
    listed = list({tracked.subject: tracked for tracked in shown.waiting}.values())[:MOST_SHOWN]
    parts: list[Part] = [Paragraph(_counts(shown))]
    for tracked in listed:
        parts += [Paragraph(_waiting(tracked, look)), _buttons(tracked, look)]
    parts.append(Paragraph(_more(shown.waiting_total - len(listed), look)))
    return Message(parts, line("Switchboard has begun"), look.warning())


def _counts(shown: Summary) -> list[Line]:
    connections = counted(shown.connections, "open connection")
    disconnections = counted(shown.disconnections, "open disconnection request")
    first = line(
        f"Following {connections} and {disconnections} at Noyo. From now on, every change is told here."
    )
    if shown.waiting_total == 0:
        return [first, line("Nothing waits for us.")]
    waits = "1 of them waits" if shown.waiting_total == 1 else f"{shown.waiting_total} of them wait"
    now = line("As it stood ", Moment(shown.at), "; the cards tell how it stands since.")
    return [first, line(Words(f"{waits} for us to act.", bold=True)), now]


def _waiting(tracked: Tracked, look: Look) -> list[Line]:
    record = tracked.record
    lines = [
        line(Words("• "), *facts.group_and_carrier(record, look), ": ", status_name(record.status, bold=True))
    ]
    if isinstance(record, Disconnection):
        return [*lines, end_date(record)]
    return [*lines, *_connection(record)]


def _connection(record: Connection) -> list[Line]:
    lines = []
    if record.carrier_group_id is not None:
        lines.append(labelled("Carrier group id", own_group_id(record.carrier_group_id)))
    words = facts.error(record)
    if words:
        lines.append(
            labelled("The carrier said", Foreign(words, _SAID_SHORTLY, keep=record.carrier_group_id))
        )
    return lines


def _buttons(tracked: Tracked, look: Look) -> Buttons:
    record = tracked.record
    return Buttons(facts.offered(tracked, look, primary=False), f"{record.subject}:{record.version}")


def _more(number: int, look: Look) -> list[Line]:
    if number <= 0:
        return []
    waits = "waits" if number == 1 else "wait"
    return [
        line(f"{number} more {waits} for us. Find each with {look.command} status and a group's name or id.")
    ]
