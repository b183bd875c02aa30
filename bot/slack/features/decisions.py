"""*decisions*: somebody wants to know which requests to disconnect wait, and which is the most urgent.

What can go wrong: the list hides a request that ends tomorrow, or one of ours that waits for a second approver, or
offers one that a colleague is deciding at this moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from bot.domain.operations import Operation
from bot.domain.people import Right
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import Disconnection, DisconnectionStatus, EntityKind, EntityRef
from bot.domain.requests import DisconnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features import listing
from bot.slack.views import record_facts, replies
from bot.slack.views.message import Paragraph, Part
from bot.slack.views.operation_text import in_progress
from bot.slack.views.record_cards import claimed_by
from bot.slack.views.record_facts import end_date, source_name
from bot.slack.views.record_rows import unconfirmed_row
from bot.slack.views.rich_text import Json, rich_text
from bot.usecases.notifications.read_model import COUNTED


def start(context: RequestContext, _: str) -> Json:
    """`/noyo decisions`: requests to disconnect that wait for a decision or for confirmation, soonest end first."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    records, undecided = context.deps.records, DisconnectionStatus.NEEDS_REVIEW.value
    waiting = records.in_status(EntityKind.DISCONNECTION, undecided, limit=COUNTED)
    unconfirmed = context.deps.operations.awaiting_confirmation(limit=COUNTED)
    pages = listing.pages_of(context, len(waiting) + len(unconfirmed))
    # Each list is sorted, so only these of each can be among the first of both.
    found = records.record_states(waiting[: pages.end], skip_unreadable=True)
    rows = [*_by_end(found, waiting[: pages.end]), *((_end(each.input), each) for each in unconfirmed[: pages.end])]
    if not rows:
        return replies.ephemeral("No request to disconnect waits for a decision.")
    on_page = [what for _, what in sorted(rows, key=lambda row: row[0])[pages.start : pages.end]]
    unreadable = listing.unreadable(on_page.count(None))
    opening = f"These disconnection requests need a decision, most urgent first.{unreadable}"
    parts = [part for what in on_page for part in _row(context, what)]
    return replies.ephemeral(opening, *parts, *listing.turning(context, pages))


def _by_end(
    found: Mapping[EntityRef, RecordState], waiting: Sequence[EntityRef]
) -> Iterator[tuple[date, RecordState | None]]:
    """The requests with their end dates. One that cannot be read (None) keeps its place: the pages depend on it."""
    end = date.min
    for entity in waiting:
        state = found.get(entity)
        end = _end(state.record) if state is not None else end
        yield end, state


def _end(what: object) -> date:
    ends = what.effective_end_date if isinstance(what, Disconnection | DisconnectionRequest) else None
    return ends or date.max


def _row(context: RequestContext, what: RecordState | Operation | None) -> list[Part]:
    if isinstance(what, Operation):
        return unconfirmed_row(what, context.display)
    if what is None:
        return []
    return _decision_row(context, what) if decidable(what) else listing.rows(context, [what])


def _decision_row(context: RequestContext, record_state: RecordState) -> list[Part]:
    record = record_state.record
    if not isinstance(record, Disconnection):
        return []
    lines = [
        rich_text(*record_facts.group_and_carrier(record, context.display)),
        end_date(record, context.deps.today()),
        rich_text("Asked for by ", source_name(record)),
        *claimed_by(record_state),
    ]
    operation = context.deps.operations.open_on(record_state.entity)
    if operation is not None:
        return [Paragraph([*lines, in_progress(operation)])]
    return [Paragraph(lines), listing.row_buttons(context, record_state, None, with_claim=True)]
