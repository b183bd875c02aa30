"""Slack room: *decisions*: somebody wants to know which requests to disconnect wait, and which is the most urgent.

They have a few minutes between other things. What can go wrong: the list hides one that ends tomorrow, or offers one
that a colleague is deciding at this moment.
"""

from __future__ import annotations

from bot.domain.people import Right
from bot.domain.records import Disconnection, DisconnectionStatus
from bot.domain.subjects import Kind
from bot.domain.tracking import Tracked
from bot.slack import facts, replies
from bot.slack.deeds import under_way
from bot.slack.disconnection_card import checking, end_date
from bot.slack.message import Buttons, Paragraph, Part
from bot.slack.office import Asker, Office
from bot.slack.phrases import Json, line
from bot.slack.statuses import source
from bot.usecases.place import decidable

LISTED = 8
COUNTED = 1000


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo decisions`: what waits, the soonest end first."""
    del text
    permission = office.permits(Right.VIEW, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    waiting = office.records.in_status(
        Kind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW.value, limit=COUNTED
    )
    held = office.records.tracked_many(waiting[:LISTED])
    shown = [held[subject] for subject in waiting[:LISTED] if subject in held and decidable(held[subject])]
    if not shown:
        return replies.only_you("No request to disconnect waits for a decision.")
    parts = [part for tracked in shown for part in _row(office, tracked)]
    opening = "These wait for a decision, the soonest last day first."
    return replies.only_you(opening, *parts, *_more(office, len(waiting) - LISTED))


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


def _more(office: Office, number: int) -> list[str]:
    if number <= 0:
        return []
    return [f"{number} more. Decide one by name: {office.command} approve or reject, and the group's name."]
