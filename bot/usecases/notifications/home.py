"""Publish a person's App Home: what needs the team, as far as this person may see it.

A person asks for their Home by opening it, and by its buttons. The latest request replaces the others, and is published
once; nothing else publishes a Home, so it says when it was updated.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from bot import policies
from bot.domain.home import ROWS, Home, HomeCounts, HomeFilter, HomeQuestion, HomeRow, HomeView, NoHome
from bot.domain.not_moving import is_not_moving
from bot.domain.operations import Operation, OperationState
from bot.domain.outbox import OutboxEvent, home_request_id
from bot.domain.people import Right
from bot.domain.record_filter import NEED_OUR_ACTION, OpenRecord, RecordFilter, by_urgency
from bot.domain.record_states import RecordState
from bot.domain.records import DisconnectionStatus, EntityKind, EntityRef, needs_our_action
from bot.domain.requests import DisconnectionRequest
from bot.errors import SlackError, SlackRefused, UnknownSchema
from bot.usecases.admin.authorization import authorized
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.read_model import open_operation, waiting_operations

logger = logging.getLogger("switchboard")

_KINDS = (EntityKind.DISCONNECTION, EntityKind.CONNECTION)
_NEEDS_US = RecordFilter(statuses=frozenset(NEED_OUR_ACTION))
_DECISION = (EntityKind.DISCONNECTION, DisconnectionStatus.NEEDS_REVIEW.value)


def publish_home(event: OutboxEvent, deps: Dependencies) -> None:
    """Publish what the person chose last. If Slack refuses the Home, it is given up: opening it again asks again.

    Other errors of Slack are raised. A worker that was slow may have published after another one that had a later
    request; so the request is read again afterwards, and the latest is published last.
    """
    user_id = event.entity.key
    for _ in range(policies.MESSAGE_RENDERS):
        try:
            deps.slack.publish_home(user_id, home_of(user_id, event.home or HomeView(), deps))
        except SlackRefused as refused:
            logger.warning("Slack refused an App Home", extra={"errors": [str(refused)], "user_id": user_id})
            return
        latest = deps.outbox.event(event.id)
        if latest is None or latest.requested == event.requested:
            return
        event = latest


def update_homes(operation: Operation, deps: Dependencies) -> None:
    """Show what became of an operation in the Homes of its people, as far as they have just used them.

    A person acts on a row of the Home and then looks at it. It is no reason to publish the operation's event again: a
    Home that Slack does not take stays as it was.
    """
    for user_id in operation.people:
        try:
            request = deps.outbox.event(home_request_id(user_id))
            if request is not None and request.due is None and deps.now() - request.at <= policies.HOME_USED_SECONDS:
                publish_home(request, deps)
        except (SlackError, UnknownSchema):
            logger.warning("an App Home was not updated", exc_info=True, extra={"user_id": user_id})


def home_of(user_id: str, view: HomeView, deps: Dependencies) -> Home | NoHome:
    """The Home as the table has it now. No record is read for a person who may not see any."""
    permission = authorized(Right.VIEW, user_id, deps)
    if not permission.allowed:
        return NoHome(view, permission, deps.now())
    open_records = [each for kind in _KINDS for each in deps.records.open_records(kind)]
    questions, unreadable = waiting_operations(deps)
    waiting = _waiting(open_records, {operation.entity for operation in questions}, deps)
    own = _own(waiting, questions, user_id, deps)
    decisions = _decisions(waiting, questions)
    chosen: dict[HomeFilter, Sequence[Operation | OpenRecord]] = {
        HomeFilter.ALL: [*questions, *waiting],
        HomeFilter.MINE: own,
        HomeFilter.DECISIONS: [each for _, each in decisions],
    }
    listed = chosen[view.shows]
    page = max(min(view.page, -(-len(listed) // ROWS) - 1), 0)
    rows, hidden = _rows(listed[page * ROWS : (page + 1) * ROWS], deps)
    return Home(
        HomeView(view.shows, page),
        HomeCounts(
            waiting=len(questions) + unreadable + len(waiting),
            decisions=len(decisions),
            yours=len(own),
            not_moving=_not_moving(open_records, deps),
            next_end=next((end for end, _ in decisions if end != date.max), None),
        ),
        rows,
        total=len(listed),
        at=deps.now(),
        today=deps.today(),
        unreadable=hidden + unreadable,
        pause=deps.sending_guard.active_pause(),
    )


def _waiting(
    open_records: Iterable[OpenRecord], asked_about: Collection[EntityRef], deps: Dependencies
) -> list[OpenRecord]:
    """The records that need the team, most urgent first, without those that a question is about."""
    needing = (each for each in open_records if _NEEDS_US.may_list(each, deps.now()))
    return by_urgency(each for each in needing if each.entity not in asked_about)


def _not_moving(open_records: Iterable[OpenRecord], deps: Dependencies) -> int:
    today, calendar = deps.today(), deps.calendar
    return sum(is_not_moving(each, deps.not_moving_limits, today, calendar) for each in open_records)


def _own(
    waiting: Sequence[OpenRecord], questions: Sequence[Operation], user_id: str, deps: Dependencies
) -> list[Operation | OpenRecord]:
    """What this person requested or has claimed."""
    asked = [operation for operation in questions if operation.actor == user_id]
    entities = frozenset(deps.records.of_person(user_id))
    return [*asked, *(each for each in waiting if each.entity in entities)]


def _decisions(
    waiting: Iterable[OpenRecord], questions: Iterable[Operation]
) -> list[tuple[date, Operation | OpenRecord]]:
    """What waits for a decision or a second approver, the soonest last managed day first; `date.max` if it has none."""
    rows: list[tuple[date, Operation | OpenRecord]] = [
        (each.end_date or date.max, each) for each in waiting if (each.entity.kind, each.status) == _DECISION
    ]
    rows += [
        (each.input.effective_end_date, each)
        for each in questions
        if each.state is OperationState.AWAITING_CONFIRMATION and isinstance(each.input, DisconnectionRequest)
    ]
    return sorted(rows, key=lambda row: row[0])


def _rows(
    on_page: Sequence[Operation | OpenRecord], deps: Dependencies
) -> tuple[tuple[HomeRow | HomeQuestion, ...], int]:
    """The rows, and how many of them cannot be read. What has left the list since the index was read is left out."""
    about = [each.entity for each in on_page if isinstance(each, OpenRecord) or each.entity.is_record]
    states = deps.records.record_states(about, skip_unreadable=True)
    rows, unreadable = list[HomeRow | HomeQuestion](), 0
    for each in on_page:
        state = states.get(each.entity)
        if isinstance(each, Operation):
            rows.append(HomeQuestion(each, state))
        elif state is None or (row := _row(state, deps)) is None:
            unreadable += 1
        elif needs_our_action(state.status):
            rows.append(row)
    return tuple(rows), unreadable


def _row(record_state: RecordState, deps: Dependencies) -> HomeRow | None:
    """None if the operation on it cannot be read: its buttons would offer what may be under way."""
    try:
        return HomeRow(record_state, open_operation(record_state, deps))
    except UnknownSchema:
        return None
