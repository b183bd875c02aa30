"""Slack room: *decisions*: somebody wants to know which requests to disconnect wait, and which is the most urgent.

They have a few minutes between other things. What can go wrong: the list hides one that ends tomorrow, or one of our
own that waits for a second approver, or offers one that a colleague is deciding at this moment.
"""

from __future__ import annotations

from datetime import date

from bot.domain.operations import DisconnectRequest, Operation
from bot.domain.people import Right
from bot.domain.records import Disconnection, DisconnectionStatus
from bot.domain.subjects import Kind, Subject
from bot.domain.tracking import Tracked
from bot.slack import buttons, facts, replies
from bot.slack.deeds import standing, under_way
from bot.slack.disconnection_card import checking, end_date
from bot.slack.message import Buttons, Paragraph, Part
from bot.slack.office import Asker, Office
from bot.slack.parting_card import parties, parting_facts
from bot.slack.phrases import Json, labelled, line
from bot.slack.statuses import source
from bot.usecases.place import decidable

LISTED = 8
COUNTED = 1000


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo decisions`: what waits, the soonest end first: requests to disconnect, and what is held."""
    del text
    permission = office.permits(Right.VIEW, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    asked, held = _waiting(office), office.operations.held(limit=COUNTED)
    # Each list is sorted by itself, so no more than the first of each can be among the first of both.
    known = office.records.tracked_many(asked[:LISTED])
    shown = [known[subject] for subject in asked[:LISTED] if subject in known and decidable(known[subject])]
    rows = [(_end(tracked.record), _row(office, tracked)) for tracked in shown]
    rows += [(_end(operation.input), _held(office, operation)) for operation in held[:LISTED]]
    if not rows:
        return replies.only_you("No request to disconnect waits for a decision.")
    listed = sorted(rows, key=lambda row: row[0])[:LISTED]
    opening = "These wait for a decision, the soonest last day first."
    parts = [part for _, row in listed for part in row]
    return replies.only_you(opening, *parts, *_more(office, len(asked) + len(held) - LISTED))


def _waiting(office: Office) -> list[Subject]:
    return office.records.in_status(Kind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW.value, limit=COUNTED)


def _end(what: object) -> date:
    ends = what.effective_end_date if isinstance(what, Disconnection | DisconnectRequest) else None
    return ends or date.max


def _row(office: Office, tracked: Tracked) -> list[Part]:
    record = tracked.record
    told = [line(*facts.group_and_carrier(record, office.look))]
    if not isinstance(record, Disconnection):
        return []
    told += [end_date(record, office.today()), line("Asked for by ", source(record)), *checking(tracked)]
    operation = office.operations.open_on(tracked.subject)
    if operation is not None:
        return [Paragraph([*told, under_way(operation)])]
    offered = facts.offered(tracked, office.look, primary=False, checking=True)
    return [Paragraph(told), Buttons(offered, f"{tracked.subject}:{record.version}")]


def _held(office: Office, operation: Operation) -> list[Part]:
    wanted = operation.input
    if not isinstance(wanted, DisconnectRequest):
        return []
    told = [line(*parties(wanted, office.look)), *parting_facts(operation, wanted)]
    told.append(labelled("Now", *standing(operation)))
    return [Paragraph(told), Buttons(buttons.held(operation.id, primary=False), operation.id)]


def _more(office: Office, number: int) -> list[str]:
    if number <= 0:
        return []
    return [
        f"{number} more. Open one by name: {office.command} approve, reject or disconnect, and the group's name."
    ]
