"""*status*: somebody wants to know the state of a group's connection, or everything there is about it.

The person has a name, a number or an id, often only part of it, and a customer on the phone. What can go wrong: two
groups with nearly the same name, a connection that we have not seen yet, or an answer that is older than it looks.

*decisions*: somebody wants to know which requests to disconnect wait, and which is the most urgent. What can go wrong:
the list hides a request that ends tomorrow, or one of ours that waits for a second approver, or offers one that a
colleague is deciding at this moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.domain.content import RecordCard
from bot.domain.operations import Operation, OperationState, ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState, decidable
from bot.domain.records import Connection, Disconnection, DisconnectionStatus, EntityKind, Record, connection_ref
from bot.domain.requests import DisconnectionRequest
from bot.slack.context import RequestContext
from bot.slack.features import pause
from bot.slack.views import buttons, record_facts, replies
from bot.slack.views.buttons import Action, ButtonValue
from bot.slack.views.cards import message, no_links
from bot.slack.views.message import Buttons, Message, Paragraph, Part
from bot.slack.views.modals import UUID, notice, notice_view
from bot.slack.views.operation_text import current_state, in_progress, note_line
from bot.slack.views.record_cards import claimed_by, disconnection_lines
from bot.slack.views.record_facts import disconnection_facts, end_date, next_step, source_name, status_name
from bot.slack.views.request_cards import disconnection_parties, pending_disconnection_facts, request_title
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    ChannelMention,
    Json,
    RichText,
    Timestamp,
    UntrustedText,
    labelled,
    rich_text,
)
from bot.usecases.notifications.read_model import SHOWN, current_disconnections, record_card, waiting_for_us
from bot.usecases.operations import submit

LISTED = 8
COUNTED = 1000
VERSIONS = 15


def start(context: RequestContext, text: str) -> Json:
    """`/noyo status [who]`: one match as its card, several as a list, none with what to do next."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    return replies.prepend_lines(pause.pause_lines(context), _found(context, text))


def _found(context: RequestContext, text: str) -> Json:
    if not text:
        return _waiting(context)
    found = context.deps.records.find(text, limit=LISTED + 1)
    if not found:
        return _nothing(context, text)
    if len(found) == 1:
        return _card(context, found[0])
    opening = f"Several match. Which one? ({context.command} status with an id shows one.)"
    return listing(context, opening, found, last=_group_buttons(found))


def click_details(context: RequestContext, value: ButtonValue) -> None:
    """The *Details* button: everything we know of a record, and its versions."""
    context.open_view(_details(context, value))


def listing(
    context: RequestContext,
    opening: str,
    found: list[RecordState],
    *,
    first: Sequence[Sequence[Part]] = (),
    last: Sequence[Part] = (),
) -> Json:
    """Several records, each with its buttons; more than fit are named as more. `first` and `last` surround them."""
    parts: list[Part] = [Paragraph([rich_text(opening)]), *(part for lines in first for part in lines)]
    shown = found[: LISTED - len(first)]
    disconnections = current_disconnections(shown, context.deps.records)
    for record_state in shown:
        disconnection = disconnections.get(record_state.entity)
        parts += [Paragraph([row(context, record_state.record, disconnection)])]
        parts += [_buttons(context, record_state, disconnection)]
    if len(found) > len(shown):
        parts.append(Paragraph([rich_text("More match: add a word, or use an id.")]))
    return replies.ephemeral(*parts, *last)


def nothing_found(context: RequestContext, text: str) -> RichText:
    return rich_text(
        "Nothing here matches “",
        UntrustedText(text, 100),
        "”. Try the group's name, its id at the carrier, or the beginning ",
        f"of a Noyo id. To request a new connection: {context.command} connect.",
    )


def _details(context: RequestContext, value: ButtonValue) -> Json:
    permission = context.authorize(Right.VIEW, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    card = record_card(value.record, context.deps)
    if card is None:
        return notice("Details", "Switchboard no longer has this record.")
    parts = [*_everything(context, card), *_versions(context, card.record_state)]
    return notice_view("Details", Message(parts, warning=context.display.warning()))


def _card(context: RequestContext, record_state: RecordState) -> Json:
    card = record_card(record_state.entity, context.deps)
    if card is None:
        return replies.ephemeral(nothing_found(context, record_state.entity.key))
    shown = message(card, context.display)
    return replies.from_message(replace(shown, parts=[*shown.parts, *_group_buttons([record_state])]))


def _group_buttons(found: Sequence[RecordState]) -> list[Part]:
    """*Add a Carrier…*, if all connections found are of one group that Noyo has named."""
    connections = [state for state in found if isinstance(state.record, Connection)]
    if not connections or connections[0].record.group_id is None:
        return []
    if len({state.record.group_id for state in connections}) > 1:
        return []
    newest = connections[0].record
    button = record_facts.record_button(Action.ADD_CARRIER, newest)
    return [Buttons([button], f"{newest.entity}:{newest.version}:group")]


def _nothing(context: RequestContext, text: str) -> Json:
    if not UUID.fullmatch(text.lower()):
        return replies.ephemeral(nothing_found(context, text))
    submit.refresh(
        context.actor.trigger_id,
        context.actor.user_id,
        connection_ref(text.lower()),
        because="person",
        reply_to=ReplyTo(channel_id=context.actor.channel_id),
        deps=context.deps,
    )
    return replies.ephemeral("I do not know this id yet, so I am asking Noyo. I will send you the answer.")


def _waiting(context: RequestContext) -> Json:
    """What needs our team, for somebody who does not name a group. What only a person can move on comes first."""
    ids = context.deps.operations.waiting_for_people(limit=COUNTED)
    read = context.deps.operations.operations(ids[:LISTED], skip_unreadable=True)
    operations = [read[each] for each in ids[:LISTED] if each in read and _waits(context, read[each])]
    waiting, total = waiting_for_us(context.deps.records, {operation.entity for operation in operations})
    settled = len(read) - len(operations)
    number = len(ids) - settled + total
    if number == 0:
        return replies.ephemeral("Nothing needs our action.", f"{context.command} status and a name shows one.")
    unreadable = _unreadable(len(ids[:LISTED]) - len(read) + min(total, SHOWN) - len(waiting))
    opening = f"Needs our action: {number}. The first are shown.{unreadable}"
    return listing(context, opening, list(waiting), first=_operation_rows(context, operations))


def _waits(context: RequestContext, operation: Operation) -> bool:
    """Whether it still waits for a person; the index may lag."""
    unresolved = operation.state is OperationState.NEEDS_RESOLUTION
    return unresolved or operation.awaits_confirmation(context.deps.now())


def _operation_rows(context: RequestContext, operations: Sequence[Operation]) -> list[list[Part]]:
    entities = [operation.entity for operation in operations if operation.entity.is_record]
    known = context.deps.records.record_states(entities, skip_unreadable=True)
    return [_operation_row(context, operation, known.get(operation.entity)) for operation in operations]


def _operation_row(context: RequestContext, operation: Operation, record_state: RecordState | None) -> list[Part]:
    """The question has its buttons in its alert only, beside what was sent and what Noyo shows."""
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return _unconfirmed_row(context, operation)
    display = context.display
    about = record_facts.title(record_state.record, display) if record_state else request_title(operation, display)
    answer = rich_text("Answer the question in ", ChannelMention(display.alerts_channel), ".")
    return [Paragraph([about, labelled("Now", *in_progress(operation)), answer])]


def row(context: RequestContext, record: Record, disconnection: RecordState | None) -> RichText:
    """A record in one line, for where several are listed. `disconnection`: the request that counts for a connection."""
    number = record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else end_date(record)
    return rich_text(
        *record_facts.title(record, context.display),
        ": ",
        *record_facts.current_status(record, disconnection, bold=True),
        ". ",
        *number,
    )


def _buttons(
    context: RequestContext, record_state: RecordState, disconnection: RecordState | None, *, with_claim: bool = False
) -> Buttons:
    display = context.display
    offered = record_facts.action_buttons(record_state, disconnection, display, primary=False, with_claim=with_claim)
    return Buttons(offered, f"{record_state.entity}:{record_state.record.version}")


def _everything(context: RequestContext, card: RecordCard) -> list[Part]:
    record_state, record = card.record_state, card.record_state.record
    notes = [note_line(operation) for operation in (card.operation, card.last) if operation is not None]
    lines = [
        record_facts.title(record, context.display),
        record_facts.status_line(record, card.disconnection),
        labelled("Next", *next_step(record, context.display, card.disconnection)),
        *disconnection_lines(card, context.display, no_links),
        labelled("Created", Timestamp(record.created)),
        # Noyo itself names the source of a request to disconnect.
        *([record_facts.requester(record_state)] if isinstance(record, Connection) else []),
        labelled("Noyo id", UntrustedText(record.id, 60)),
        labelled("Version", UntrustedText(record.version, 60)),
        labelled("Carrier id", UntrustedText(record.carrier_id, 60)),
    ]
    if record.group_id:
        lines.append(labelled("Group id", UntrustedText(record.group_id, 60)))
    if isinstance(record, Connection):
        lines += [record_facts.carrier_group_id_line(record), record_facts.attempts(record_state)]
    else:
        lines += disconnection_facts(record)[1:]
        lines += [labelled("Decided", Timestamp(record.decided))] if record.decided is not None else []
    if record.completed is not None:
        lines.append(labelled("Completed", Timestamp(record.completed)))
    words = record_facts.message_text(record)
    said = [labelled(record_facts.message_label(record.status), *words)] if words else []
    return [Paragraph(lines), Paragraph([*said, *notes])]


def _versions(context: RequestContext, record_state: RecordState) -> list[Part]:
    history = context.deps.records.history(record_state.entity, since=0)
    lines = [rich_text("Known versions, newest first:")]
    for record in reversed(history[-VERSIONS:]):
        status = status_name(record.status)
        lines.append(rich_text(Timestamp(record.modified), " · ", status, *_version_details(record)))
    if len(history) > VERSIONS:
        lines.append(rich_text(f"and {len(history) - VERSIONS} earlier ones."))
    return [Paragraph(lines)]


def _version_details(record: Record) -> RichText:
    if isinstance(record, Disconnection):
        return rich_text(" · ", *end_date(record))
    message = record_facts.message_text(record, MAX_QUOTE_LENGTH // 7)
    return rich_text(" · ", *message) if message else ()


def list_decisions(context: RequestContext, _: str) -> Json:
    """`/noyo decisions`: requests to disconnect that wait for a decision or for confirmation, soonest end first."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    records, undecided = context.deps.records, DisconnectionStatus.NEEDS_REVIEW.value
    waiting = records.in_status(EntityKind.DISCONNECTION, undecided, limit=COUNTED)
    unconfirmed = context.deps.operations.awaiting_confirmation(limit=COUNTED)
    # Each list is sorted, so only the first entries of each can be among the first of both.
    found = records.record_states(waiting[:LISTED], skip_unreadable=True)
    unreadable = _unreadable(len(waiting[:LISTED]) - len(found))
    shown = [found[entity] for entity in waiting[:LISTED] if entity in found and decidable(found[entity])]
    rows = [(_end(record_state.record), _decision_row(context, record_state)) for record_state in shown]
    rows += [(_end(operation.input), _unconfirmed_row(context, operation)) for operation in unconfirmed[:LISTED]]
    if not rows and not unreadable:
        return replies.ephemeral("No request to disconnect waits for a decision.")
    listed = sorted(rows, key=lambda row: row[0])[:LISTED]
    opening = f"These disconnection requests need a decision, most urgent first.{unreadable}"
    parts = [part for _, row in listed for part in row]
    return replies.ephemeral(opening, *parts, *_more(context, len(waiting) + len(unconfirmed) - LISTED))


def _end(what: object) -> date:
    ends = what.effective_end_date if isinstance(what, Disconnection | DisconnectionRequest) else None
    return ends or date.max


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
    return [Paragraph(lines), _buttons(context, record_state, None, with_claim=True)]


def _unconfirmed_row(context: RequestContext, operation: Operation) -> list[Part]:
    wanted = operation.input
    if not isinstance(wanted, DisconnectionRequest):
        return []
    lines = [
        rich_text(*disconnection_parties(wanted, context.display)),
        *pending_disconnection_facts(operation, wanted),
        labelled("Now", *current_state(operation)),
    ]
    return [Paragraph(lines), Buttons(buttons.second_approval_buttons(operation.id, primary=False), operation.id)]


def _unreadable(number: int) -> str:
    if number <= 0:
        return ""
    return f" This release cannot read {number} of them. After a rollback, upgrade again."


def _more(context: RequestContext, number: int) -> list[str]:
    if number <= 0:
        return []
    return [f"{number} more. Open one by name: {context.command} approve, reject or disconnect, and the group's name."]
