"""One group: somebody has a customer on the phone and wants to see everything about that employer at once.

They ask what is wrong, who works on it, what was said to Noyo, and what is missing. What can go wrong: two employers
have the same name and are taken for one, a connection is left out unnoticed, a button is offered while a colleague's
request is being sent, or a group with hundreds of connections hides the one that failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import policies
from bot.domain.content import GroupRecords
from bot.domain.operations import Operation, OperationState, ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState, is_connected
from bot.domain.records import (
    Connection,
    Disconnection,
    EntityKind,
    EntityRef,
    group_ref,
    is_deleted,
    is_open,
    needs_our_action,
)
from bot.domain.requests import group_refresh_id
from bot.slack.context import RequestContext
from bot.slack.features import history, listing
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import Action, ButtonValue, Page, ask_noyo_button, show_buttons
from bot.slack.views.message import Buttons, Message, Paragraph, Part, SmallPrint
from bot.slack.views.operation_text import in_progress, note_line
from bot.slack.views.record_cards import claimed_by, group_link
from bot.slack.views.record_facts import end_date, next_step
from bot.slack.views.record_rows import unconfirmed_row
from bot.slack.views.rich_text import Json, RichText, Timestamp, UntrustedText, labelled, person, plural, rich_text
from bot.usecases.notifications.read_model import group_records, last_group_refresh
from bot.usecases.notifications.timeline import disconnection_logs, timeline
from bot.usecases.operations import submit

LATEST = 5
"""Lines of the history in the view; the whole history has pages of its own."""
LATEST_RECORDS = 3
"""Records that these lines are read of, in some ten queries."""
MESSAGE_LENGTH = 200


# ---------------------------------------------------------------- one group


def view(context: RequestContext, group: GroupRecords, hint: RichText = ()) -> Json:
    """Its connections and open requests to disconnect it in pages, and what happened last."""
    logs = disconnection_logs(group.states)
    waiting = [each for each in _in_order(context.deps.operations.operations_on(logs)) if each.is_open]
    states = [*group.open_requests, *group.connections] or list(group.states)
    rows: list[Operation | RecordState] = [*waiting, *(state for state in group.states if state in states)]
    pages = listing.pages_of(context, len(rows))
    on_page = rows[pages.start : pages.end]
    parts = [
        Paragraph(_overview(context, group, len(waiting))),
        Paragraph([hint]),
        *_rows(context, group, on_page),
        *listing.turning(context, pages),
        *footer(context, group),
    ]
    return replies.from_message(Message(parts, rich_text(listing.group_name(group)), context.display.warning()))


def footer(context: RequestContext, group: GroupRecords) -> list[Part]:
    """What happened last, what can be done for the whole group, and whether Noyo was asked for it lately."""
    asked = last_group_refresh(group.id, context.deps)
    offered = [*_buttons(group), *([] if asked else [_ask_button(context, group)])]
    as_of = rich_text("As of ", Timestamp(context.deps.now()), ".")
    return [
        *_latest(context, group),
        Buttons(offered, f"{group.id}:{len(group.states)}:{len(offered)}"),
        SmallPrint([as_of, _asked(asked) if asked else ()]),
    ]


def link(group: GroupRecords) -> list[Part]:
    """Below one of its records: that there is more, and the way to it."""
    more = rich_text(f"Its group has {plural(len(group.states) - 1, 'more record')}.")
    shown = show_buttons(f"status {group.id}", "Show Group", f"Show {listing.spoken_group_name(group)}")
    return [Paragraph([more]), Buttons([*_add_button(group), *shown], f"{group.id}:link:{len(group.states)}")]


def _overview(context: RequestContext, group: GroupRecords, waiting: int) -> list[RichText]:
    """How many of what, most urgent first. A connection that a request ends is not called connected."""
    counted = Counter(_condition(state, group.disconnections.get(state.entity)) for state in group.connections)
    counts = ", ".join(f"{counted[condition]} {condition}" for condition in _CONDITIONS if counted[condition])
    requests = len(group.open_requests) + waiting
    connections = plural(len(group.connections), "connection")
    record = group.states[0].record
    return [
        rich_text(f"{connections}: {counts}." if counts else f"{connections}."),
        rich_text(plural(requests, "open disconnection request"), ".") if requests else (),
        labelled("Group id", UntrustedText(group.id, 60)),
        *group_link(record, context.display),
        *_incomplete(group),
    ]


_CONDITIONS = ("need action", "in progress", "connected", "disconnecting or disconnected", "deleted at Noyo")


def _condition(state: RecordState, disconnection: RecordState | None) -> str:
    if needs_our_action(state.status):
        return "need action"
    if is_open(state.status):
        return "in progress"
    if is_deleted(state.record):
        return "deleted at Noyo"
    return "connected" if is_connected(state, disconnection) else "disconnecting or disconnected"


def _incomplete(group: GroupRecords) -> list[RichText]:
    unreadable = listing.unreadable(group.unreadable).strip()
    more = "" if group.is_complete else f"Only {len(group.states)} of its records are read. Find another one by its id."
    return [rich_text(line) for line in (unreadable, more) if line]


def _buttons(group: GroupRecords) -> list[Json]:
    spoken = f"History of {listing.spoken_group_name(group)}"
    return [*_add_button(group), *show_buttons(f"history {group.id}", "History", spoken)]


def _add_button(group: GroupRecords) -> list[Json]:
    """*Add a Carrier…*; the form names the group by one of its connections."""
    newest = max((state.record for state in group.connections), key=lambda record: record.created, default=None)
    return [record_facts.record_button(Action.ADD_CARRIER, newest)] if newest is not None else []


def _latest(context: RequestContext, group: GroupRecords) -> list[Part]:
    """Read of few records, so that the answer comes in time however many records the group has."""
    if context.page.number:
        return []
    shown = history.latest(group, LATEST_RECORDS)
    found = timeline(shown, [*disconnection_logs(shown), group_ref(group.id)], context.deps)
    about = history.record_labels(shown, context.display)
    return [Paragraph([labelled("Latest"), *history.lines(context, found.moments[:LATEST], about)])]


# ---------------------------------------------------------------- what Noyo has


def click_ask_noyo(context: RequestContext, value: ButtonValue) -> None:
    """*Ask Noyo Again*: polls keep the table current by themselves, so this is for somebody who doubts it.

    A worker reads all connections of the group, once in some minutes, however many people ask.
    """
    if value.entity is None or value.entity.kind is not EntityKind.GROUP or context.actor.response_url is None:
        raise ValueError("this button is not for a group")
    permission = context.authorize(Right.VIEW, value.entity)
    if not permission.allowed:
        context.give_feedback("Not possible", replies.denial(permission))
        return
    group = group_records(value.entity.key, context.deps.records)
    if last_group_refresh(group.id, context.deps) is None:
        submit.refresh(
            group_refresh_id(group.id, context.deps.now(), policies.GROUP_REFRESH_SECONDS),
            context.actor.user_id,
            value.entity,
            because="person",
            reply_to=ReplyTo(channel_id=context.actor.channel_id),
            deps=context.deps,
            group_name=group.name,
        )
    if group.states:
        shown = view(context.for_page(value.page or context.page, is_turned=True), group)
    else:
        shown = replies.ephemeral("Switchboard has no record of this group. The answer comes as a direct message.")
    context.web.respond(context.actor.response_url, shown | {"replace_original": context.actor.in_own_answer})


def _ask_button(context: RequestContext, group: GroupRecords) -> Json:
    page = Page(f"status {group.id}", context.page.number)
    return ask_noyo_button(group_ref(group.id), page, name=listing.spoken_group_name(group))


def _asked(operation: Operation) -> RichText:
    """The answer goes to the person who asked; everybody else sees it here."""
    who = person(operation.actor)
    if operation.is_open:
        then = ". The answer comes as a direct message; everybody else opens the group again."
        return rich_text("Noyo is being asked for all connections of the group, for ", who, then)
    result = operation.outcome.message if operation.state is OperationState.SUCCEEDED and operation.outcome else None
    when = Timestamp(operation.settled_at or operation.submitted_at)
    if result is None:
        return rich_text(who, " asked Noyo for all connections of the group ", when, ", without a result.")
    return rich_text("Noyo had, ", when, ": ", UntrustedText(result), ". ", who, " asked.")


# ---------------------------------------------------------------- its rows


@dataclass(frozen=True, slots=True)
class _Operations:
    """What people did about a record: the open operation, and the last ones that had a note for Noyo."""

    open: Operation | None
    with_notes: Sequence[Operation]


def _rows(context: RequestContext, group: GroupRecords, on_page: Sequence[Operation | RecordState]) -> list[Part]:
    states = [each for each in on_page if isinstance(each, RecordState)]
    done = _operations(context, states)
    parts: list[Part] = []
    for each in on_page:
        if isinstance(each, Operation):
            parts += _waiting_row(context, each)
        else:
            parts += _row(context, each, group.disconnections.get(each.entity), done[each.entity])
    return parts


def _operations(context: RequestContext, states: Sequence[RecordState]) -> dict[EntityRef, _Operations]:
    """In batches, whatever the number of records. A request may have its note from the operation that made it."""
    operations = context.deps.operations
    found = operations.operations_on(state.entity for state in states)
    requested = {state.requested_by_operation for state in states if isinstance(state.record, Disconnection)}
    found += operations.operations((each for each in requested if each is not None), skip_unreadable=True).values()
    return {state.entity: _about(state, _in_order(found)) for state in states}


def _in_order(operations: Iterable[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda each: (each.submitted_at, each.id))


def _about(state: RecordState, operations: Iterable[Operation]) -> _Operations:
    own = [each for each in operations if each.entity == state.entity or each.id == state.requested_by_operation]
    return _Operations(next((each for each in own if each.is_open), None), own)


def _row(
    context: RequestContext, state: RecordState, disconnection: RecordState | None, operations: _Operations
) -> list[Part]:
    """Without the group's name, which stands above all rows."""
    record, display = state.record, context.display
    number = record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else end_date(record)
    status = record_facts.current_status(record, disconnection, bold=True)
    about = rich_text(f"{record_facts.kind_name(record)} · ", display.carrier(record.carrier_id), ": ", *status)
    message = record_facts.message_text(record, MESSAGE_LENGTH)
    lines = [
        rich_text(*about, ". ", *number),
        _now_or_next(context, state, disconnection, operations.open),
        labelled(record_facts.message_label(record.status), *message) if message else (),
        *claimed_by(state),
        *map(note_line, operations.with_notes),
    ]
    if operations.open is not None:
        details = [record_facts.record_button(Action.DETAILS, record)]
        return [Paragraph(lines), Buttons(details, f"{state.entity}:{record.version}:{operations.open.id}")]
    return [Paragraph(lines), listing.row_buttons(context, state, disconnection, with_claim=True)]


def _now_or_next(
    context: RequestContext, state: RecordState, disconnection: RecordState | None, operation: Operation | None
) -> RichText:
    if operation is not None:
        return labelled("Now", *in_progress(operation))
    return labelled("Next", *next_step(state.record, context.display, disconnection))


def _waiting_row(context: RequestContext, operation: Operation) -> list[Part]:
    """A request to disconnect the group that has no Noyo id yet, with its note."""
    carrier = context.display.carrier(operation.entity.key.rpartition("#")[2])
    about = rich_text("Disconnection request · ", carrier, ", not sent to Noyo yet" if not operation.sends else "")
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return [Paragraph([about, note_line(operation)]), *unconfirmed_row(operation, context.display)]
    return [Paragraph([about, labelled("Now", *in_progress(operation)), note_line(operation)])]
