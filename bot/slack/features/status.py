"""*status*: somebody wants to know the state of a group's connection, or everything there is about it.

The person has a name, a number or an id, often only part of it, and a customer on the phone. What can go wrong: two
groups with nearly the same name, a connection that we have not seen yet, or an answer that is older than it looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.content import RecordCard
from bot.domain.operations import Operation, OperationState, ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, EntityRef, Record, connection_ref
from bot.slack.context import RequestContext
from bot.slack.features import group, listing, pause, picking, search
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.cards import message, no_links
from bot.slack.views.carrier_facts import contact_line
from bot.slack.views.connection_options import options_lines
from bot.slack.views.message import Message, Paragraph, Part
from bot.slack.views.modals import UUID, notice, notice_view
from bot.slack.views.operation_text import note_line
from bot.slack.views.record_cards import disconnection_lines
from bot.slack.views.record_facts import disconnection_facts, end_date, next_step, status_name
from bot.slack.views.record_rows import question_row, unconfirmed_row
from bot.slack.views.rich_text import MAX_QUOTE_LENGTH, Json, RichText, Timestamp, UntrustedText, labelled, rich_text
from bot.usecases.notifications.read_model import group_records, record_card, waiting_entities, waiting_operations
from bot.usecases.operations import submit

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
    found = search.find(context, text)
    if not found.records:
        return _nothing(context, text)
    if len(found.records) == 1 and not found.similar:
        return _card(context, found.records[0], found.hint)
    if found.group_id is not None:
        return group.view(context, group_records(found.group_id, context.deps.records, found.records), found.hint)
    return search.choices(context, found)


def click_details(context: RequestContext, value: ButtonValue) -> None:
    """The *Details* button: everything we know of a record, and its versions."""
    context.open_view(_details(context, value))


def turn_details(context: RequestContext, value: ButtonValue) -> None:
    """*Previous* or *Next* in the details: other versions, in the same window."""
    context = context.for_page(value.page or context.page, is_turned=True)
    context.show_view(_details(context, value))


def _details(context: RequestContext, value: ButtonValue) -> Json:
    permission = context.authorize(Right.VIEW, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    card = record_card(value.record, context.deps)
    if card is None:
        return notice("Details", "Switchboard no longer has this record.")
    parts = [*_everything(context, card), *_versions(context, value)]
    return notice_view("Details", Message(parts, warning=context.display.warning()))


def _card(context: RequestContext, record_state: RecordState, hint: RichText) -> Json:
    card = record_card(record_state.entity, context.deps)
    if card is None:
        return replies.ephemeral(search.nothing_found(context, record_state.entity.key))
    shown = message(card, context.display)
    group_id = record_state.record.group_id
    about = group_records(group_id, context.deps.records, [record_state]) if group_id is not None else None
    footer: list[Part] = []
    if about is not None:
        footer = group.footer(context, about) if len(about.states) == 1 else group.link(about)
    return replies.from_message(replace(shown, parts=[*shown.parts, Paragraph([hint]), *footer]))


def _nothing(context: RequestContext, text: str) -> Json:
    if not UUID.fullmatch(text.lower()):
        return replies.ephemeral(search.nothing_found(context, text))
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
    operations, unreadable_operations = waiting_operations(context.deps)
    shown_already = {operation.entity for operation in operations}
    entities = [entity for entity in waiting_entities(context.deps.records) if entity not in shown_already]
    both: list[Operation | EntityRef] = [*operations, *entities]
    pages = listing.pages_of(context, len(both))
    on_page = both[pages.start : pages.end]
    rows, unreadable_records = _rows(context, on_page)
    number = pages.total + unreadable_operations
    if number == 0:
        return replies.ephemeral(
            "Nothing needs our action.",
            f"{context.command} status and a name shows one.",
            picking.picker("status", proposes=False),
        )
    unreadable = listing.unreadable(unreadable_records + unreadable_operations)
    opening = f"Needs our action: {number}.{unreadable}"
    picker = picking.picker("status", proposes=False)
    return replies.ephemeral(opening, *rows, *listing.turning(context, pages), picker)


def _rows(context: RequestContext, on_page: Sequence[Operation | EntityRef]) -> tuple[list[Part], int]:
    """The rows, and how many of the records cannot be read."""
    operations = [each for each in on_page if isinstance(each, Operation)]
    entities = [each for each in on_page if isinstance(each, EntityRef)]
    related = [operation.entity for operation in operations if operation.entity.is_record]
    known = context.deps.records.record_states([*related, *entities], skip_unreadable=True)
    parts = [part for each in operations for part in _operation_row(context, each, known.get(each.entity))]
    states = [known[entity] for entity in entities if entity in known]
    return [*parts, *listing.rows(context, states)], len(entities) - len(states)


def _operation_row(context: RequestContext, operation: Operation, record_state: RecordState | None) -> list[Part]:
    if operation.state is OperationState.AWAITING_CONFIRMATION:
        return unconfirmed_row(operation, context.display)
    return question_row(operation, record_state, context.display)


def _everything(context: RequestContext, card: RecordCard) -> list[Part]:
    record_state, record = card.record_state, card.record_state.record
    notes = [note_line(operation) for operation in (card.operation, card.last) if operation is not None]
    lines = [
        record_facts.title(record, context.display),
        record_facts.status_line(record, card.disconnection),
        labelled("Next", *next_step(record, context.display, card.disconnection)),
        *contact_line(record.carrier_id, context.display),
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
        lines += [labelled("Request type", UntrustedText(record.request_type, 60))] if record.request_type else []
        requested_by = record_state.requested_by_operation
        lines += options_lines(context.deps.operations.operation(requested_by) if requested_by else None)
    else:
        lines += disconnection_facts(record)[1:]
        lines += [labelled("Decided", Timestamp(record.decided))] if record.decided is not None else []
    if record.completed is not None:
        lines.append(labelled("Completed", Timestamp(record.completed)))
    words = record_facts.message_text(record)
    said = [labelled(record_facts.message_label(record.status), *words)] if words else []
    return [Paragraph(lines), Paragraph([*said, *notes])]


def _versions(context: RequestContext, value: ButtonValue) -> list[Part]:
    history = context.deps.records.history(value.record, since=0)
    newest_first = history[::-1]
    pages = listing.pages_of(context, len(newest_first), VERSIONS)
    lines = [rich_text("Known versions, newest first:")]
    for record in newest_first[pages.start : pages.end]:
        status = status_name(record.status)
        lines.append(rich_text(Timestamp(record.modified), " · ", status, *_version_details(record)))
    return [Paragraph(lines), *listing.turning(context, pages, value)]


def _version_details(record: Record) -> RichText:
    if isinstance(record, Disconnection):
        return rich_text(" · ", *end_date(record))
    message = record_facts.message_text(record, MAX_QUOTE_LENGTH // 7)
    return rich_text(" · ", *message) if message else ()
